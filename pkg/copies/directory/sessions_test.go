package directory_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/schemas/terms"
)

func TestNextSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sessions []directory.Session
		now      string // on a clock in London
		from, to string
		on       bool
	}{
		"later today":             {[]directory.Session{{Weekday: terms.Wednesday, From: "14:00", To: "15:00"}}, "2026-07-01 12:00", "2026-07-01 14:00", "2026-07-01 15:00", false},
		"on now":                  {[]directory.Session{{Weekday: terms.Wednesday, From: "11:00", To: "15:00"}}, "2026-07-01 12:00", "2026-07-01 11:00", "2026-07-01 15:00", true},
		"over: next week":         {[]directory.Session{{Weekday: terms.Wednesday, From: "10:00", To: "12:00"}}, "2026-07-01 12:00", "2026-07-08 10:00", "2026-07-08 12:00", false},
		"the earliest of several": {[]directory.Session{{Weekday: terms.Monday, From: "10:00", To: "12:00"}, {Weekday: terms.Friday, From: "10:00", To: "12:00"}}, "2026-07-01 12:00", "2026-07-03 10:00", "2026-07-03 12:00", false},
		"past midnight":           {[]directory.Session{{Weekday: terms.Tuesday, From: "22:00", To: "02:00"}}, "2026-07-01 01:00", "2026-06-30 22:00", "2026-07-01 02:00", true},
		"over the change of time": {[]directory.Session{{Weekday: terms.Sunday, From: "10:00", To: "12:00"}}, "2026-10-24 12:00", "2026-10-25 10:00", "2026-10-25 12:00", false},
		"in a new year":           {[]directory.Session{{Weekday: terms.Friday, From: "00:00", To: "23:59"}}, "2026-12-31 23:59", "2027-01-01 00:00", "2027-01-01 23:59", false},
		"unreadable ones aside":   {[]directory.Session{{Weekday: 9, From: "10:00", To: "11:00"}, {Weekday: terms.Monday, From: "soon", To: "later"}, {Weekday: terms.Monday, From: "10:00", To: "11:00"}}, "2026-07-01 12:00", "2026-07-06 10:00", "2026-07-06 11:00", false},
	} {
		now := london(t, c.now)
		got, ok := directory.Service{Sessions: c.sessions}.Next(now)
		require.True(t, ok, name)
		require.True(t, got.From.Equal(london(t, c.from)), "%s: %s", name, got.From)
		require.True(t, got.To.Equal(london(t, c.to)), "%s: %s", name, got.To)
		require.Equal(t, c.on, !now.Before(got.From) && now.Before(got.To), name)
	}
	_, ok := directory.Service{}.Next(noon)
	require.False(t, ok)
}

func london(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, clock.London)
	require.NoError(t, err)
	return at
}
