package register_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/register/internal/web"
)

func TestEveryPageIsShownInItsFourStates(t *testing.T) {
	t.Parallel()
	const (
		form  = "a form: what was typed is seen again only beside what is wrong with it, in its error state"
		about = "about something that is there, so never empty"
	)
	h := open(t)
	uitest.Told(t, h.door.Routes(), web.Stories(), map[string]string{
		"new_organisation: full":  form,
		"grant_role: full":        form,
		"record_competency: full": form,
		"choose role: empty":      "who has no role is told so in place of it",
		"choose role: denied":     "who is not signed in is sent to sign in",
		"end_role: empty":         about,
	})
}
