package coordination_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// step is one that somebody owes: what of, who, and by when.
type step struct {
	kind, id, party, organisation string
	due                           time.Time
}

// steps begins one of every kind that nobody takes, all at this moment, and says what the table of times makes of each.
func (s *scene) steps() []step {
	s.T.Helper()
	times, err := door.Times{}.Table(terms.ClockPriorities(), terms.ClockRules())
	require.NoError(s.T, err)
	lead := doortest.Person("Una Lead", "service_lead", s.providers[0], "provider", "Olga's Cafe")
	s.grant(lead, s.Now.Now())
	ref, gone := s.patient(), s.patient()
	first := s.refer(ref, s.practice)
	for range 3 {
		s.bounce(ref, s.offer(ref, first.ReferralID), terms.BounceNoCapacity)
	}
	caseID := s.progress(ref, first.ReferralID).CaseID
	s.refer(gone, s.practice, of(s.somebody()))
	require.Equal(s.T, http.StatusOK, s.withdraws(gone).Status)

	at := s.Now.Now()
	rule := func(kind terms.Clock, organisation string) time.Time {
		return times.Due(at, string(kind), "", organisation)
	}
	day := func(days int) (on string, due time.Time) {
		due = times.Calendar().AddWorkingDays(at, days)
		return due.In(clock.London).Format(time.DateOnly), due
	}
	flag, place, action, post := id.New(), id.New(), id.New(), id.New()
	s.Tell(ref, &primarycare.RedFlagRaisedV1{PatientRef: ref, FlagID: flag, Source: terms.RedFlagFromReception, DueAt: rule(terms.ClockRedFlag, s.practice), PracticeID: s.practice, RaisedBy: s.receptionist.Person.ID, RaisedAt: at})
	s.Tell(s.services[0], &vcse.PlaceReservedV1{ReservationID: place, OfferID: id.New(), ServiceID: s.services[0], Until: rule(terms.ClockReservation, s.providers[0])})
	meetingDay, meeting := day(7)
	s.Tell(ref, &mdt.ActionAgreedV1{
		PatientRef: ref, ActionID: action, MeetingID: id.New(), What: schemas.Seal(schemas.Narrative{Text: "Ring her."}), OwnerPersonID: lead.Person.ID,
		OwnerOrganisationID: s.providers[0], DueOn: meetingDay, By: s.coordinator.Person.ID, At: at,
	})
	s.Tell(ref, &mdt.CaseHolderOfferedV1{PatientRef: ref, CaseID: caseID, PersonID: s.linkWorker.Person.ID, OrganisationID: s.team, Role: terms.RoleLinkWorker, By: s.coordinator.Person.ID, At: at})
	askOn, ask := day(10)
	s.Tell(ref, &primarycare.PatientSignpostedV1{PatientRef: ref, SignpostID: post, PracticeID: s.practice, Need: terms.NeedLoneliness, ServiceID: s.services[0], By: s.receptionist.Person.ID, At: at, FollowUpOn: askOn})
	event := s.parks()
	var removal string
	require.NoError(s.T, s.Admin.QueryRow(s.T.Context(), `select because_event::text from removal`).Scan(&removal))
	return []step{
		{"referral", first.ReferralID, "coordinator", s.office, rule(terms.ClockEscalation, s.office)},
		{"red_flag", flag, "sender", s.practice, rule(terms.ClockRedFlag, s.practice)},
		{"reservation", place, "receiver", s.providers[0], rule(terms.ClockReservation, s.providers[0])},
		{"action", action, "receiver", s.providers[0], meeting},
		{"answer", caseID, "receiver", s.team, rule(terms.ClockCaseHolder, s.team)},
		{"signpost", post, "sender", s.practice, ask},
		{"removal", removal, "receiver", "", rule(terms.ClockRemoval, "")},
		{"parked", event, "coordinator", "", rule(terms.ClockParked, "")},
	}
}

