package schemas

// Speakers are the six services, each of which alone says its own facts.
var Speakers = []string{"primarycare", "linkworker", "vcse", "mdt", "coordination", "register"}

// Listens maps a service to the speakers it listens to, whole. The broker's consumers and permissions are made from it.
var Listens = map[string][]string{
	"primarycare":  {"register", "coordination", "vcse", "linkworker", "mdt"},
	"linkworker":   {"register", "coordination", "vcse", "mdt"},
	"vcse":         {"register", "coordination", "mdt"},
	"mdt":          {"register", "coordination", "primarycare", "linkworker", "vcse"},
	"coordination": {"register", "primarycare", "linkworker", "vcse", "mdt"},
	"register":     {},
}
