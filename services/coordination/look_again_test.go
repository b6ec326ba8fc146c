package coordination_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// slipped is her with a slip in each detail by which two requests are looked at one after the other.
func slipped() schemas.Contact {
	c := ada
	c.NHSNumber, c.DateOfBirth, c.Postcode, c.Phone = "", "1950-04-03", "M1 2AE", ""
	return c
}

// hand is the service's app, for a test to open its transactions itself.
func (s *scene) hand() *app.App {
	s.T.Helper()
	times, err := s.Config.Times.Table(terms.ClockPriorities(), terms.ClockRules())
	require.NoError(s.T, err)
	f := s.frame
	return app.New(app.App{
		DB: f.DB, Outbox: f.Outbox, Keys: f.Keys, Times: times, Now: s.Now.Now, NewID: id.New, FarthestKM: 20,
		Random: func() (b [domain.ReferenceBytes]byte) { _, _ = rand.Read(b[:]); return b },
	})
}

// takesIn takes a request in, in a transaction that commits when meanwhile has ended.
func (s *scene) takesIn(a *app.App, p *primarycare.ReferralRequestedV1, meanwhile func()) {
	s.T.Helper()
	keys, err := s.frame.Keys.Keys(s.T.Context(), []string{p.PatientRef}, app.Classes...)
	require.NoError(s.T, err)
	e := &event.Event{ID: id.New(), Type: p.EventType(), Source: event.Source(doortest.Area, "primarycare"), About: p.PatientRef, Time: s.Now.Now(), Partition: event.PartitionOf(p.PatientRef), Epoch: 1}
	e.Correlation = e.ID
	err = s.frame.DB.InTx(outbox.WithKeys(s.T.Context(), keys), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		if err := a.OnReferralRequested(ctx, tx, e, p); err != nil {
			return err
		}
		var seen int // what was left for later goes with this, so that the locks are taken now
		if err := tx.QueryRow(ctx, `select count(*) from coordination.patient where ref = $1`, p.PatientRef).Scan(&seen); err != nil {
			return err
		}
		require.Equal(s.T, 1, seen)
		meanwhile()
		return nil
	})
	require.NoError(s.T, err)
}

// bothAtOnce has two practices ask for her in transactions that overlap, each with a slip where the other has none: neither sees the other.
func bothAtOnce(t *testing.T, meanwhile func(s *scene, second *primarycare.ReferralRequestedV1)) (s *scene, first, second *primarycare.ReferralRequestedV1) {
	t.Helper()
	s = newScene(t)
	a := s.hand()
	first = s.request(s.patient(), s.practice, withoutNumber)
	second = s.request(s.patient(), s.otherPractice, of(slipped()))
	s.takesIn(a, first, func() {
		s.takesIn(a, second, func() {})
		meanwhile(s, second)
	})
	require.NoError(t, a.LookAgain(t.Context()))
	s.looked() // what the service's own clock had in hand
	return s, first, second
}

