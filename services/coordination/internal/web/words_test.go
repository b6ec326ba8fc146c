package web

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// Whatever app can write on a timeline, the page has words for: the codes stand in its source, by name or as constants.
func TestEveryLineOfATimelineHasItsWords(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`What: "([a-z_]+)"|tx, "(case_holder_[a-z]+|key_worker_[a-z]+)"`)
	files, err := filepath.Glob("../app/*.go")
	require.NoError(t, err)
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range literal.FindAllStringSubmatch(string(source), -1) {
			require.Contains(t, tellings, m[1]+m[2], file)
			found++
		}
	}
	require.Greater(t, found, 20, "the source was read")
	for _, what := range app.Told() {
		require.Contains(t, tellings, what)
	}
}

// Every state, and every reason a referral can stand in it for, is a sentence a person can read.
func TestUX13_EveryStateHasItsWords(t *testing.T) {
	t.Parallel()
	reasons := []string{domain.ReasonSilent, domain.ReasonNoConsent, domain.ReasonParentEnded, string(terms.OfferWithdrawalReceiverClosed), string(terms.OutcomeConsentWithdrawn), string(terms.OfferWithdrawalPatientErased)}
	for _, b := range terms.BounceReasons {
		reasons = append(reasons, string(b.Code))
	}
	for _, w := range terms.WithdrawalReasons {
		reasons = append(reasons, string(w.Code))
	}
	for _, s := range terms.ReferralStates {
		require.NotEmpty(t, colours[s.Code], s.Code)
		r := domain.Referral{State: s.Code, Outcome: "helped", Escalation: terms.EscalationSilent}
		require.Equal(t, s.Open, stepWords(r) != "", "what is owed in state %s", s.Code)
		for _, reason := range reasons {
			r.Reason = reason
			words := reasonWords(r)
			require.NotContains(t, words, "_", "%s because of %s", s.Code, reason)
			if words != "" {
				require.Regexp(t, `^[A-Z].*\.$`, words)
			}
		}
	}
}