// Each kind of step has one party that owes it and a time by the table; it is due soon before that, overdue after it, and never both. The
// oldest is first. Said again and again, nothing is listed twice.
func TestEveryKindOfStepBecomesDueSoonAndOverdue(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	steps := s.steps()
	slices.SortStableFunc(steps, func(a, b step) int { return a.due.Compare(b.due) })
	find := func(list string, x step) (found []owed) {
		for _, o := range s.overdue(s.coordinator, list, 50) {
			if o.Kind == x.kind && o.ID == x.id {
				found = append(found, o)
			}
		}
		return found
	}
	for i, x := range steps {
		if s.Now.Now().Before(x.due.Add(-time.Minute)) { // two may be due at one moment
			s.Now.Set(x.due.Add(-time.Minute))
		}
		if s.Now.Now().Before(x.due) {
			soon := find("soon", x)
			require.Len(t, soon, 1, x.kind)
			require.Equal(t, x.due.UTC(), soon[0].Due.UTC(), x.kind)
			require.Equal(t, x.party, soon[0].Owes.Party, x.kind)
			require.Equal(t, x.organisation, soon[0].Owes.Of, x.kind)
			require.Empty(t, find("overdue", x), x.kind)
		}
		if i+1 == len(steps) || steps[i+1].due.After(x.due) {
			s.Now.Set(x.due.Add(time.Minute))
		}
	}
	all := s.overdue(s.coordinator, "overdue", 3)
	require.True(t, slices.IsSortedFunc(all, func(a, b owed) int { return a.Due.Compare(b.Due) }), all)
	for _, x := range steps {
		require.Len(t, find("overdue", x), 1, x.kind)
		require.Empty(t, find("soon", x), x.kind)
	}
	page := s.page(s.coordinator, "/case/overdue").Body
	for _, words := range []string{
		"Find a way", "Acknowledge the red flag", "Answer before the place goes back", "Do the agreed action", "Say whether they hold the case", "Ask how the signpost went",
		"Say that the copy was removed", "Services that hold a copy", "Look at an event that could not be applied",
	} {
		require.Contains(t, page, words)
	}
	require.NotContains(t, page, "Hart", "nothing tells of a person")

	// Every holder says that it has removed what it had, the question is answered, and the signpost was asked about: they are gone.
	by := map[string]step{}
	for _, x := range steps {
		by[x.kind] = x
	}
	var ref string
	require.NoError(t, s.Admin.QueryRow(t.Context(), `select patient_ref::text from referral where id = $1`, by["referral"].id).Scan(&ref))
	s.Tell(ref, &mdt.CaseHolderAcceptedV1{PatientRef: ref, CaseID: by["answer"].id, PersonID: s.linkWorker.Person.ID, OrganisationID: s.team, Role: terms.RoleLinkWorker, By: s.linkWorker.Person.ID, At: s.Now.Now()})
	s.Tell(ref, &primarycare.SignpostFollowedUpV1{PatientRef: ref, SignpostID: by["signpost"].id, PracticeID: s.practice, Result: terms.SignpostResults[0].Code, By: s.receptionist.Person.ID, At: s.Now.Now()})
	require.Empty(t, find("overdue", by["answer"]))
	require.Empty(t, find("overdue", by["signpost"]))
	s.removedBy(by["removal"].id)
	require.Empty(t, find("overdue", by["removal"]))
}

// An offer that nobody answers is owed by its receiver, and runs out once: then it is another's to answer, and at last the area's office has it.
func TestAnOfferIsDueRunsOutOnceAndIsEscalated(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.Now.Set(o.AnswerDueAt.Add(-time.Minute))
	soon := s.overdue(s.coordinator, "soon", 50)
	require.Len(t, soon, 1)
	require.Equal(t, "receiver", soon[0].Owes.Party)
	require.Equal(t, o.ReceiverOrganisationID, soon[0].Owes.Of)
	require.Equal(t, o.AnswerDueAt.UTC(), soon[0].Due.UTC())
	for range 4 {
		s.Now.Add(10 * 24 * time.Hour)
		s.eventually("the clock does not look", func() bool {
			return s.count(`select count(*) from referral where id = $1 and due_at <= $2 and not overdue`, p.ReferralID, s.Now.Now()) == 0
		})
	}
	late := s.overdue(s.coordinator, "overdue", 50)
	require.Len(t, late, 1)
	require.Equal(t, "coordinator", late[0].Owes.Party)
	escalations := slices.DeleteFunc(s.facts(ref), func(f string) bool { return f != "referral_escalated" })
	require.Len(t, escalations, 1, "once")
	require.Equal(t, 1, s.count(`select count(*) from offer where id = $1 and state = 'expired'`, o.OfferID))
}

