package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// Sixteen clients of two processes of every service want at once, through the public API, what at most one may have: each case is opened by
// the first referral and closed by one; of one need one referral goes on; one receiver accepts; one person holds the case. What they were
// told must fit into one order (linearizability, by Porcupine).
func ofSixteenOneHasIt(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	x := newCrowd(t, c)
	t.Run("one open case", func(t *testing.T) { x.T = t; x.oneCase() })
	t.Run("one open root referral for a need", func(t *testing.T) { x.T = t; x.oneRoot() })
	t.Run("one accepted offer", func(t *testing.T) { x.T = t; x.oneAccepted() })
	t.Run("one case-holder", func(t *testing.T) { x.T = t; x.oneHolder() })
}

// different needs, none sensitive: no two referrals double each other.
var different = []terms.Need{
	terms.NeedLoneliness, terms.NeedDebtAndMoney, terms.NeedBenefits, terms.NeedHousing, terms.NeedFood, terms.NeedFuelAndEnergy, terms.NeedLearningDigital, terms.NeedPhysicalActivity,
	terms.NeedNatureOutdoors, terms.NeedArtsCulture, terms.NeedCarerSupport, terms.NeedBereavement, terms.NeedTransport, terms.NeedParenting, terms.NeedLegalRights, terms.NeedHelpAtHome,
}

func (x *crowd) oneCase() {
	var l ledger
	ref, all := x.known(1601), map[string]bool{}
	for range 3 {
		var cases [clients]string
		x.all(func(client int) {
			var referral string
			c := l.note(said{"refer", ""}, func() string {
				referral = x.refer(client, ref, different[client])
				return x.comes(client, referral, func(r seen) bool { return r.CaseID != "" }).CaseID
			})
			cases[client] = c
			l.note(said{"withdraw", c}, func() string { x.withdraw(client, referral); return "ok" })
		})
		for _, c := range cases {
			all[c] = true
		}
	}
	require.Greater(x.T, len(all), 1, "no case was closed, and so one was open all the time")
	l.judge(x.T, oneOpenCase)
}

func (x *crowd) oneRoot() {
	var l ledger
	ref := x.known(1602)
	for range 3 {
		var sent [clients]string
		var states [clients]string
		x.all(func(client int) {
			l.note(said{"refer", ""}, func() string {
				sent[client] = x.refer(client, ref, terms.NeedLoneliness)
				states[client] = x.comes(client, sent[client], func(r seen) bool { return r.State != "" && r.State != string(terms.ReferralRequested) }).State
				if states[client] == string(terms.ReferralHeld) {
					return states[client]
				}
				return sent[client]
			})
		})
		x.all(func(client int) { // who was held lets it be; then the one that went on ends
			if states[client] == string(terms.ReferralHeld) {
				x.withdraw(client, sent[client])
			}
		})
		for client, state := range states {
			if state != string(terms.ReferralHeld) {
				l.note(said{"withdraw", sent[client]}, func() string { x.withdraw(client, sent[client]); return "ok" })
			}
		}
	}
	require.Equal(x.T, 3*(clients-1), l.count("refer", string(terms.ReferralHeld)))
	l.judge(x.T, oneRoot)
}

func (x *crowd) oneAccepted() {
	places := []string{"first", "second"}
	var workers []authn.Identity
	var services []string
	for _, name := range places {
		o := stage.Organise(terms.KindProvider, "The "+name+" of two (simulated)", "", terms.RoleProviderWorker)
		require.NoError(x.T, x.on.Introduce(x.Context(), o))
		workers = append(workers, o.Staff[terms.RoleProviderWorker])
		var made struct {
			ID string `json:"id"`
		}
		require.NoError(x.T, x.as(0, "vcse", o.Staff[terms.RoleProviderWorker]).Make(x.Context(), "/api/vcse/v1/services", id.New(), map[string]any{
			"name": "Running " + name, "needs": []terms.Need{terms.NeedLoneliness}, "accepts_referrals": true, "simulated": true, "delivery": []string{"in_person"},
			"places": []map[string]any{{"name": "Hall", "postcode": "M1 1AF"}},
		}, &made))
		services = append(services, made.ID)
	}
	require.NoError(x.T, x.on.Settle(x.Context()))
	accepted, bounced := 0, 0
	for n := range 6 {
		var l ledger
		referral := x.refer(0, x.known(1610+n), terms.NeedLoneliness, services...)
		x.comes(0, referral, func(r seen) bool { return r.State == string(terms.ReferralOffered) })
		x.all(func(client int) {
			at := client / 4 % 2 // of both copies, and of those who accept and who bounce, some at each
			worker := x.as(client, "vcse", workers[at])
			offer := x.found(`select id::text from vcse.offer where referral_id = $1 and organisation_id = $2`, &l, referral, workers[at].Grants[0].Organisation)
			if offer == "" {
				return // the first took it
			}
			in := said{"accept", places[at]}
			if at == 0 && (client+n)%3 == 0 {
				in.verb = "bounce"
			}
			l.note(in, func() string {
				what := map[string]any{}
				if in.verb == "bounce" {
					what["reason"] = terms.BounceWrongArea
				}
				return x.step(worker, "/api/vcse/v1/offers/"+offer, "/"+in.verb, what)
			})
		})
		accepted, bounced = accepted+l.count("accept", "ok"), bounced+l.count("bounce", "ok")
		require.LessOrEqual(x.T, l.count("accept", "ok"), 1)
		l.judge(x.T, oneAccepted)
	}
	require.Equal(x.T, 6, accepted, "each referral was accepted by one")
	x.Logf("%d of 6 were accepted after a bounce", bounced)
}

