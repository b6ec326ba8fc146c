// Package ical is how a calendar sees a meeting: a file with when and where it is, and nothing of whom it is about.
package ical

import (
	"net/http"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Routes is the file's address. Whoever sees the meeting may have it.
func Routes(a *app.App) []httpx.Route {
	return []httpx.Route{{Method: http.MethodGet, Pattern: "/mdt/meetings/{id}/calendar", Name: "calendar", Handler: func(w http.ResponseWriter, r *http.Request) error {
		id, err := httpx.PathID(r, "id")
		if err != nil {
			return err
		}
		by, _ := actor.From(r.Context())
		m, err := a.MeetingAlone(r.Context(), by, id)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="meeting.ics"`)
		_, err = w.Write([]byte(File(m, origin(r), a.Now())))
		return err
	}}}
}

// origin is where the reader came from: the file leads back to the page it was taken from.
func origin(r *http.Request) string {
	scheme := "https"
	if r.TLS == nil && (strings.HasPrefix(r.Host, "127.") || strings.HasPrefix(r.Host, "localhost")) {
		scheme = "http"
	}
	return scheme + "://" + r.Host
}

// File is a meeting as RFC 5545 has it. A changed meeting has the same UID and a higher SEQUENCE, so that calendars move it; a
// cancelled one is struck out. Nobody is named on it, guest or patient: calendars are read by many.
func File(m domain.Meeting, origin string, now time.Time) string {
	c := ics.NewCalendarFor("Waypost")
	c.SetMethod(ics.MethodPublish)
	e := c.AddEvent(m.ID + "@waypost")
	e.SetDtStampTime(now.UTC())
	e.SetStartAt(m.StartsAt.UTC())
	e.SetEndAt(m.EndsAt.UTC())
	e.SetSummary(m.Name)
	if m.Place != "" {
		e.SetLocation(m.Place)
	}
	e.SetDescription("The agenda is in Waypost, for those who may see it.")
	e.SetURL(origin + "/mdt/meetings/" + m.ID)
	e.SetSequence(int(m.Version))
	e.SetClass(ics.ClassificationPrivate)
	status := ics.ObjectStatusConfirmed
	if m.Status == terms.MeetingCancelled {
		status = ics.ObjectStatusCancelled
	}
	e.SetStatus(status)
	return c.Serialize()
}
