package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

// What had ended with another person's death goes on without that outcome; what is older than what is known changes nothing.
func TestAReferralThatGoesOnHasNoOutcome(t *testing.T) {
	t.Parallel()
	var r domain.Referral
	take := func(version int, state terms.ReferralState) bool {
		return r.Progressed(domain.Progressed{Version: version, State: state}, "", domain.Owes{}, domain.Reached{}, 0, nil)
	}
	require.True(t, take(2, terms.ReferralClosed))
	r.Outcome = terms.OutcomePatientDied
	require.False(t, take(1, terms.ReferralOffered))
	require.Equal(t, terms.OutcomePatientDied, r.Outcome)
	require.True(t, take(3, terms.ReferralOffered))
	require.Empty(t, r.Outcome)
}
