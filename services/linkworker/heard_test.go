package linkworker_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/store"
)

func TestAnAnswerThatCameTooLateIsStoodDownByAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	o.must(h.maya, "accept", "assign_to", h.maya.Person.ID)
	due := h.Now.Now().Add(24 * time.Hour)
	h.Tell(o.PatientRef, &coordination.OfferAnswerRefusedV1{
		PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID, Answer: terms.AnswerAccepted,
		Why: terms.RefusalAcceptedElsewhere, StandDownDueAt: due, At: h.Now.Now(),
	})
	require.Contains(t, h.page(h.omar, "/link-worker"), "1 offer to stand down from")
	page := h.page(h.maya, o.path())
	require.Contains(t, page, "Another service accepted it first")
	require.Contains(t, page, "your word that you stood down due")
	o.must(h.omar, "stand-down")
	require.Contains(t, h.page(h.maya, o.path()), "Omar Reid confirmed")
	require.Equal(t, 409, o.post(h.maya, "stand-down").Status)
	require.NotContains(t, h.page(h.omar, "/link-worker"), "stand down")
}

func TestWithdrawnAndExpiredOffersSaySo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	h.Tell(o.PatientRef, &coordination.OfferWithdrawnV1{PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID, Reason: terms.OfferWithdrawalReferralWithdrawn, At: h.Now.Now()})
	require.Contains(t, h.page(h.maya, o.path()), "The sender withdrew the referral")
	require.Equal(t, 409, o.post(h.maya, "accept", "assign_to", h.maya.Person.ID).Status)
	late := h.offer()
	h.Tell(late.PatientRef, &coordination.OfferExpiredV1{PatientRef: late.PatientRef, OfferID: late.OfferID, ReferralID: late.ReferralID, At: h.Now.Now()})
	require.Contains(t, h.page(h.maya, late.path()), "Not answered in time")
	require.Equal(t, 409, late.post(h.maya, "ask", "question", "Still there?").Status)
	late.must(h.maya, "accept", "assign_to", h.maya.Person.ID) // a late yes is honoured when nobody else was faster
	late.progress(terms.ReferralAccepted, 5)
	require.Contains(t, h.page(h.maya, late.path()), "You support them")
	helped := h.accepted()
	h.Tell(helped.PatientRef, &coordination.OfferWithdrawnV1{PatientRef: helped.PatientRef, OfferID: helped.OfferID, ReferralID: helped.ReferralID, Reason: terms.OfferWithdrawalPatientDied, StandDown: true, At: h.Now.Now()})
	require.Contains(t, h.page(h.maya, helped.path()), "Stop what you began")
}

// After a merge, facts about one offer may travel under two refs, so that the end is heard before the beginning.
func TestAnOfferAndItsEndMayComeInEitherOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, word := range []string{"withdrawn", "expired"} {
		o := h.unsaid()
		tellEnd := func() {
			if word == "expired" {
				h.Tell(o.PatientRef, &coordination.OfferExpiredV1{PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID, At: h.Now.Now()})
				return
			}
			h.Tell(o.PatientRef, &coordination.OfferWithdrawnV1{PatientRef: o.PatientRef, OfferID: o.OfferID, ReferralID: o.ReferralID, Reason: terms.OfferWithdrawalJoined, At: h.Now.Now()})
		}
		tellEnd()
		h.Tell(o.PatientRef, o.ReferralOfferedV1)
		var state string
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select state from offer where id = $1`, o.OfferID).Scan(&state))
		require.Equal(t, word, state)
	}
}

// What the register says may come before or after what is said of its people and organisations.
func TestNamesMayComeLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	elsewhere := id.New()
	o := h.offer(func(p *coordination.ReferralOfferedV1) { p.SenderOrganisationID, p.RequestedBy = elsewhere, id.New() })
	require.Contains(t, h.page(h.maya, o.path()), "a sender whose name has not arrived yet")
	h.organisation(elsewhere, terms.KindPractice, "Oak Surgery")
	require.Contains(t, h.page(h.maya, o.path()), "Oak Surgery")
	team := id.New()
	h.Tell(o.PatientRef, &mdt.KeyWorkerAssignedV1{PatientRef: o.PatientRef, CaseID: o.CaseID, PersonID: h.omar.Person.ID, OrganisationID: team, By: id.New(), At: h.Now.Now()})
	h.Tell(team, &register.OrganisationRegisteredV1{OrganisationID: team, Kind: terms.KindLinkWorkerTeam, Name: "New team", Status: terms.OrganisationActive, Version: 1})
	var n int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from key_worker where organisation_id = $1`, team).Scan(&n))
	require.Equal(t, 1, n)
}

