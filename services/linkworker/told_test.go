package linkworker_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/linkworker/internal/web"
)

func TestEveryPageIsShownInItsFourStates(t *testing.T) {
	t.Parallel()
	const (
		form  = "a form: what was typed is seen again only beside what is wrong with it, in its error state"
		about = "about something that is there, so never empty"
	)
	h := newHouse(t)
	uitest.Told(t, h.door.Routes(), web.Stories(), map[string]string{
		"add: full":                 form,
		"contact: full":             form,
		"withdraw: full":            form,
		"person: empty":             about,
		"offer: empty":              about,
		"crisis: empty":             about,
		"crisis of a person: empty": about,
		"referral: empty":           about,
		"capacity: empty":           about,
	})
}
