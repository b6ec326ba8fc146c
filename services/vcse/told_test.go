package vcse_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/vcse/internal/web"
)

// Every page of the door has a story of each state.
func TestUX24_EveryPageIsToldInEveryState(t *testing.T) {
	t.Parallel()
	d := newHouse(t).door
	uitest.Told(t, d.Routes(), web.Stories(), nil)
}