func TestOffersToServicesAreNotOurs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(func(p *coordination.ReferralOfferedV1) {
		p.ReceiverKind, p.TeamID, p.ServiceID = terms.ReceiverService, "", id.New()
	})
	var n int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from offer where id = $1`, o.OfferID).Scan(&n))
	require.Zero(t, n)
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from person where ref = $1`, o.PatientRef).Scan(&n))
	require.Zero(t, n, "nothing is kept of whom we were not asked to help")
}

func TestWhatMeetingsGiveToOurStaffIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	h.Tell(o.PatientRef, &mdt.KeyWorkerAssignedV1{PatientRef: o.PatientRef, CaseID: o.CaseID, PersonID: h.maya.Person.ID, OrganisationID: h.team, By: id.New(), At: h.Now.Now()})
	action := &mdt.ActionAgreedV1{
		PatientRef: o.PatientRef, ActionID: id.New(), CaseID: o.CaseID, MeetingID: id.New(), OwnerPersonID: h.maya.Person.ID, OwnerOrganisationID: h.team,
		DueOn: "2030-01-02", What: schemas.Seal(schemas.Narrative{Text: "Ring the choir about the bus"}), By: id.New(), At: h.Now.Now(),
	}
	h.Tell(o.PatientRef, action)
	foreign := *action
	foreign.ActionID, foreign.OwnerOrganisationID, foreign.What = id.New(), h.practice, schemas.Seal(schemas.Narrative{Text: "Check her tablets"})
	h.Tell(o.PatientRef, &foreign)
	for _, path := range []string{o.path(), "/link-worker/people/" + o.PatientRef, "/link-worker/meetings"} {
		page := h.page(h.maya, path)
		require.Contains(t, page, "Ring the choir about the bus", path)
		require.NotContains(t, page, "Check her tablets", path)
	}
	require.Contains(t, h.page(h.maya, "/link-worker"), "1 action from a meeting")
	require.Contains(t, h.page(h.maya, o.path()), "Maya Singh has been key worker since")
	// Each is given to the other's owner: what was ours goes with its words, and what was the practice's comes.
	swap := func(a *mdt.ActionAgreedV1, person, organisation, words string) {
		h.Tell(o.PatientRef, &mdt.ActionReassignedV1{
			PatientRef: o.PatientRef, ActionID: a.ActionID, CaseID: o.CaseID, MeetingID: a.MeetingID, OwnerPersonID: person, OwnerOrganisationID: organisation,
			WasPersonID: a.OwnerPersonID, WasOrganisationID: a.OwnerOrganisationID, DueOn: a.DueOn, What: schemas.Seal(schemas.Narrative{Text: words}), AgreedAt: a.At, By: id.New(), At: h.Now.Now(),
		})
	}
	swap(action, id.New(), h.practice, "Ring the choir about the bus")
	swap(&foreign, h.maya.Person.ID, h.team, "Check her tablets")
	page := h.page(h.maya, "/link-worker/meetings")
	require.NotContains(t, page, "Ring the choir")
	require.Contains(t, page, "Check her tablets")
	require.Contains(t, h.page(h.maya, "/link-worker"), "1 action from a meeting")
	h.Tell(o.PatientRef, &mdt.ActionDoneV1{PatientRef: o.PatientRef, ActionID: foreign.ActionID, CaseID: o.CaseID, Result: "done", By: id.New(), At: h.Now.Now()})
	h.Tell(o.PatientRef, &mdt.KeyWorkerReleasedV1{PatientRef: o.PatientRef, CaseID: o.CaseID, PersonID: h.maya.Person.ID, OrganisationID: h.team, By: id.New(), At: h.Now.Now()})
	require.NotContains(t, h.page(h.maya, "/link-worker"), "action from a meeting")
	require.NotContains(t, h.page(h.maya, o.path()), "has been key worker")
}

