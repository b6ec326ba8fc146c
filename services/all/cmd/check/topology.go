package main

// Who speaks, who listens to whom, and which table holds what. Written by hand from the design, not read from the program.

var speakers = []string{"coordination", "linkworker", "mdt", "primarycare", "register", "vcse"}

var listens = map[string][]string{
	"primarycare":  {"register", "coordination", "vcse", "linkworker", "mdt"},
	"linkworker":   {"register", "coordination", "vcse", "mdt"},
	"vcse":         {"register", "coordination", "mdt"},
	"mdt":          {"register", "coordination", "primarycare", "linkworker", "vcse"},
	"coordination": {"register", "primarycare", "linkworker", "vcse", "mdt"},
}

// keeper is a service that keeps referrals it sent, or offers it received. version is the column with the newest
// referral_progressed it has heard.
type keeper struct{ service, version string }

var (
	senders   = []keeper{{"primarycare", "heard"}, {"linkworker", "progress"}, {"mdt", "heard"}}
	receivers = map[string]string{"vcse": "service", "linkworker": "team"} // and the kind of receiver it is
)
