package domain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

// What had ended with another person's death goes on without that outcome; what is older than what is known changes nothing.
func TestAReferralThatGoesOnHasNoOutcome(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var r Referral
	require.True(t, r.Take(Progress{Heard: 2, State: terms.ReferralClosed}, at))
	r.Outcome = terms.OutcomePatientDied
	require.False(t, r.Take(Progress{Heard: 1, State: terms.ReferralOffered}, at))
	require.Equal(t, terms.OutcomePatientDied, r.Outcome)
	require.True(t, r.Take(Progress{Heard: 3, State: terms.ReferralOffered}, at))
	require.Empty(t, r.Outcome)
}
