package register_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/register/internal/web"
)

// Every page of the door has a story of each state.
func TestUX24_EveryPageIsToldInEveryState(t *testing.T) {
	t.Parallel()
	d := open(t).door
	uitest.Told(t, d.Routes(), web.Stories(), uitest.Without{
		"choose role/denied": "who has not signed in is sent to do so",
		"choose role/empty":  "who has no role can not sign in",
		"end_role/empty":     "it asks about one role",
		"end_scope/empty":    "it asks about one line",
	})
}
