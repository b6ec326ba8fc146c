package coordination_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/coordination/internal/web"
)

// Every page of the door has a story of each state.
func TestUX24_EveryPageIsToldInEveryState(t *testing.T) {
	t.Parallel()
	d := newScene(t).frame
	uitest.Told(t, d.Routes(), web.Stories(), uitest.Without{
		"merges/error":     "nothing is entered on it",
		"lookalikes/error": "nothing is entered on it",
		"lookalike/empty":  "it asks about two records",
		"apart/empty":      "it is of two records",
		"overdue/error":    "nothing is entered on it",
		"undo_merge/empty": "it asks about one merge",
	})
}
