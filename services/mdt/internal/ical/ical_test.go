package ical_test

import (
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/ical"
)

func TestAMeetingAsACalendarHasIt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)
	m := domain.Meeting{ID: "01990000-0000-7000-8000-000000000001", Name: "Weekly MDT; north, and\neast", Place: "Room 1", StartsAt: at, EndsAt: at.Add(time.Hour), Status: terms.MeetingPlanned, Version: 3}
	read := func(m domain.Meeting) *ics.VEvent {
		c, err := ics.ParseCalendar(strings.NewReader(ical.File(m, "https://waypost.example.org", at.Add(-time.Hour))))
		require.NoError(t, err)
		require.Len(t, c.Events(), 1)
		return c.Events()[0]
	}
	e := read(m)
	starts, err := e.GetStartAt()
	require.NoError(t, err)
	require.True(t, starts.Equal(at))
	require.Equal(t, m.ID+"@waypost", e.Id())
	require.Equal(t, "3", e.GetProperty(ics.ComponentPropertySequence).Value)
	require.Equal(t, "CONFIRMED", e.GetProperty(ics.ComponentPropertyStatus).Value)
	require.Nil(t, e.GetProperty(ics.ComponentPropertyAttendee))
	require.Nil(t, e.GetProperty(ics.ComponentPropertyOrganizer))
	m.Status, m.Version = terms.MeetingCancelled, 4
	require.Equal(t, "CANCELLED", read(m).GetProperty(ics.ComponentPropertyStatus).Value)
}
