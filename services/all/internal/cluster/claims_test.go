package cluster_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// said is what a client asked for; what it was told is a thing's id, or "ok" or "refused".
type said struct {
	verb, who string
}

const refusedHere = "refused"

// openCase is the case that is open, with how many referrals; last the one before it.
type openCase struct {
	id, last  string
	referrals int
}

// oneOpenCase: a referral goes into the open case, or opens a new one where none is; the last that ends closes it.
var oneOpenCase = model(func(c openCase, in said, out string) (bool, openCase) {
	switch {
	case in.verb == "refer" && c.referrals == 0:
		return out != c.last, openCase{out, c.last, 1}
	case in.verb == "refer":
		return out == c.id, openCase{c.id, c.last, c.referrals + 1}
	case c.referrals == 1:
		return in.who == c.id, openCase{"", c.id, 0}
	default:
		return in.who == c.id, openCase{c.id, c.last, c.referrals - 1}
	}
})

// oneRoot: of those who ask for one need one goes on, and the others are held while it does.
var oneRoot = model(func(root string, in said, out string) (bool, string) {
	switch {
	case in.verb == "withdraw":
		return root == in.who, ""
	case out == string(terms.ReferralHeld):
		return root != "", root
	default:
		return root == "", out
	}
})

// oneAccepted: an offer is taken once, by one, or sent back once; then it is the next receiver's.
var oneAccepted = model(func(at string, in said, out string) (bool, string) {
	if at == "" {
		at = "first"
	}
	switch {
	case out == refusedHere:
		return at != in.who, at
	case in.verb == "accept":
		return at == in.who, "accepted by " + in.who
	default:
		return at == in.who, "second"
	}
})

// chairs is who holds a case and who is asked to.
type chairs struct{ holder, asked string }

// oneHolder: one person is asked at a time; who says yes holds the case, and who held it no longer does.
var oneHolder = model(func(c chairs, in said, out string) (bool, chairs) {
	switch {
	case in.verb == "look":
		return c.holder == out, c
	case in.verb == "ask" && out == refusedHere:
		return c.asked != "" || c.holder == in.who, c
	case in.verb == "ask":
		return c.asked == "" && c.holder != in.who, chairs{c.holder, in.who}
	case in.verb == "accept":
		return c.asked == in.who && out == "ok", chairs{in.who, ""}
	default: // refuse
		return c.asked == in.who && out == "ok", chairs{c.holder, ""}
	}
})

func model[S comparable](step func(S, said, string) (bool, S)) porcupine.Model {
	return porcupine.Model{
		Init:  func() any { var s S; return s },
		Step:  func(state, in, out any) (bool, any) { return step(state.(S), in.(said), out.(string)) },
		Equal: func(a, b any) bool { return a == b },
	}
}

// ledger is what each client asked and was told, and when.
type ledger struct {
	mu      sync.Mutex
	history []porcupine.Operation
}

var began = time.Now()

func (l *ledger) note(in said, do func() string) (out string) {
	op := porcupine.Operation{Input: in, Call: time.Since(began).Nanoseconds()}
	out = do()
	op.Output, op.Return = out, time.Since(began).Nanoseconds()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history = append(l.history, op)
	return out
}

func (l *ledger) count(verb, out string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, op := range l.history {
		if op.Input.(said).verb == verb && op.Output == out {
			n++
		}
	}
	return n
}

func (l *ledger) judge(t *testing.T, m porcupine.Model) {
	t.Helper()
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(m, l.history, time.Minute), "what they were told fits into no order:\n%v", l.history)
}

// crowd is sixteen clients, each at a practice of its own with a desk and a GP; a link between them is only the person they know. Half of
// them ask the first copy of every service, half the second.
type crowd struct {
	*testing.T
	casts   map[string]*demo.Cast // by process
	on      *stage.Stage
	surgery []stage.Organisation
}

const clients = 16

func newCrowd(t *testing.T, c *cluster.Cluster) *crowd {
	t.Helper()
	on, err := stage.Attach(t.Context(), c.Databases.Main, c.Address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, on.Close()) })
	x := &crowd{T: t, on: on, casts: map[string]*demo.Cast{}}
	urls, _ := c.Inside()
	for _, process := range c.Names() {
		x.casts[process] = &demo.Cast{Base: urls[process], HTTP: c.Client(30 * time.Second), Sessions: on.Cast.Sessions, Now: time.Now}
	}
	for i := range clients {
		x.surgery = append(x.surgery, stage.Organise(terms.KindPractice, fmt.Sprintf("Surgery %d of sixteen (simulated)", i), "U99016", terms.RoleReceptionist, terms.RoleGP))
	}
	require.NoError(t, on.Introduce(t.Context(), x.surgery...))
	return x
}

// as is somebody as the copy of a service knows them that a client asks.
func (x *crowd) as(client int, service string, who authn.Identity) *demo.Client {
	return x.casts[fmt.Sprintf("%s-%d", service, 1+client%2)].As(who)
}

func (x *crowd) desk(client int) *demo.Client {
	return x.as(client, "primarycare", x.surgery[client].Staff[terms.RoleReceptionist])
}

// all has every client do the same at once.
func (x *crowd) all(do func(client int)) {
	x.Helper()
	var all sync.WaitGroup
	start := make(chan struct{})
	for client := range clients {
		all.Go(func() { <-start; do(client) })
	}
	close(start)
	all.Wait()
	if x.Failed() {
		x.FailNow()
	}
}