func (s *scene) stateOf(p *primarycare.ReferralRequestedV1) (state string) {
	s.T.Helper()
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select state || ' ' || held_why from referral where id = $1`, p.ReferralID).Scan(&state))
	return state
}

// Two in one instant who share no detail to the letter: one is held for the office a moment later, and its offer taken back; the other goes on.
func TestTwoInOneInstantWithASlipEach(t *testing.T) {
	t.Parallel()
	s, first, second := bothAtOnce(t, func(*scene, *primarycare.ReferralRequestedV1) {})
	require.ElementsMatch(t, []string{"offered ", "held same_person"}, []string{s.stateOf(first), s.stateOf(second)})
	goes, held := first, second
	if s.stateOf(first) != "offered " {
		goes, held = second, first
	}
	require.Equal(t, 1, s.count(`select count(*) from offer where state = 'offered'`))
	require.Zero(t, s.count(`select count(*) from lookalike`))
	require.NoError(t, s.hand().LookAgain(t.Context()))
	require.Equal(t, 1, s.count(`select count(*) from timeline where what = 'match_late'`), "once")
	s.eventually("its sender is told", func() bool { return s.saidSo(held.PatientRef, "offer_withdrawn", 1) })
	got := s.progress(held.PatientRef, held.ReferralID)
	require.Equal(t, terms.PartyCoordinator, got.Owes.Party)
	require.Contains(t, s.page(s.coordinator, "/case").Body, "1 person to recognise")

	require.Equal(t, http.StatusOK, s.step(s.coordinator, held.ReferralID, "settle", `{"same":"`+goes.PatientRef+`"}`).Status)
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
	require.Equal(t, "held same_need", s.stateOf(held), "now its sender chooses")
}

// They are two: what was taken back is offered after all, to the same service.
func TestTwoInOneInstantWhoAreTwo(t *testing.T) {
	t.Parallel()
	s, first, second := bothAtOnce(t, func(*scene, *primarycare.ReferralRequestedV1) {})
	held, other := first, second
	if s.stateOf(second) != "offered " {
		held, other = second, first
	}
	was := s.count(`select count(*) from offer where referral_id = $1`, held.ReferralID)
	require.Equal(t, 1, was)
	require.Equal(t, http.StatusOK, s.step(s.coordinator, held.ReferralID, "settle", different(other.PatientRef)).Status)
	require.Equal(t, "offered ", s.stateOf(held))
	require.Equal(t, 2, s.count(`select count(*) from offer where referral_id = $1 and receiver_id = $2`, held.ReferralID, s.services[0]))
	s.looked()
	require.Equal(t, "offered ", s.stateOf(held), "nobody asks again")
}

// Whoever has said yes already keeps the person; the other request waits.
func TestTwoInOneInstantOfWhomOneIsAccepted(t *testing.T) {
	t.Parallel()
	s, first, second := bothAtOnce(t, func(s *scene, second *primarycare.ReferralRequestedV1) {
		s.eventually("it is offered", func() bool { return s.saidSo(second.PatientRef, "referral_offered", 1) })
		s.accept(second.PatientRef, s.offer(second.PatientRef, second.ReferralID))
	})
	require.Equal(t, []string{"held same_person", "accepted "}, []string{s.stateOf(first), s.stateOf(second)})
	require.Zero(t, s.count(`select count(*) from lookalike`))
}

// becameAlike is two with open cases whose details became alike: nothing of either waits.
func becameAlike(t *testing.T) (s *scene, known, fresh string, first, second *primarycare.ReferralRequestedV1) {
	t.Helper()
	s = newScene(t)
	known, fresh = s.patient(), s.patient()
	first = s.refer(known, s.practice, withoutNumber)
	s.Now.Add(time.Minute) // whose case was there first is known by its time
	second = s.refer(fresh, s.otherPractice, of(s.somebody()))
	s.looked()
	require.Zero(t, s.count(`select count(*) from lookalike`))
	s.Tell(fresh, s.described(fresh, s.otherPractice, slipped()))
	s.looked()
	return s, known, fresh, first, second
}

func (s *scene) lookalike() (lookalikeID string) {
	s.T.Helper()
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select id::text from lookalike where settled_at is null`).Scan(&lookalikeID))
	return lookalikeID
}

func (s *scene) settles(by actor.Actor, lookalikeID, body string) answer {
	s.T.Helper()
	return s.ask(by, http.MethodPost, apiRoot+"/lookalikes/"+lookalikeID+"/settle", body, "Content-Type", "application/json", "Idempotency-Key", id.New())
}