func TestHowToReachSomebodyFollowsCoordination(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	h.Now.Add(time.Second)
	h.Tell(o.PatientRef, &coordination.ContactPreferencesChangedV1{
		PatientRef: o.PatientRef, At: h.Now.Now(),
		Contact: schemas.Seal(schemas.Contact{GivenName: "Alma", FamilyName: "Quist", DateOfBirth: "1956-11-26", SafeNote: "Her son reads her texts"}),
	})
	page := h.page(h.maya, o.path())
	require.Contains(t, page, "Her son reads her texts")
	require.Contains(t, page, "no way is safe")
	h.Tell(o.PatientRef, &coordination.ContactPreferencesChangedV1{PatientRef: o.PatientRef, At: h.Now.Now().Add(-time.Hour), Contact: schemas.Seal(schemas.Contact{GivenName: "Old", FamilyName: "Name"})})
	require.NotContains(t, h.page(h.maya, o.path()), "Old Name", "an older word never replaces a newer one")
}

func TestWithdrawnConsentRemovesWhatWasSharedAndSaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	o.must(h.maya, "contact", append([]string{"how", "phone", "result", "reached", "note", "Our own words"}, h.day("on", 0)...)...)
	because := h.Tell(o.PatientRef, &coordination.ConsentWithdrawnV1{PatientRef: o.PatientRef, ConsentID: id.New(), Purpose: terms.ConsentShareToHelp, How: terms.ConsentByPhone, By: id.New(), At: h.Now.Now()})
	var ack said.RemovalAcknowledgedV1
	h.Last(o.PatientRef, &ack)
	require.Equal(t, because, ack.BecauseEvent)
	require.Equal(t, terms.RemovalConsentWithdrawn, ack.Because)
	require.Positive(t, ack.Removed)
	page := h.page(h.maya, o.path())
	for _, gone := range []string{"Alma", "Widowed", "neighbour", "0161 496 0000", "999 000 0018"} {
		require.NotContains(t, page, gone)
	}
	require.Contains(t, page, "Our own words", "the record of the help we gave is ours")
	require.Contains(t, page, "no longer agrees to sharing")
	require.Contains(t, h.page(h.maya, "/link-worker/people"), "Details removed")
}