// told is "ok", or "refused" where somebody was quicker or something is owed; anything else fails the test.
func (x *crowd) told(err error) string {
	x.Helper()
	if err == nil {
		return "ok"
	}
	var r *demo.Refusal
	if !errors.As(err, &r) || !slices.Contains([]int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusNotFound}, r.Status) {
		x.Error(err)
	}
	return refusedHere
}

// step takes a step on what is there, again as long as it had changed since it was read.
func (x *crowd) step(as *demo.Client, at, what string, in any) string {
	x.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		etag, err := as.Get(x.Context(), at, nil)
		if err == nil {
			err = as.Change(x.Context(), at+what, etag, in, nil)
		}
		var r *demo.Refusal
		if !errors.As(err, &r) || r.Status != http.StatusPreconditionFailed || time.Now().After(end) {
			return x.told(err)
		}
	}
}

// seen is a referral as coordination tells its sender's desk.
type seen struct {
	CaseID string `json:"case_id"`
	State  string `json:"state"`
}

// comes reads a referral until it is as it should be.
func (x *crowd) comes(client int, referral string, is func(seen) bool) (r seen) {
	x.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		r = seen{}
		_, err := x.as(client, "coordination", x.surgery[client].Staff[terms.RoleReceptionist]).Get(x.Context(), "/api/coordination/v1/referrals/"+referral, &r)
		if err == nil && is(r) {
			return r
		}
		if time.Now().After(end) {
			x.Errorf("the referral %s is %v, %v", referral, r, err)
			return r
		}
		x.breathe()
	}
}

func (x *crowd) breathe() {
	select {
	case <-x.Context().Done():
	case <-time.After(30 * time.Millisecond):
	}
}

// known is one person whom every practice has, by their NHS number.
func (x *crowd) known(n int) (ref string) {
	x.Helper()
	var mu sync.Mutex
	x.all(func(client int) {
		person := demo.Simulated(n)
		person["nhs_number"] = nhsnumber.Test(n)
		var added struct {
			Ref string `json:"ref"`
		}
		if err := x.desk(client).Make(x.Context(), "/api/primarycare/v1/patients", id.New(), person, &added); err != nil {
			x.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		ref = added.Ref
	})
	return ref
}

func (x *crowd) refer(client int, ref string, need terms.Need, services ...string) (referral string) {
	x.Helper()
	in := map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": need, "consent": map[string]any{"given": true, "how": terms.ConsentInPerson}}
	if len(services) > 0 {
		var to []map[string]any
		for _, s := range services {
			to = append(to, map[string]any{"kind": terms.ReceiverService, "id": s})
		}
		in["receivers"] = to
	}
	var sent struct {
		ID string `json:"id"`
	}
	if err := x.desk(client).Make(x.Context(), "/api/primarycare/v1/referrals", id.New(), in, &sent); err != nil {
		x.Error(err)
	}
	return sent.ID
}

func (x *crowd) withdraw(client int, referral string) {
	x.Helper()
	if out := x.step(x.desk(client), "/api/primarycare/v1/referrals/"+referral, "/withdraw", map[string]any{"reason": terms.WithdrawalNoLongerNeeded}); out != "ok" {
		x.Errorf("%s was not withdrawn", referral)
	}
	x.comes(client, referral, func(r seen) bool { return r.State == string(terms.ReferralWithdrawn) })
}

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

// The models refuse what must not be: else nothing that is told to sixteen clients would show anything.
func TestTheModelsRefuseTwo(t *testing.T) {
	t.Parallel()
	type told struct {
		in  said
		out string
	}
	for _, one := range []struct {
		name string
		of   porcupine.Model
		told []told
	}{
		{"two open cases", oneOpenCase, []told{{said{"refer", ""}, "a"}, {said{"refer", ""}, "b"}}},
		{"one that goes on after its last referral", oneOpenCase, []told{{said{"refer", ""}, "a"}, {said{"withdraw", "a"}, "ok"}, {said{"refer", ""}, "a"}}},
		{"a second beside one that has a referral", oneOpenCase, []told{{said{"refer", ""}, "a"}, {said{"refer", ""}, "a"}, {said{"withdraw", "a"}, "ok"}, {said{"refer", ""}, "b"}}},
		{"two that go on", oneRoot, []told{{said{"refer", ""}, "a"}, {said{"refer", ""}, "b"}}},
		{"one held by none", oneRoot, []told{{said{"refer", ""}, "held"}}},
		{"two who accept", oneAccepted, []told{{said{"accept", "first"}, "ok"}, {said{"accept", "first"}, "ok"}}},
		{"accepted and sent back", oneAccepted, []told{{said{"accept", "first"}, "ok"}, {said{"bounce", "first"}, "ok"}}},
		{"two places", oneAccepted, []told{{said{"accept", "first"}, "ok"}, {said{"accept", "second"}, "ok"}}},
		{"two asked", oneHolder, []told{{said{"ask", "a"}, "ok"}, {said{"ask", "b"}, "ok"}}},
		{"who was asked does not hold it", oneHolder, []told{{said{"ask", "a"}, "ok"}, {said{"accept", "a"}, "ok"}, {said{"look", ""}, "b"}}},
		{"nobody holds it any more", oneHolder, []told{{said{"ask", "a"}, "ok"}, {said{"accept", "a"}, "ok"}, {said{"look", ""}, ""}}},
	} {
		var history []porcupine.Operation
		for i, x := range one.told { // one after the other: there is one order only
			history = append(history, porcupine.Operation{Input: x.in, Output: x.out, Call: int64(2 * i), Return: int64(2*i + 1)})
		}
		require.Equal(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(one.of, history, time.Minute), one.name)
	}
}
