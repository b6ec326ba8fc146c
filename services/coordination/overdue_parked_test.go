package coordination_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
)

// parks says something that can not be applied here, because a name in it has a character that Postgres does not keep.
func (s *scene) parks() (event string) {
	s.T.Helper()
	meeting := id.New()
	event = s.TellLater(meeting, &mdt.MeetingScheduledV1{
		MeetingID: meeting, OrganisationID: s.practice, Name: "MDT\x00", StartsAt: s.Now.Now(), EndsAt: s.Now.Now().Add(time.Hour),
		Status: terms.MeetingPlanned, At: s.Now.Now(), Version: 1,
	})
	s.eventually("it is not parked", func() bool { return s.count(`select count(*) from parked where event_id = $1`, event) == 1 })
	return event
}

// elsewhere says what others have parked; who is not in it does not answer.
func elsewhere(t *testing.T, parked map[string][]inbox.Waiting) func(*door.Config) {
	t.Helper()
	others := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service, _ := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/parked")
		said, answers := parked[service]
		if !answers || r.Header.Get("Authorization") != "Bearer token" {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(said)
	}))
	t.Cleanup(others.Close)
	return func(c *door.Config) {
		for _, service := range []string{"primarycare", "linkworker", "vcse", "mdt", "register"} {
			c.Replay[service] = others.URL + "/" + service
		}
	}
}

// What could not be applied, here or in another service, is owed by the area's office. It is among all else, in its place by time, and pages
// neither lose nor repeat it, also where one event is parked in two services; whoever is not of the office does not see it.
func TestParkedEventsAreAmongWhatIsOverdue(t *testing.T) {
	t.Parallel()
	at := time.Now().UTC().Truncate(time.Microsecond)
	first, both, soon := id.New(), id.New(), id.New()
	waits := func(service, event string, due time.Duration, behind int) inbox.Waiting {
		return inbox.Waiting{Service: service, EventID: event, Since: at.Add(due - 4*time.Hour), DueAt: at.Add(due), Behind: behind}
	}
	ruled := func(c *door.Config) {
		c.Times.Rules = []clock.Rule{{Kind: "parked", Span: clock.Span{Minutes: 90}}}
	}
	s := newScene(t, ruled, elsewhere(t, map[string][]inbox.Waiting{
		"vcse":        {waits("vcse", first, -5*time.Hour, 2), waits("vcse", both, -4*time.Hour, 0)},
		"linkworker":  {waits("linkworker", both, -4*time.Hour, 0)},
		"primarycare": {waits("primarycare", soon, 21*24*time.Hour+time.Hour, 0)},
	}))
	here := s.parks()
	require.Equal(t, 1, s.count(`select count(*) from parked where event_id = $1 and due_at = first_at + interval '90 minutes'`, here), "by the area's own line of the table")
	lead := doortest.Person("Una Lead", "service_lead", s.providers[0], "provider", "Olga's Cafe")
	s.grant(lead, s.Now.Now())
	ref := s.patient()
	referral := s.refer(ref, s.practice).ReferralID
	for range 3 {
		s.bounce(ref, s.offer(ref, referral), terms.BounceNoCapacity)
	}

	s.Now.Add(21 * 24 * time.Hour)
	s.eventually("the referral is not late", func() bool { return s.count(`select count(*) from referral where id = $1 and overdue`, referral) == 1 })
	want := []string{"parked " + first, "parked " + both, "parked " + both, "parked " + here, "referral " + referral}
	all := s.overdue(s.coordinator, "overdue", 50)
	require.Equal(t, want, idsOf(all))
	require.Equal(t, []string{"vcse", "linkworker", "vcse", "coordination", ""}, services(all))
	for size := 1; size <= 4; size++ {
		require.Equal(t, services(all), services(s.overdue(s.coordinator, "overdue", size)), "in pages of %d", size)
	}
	for _, o := range all[:4] {
		require.Equal(t, "coordinator", o.Owes.Party)
	}
	require.Equal(t, []string{"parked " + soon}, idsOf(s.overdue(s.coordinator, "soon", 50)))
	for _, o := range s.overdue(lead, "overdue", 50) {
		require.NotEqual(t, "parked", o.Kind)
	}

	page := s.page(s.coordinator, "/case/overdue").Body
	for _, words := range []string{
		`href="/provider/parked/` + first, `href="/link-worker/parked/` + both, `href="/case/parked/` + here, "2 events wait behind it", "The area&#39;s office",
		"Meetings: what could not be applied there could not be read just now",
	} {
		require.Contains(t, page, words)
	}
	require.NotContains(t, s.page(lead, "/case/overdue").Body, "not complete", "nobody was asked for them")

	// What was settled is gone from it.
	require.Equal(t, http.StatusOK, s.ask(s.coordinator, http.MethodPost, apiRoot+"/parked/"+here+"/drop", `{"reason":"mistaken"}`, "Content-Type", "application/json", "Idempotency-Key", id.New()).Status)
	require.NotContains(t, idsOf(s.overdue(s.coordinator, "overdue", 50)), "parked "+here)
}

func services(all []owed) (names []string) {
	for _, o := range all {
		names = append(names, o.Service)
	}
	return names
}
