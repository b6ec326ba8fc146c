package vcse_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/vcse/internal/web"
)

func TestEveryPageIsShownInItsFourStates(t *testing.T) {
	t.Parallel()
	const (
		form  = "a form: what was typed is seen again only beside what is wrong with it, in its error state"
		about = "about something that is there, so never empty"
	)
	h := newHouse(t)
	uitest.Told(t, h.door.Routes(), web.Stories(), map[string]string{
		"service_form: full":  form,
		"service_edit: empty": about,
		"claim: empty":        about,
		"listed: empty":       about,
	})
}