// found asks the databases until they know, or somebody has accepted.
func (x *crowd) found(query string, l *ledger, args ...any) (answer string) {
	x.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		if err := x.on.Admin.QueryRow(x.Context(), `select coalesce((`+query+`), '')`, args...).Scan(&answer); err != nil || answer != "" || l.count("accept", "ok") > 0 {
			if err != nil {
				x.Error(err)
			}
			return answer
		}
		if time.Now().After(end) {
			x.Errorf("nothing was found: %s", query)
			return ""
		}
		x.breathe()
	}
}

func (x *crowd) oneHolder() {
	office := stage.Organise(terms.KindOtherCare, "Office of sixteen (simulated)", "", terms.RoleMDTCoordinator)
	require.NoError(x.T, x.on.Introduce(x.Context(), office))
	chair := func(client int) *demo.Client { return x.as(client, "mdt", office.Staff[terms.RoleMDTCoordinator]) }
	item := x.discussed(chair(0))
	var l ledger
	x.all(func(client int) {
		gp := x.surgery[client].Staff[terms.RoleGP]
		asked := x.asks(&l, chair(client), item, gp)
		if asked == "" {
			return
		}
		answer, why := "accept", map[string]any{}
		if client%3 == 2 {
			answer, why["why_not"] = "refuse", "I am away next week"
		}
		l.note(said{answer, gp.Person.ID}, func() string {
			return x.step(x.as(client+1, "mdt", gp), "/api/mdt/v1/holdings/"+asked, "/"+answer, why)
		})
		l.note(said{"look", ""}, func() string {
			var now struct {
				Holder string `json:"case_holder_id"`
			}
			_, err := chair(client).Get(x.Context(), "/api/mdt/v1/items/"+item, &now)
			x.told(err)
			return now.Holder
		})
	})
	require.Greater(x.T, l.count("accept", "ok"), 1, "nobody took the case over from who held it")
	require.Positive(x.T, l.count("ask", refusedHere), "nobody was asked in the same moment")
	l.judge(x.T, oneHolder)
}

// asks somebody to hold the case, again while somebody else is asked, and gives the question's id.
func (x *crowd) asks(l *ledger, chair *demo.Client, item string, whom authn.Identity) (question string) {
	x.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && !x.Failed(); x.breathe() {
		var asked struct {
			ID string `json:"id"`
		}
		in := map[string]any{"person_id": whom.Person.ID, "organisation_id": whom.Grants[0].Organisation}
		out := l.note(said{"ask", whom.Person.ID}, func() string {
			return x.told(chair.Make(x.Context(), "/api/mdt/v1/items/"+item+"/case-holder", id.New(), in, &asked))
		})
		if out == "ok" {
			return asked.ID
		}
	}
	return ""
}

// discussed puts somebody on the agenda of a meeting, and waits until their case is known there.
func (x *crowd) discussed(chair *demo.Client) (item string) {
	x.Helper()
	var meeting, who, put struct {
		ID string `json:"id"`
	}
	at := x.on.Now().Add(time.Hour).UTC()
	require.NoError(x.T, chair.Make(x.Context(), "/api/mdt/v1/meetings", id.New(), map[string]any{"name": "Meeting of sixteen (simulated)", "starts_at": at, "ends_at": at.Add(time.Hour)}, &meeting))
	person := demo.Simulated(1630)
	person["nhs_number"] = nhsnumber.Test(1630)
	require.NoError(x.T, chair.Make(x.Context(), "/api/mdt/v1/patients", id.New(), person, &who))
	require.NoError(x.T, chair.Make(x.Context(), "/api/mdt/v1/meetings/"+meeting.ID+"/items", id.New(), map[string]any{
		"patient_ref": who.ID, "consent": map[string]any{"given": true, "how": terms.ConsentInPerson}, "reason": terms.MDTOftenSeen, "need": terms.NeedLoneliness, "narrative": "Simulated",
	}, &put))
	x.found(`select case_id::text from mdt.patient_case where patient_ref = (select patient_ref from mdt.item where id = $1) limit 1`, &ledger{}, put.ID)
	require.NoError(x.T, x.on.Settle(x.Context()))
	return put.ID
}