// A no to sharing what is sensitive takes that alone; whom the team knows by it alone it does not keep.
func TestWithdrawnConsentToWhatIsSensitiveRemovesThatAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plain := h.accepted()
	sensitive := func(p *coordination.ReferralOfferedV1) {
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedAlcoholDrugs, Receivers: []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: p.TeamID}}})
		p.Need, p.Sensitive = "", true
	}
	both := h.offer(sensitive, func(p *coordination.ReferralOfferedV1) { p.PatientRef = plain.PatientRef })
	only := h.offer(sensitive)
	kept := func(table, column, of string) (n int) {
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from `+table+` where `+column+` = $1 and removed_at is null`, of).Scan(&n))
		return n
	}
	for ref, want := range map[string]int{plain.PatientRef: 1, only.PatientRef: 0} {
		because := h.Tell(ref, &coordination.ConsentWithdrawnV1{PatientRef: ref, ConsentID: id.New(), Purpose: terms.ConsentShareSensitive, How: terms.ConsentByPhone, By: id.New(), At: h.Now.Now()})
		var ack said.RemovalAcknowledgedV1
		h.Last(ref, &ack)
		require.Equal(t, because, ack.BecauseEvent)
		require.Positive(t, ack.Removed)
		require.Equal(t, want, kept("person", "ref", ref))
	}
	require.Equal(t, []int{1, 0, 0}, []int{kept("offer", "id", plain.OfferID), kept("offer", "id", both.OfferID), kept("offer", "id", only.OfferID)})
	require.Contains(t, h.page(h.maya, plain.path()), "Alma")
}

func TestErasureClearsEveryColumnOnTheList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	o.must(h.maya, "contact", append([]string{"how", "phone", "result", "reached", "note", "SECRET"}, h.day("on", 0)...)...)
	o.must(h.maya, "assessment", "stage", "start", "matters", "SECRET", "needs", "loneliness", "happy", "3")
	o.must(h.maya, "plan", append([]string{"matters", "SECRET", "goal-1", "SECRET"}, h.day("review", 5)...)...)
	o.must(h.maya, "assign", "assign_to", h.omar.Person.ID, "why", "SECRET")
	o.must(h.maya, "crisis", "rung", "nobody_yet", "note", "SECRET")
	h.refer(o, "narrative", "SECRET", "safeguarding", "SECRET")
	h.Tell(o.PatientRef, &coordination.PatientErasedV1{PatientRef: o.PatientRef, Why: terms.ErasurePatientAsked, At: h.Now.Now()})
	var ack said.RemovalAcknowledgedV1
	h.Last(o.PatientRef, &ack)
	require.Equal(t, terms.RemovalPatientErased, ack.Because)
	for _, c := range store.PersonalData {
		var left int
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from `+c.Table+` where coalesce(`+c.Column+`::text, '') not in ('', '{}', '[]')`).Scan(&left))
		require.Zero(t, left, "%s.%s still holds something", c.Table, c.Column)
	}
	rows, err := h.Admin.Query(t.Context(), `select table_name from information_schema.tables where table_schema = 'linkworker' and table_name not in ('outbox', 'inbox')`)
	require.NoError(t, err)
	var tables []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	for _, name := range tables {
		for _, word := range []string{"SECRET", "Quist", "Widowed"} {
			var n int
			require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from `+name+` x where x::text like '%' || $1 || '%'`, word).Scan(&n))
			require.Zero(t, n, "%s stands in %s", word, name)
		}
	}
}

func TestMergedPeopleAreOnePersonUntilTheMergeIsUndone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.offer(), h.offer()
	h.Tell(two.PatientRef, &coordination.PatientMergedV1{PatientRef: two.PatientRef, FromRef: one.PatientRef, IntoRef: two.PatientRef, Why: terms.MergeSamePerson, At: h.Now.Now()})
	page := h.page(h.maya, "/link-worker/people/"+two.PatientRef)
	require.Contains(t, page, one.Reference[:4])
	require.Contains(t, page, two.Reference[:4])
	one.must(h.maya, "accept", "assign_to", h.maya.Person.ID)
	require.Contains(t, typesOf(h.Said(two.PatientRef)), said.TypeOfferAcceptedV1, "from now on it is said under the ref that stays")
	h.Tell(two.PatientRef, &coordination.PatientMergeUndoneV1{PatientRef: two.PatientRef, FromRef: one.PatientRef, IntoRef: two.PatientRef, By: id.New(), At: h.Now.Now()})
	require.NotContains(t, h.page(h.maya, "/link-worker/people/"+two.PatientRef), one.Reference[:4]+" "+one.Reference[4:])
}

// What came while two were one person's is the other's once they are two again: what is said of it from then on, what was written down about
// it, and who it is. The team keeps nothing of whom it has no more to do with.
func TestAReferralGoesWithWhomAMergeUndoneGivesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	o.must(h.maya, "contact", append([]string{"how", "phone", "result", "reached", "note", "Our own words"}, h.day("on", 0)...)...)
	sent := h.refer(o)
	alone, err := h.Vault("coordination").NewRef(t.Context())
	require.NoError(t, err)
	h.Tell(o.PatientRef, &coordination.PatientMergedV1{PatientRef: o.PatientRef, FromRef: alone, IntoRef: o.PatientRef, Why: terms.MergeSamePerson, At: h.Now.Now()})
	for _, ref := range []string{alone, o.PatientRef} {
		h.Tell(ref, &coordination.PatientMergeUndoneV1{PatientRef: ref, FromRef: alone, IntoRef: o.PatientRef, By: id.New(), At: h.Now.Now()})
	}
	ours := id.New()
	for _, p := range []*coordination.ReferralProgressedV1{
		{ReferralID: o.ReferralID, SenderOrganisationID: o.SenderOrganisationID, State: terms.ReferralUnderWay, Owes: schemas.Owes{Party: terms.PartyReceiver, OrganisationID: h.team}, OfferID: o.OfferID, Version: 9},
		{ReferralID: sent, SenderOrganisationID: h.team, State: terms.ReferralEscalated, Owes: schemas.Owes{Party: terms.PartyCoordinator}, Version: 9},
	} {
		p.PatientRef, p.CaseID, p.At = alone, ours, h.Now.Now()
		h.Tell(alone, p)
	}
	long := h.Now.Now().Add(-time.Hour * 24 * 400) // they were described before anything else here happened
	h.Tell(alone, &coordination.ContactPreferencesChangedV1{PatientRef: alone, Contact: schemas.Seal(schemas.Contact{GivenName: "Aline", FamilyName: "Alone"}), At: long})
	for _, table := range []string{"offer", "contact", "referral", "referral_step"} {
		var with, without int
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) filter (where patient_ref = $1), count(*) filter (where patient_ref <> $1) from `+table, alone).Scan(&with, &without))
		require.NotZero(t, with, table)
		require.Zero(t, without, table)
	}
	page := h.page(h.maya, o.path())
	require.Contains(t, page, "/case/"+ours, "the case that it is in now")
	require.Contains(t, page, "Aline Alone")
	var left int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from person where ref = $1 and (removed_at is null or family_name <> '')`, o.PatientRef).Scan(&left))
	require.Zero(t, left)
	o.must(h.maya, "contact", append([]string{"how", "phone", "result", "reached", "note", "As before"}, h.day("on", 0)...)...)
	var met said.ContactRecordedV1
	h.Last(alone, &met)
	require.Equal(t, o.OfferID, met.OfferID)
	h.Tell(alone, &coordination.PatientErasedV1{PatientRef: alone, Why: terms.ErasurePatientAsked, At: h.Now.Now()})
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from contact where note <> ''`).Scan(&left))
	require.Zero(t, left)
}

