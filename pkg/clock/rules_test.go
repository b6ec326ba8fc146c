package clock_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/pkg/clock"
)

var priorities = []string{"low", "high"}

func rules(t require.TestingT, lines ...clock.Rule) *clock.Rules {
	r, err := clock.NewRules(clock.England(), priorities, append([]clock.Rule{{Kind: "reply", Span: clock.Span{WorkingDays: 3}}, {Kind: "look", Span: clock.Span{Minutes: 15}}}, lines...))
	require.NoError(t, err)
	return r
}

func TestTheLineThatFitsBestCounts(t *testing.T) {
	t.Parallel()
	monday := london(t, "2026-11-23 09:00")
	days := func(n int) clock.Span { return clock.Span{WorkingDays: n} }
	r := rules(t,
		clock.Rule{Kind: "reply", Priority: "high", Span: days(1)},
		clock.Rule{Kind: "reply", Organisation: "slow", Span: days(4)},
		clock.Rule{Kind: "reply", Organisation: "both", Span: days(4)},
		clock.Rule{Kind: "reply", Priority: "high", Organisation: "both", Span: days(2)})
	for _, c := range []struct{ priority, organisation, want string }{
		{"low", "anybody", "2026-11-26 17:30"},
		{"high", "anybody", "2026-11-24 17:30"},
		{"low", "slow", "2026-11-27 17:30"},
		{"high", "slow", "2026-11-24 17:30"}, // what is urgent does not wait longer because somebody is slow
		{"low", "both", "2026-11-27 17:30"},
		{"high", "both", "2026-11-25 17:30"}, // unless that was said of them
		{"", "", "2026-11-26 17:30"},
	} {
		require.True(t, london(t, c.want).Equal(r.Due(monday, "reply", c.priority, c.organisation)), "%+v", c)
	}
	require.Equal(t, monday.UTC(), r.Due(monday, "nothing known of it", "", ""), "seen at once rather than never")
	require.Equal(t, monday.Add(15*time.Minute).UTC(), r.Due(monday, "look", "high", "slow"))
}

// oracle says the same as Rules.Due in another way: it scores every line.
func oracle(lines []clock.Rule, from time.Time, kind, priority, organisation string) time.Time {
	best, due := -1, from.UTC()
	for _, l := range lines {
		if l.Kind != kind || l.Priority != "" && l.Priority != priority || l.Organisation != "" && l.Organisation != organisation {
			continue
		}
		score := 0
		if l.Priority != "" || l.Organisation != "" {
			score = 1
		}
		if l.Priority == priority && l.Organisation == organisation {
			score = 2
		}
		at := clock.England().Due(from, l.Span)
		if score > best || score == best && at.Before(due) {
			best, due = score, at
		}
	}
	return due
}

// Every table of lines for two kinds, two priorities and two organisations is asked about every step, and compared with the oracle.
func TestEveryTable(t *testing.T) {
	t.Parallel()
	kinds, ranks, organisations := []string{"reply", "look"}, []string{"", "low", "high"}, []string{"", "one", "two"}
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(1_293_840_000, 2_524_608_000).Draw(t, "from"), 0)
		lines := map[[3]string]clock.Rule{}
		for _, k := range kinds {
			for _, p := range ranks {
				for _, o := range organisations {
					if p == "" && o == "" || rapid.Bool().Draw(t, "there") {
						span := clock.Span{WorkingDays: rapid.IntRange(0, 9).Draw(t, "days"), WorkingHours: rapid.IntRange(0, 20).Draw(t, "hours"), Minutes: rapid.IntRange(1, 20000).Draw(t, "minutes")}
						lines[[3]string{k, p, o}] = clock.Rule{Kind: k, Priority: p, Organisation: o, Span: span}
					}
				}
			}
		}
		var all []clock.Rule
		for _, l := range lines {
			all = append(all, l)
		}
		r, err := clock.NewRules(clock.England(), priorities, all)
		require.NoError(t, err)
		require.ElementsMatch(t, all, r.Lines())
		for _, k := range kinds {
			for _, p := range ranks {
				for _, o := range append(organisations, "three") {
					got := r.Due(from, k, p, o)
					require.True(t, oracle(all, from, k, p, o).Equal(got), "%s/%s/%s", k, p, o)
					require.True(t, got.After(from), "a step has a time that is still to come")
				}
			}
		}
	})
}