// Details became alike while both are helped: the office is asked, once, with a time, and what goes on goes on.
func TestDetailsThatBecameAlikeAreAQuestion(t *testing.T) {
	t.Parallel()
	s, known, fresh, first, second := becameAlike(t)
	lookalike := s.lookalike()
	require.Equal(t, []string{"offered ", "offered "}, []string{s.stateOf(first), s.stateOf(second)})
	newer := slipped()
	newer.Phone = "0161 496 7777"
	s.Tell(fresh, s.described(fresh, s.otherPractice, newer))
	s.looked()
	require.Equal(t, 1, s.count(`select count(*) from lookalike`), "asked once")

	path := "/case/lookalikes/" + lookalike
	for _, stranger := range []actor.Actor{s.receptionist, s.otherReceptionist, s.provider, s.linkWorker} {
		for _, at := range []string{"/case/lookalikes", path} {
			require.Equal(t, http.StatusForbidden, s.page(stranger, at).Status)
		}
		require.Equal(t, http.StatusForbidden, s.settles(stranger, lookalike, `{"same":true}`).Status)
		require.Equal(t, http.StatusForbidden, s.ask(stranger, http.MethodGet, apiRoot+"/lookalikes", "").Status)
	}
	require.NotContains(t, s.page(s.receptionist, "/case").Body, "look alike")
	require.Contains(t, s.page(s.coordinator, "/case").Body, "1 pair of records that look alike")
	require.Contains(t, s.page(s.coordinator, "/case/lookalikes").Body, path)
	see := s.page(s.coordinator, path).Body
	require.Contains(t, see, "Nearly the same")
	require.Contains(t, see, "What goes on meanwhile")

	s.Now.Add(5 * 24 * time.Hour)
	late := s.page(s.coordinator, "/case/overdue").Body
	require.Contains(t, late, path)
	require.NotContains(t, late, "Hart")
	var listed owed
	for _, o := range s.overdue(s.coordinator, "overdue", 50) {
		if o.Kind == "lookalike" {
			listed = o
		}
	}
	require.Equal(t, lookalike, listed.ID)
	require.Equal(t, string(terms.PartyCoordinator), listed.Owes.Party)

	nothing := s.post(s.coordinator, path, path, url.Values{"same": {"none"}})
	require.Equal(t, http.StatusUnprocessableEntity, nothing.Status)
	require.Contains(t, nothing.Body, "Select how you know that they are different people")
	done := s.post(s.coordinator, path, path, url.Values{"same": {"same"}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	require.Contains(t, s.page(s.coordinator, done.Header.Get("Location")).Body, "They are one person now")
	require.True(t, s.saidSo(fresh, "patient_merged", 1) && s.saidSo(known, "patient_merged", 1))
	require.Equal(t, known, s.keptUnder(fresh), "into the case that was there first")
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
	require.Equal(t, 2, s.count(`select count(*) from referral where is_open and state in ('offered', 'escalated')`), "nothing is taken from who has it in hand")
	require.Contains(t, s.page(s.coordinator, path).Body, "They were found to be one person")
	require.Equal(t, http.StatusConflict, s.settles(s.coordinator, lookalike, `{"same":true}`).Status)
	require.Equal(t, 1, s.count(`select count(*) from merge`))
	for _, ref := range []string{known, fresh} {
		require.Equal(t, 1, s.count(`select count(*) from audit where verb = 'settle lookalike' and patient_ref = $1`, ref))
	}
}

func (s *scene) keptUnder(ref string) (into string) {
	s.T.Helper()
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select coalesce(merged_into, ref)::text from patient where ref = $1`, ref).Scan(&into))
	return into
}

// Two coordinators answer at once, differently: one answer counts.
func TestTwoAnswerAboutALookalikeAtOnce(t *testing.T) {
	t.Parallel()
	s, _, _, _, _ := becameAlike(t)
	lookalike := s.lookalike()
	answers := make([]answer, 2)
	var wg sync.WaitGroup
	for i, body := range []string{`{"same":true}`, `{"same":false,"reason":"relatives"}`} {
		wg.Go(func() { answers[i] = s.settles(s.coordinator, lookalike, body) })
	}
	wg.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusConflict}, []int{answers[0].Status, answers[1].Status}, answers)
	require.Equal(t, 1, s.count(`select (select count(*) from merge) + (select count(*) from apart)`))
}

// Twins, a father and son of one name, and somebody for whom nobody does anything: nobody is asked, and nobody is made one.
func TestDetailsOfTwinsAndOfNobodyHelpedAskNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	hers, twin, father := ada, ada, ada
	hers.NHSNumber, twin.NHSNumber, father.NHSNumber = "", "", ""
	twin.GivenName, twin.Phone = "Beatrice", ""
	father.DateOfBirth = "1921-11-29"
	s.refer(s.patient(), s.practice, of(hers))
	for _, c := range []schemas.Contact{twin, father} {
		ref := s.patient()
		s.refer(ref, s.otherPractice, of(s.somebody()))
		s.Tell(ref, s.described(ref, s.otherPractice, c))
	}
	s.looked()
	require.Zero(t, s.count(`select (select count(*) from lookalike) + (select count(*) from merge)`))

	refs := [2]string{s.patient(), s.patient()}
	like := s.somebody()
	for i, c := range []schemas.Contact{like, s.somebody()} {
		p := s.refer(refs[i], s.practice, of(c))
		s.Tell(refs[i], &primarycare.ReferralWithdrawnV1{PatientRef: refs[i], ReferralID: p.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalMadeInError, By: s.receptionist.Person.ID, At: s.Now.Now()})
	}
	like.GivenName += "a"
	s.Tell(refs[1], s.described(refs[1], s.practice, like))
	s.looked()
	require.Zero(t, s.count(`select count(*) from lookalike`), "the next request asks")
}

// Kept apart by mistake: from the person's case the two are put to the office again. Until it answers they are two, and once it has, one.
func TestKeptApartIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := lookalike(t)
	require.Equal(t, http.StatusOK, s.step(s.coordinator, second.ReferralID, "settle", different(known)).Status)
	caseID, _ := s.caseOf(second.ReferralID)
	one, other := min(known, fresh), max(known, fresh)
	path := "/case/apart/" + one + "/" + other
	require.Contains(t, s.page(s.coordinator, "/case/"+caseID).Body, path)
	require.NotContains(t, s.page(s.otherReceptionist, "/case/"+caseID).Body, "/case/apart/")
	again := func(by actor.Actor, reason string) answer {
		return s.ask(by, http.MethodPost, apiRoot+"/apart/"+one+"/"+other+"/look-again", `{"reason":"`+reason+`"}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
	}
	require.Equal(t, http.StatusForbidden, s.page(s.otherReceptionist, path).Status)
	require.Equal(t, http.StatusForbidden, again(s.otherReceptionist, "mistake").Status)
	require.Equal(t, http.StatusUnprocessableEntity, again(s.coordinator, "because").Status)
	require.Equal(t, http.StatusNotFound, s.page(s.coordinator, "/case/apart/"+one+"/"+id.New()).Status)
	empty := s.post(s.coordinator, path, path, url.Values{})
	require.Equal(t, http.StatusUnprocessableEntity, empty.Status)
	require.Contains(t, empty.Body, "Select why they should be looked at again")

	answers := make([]answer, 2)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = again(s.coordinator, "learned_more") })
	}
	wg.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusConflict}, []int{answers[0].Status, answers[1].Status}, answers)
	require.Equal(t, 1, s.count(`select count(*) from lookalike`))
	for _, ref := range []string{known, fresh} {
		require.Equal(t, 1, s.count(`select count(*) from audit where verb = 'look at apart' and patient_ref = $1`, ref))
	}
	lookalike := s.lookalike()
	require.Contains(t, s.page(s.coordinator, path).Body, "/case/lookalikes/"+lookalike)
	require.Contains(t, s.page(s.coordinator, "/case/lookalikes").Body, "Something was learned since about one of them")
	var list struct {
		Items []struct{ ID, Reason string } `json:"items"`
	}
	require.NoError(t, json.Unmarshal([]byte(s.ask(s.coordinator, http.MethodGet, apiRoot+"/lookalikes", "").Body), &list))
	require.Equal(t, "learned_more", list.Items[0].Reason)

	third := s.refer(fresh, s.otherPractice, almost, func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	require.NotEqual(t, terms.ReferralHeld, s.progress(fresh, third.ReferralID).State, "they are two until somebody has said otherwise")
	hers := ada
	hers.NHSNumber = ""
	s.Tell(fresh, s.described(fresh, s.otherPractice, hers))
	s.looked()
	require.Zero(t, s.count(`select count(*) from merge`), "the machine does not answer what a person is asked")

	require.Equal(t, http.StatusOK, s.settles(s.coordinator, lookalike, `{"same":false,"reason":"records_show"}`).Status)
	require.Equal(t, 1, s.count(`select count(*) from apart where reason = 'records_show'`))
	require.Equal(t, http.StatusOK, again(s.coordinator, "mistake").Status)
	require.Equal(t, http.StatusOK, s.settles(s.coordinator, s.lookalike(), `{"same":true}`).Status)
	require.Zero(t, s.count(`select count(*) from apart`))
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`))
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.undo(s.mergeOf(s.mergedFrom())).Status, "it can be undone as any other")
	require.Equal(t, 1, s.count(`select count(*) from apart where reason = 'merge_undone'`))
}

func (s *scene) mergedFrom() (ref string) {
	s.T.Helper()
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select from_ref::text from merge where undone_at is null`).Scan(&ref))
	return ref
}

