package mdt_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/mdt/internal/web"
)

// Every page of the door has a story of each state.
func TestUX24_EveryPageIsToldInEveryState(t *testing.T) {
	t.Parallel()
	d := newHouse(t).door
	uitest.Told(t, d.Routes(), web.Stories(), uitest.Without{
		"calendar":                 "it is a file for a calendar",
		"cancel meeting/empty":     "it asks about one meeting",
		"change meeting/empty":     "a meeting has a name and a time",
		"check/empty":              "it is there when every task is done",
		"remove from agenda/empty": "it asks about one case",
		"sent/empty":               "it tells of one referral",
	})
}
