package mdt_test

import (
	"testing"

	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/mdt/internal/web"
)

func TestEveryPageIsShownInItsFourStates(t *testing.T) {
	t.Parallel()
	const (
		form  = "a form: what was typed is seen again only beside what is wrong with it, in its error state"
		about = "about something that is there, so never empty"
	)
	h := newHouse(t)
	uitest.Told(t, h.door.Routes(), web.Stories(), map[string]string{
		"new meeting: full":         form,
		"add to agenda: full":       form,
		"red flags: full":           form,
		"red flags again: full":     form,
		"consent: full":             form,
		"change meeting: empty":     about,
		"cancel meeting: empty":     about,
		"remove from agenda: empty": about,
		"holding: empty":            about,
		"action: empty":             about,
		"change patient: empty":     about,
		"referral: empty":           about,
		"sent: empty":               about,
		"withdraw: empty":           about,
		"details: empty":            about,
		"check: empty":              about,
		"red flags again: empty":    about,
	})
}
