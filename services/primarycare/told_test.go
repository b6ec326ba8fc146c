package primarycare_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
)

func TestEveryPageIsShownInItsFourStates(t *testing.T) {
	t.Parallel()
	const (
		form  = "a form: what was typed is seen again only beside what is wrong with it, in its error state"
		about = "about something that is there, so never empty"
	)
	h := newHouse(t)
	uitest.Told(t, h.door.Routes(), h.door.Stories(), map[string]string{
		"add: full":             form,
		"questions: full":       form,
		"consent: full":         form,
		"details: full":         form,
		"edit: empty":           about,
		"status: empty":         about,
		"need: empty":           about,
		"check: empty":          about,
		"signpost: empty":       about,
		"delete draft: empty":   about,
		"referral: empty":       about,
		"sent: empty":           about,
		"information: empty":    about,
		"withdraw: empty":       about,
		"signpost given: empty": about,
		"red flag: empty":       about,
	})
}
