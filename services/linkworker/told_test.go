package linkworker_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/linkworker/internal/web"
)

// Every page of the door has a story of each state.
func TestUX24_EveryPageIsToldInEveryState(t *testing.T) {
	t.Parallel()
	d := newHouse(t).door
	uitest.Told(t, d.Routes(), web.Stories(), uitest.Without{
		"crisis/empty": "whom to ring is the same for everybody",
	})
}