// A record that had been made one with the first before goes with it: it does not keep the other's number.
func TestAMergeUndoneGivesAllOfOnePersonBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before, from, into := h.offer(), h.offer(), h.offer()
	said := h.Now.Now()
	tell := func(ref, phone string, at time.Time) {
		h.Tell(ref, &coordination.ContactPreferencesChangedV1{PatientRef: ref, Contact: schemas.Seal(schemas.Contact{GivenName: "Alma", FamilyName: "Quist", Phone: phone}), At: at})
	}
	for _, m := range [][2]told{{before, from}, {from, into}} {
		h.Now.Add(time.Minute)
		h.Tell(m[1].PatientRef, &coordination.PatientMergedV1{PatientRef: m[1].PatientRef, FromRef: m[0].PatientRef, IntoRef: m[1].PatientRef, Why: terms.MergeSamePerson, At: h.Now.Now()})
	}
	tell(into.PatientRef, "0161 496 0009", h.Now.Now())
	h.Now.Add(time.Minute)
	for _, o := range []told{from, into} {
		h.Tell(o.PatientRef, &coordination.PatientMergeUndoneV1{PatientRef: o.PatientRef, FromRef: from.PatientRef, IntoRef: into.PatientRef, By: id.New(), At: h.Now.Now()})
	}
	tell(from.PatientRef, "0161 496 0001", said)
	for _, o := range []told{before, from, into} {
		var phone, number string
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select phone, nhs_number from person where ref = $1`, o.PatientRef).Scan(&phone, &number))
		require.Empty(t, number, "it may have been the other's")
		require.Equal(t, o == into, phone == "0161 496 0009")
	}
}

func typesOf(events []event.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Type)
	}
	return out
}

func TestTheClocksWakeOpenPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	woken := make(chan string, 10)
	own := *h.door.App // the door's own is in use
	own.Hint = func(topics ...string) {
		for _, x := range topics {
			woken <- x
		}
	}
	tick := own.Clocks(h.Now.Now())
	require.NoError(t, tick(context.Background()))
	require.Empty(t, woken)
	h.Now.Set(o.AnswerDueAt.Add(time.Minute))
	require.NoError(t, tick(context.Background()))
	require.Equal(t, "org."+h.team, <-woken)
	require.Contains(t, h.page(h.maya, "/link-worker"), "1 offer past its reply date")
}
