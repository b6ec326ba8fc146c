package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/pkg/clock"
)

// published are the bank holidays of England and Wales as proclaimed or, after 2027, as the rules give them.
var published = map[int][]string{
	2020: {"01-01", "04-10", "04-13", "05-08", "05-25", "08-31", "12-25", "12-28"},
	2021: {"01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-27", "12-28"},
	2022: {"01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"},
	2023: {"01-02", "04-07", "04-10", "05-01", "05-08", "05-29", "08-28", "12-25", "12-26"},
	2024: {"01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"},
	2025: {"01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"},
	2026: {"01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"},
	2027: {"01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"},
	2028: {"01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"},
	2029: {"01-01", "03-30", "04-02", "05-07", "05-28", "08-27", "12-25", "12-26"},
	2030: {"01-01", "04-19", "04-22", "05-06", "05-27", "08-26", "12-25", "12-26"},
}

func TestBankHolidays(t *testing.T) {
	t.Parallel()
	for year, want := range published {
		var got []string
		for day := time.Date(year, 1, 1, 9, 0, 0, 0, clock.London); day.Year() == year; day = day.AddDate(0, 0, 1) {
			if name, ok := clock.England().Holiday(day); ok {
				require.NotEmpty(t, name)
				require.False(t, clock.England().WorkingDay(day))
				got = append(got, day.Format("01-02"))
			}
		}
		require.Equal(t, want, got, year)
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	minutes := func(n int) clock.Span { return clock.Span{Minutes: n} }
	days := func(n int) clock.Span { return clock.Span{WorkingDays: n} }
	for _, c := range []struct {
		name, from string
		span       clock.Span
		want       string
	}{
		{"a red flag runs at night", "2026-12-25 23:50", minutes(15), "2026-12-26 00:05"},
		{"a red flag over the end of summer time", "2026-10-25 01:50 BST", minutes(15), "2026-10-25 01:05 GMT"},
		{"triage in a plain week", "2026-11-23 09:00", days(2), "2026-11-25 17:30"},
		{"late on the day is no shorter", "2026-11-23 23:59", days(2), "2026-11-25 17:30"},
		{"over a weekend", "2026-11-26 10:00", days(2), "2026-11-30 17:30"},
		{"from a Saturday", "2026-11-28 10:00", days(2), "2026-12-01 17:30"},
		{"from a bank holiday", "2026-08-31 10:00", days(1), "2026-09-01 17:30"},
		{"over Christmas 2026", "2026-12-23 10:00", days(3), "2026-12-30 17:30"},
		{"over Christmas 2027, both substituted", "2027-12-24 10:00", days(1), "2027-12-29 17:30"},
		{"over Easter", "2027-03-25 10:00", days(1), "2027-03-30 17:30"},
		{"into summer time", "2027-03-26 10:00", days(1), "2027-03-30 17:30"},
		{"out of summer time", "2026-10-23 10:00", days(1), "2026-10-26 17:30"},
		{"New Year's Day kept on Monday", "2027-12-31 10:00", days(1), "2028-01-04 17:30"},
		{"today while it lasts", "2026-11-23 17:30", days(0), "2026-11-23 17:30"},
		{"both, the sooner", "2026-11-23 09:00", clock.Span{Minutes: 60, WorkingDays: 1}, "2026-11-23 10:00"},
		{"both, the sooner again", "2026-11-23 09:00", clock.Span{Minutes: 60 * 60, WorkingDays: 1}, "2026-11-24 17:30"},
	} {
		from, want := london(t, c.from), london(t, c.want)
		got := clock.England().Due(from, c.span)
		if c.span == (clock.Span{}) {
			got = clock.England().AddWorkingDays(from, 0)
		}
		require.True(t, want.Equal(got), "%s: want %s, got %s", c.name, want, got.In(clock.London))
		require.Equal(t, time.UTC, got.Location())
	}
	past := london(t, "2026-11-27 17:31")
	require.True(t, london(t, "2026-11-30 17:30").Equal(clock.England().AddWorkingDays(past, 0)))
}

// london reads a time as a clock on a London wall shows it; BST or GMT behind it settles the hour that comes twice.
func london(t *testing.T, wall string) time.Time {
	t.Helper()
	if len(wall) > len("2006-01-02 15:04") {
		got, err := time.ParseInLocation("2006-01-02 15:04 MST", wall, clock.London)
		require.NoError(t, err)
		return got
	}
	got, err := time.ParseInLocation("2006-01-02 15:04", wall, clock.London)
	require.NoError(t, err)
	return got
}

func TestDueIsAlwaysTheEndOfAWorkingDayAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(1_293_840_000, 2_524_608_000).Draw(t, "from"), 0) // 2011 to 2050
		n := rapid.IntRange(1, 60).Draw(t, "days")
		c := clock.England()
		due := c.AddWorkingDays(from, n)
		require.True(t, c.WorkingDay(due))
		require.Equal(t, "17:30", due.In(clock.London).Format("15:04"))
		require.True(t, due.After(from))
		between := 0
		for d := from.In(clock.London).AddDate(0, 0, 1); d.Format(time.DateOnly) <= due.In(clock.London).Format(time.DateOnly); d = d.AddDate(0, 0, 1) {
			if c.WorkingDay(d) {
				between++
			}
		}
		require.Equal(t, n, between)
		require.True(t, c.AddWorkingDays(from, n+1).After(due))
	})
}

func TestAnAreaAddsItsOwnDays(t *testing.T) {
	t.Parallel()
	area, err := clock.England().With(clock.Exception{Date: "2026-11-24", Holiday: true, Name: "Training day"})
	require.NoError(t, err)
	from := london(t, "2026-11-23 09:00")
	require.True(t, london(t, "2026-11-25 17:30").Equal(area.AddWorkingDays(from, 1)))
	require.True(t, london(t, "2026-11-24 17:30").Equal(clock.England().AddWorkingDays(from, 1)), "the shared calendar is not changed")
	_, err = clock.England().With(clock.Exception{Date: "24 November"})
	require.Error(t, err)
}

func TestSpanAsText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]clock.Span{
		"15 minutes":                  {Minutes: 15},
		"1 minute":                    {Minutes: 1},
		"2 working days":              {WorkingDays: 2},
		"90 minutes or 1 working day": {Minutes: 90, WorkingDays: 1},
	} {
		got, err := clock.ParseSpan(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
		out, err := got.MarshalText()
		require.NoError(t, err)
		require.Equal(t, text, string(out))
	}
	for _, bad := range []string{"", "2", "days", "-1 minutes", "0 working days", "2 days", "99999999999999999999 minutes", "2 working days or", "501 working days"} {
		_, err := clock.ParseSpan(bad)
		require.ErrorIs(t, err, clock.ErrSpan, bad)
	}
	_, err := clock.Span{}.MarshalText()
	require.ErrorIs(t, err, clock.ErrSpan)
}

// TestEasterByAnotherMethod holds Gauss's method against Meeus's for three centuries.
func TestEasterByAnotherMethod(t *testing.T) {
	t.Parallel()
	for y := 1990; y < 2290; y++ {
		a, b, c := y%19, y/100, y%100
		h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
		l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
		n := h + l - 7*((a+11*h+22*l)/451) + 114
		monday := time.Date(y, time.Month(n/31), n%31+2, 12, 0, 0, 0, clock.London)
		name, ok := clock.England().Holiday(monday)
		require.True(t, ok, "%s", monday)
		require.Equal(t, "Easter Monday", name)
	}
}
