package coordination_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/coordination/internal/web"
)

func TestEveryPageIsShownInItsFourStates(t *testing.T) {
	t.Parallel()
	s := quietScene(t)
	uitest.Told(t, s.frame.Routes(), web.Stories(), nil)
}