// removedBy says for every holder that it removed what it was told to.
func (s *scene) removedBy(because string) {
	s.T.Helper()
	holders := map[string]func(mdt.RemovalAcknowledgedV1){
		"primarycare": func(p mdt.RemovalAcknowledgedV1) { q := primarycare.RemovalAcknowledgedV1(p); s.Tell(p.PatientRef, &q) },
		"vcse":        func(p mdt.RemovalAcknowledgedV1) { q := vcse.RemovalAcknowledgedV1(p); s.Tell(p.PatientRef, &q) },
		"mdt":         func(p mdt.RemovalAcknowledgedV1) { s.Tell(p.PatientRef, &p) },
		"linkworker":  func(p mdt.RemovalAcknowledgedV1) { q := linkworker.RemovalAcknowledgedV1(p); s.Tell(p.PatientRef, &q) },
	}
	rows, err := s.Admin.Query(s.T.Context(), `select b.service, r.patient_ref::text from removal_by b join removal r using (because_event) where because_event = $1 and b.at is null`, because)
	require.NoError(s.T, err)
	owes := map[string]string{}
	for rows.Next() {
		var service, ref string
		require.NoError(s.T, rows.Scan(&service, &ref))
		owes[service] = ref
	}
	require.NoError(s.T, rows.Err())
	require.NotEmpty(s.T, owes)
	for service, ref := range owes {
		holders[service](mdt.RemovalAcknowledgedV1{PatientRef: ref, Because: terms.RemovalConsentWithdrawn, BecauseEvent: because, Removed: 1, At: s.Now.Now()})
	}
}

// An action that is given to another is theirs by the same day, on the case's page and on the list. When its owner leaves, whoever's meeting
// agreed it owes giving it to somebody else.
func TestAnActionIsGivenToAnotherAndItsOwnerLeaves(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lead := doortest.Person("Una Lead", "service_lead", s.providers[0], "provider", "Olga's Cafe")
	lena := doortest.Person("Lena Link", "link_worker", s.team, "link_worker_team", "Park Link Workers")
	manager := doortest.Person("Mo Lead", "service_lead", s.team, "link_worker_team", "Park Link Workers")
	for _, p := range []actor.Actor{lead, lena, manager} {
		s.grant(p, s.Now.Now())
	}
	ref, meeting, action := s.patient(), id.New(), id.New()
	caseID := s.progress(ref, s.refer(ref, s.practice).ReferralID).CaseID
	now := s.Now.Now()
	s.Tell(meeting, &mdt.MeetingScheduledV1{MeetingID: meeting, OrganisationID: s.office, Name: "MDT", StartsAt: now, EndsAt: now, Status: terms.MeetingPlanned, At: now, Version: 1})
	day := now.Add(7 * 24 * time.Hour).Format(time.DateOnly)
	s.Tell(ref, &mdt.ActionAgreedV1{
		PatientRef: ref, ActionID: action, CaseID: caseID, MeetingID: meeting, OwnerPersonID: lead.Person.ID, OwnerOrganisationID: s.providers[0], DueOn: day,
		What: schemas.Seal(schemas.Narrative{Text: "Visit"}), By: s.coordinator.Person.ID, At: now,
	})
	s.Tell(ref, &mdt.ActionReassignedV1{
		PatientRef: ref, ActionID: action, CaseID: caseID, MeetingID: meeting, OwnerPersonID: lena.Person.ID, OwnerOrganisationID: s.team, WasPersonID: lead.Person.ID,
		WasOrganisationID: s.providers[0], DueOn: day, What: schemas.Seal(schemas.Narrative{Text: "Visit"}), AgreedAt: now, By: lead.Person.ID, At: now.Add(time.Second),
	})
	page := s.page(s.receptionist, "/case/"+caseID).Body
	require.Contains(t, page, "Action given to Lena Link")
	require.Contains(t, page, "It was Una Lead&#39;s.")

	s.Now.Add(14 * 24 * time.Hour)
	actions := func(of actor.Actor) (found []owed) {
		for _, o := range s.overdue(of, "overdue", 50) {
			if o.Kind == "action" {
				found = append(found, o)
			}
		}
		return found
	}
	require.Empty(t, actions(lead))
	theirs := actions(manager)
	require.Len(t, theirs, 1)
	require.Equal(t, lena.Person.ID, theirs[0].Owes.PersonID)

	s.Tell(lena.Person.ID, &register.PersonRoleEndedV1{PersonID: lena.Person.ID, OrganisationID: s.team, Role: terms.RoleLinkWorker, At: s.Now.Now()})
	require.Empty(t, actions(manager), "nobody of theirs does it")
	left := actions(s.coordinator)
	require.Len(t, left, 1)
	require.Equal(t, "owner_left", left[0].State)
	require.Equal(t, s.office, left[0].Owes.Of, "whose meeting it was")
	require.Equal(t, theirs[0].Due, left[0].Due)
	page = s.page(s.coordinator, "/case/overdue").Body
	require.Contains(t, page, "Give the action to somebody: its owner has left")
	require.Contains(t, page, `href="/mdt/actions/`+action)

	s.grant(lena, s.Now.Now()) // their contract was mended
	require.Len(t, actions(manager), 1)
}
