package coordination_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

type owed struct {
	Kind, ID, Reference string
	Service             string
	State               string
	Owes                struct {
		Party    string `json:"party"`
		Of       string `json:"organisation_id"`
		Person   string `json:"person"`
		PersonID string `json:"person_id"`
	}
	Due    time.Time `json:"due_at"`
	MaySee bool      `json:"may_see"`
}

// overdue reads the whole list, in pages of the size.
func (s *scene) overdue(by actor.Actor, list string, size int) (all []owed) {
	s.T.Helper()
	for next := ""; ; {
		got := s.ask(by, http.MethodGet, fmt.Sprintf("%s/overdue?list=%s&limit=%d&cursor=%s", apiRoot, list, size, next), "")
		require.Equal(s.T, http.StatusOK, got.Status, got.Body)
		var page struct {
			Items []owed `json:"items"`
			Next  string `json:"next_cursor"`
		}
		require.NoError(s.T, json.Unmarshal([]byte(got.Body), &page))
		require.LessOrEqual(s.T, len(page.Items), size)
		all = append(all, page.Items...)
		if next = page.Next; next == "" {
			return all
		}
	}
}

// Of every kind that coordination knows, the oldest first, whatever the size of a page; each organisation sees its own.
func TestWhatIsOverdueIsListedTheOldestFirst(t *testing.T) {
	t.Parallel()
	s, ref, referral, _ := escalated(t)
	lead := doortest.Person("Una Lead", "service_lead", s.providers[0], "provider", "Olga's Cafe")
	s.grant(lead, s.Now.Now())
	at := s.Now.Now()
	flag, place := id.New(), id.New()
	s.Tell(ref, &primarycare.RedFlagRaisedV1{PatientRef: ref, FlagID: flag, Source: terms.RedFlagFromReception, DueAt: at.Add(15 * time.Minute), PracticeID: s.practice, RaisedBy: s.receptionist.Person.ID, RaisedAt: at})
	s.Tell(s.services[0], &vcse.PlaceReservedV1{ReservationID: place, OfferID: id.New(), ServiceID: s.services[0], Until: at.Add(24 * time.Hour)})
	// What is due today is late from half past five on.
	day := at.Add(24 * time.Hour).Format(time.DateOnly)
	for range 4 { // due at one moment: pages must neither lose nor repeat one
		s.Tell(ref, &mdt.ActionAgreedV1{PatientRef: ref, ActionID: id.New(), MeetingID: id.New(), What: schemas.Seal(schemas.Narrative{Text: "Ring her."}), OwnerPersonID: lead.Person.ID, OwnerOrganisationID: s.providers[0], DueOn: day, By: s.coordinator.Person.ID, At: at})
	}
	require.Empty(t, s.overdue(s.coordinator, "overdue", 50))
	require.NotEmpty(t, s.overdue(s.coordinator, "soon", 50))

	s.Now.Add(30 * 24 * time.Hour)
	all := s.overdue(s.coordinator, "overdue", 50)
	kinds := map[string]int{}
	for _, o := range all {
		kinds[o.Kind]++
	}
	require.Equal(t, map[string]int{"referral": 1, "red_flag": 1, "reservation": 1, "action": 4}, kinds)
	require.True(t, sort.SliceIsSorted(all, func(i, j int) bool { return all[i].Due.Before(all[j].Due) }), all)
	require.Equal(t, flag, all[0].ID, "who is in danger has waited longest")
	for size := 1; size <= 4; size++ {
		require.Equal(t, idsOf(all), idsOf(s.overdue(s.coordinator, "overdue", size)), "in pages of %d", size)
	}
	ours := s.overdue(lead, "overdue", 2)
	require.Len(t, ours, 5, "the place and four actions")
	for _, o := range ours {
		require.NotEqual(t, "red_flag", o.Kind)
		require.NotEqual(t, referral, o.ID)
	}
	page := s.page(s.coordinator, "/case/overdue")
	require.Equal(t, http.StatusOK, page.Status)
	for _, words := range []string{"Acknowledge the red flag", "Park Surgery", "Find a way", "Answer before the place goes back", "Do the agreed action", "What is not on this list"} {
		require.Contains(t, page.Body, words)
	}
	require.NotContains(t, page.Body, "Hart", "nothing tells of a person")
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, "/case/overdue").Status)
	require.Equal(t, http.StatusOK, s.page(lead, "/case/overdue?list=soon").Status)

	// What was done is gone from it.
	s.Tell(ref, &primarycare.RedFlagAcknowledgedV1{PatientRef: ref, FlagID: flag, PracticeID: s.practice, Action: terms.RedFlagActions[0].Code, AcknowledgedBy: s.coordinator.Person.ID, AcknowledgedAt: s.Now.Now()})
	s.Tell(s.services[0], &vcse.PlaceReleasedV1{ReservationID: place, OfferID: id.New(), ServiceID: s.services[0], Reason: terms.PlaceExpired, At: s.Now.Now()})
	require.Len(t, s.overdue(s.coordinator, "overdue", 50), 5)
}

