package ui_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/ui"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDatesAreLondons(t *testing.T) {
	t.Parallel()
	// An hour before midnight UTC in summer is the next day in London.
	summer := at("2026-07-01T23:30:00Z")
	require.Equal(t, "Thursday 2 July 2026", ui.Day(summer))
	require.Equal(t, "2 July 2026", ui.Date(summer))
	require.Equal(t, "00:30", ui.TimeOfDay(summer))
	require.Equal(t, "23:30", ui.TimeOfDay(at("2026-11-26T23:30:00Z")))
}

func TestMoment(t *testing.T) {
	t.Parallel()
	now := at("2026-11-26T09:00:00Z")
	for when, want := range map[string]string{
		"2026-11-26T10:42:00Z": "today at 10:42",
		"2026-11-25T23:59:00Z": "yesterday at 23:59",
		"2026-11-27T00:01:00Z": "tomorrow at 00:01",
		"2026-11-30T10:42:00Z": "Monday 30 November at 10:42",
		"2025-11-26T10:42:00Z": "Wednesday 26 November 2025 at 10:42",
		"2027-01-04T10:42:00Z": "Monday 4 January 2027 at 10:42",
	} {
		require.Equal(t, want, ui.Moment(at(when), now))
	}
	// On the 25-hour day in autumn, "tomorrow" is still the next calendar day.
	require.Equal(t, "tomorrow", ui.Near(at("2026-10-25T23:30:00Z"), at("2026-10-23T23:30:00Z")))
	require.Equal(t, "tomorrow", ui.Near(at("2026-03-30T00:30:00Z"), at("2026-03-29T00:30:00Z")))
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := at("2026-11-26T09:00:00Z")
	for since, want := range map[string]string{
		"2026-11-26T08:59:30Z": "under a minute",
		"2026-11-26T08:59:00Z": "1 minute",
		"2026-11-26T08:15:00Z": "45 minutes",
		"2026-11-26T07:00:00Z": "2 hours",
		"2026-11-25T22:00:00Z": "1 day",
		"2026-11-23T22:00:00Z": "3 days",
		"2026-11-26T09:05:00Z": "under a minute", // another machine's clock is ahead
	} {
		require.Equal(t, want, ui.Ago(at(since), now))
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	born := time.Date(1956, 11, 26, 0, 0, 0, 0, time.UTC)
	require.Equal(t, 69, ui.Age(born, at("2026-11-25T12:00:00Z")))
	require.Equal(t, 70, ui.Age(born, at("2026-11-26T00:00:00Z")))
	require.Equal(t, "26 November 1956 (aged 70)", ui.DateOfBirth(born, at("2026-11-27T12:00:00Z")))
}

func TestClockSaysWhoOwesWhatAndByWhen(t *testing.T) {
	t.Parallel()
	now := at("2026-11-22T10:42:00Z")
	clock := func(since, due string) ui.Clock {
		c := ui.Clock{What: "reply", Now: now}
		if since != "" {
			c.Since = at(since)
		}
		if due != "" {
			c.Due = at(due)
		}
		return c
	}
	later := clock("2026-11-19T10:00:00Z", "2026-11-26T17:00:00Z")
	require.Equal(t, "Waiting 3 days, reply due Thursday 26 November", later.Sentence())
	require.Nil(t, later.Badge())

	soon := clock("2026-11-22T10:31:00Z", "2026-11-22T10:46:00Z")
	require.Equal(t, "Waiting 11 minutes, reply due today at 10:46", soon.Sentence())
	require.Equal(t, "Due today", soon.Badge().Text)

	past := clock("2026-11-10T10:00:00Z", "2026-11-19T17:00:00Z")
	require.Equal(t, "Waiting 12 days, reply was due Thursday 19 November", past.Sentence())
	require.Equal(t, "Overdue", past.Badge().Text)

	require.Equal(t, "Waiting 3 days", clock("2026-11-19T10:00:00Z", "").Sentence())
	require.Equal(t, "Reply due tomorrow", clock("", "2026-11-23T10:00:00Z").Sentence())
}

func TestTypedDate(t *testing.T) {
	t.Parallel()
	form := url.Values{"born-day": {" 4"}, "born-month": {"March"}, "born-year": {"1951 "}}
	date, ok := ui.TypedDate(form, "born").Time()
	require.True(t, ok)
	require.Equal(t, time.Date(1951, 3, 4, 0, 0, 0, 0, time.UTC), date)
	require.Equal(t, ui.DateParts{Day: "4", Month: "3", Year: "1951"}, ui.PartsOf(date))

	for _, wrong := range []ui.DateParts{{}, {"30", "2", "2026"}, {"1", "13", "2026"}, {"1", "1", "26"}, {"<b>", "1", "2026"}} {
		_, ok := wrong.Time()
		require.False(t, ok, "%v", wrong)
	}
	require.True(t, ui.TypedDate(url.Values{}, "born").Empty())
}

func TestTheErrorSummaryLeadsToThePartThatIsMissing(t *testing.T) {
	t.Parallel()
	ids := func(d ui.DateInput) (ids []string, wrong int) {
		for _, p := range d.Parts() {
			ids = append(ids, p.ID)
			if p.Wrong {
				wrong++
			}
		}
		return ids, wrong
	}
	got, wrong := ids(ui.DateInput{Name: "born", Error: "Enter the year", Value: ui.DateParts{Day: "4", Month: "3"}})
	require.Equal(t, []string{"born-day", "born-month", "born"}, got)
	require.Equal(t, 1, wrong)
	got, wrong = ids(ui.DateInput{Name: "born", Error: "There is no such date", Value: ui.DateParts{Day: "30", Month: "2", Year: "2026"}})
	require.Equal(t, []string{"born", "born-month", "born-year"}, got)
	require.Equal(t, 3, wrong)
}