// What waited to know who it is goes away by itself: whom else they may be is asked then, and of whom is erased nothing is.
func TestWhatWaitedGoesAndTheQuestionStays(t *testing.T) {
	t.Parallel()
	s, known, fresh, second := lookalike(t)
	third := s.refer(fresh, s.otherPractice, of(slipped()), func(p *primarycare.ReferralRequestedV1) { p.Need, p.Receivers = terms.NeedHousing, nil })
	require.Equal(t, "held same_person", s.stateOf(third))
	hers := ada
	hers.NHSNumber, hers.Phone = "", "0161 496 7777"
	s.Tell(known, s.described(known, s.practice, hers))
	s.looked()
	require.Zero(t, s.count(`select count(*) from lookalike`), "the office is asked already")
	for _, p := range []*primarycare.ReferralRequestedV1{second, third} {
		s.Tell(fresh, &primarycare.ReferralWithdrawnV1{PatientRef: fresh, ReferralID: p.ReferralID, SenderOrganisationID: s.otherPractice, Reason: terms.WithdrawalMadeInError, By: s.otherReceptionist.Person.ID, At: s.Now.Now()})
	}
	s.looked()
	require.Equal(t, 1, s.count(`select count(*) from lookalike where settled_at is null`), "one of the two is helped still")
	require.Equal(t, http.StatusOK, s.erases(s.privacy, fresh).Status)
	require.Zero(t, s.count(`select count(*) from lookalike`))
}
