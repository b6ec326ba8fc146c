package coordination_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// escalated is a referral that three providers bounced: it is the area's office's now.
func escalated(t *testing.T) (s *scene, ref, referral string, version int) {
	t.Helper()
	s = newScene(t)
	ref = s.patient()
	p := s.refer(ref, s.practice)
	for range 3 {
		s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceNoCapacity)
	}
	require.Equal(t, terms.ReferralEscalated, s.progress(ref, p.ReferralID).State)
	return s, ref, p.ReferralID, s.see(s.coordinator, p.ReferralID).Version
}

func (s *scene) toTeam() string { return fmt.Sprintf(`{"kind":"team","id":%q}`, s.team) }

// Two people at the office offer at once: one offer is made, the other person is told who was first.
func TestTwoOfferAtOnce(t *testing.T) {
	t.Parallel()
	s, _, referral, version := escalated(t)
	answers := make([]answer, 2)
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i] = s.stepFrom(s.coordinator, referral, "offer", s.toTeam(), version) })
	}
	both.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusPreconditionFailed}, []int{answers[0].Status, answers[1].Status}, answers)
	require.Equal(t, 1, s.count(`select count(*) from offer where referral_id = $1 and state = 'offered'`, referral))
}

// Somebody closes the last referral of a case while another offers it: the case is closed when it is the second one's turn, and
// what they saw is looked at anew.
func TestAnOfferComesSecondToTheEndOfTheCase(t *testing.T) {
	t.Parallel()
	s, ref, referral, version := escalated(t)
	hold, err := s.Admin.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = hold.Rollback(t.Context()) }()
	_, err = hold.Exec(t.Context(), `select from patient where ref = $1 for update`, ref)
	require.NoError(t, err)
	answers := make([]answer, 2)
	var both sync.WaitGroup
	for i, step := range []struct{ verb, body string }{{"close", `{"outcome":"no_suitable_help"}`}, {"offer", s.toTeam()}} {
		both.Go(func() { answers[i] = s.stepFrom(s.coordinator, referral, step.verb, step.body, version) })
		s.eventually("it does not wait for the patient", func() bool { return s.count(`select count(*) from pg_locks where not granted`) == i+1 })
	}
	require.NoError(t, hold.Rollback(t.Context()))
	both.Wait()
	require.Equal(t, http.StatusOK, answers[0].Status, answers[0].Body)
	require.Equal(t, http.StatusPreconditionFailed, answers[1].Status, answers[1].Body)
	require.Contains(t, answers[1].Body, "It is now: Closed. Nothing was changed by you")
	require.Equal(t, terms.ReferralClosed, s.progress(ref, referral).State)
}