// A step that is late is said once: the clock looks again and again, and nobody is told anew.
func TestWhatIsOverdueIsToldOnce(t *testing.T) {
	t.Parallel()
	s, ref, referral, _ := escalated(t)
	s.Now.Add(10 * 24 * time.Hour)
	late := func() bool { return s.count(`select count(*) from referral where id = $1 and overdue`, referral) == 1 }
	s.eventually("it is not said", late)
	said := len(s.facts(ref))
	other, somebody := s.patient(), of(s.somebody()) // whose own clock shows that the worker has looked again
	for range 3 {
		before := len(s.facts(other))
		s.refer(other, s.practice, somebody)
		s.Now.Add(10 * 24 * time.Hour)
		s.eventually("the clock does not look", func() bool { return len(s.facts(other)) > before+3 })
	}
	require.True(t, late())
	require.Len(t, s.facts(ref), said)
}

// Two coordinators give the step to somebody at once: one name stands on it, and the other is told who was first. Its time stays.
func TestTwoReassignAtOnce(t *testing.T) {
	t.Parallel()
	s, ref, referral, _ := escalated(t)
	second := doortest.Person("Dora Desk", "coordinator", s.office, "other_care_organisation", "The area's office")
	third := doortest.Person("Theo Third", "coordinator", s.office, "other_care_organisation", "The area's office")
	s.grant(second, s.Now.Now())
	s.grant(third, s.Now.Now())
	was := s.see(s.coordinator, referral)
	due := s.progress(ref, referral).DueAt
	answers := make([]answer, 2)
	var both sync.WaitGroup
	for i, to := range []actor.Actor{second, third} {
		both.Go(func() {
			answers[i] = s.stepFrom(s.coordinator, referral, "reassign", fmt.Sprintf(`{"person_id":%q}`, to.Person.ID), was.Version)
		})
	}
	both.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusPreconditionFailed}, []int{answers[0].Status, answers[1].Status}, answers)
	now := s.progress(ref, referral)
	require.Contains(t, []string{second.Person.ID, third.Person.ID}, now.Owes.PersonID)
	require.Equal(t, due, now.DueAt)
	require.Equal(t, http.StatusUnprocessableEntity, s.step(s.coordinator, referral, "reassign", fmt.Sprintf(`{"person_id":%q}`, s.provider.Person.ID)).Status, "not a coordinator")
	require.Equal(t, http.StatusConflict, s.step(s.coordinator, referral, "reassign", fmt.Sprintf(`{"person_id":%q}`, now.Owes.PersonID)).Status, "theirs already")
	require.Contains(t, s.page(s.coordinator, "/case/referrals/"+referral+"/reassign").Body, "Who takes the next step?")
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, "/case/referrals/"+referral+"/reassign").Status)
}

// A provider's lead names who answers an offer of theirs; a coordinator can not name somebody else's people.
func TestAManagerNamesWhoAnswers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lead := doortest.Person("Una Lead", "service_lead", s.providers[0], "provider", "Olga's Cafe")
	s.grant(lead, s.Now.Now())
	ref := s.patient()
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	provider := s.provider
	provider.Organisation = o.ReceiverOrganisationID
	if provider.Organisation != s.providers[0] {
		provider = doortest.Person("Other Provider", "provider_worker", o.ReceiverOrganisationID, "provider", "Theirs")
		s.grant(provider, s.Now.Now())
	}
	got := s.step(provider, p.ReferralID, "reassign", fmt.Sprintf(`{"person_id":%q}`, provider.Person.ID))
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, provider.Person.ID, s.progress(ref, p.ReferralID).Owes.PersonID)
	got = s.step(provider, p.ReferralID, "reassign", fmt.Sprintf(`{"person_id":%q}`, s.receptionist.Person.ID))
	require.Equal(t, http.StatusUnprocessableEntity, got.Status, "not one of theirs")
}

func idsOf(all []owed) (ids []string) {
	for _, o := range all {
		ids = append(ids, o.Kind+" "+o.ID)
	}
	return ids
}

// A provider lets its time run out, closes for good, and somebody there says yes after all: nobody would come.
func TestALateYesOfWhoHasClosedIsRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.Now.Add(60 * 24 * time.Hour)
	s.eventually("the next is asked", func() bool { return s.saidSo(ref, "referral_offered", 2) })
	s.Tell(o.ReceiverOrganisationID, &register.OrganisationClosedV1{OrganisationID: o.ReceiverOrganisationID, ClosedOn: s.Now.Now().Format(time.DateOnly), At: s.Now.Now()})
	s.accept(ref, o)
	require.True(t, s.saidSo(ref, "offer_answer_refused", 1))
	require.NotEqual(t, terms.ReferralAccepted, s.progress(ref, p.ReferralID).State)
}