func TestATableThatNobodyWouldFollowIsRefused(t *testing.T) {
	t.Parallel()
	day := clock.Span{WorkingDays: 1}
	for name, lines := range map[string][]clock.Rule{
		"a kind without a general line": {{Kind: "reply", Priority: "high", Span: day}},
		"an unknown priority":           {{Kind: "reply", Span: day}, {Kind: "reply", Priority: "hihg", Span: day}},
		"no time":                       {{Kind: "reply", Span: day}, {Kind: "reply", Priority: "high"}},
		"no kind":                       {{Span: day}},
	} {
		_, err := clock.NewRules(clock.England(), priorities, lines)
		require.ErrorIs(t, err, clock.ErrRule, name)
	}
	_, err := rules(t).With(clock.Rule{Kind: "repyl", Span: day})
	require.ErrorIs(t, err, clock.ErrRule, "a slip")
}

func TestTablesAreReadFromFiles(t *testing.T) {
	t.Parallel()
	got, err := clock.ReadRules(strings.NewReader("kind,priority,organisation,time\n# the area's own\nreply,high,,4 working hours\nreply,,one,5 working days or 10080 minutes\n"))
	require.NoError(t, err)
	require.Equal(t, []clock.Rule{
		{Kind: "reply", Priority: "high", Span: clock.Span{WorkingHours: 4}},
		{Kind: "reply", Organisation: "one", Span: clock.Span{WorkingDays: 5, Minutes: 10080}},
	}, got)
	days, err := clock.ReadExceptions(strings.NewReader("date,day,name\n2026-12-24,holiday,Office closed\n"))
	require.NoError(t, err)
	area, err := clock.England().With(days...)
	require.NoError(t, err)
	r := rules(t).On(area)
	require.Same(t, area, r.Calendar())
	require.True(t, london(t, "2026-12-31 17:30").Equal(r.Due(london(t, "2026-12-23 12:00"), "reply", "", "")), "Christmas Eve, Christmas, and Boxing Day on the Monday")
	for _, bad := range []string{"", "kind,priority\n", "kind,priority,organisation,time\nreply,,,soon\n", "kind,priority,organisation,time\nreply,,\n"} {
		_, err := clock.ReadRules(strings.NewReader(bad))
		require.Error(t, err, bad)
	}
	_, err = clock.ReadExceptions(strings.NewReader("date,day,name\n2026-12-24,half,Office closed\n"))
	require.Error(t, err)
}

func TestWorkingHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from  string
		hours int
		want  string
	}{
		{"2026-11-23 10:00", 4, "2026-11-23 14:00"},
		{"2026-11-23 16:00", 4, "2026-11-24 11:30"},     // an hour and a half on Monday
		{"2026-11-23 06:00", 4, "2026-11-23 13:00"},     // nobody works before nine
		{"2026-11-23 20:00", 4, "2026-11-24 13:00"},     //
		{"2026-11-27 17:00", 1, "2026-11-30 09:30"},     // over a weekend
		{"2026-12-24 17:00", 1, "2026-12-29 09:30"},     // over Christmas 2026
		{"2026-11-23 09:00", 17, "2026-11-24 17:30"},    // two whole days, to the end of the second
		{"2027-03-26 10:00", 2, "2027-03-30 11:00"},     // Easter, into summer time
		{"2026-10-23 16:30", 2, "2026-10-26 10:00"},     // out of summer time
		{"2026-10-25 01:30 BST", 1, "2026-10-26 10:00"}, // the hour that comes twice is nobody's working hour
		{"2026-11-23 17:30", 1, "2026-11-24 10:00"},     // the day is over
		{"2026-11-23 16:30", 1, "2026-11-23 17:30"},     // the end of this day, not the beginning of the next
		{"2026-11-28 12:00", 9, "2026-12-01 09:30"},     // from a Saturday
		{"2026-12-31 12:00", 8, "2027-01-04 11:30"},     // New Year's Day is a Friday
		{"2027-12-31 12:00", 8, "2028-01-04 11:30"},     // and in 2028 kept on the Monday
	} {
		from, want := london(t, c.from), london(t, c.want)
		got := clock.England().AddWorkingHours(from, c.hours)
		require.True(t, want.Equal(got), "%s + %d: want %s, got %s", c.from, c.hours, want, got.In(clock.London))
		require.Equal(t, time.UTC, got.Location())
	}
}

// Counted minute by minute, as many minutes are worked between from and due as were given.
func TestWorkingHoursAreWorked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(1_293_840_000/60, 2_524_608_000/60).Draw(t, "minute")*60, 0)
		hours := rapid.IntRange(1, 40).Draw(t, "hours")
		due := clock.England().AddWorkingHours(from, hours)
		worked := 0
		for at := from; at.Before(due); at = at.Add(time.Minute) {
			wall := at.In(clock.London)
			if minute := wall.Hour()*60 + wall.Minute(); minute >= 9*60 && minute < 17*60+30 && clock.England().WorkingDay(at) {
				worked++
			}
		}
		require.Equal(t, hours*60, worked)
		wall := due.In(clock.London)
		require.NotEqual(t, "09:00", wall.Format("15:04"), "never late before anybody came")
	})
}
