package all_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/linkworker"
	"example.org/waypost/services/vcse"
)

// An offer is told twice: in coordination's table and in the receiver's own small one. What a receiver's page offers, coordination must be
// ready to honour, or somebody presses a button and is refused.
func TestReceiversOfferNothingThatCoordinationWouldRefuse(t *testing.T) {
	t.Parallel()
	// The receivers' own words for the same step, and what is theirs alone and never leaves them.
	same := map[string]string{"ask": "ask_for_information", "attend": "record_contact", "end": "end_support"}
	theirs := map[string]bool{"assign": true, "stand_down": true, "assess": true, "agree_plan": true, "refer_on": true}
	for receiver, may := range map[string]func(terms.OfferState) []string{"vcse": vcse.OfferActions, "linkworker": linkworker.OfferActions} {
		steps := 0
		for _, state := range terms.OfferStates {
			honoured := coordination.ReceiverMay(state.Code)
			for _, step := range may(state.Code) {
				if theirs[step] {
					continue
				}
				if word, ok := same[step]; ok {
					step = word
				}
				steps++
				if receiver == "linkworker" && step == "record_contact" && state.Code != terms.OfferAccepted {
					continue // an attempt to reach somebody before taking them on: coordination keeps it for the timeline and changes nothing
				}
				require.Contains(t, honoured, step, "%s offers %q in state %q", receiver, step, state.Code)
			}
		}
		require.Positive(t, steps, receiver)
	}
}
