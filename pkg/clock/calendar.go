// Package clock says by when a step is owed and wakes those who look for what is overdue: a room of pure time.
//
// Times come in from outside and due times go out in UTC; days are those of England. A clock of minutes runs round the
// clock, a clock of working days ends when the last of them does, at 17:30 in London, whatever summer time did between.
package clock

import (
	_ "embed"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a container may have no zone files
)

// London is the zone in which a working day begins and ends.
var London = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("clock: the embedded zone data has no Europe/London: " + err.Error())
	}
	return l
}()

// endHour and endMinute are when a working day ends. 17:30 is when a practice's telephones are still answered but
// its day list is done; a step owed "by Thursday" is late on Thursday evening and not on Thursday morning.
const endHour, endMinute = 17, 30

// startHour is when one begins, for what is counted in working hours.
const startHour = 9

// Exception is a day that the rules of Holiday get wrong: an extra bank holiday, or one that was moved away.
type Exception struct {
	Date    string // 2006-01-02
	Holiday bool   // false: a working day although the rule says holiday
	Name    string
}

// Calendar knows the working days of a place. Make one with England; it is never changed, so it may be shared.
type Calendar struct{ exceptions map[string]Exception }

//go:embed data/england-exceptions.csv
var englandCSV string

var england = sync.OnceValue(func() *Calendar {
	list, err := ReadExceptions(strings.NewReader(englandCSV))
	if err != nil {
		panic("clock: exceptions: " + err.Error())
	}
	c, err := (&Calendar{}).With(list...)
	if err != nil {
		panic("clock: exceptions: " + err.Error())
	}
	return c
})

// England is the calendar of England and Wales: the bank holidays of the Banking and Financial Dealings Act 1971 with
// their substitute days, by rule for every year, and the proclaimed exceptions since 2011 from data/england-exceptions.csv.
func England() *Calendar { return england() }

// With returns a calendar with more exceptions, for a day proclaimed after this program was built or an area's own
// closing day. It refuses a date that is none.
func (c *Calendar) With(more ...Exception) (*Calendar, error) {
	all := maps.Clone(c.exceptions)
	if all == nil {
		all = make(map[string]Exception, len(more))
	}
	for _, e := range more {
		if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
			return nil, fmt.Errorf("exception %q: %w", e.Name, err)
		}
		all[e.Date] = e
	}
	return &Calendar{exceptions: all}, nil
}

// Holiday names the bank holiday on the London day of t, if it is one.
func (c *Calendar) Holiday(t time.Time) (name string, ok bool) {
	t = t.In(London)
	if e, found := c.exceptions[t.Format(time.DateOnly)]; found {
		return e.Name, e.Holiday
	}
	return byRule(t.Date())
}

// WorkingDay tells whether the London day of t is Monday to Friday and no bank holiday.
func (c *Calendar) WorkingDay(t time.Time) bool {
	t = t.In(London)
	if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return false
	}
	_, holiday := c.Holiday(t)
	return !holiday
}

// AddWorkingDays returns the end of the n-th working day after the London day of t; the day of t itself never counts,
// so that what arrives at five in the evening is not a day shorter. With n of nought or less it is the end of the
// present working day, or of the next one when t is past it.
func (c *Calendar) AddWorkingDays(t time.Time, n int) time.Time {
	y, m, d := t.In(London).Date()
	if n <= 0 {
		if end := endOf(y, m, d); c.WorkingDay(end) && !t.After(end) {
			return end.UTC()
		}
		n = 1
	}
	for {
		d++ // time.Date carries days over into months; noon is on the same day in every zone rule
		if c.WorkingDay(time.Date(y, m, d, 12, 0, 0, 0, London)) {
			if n--; n == 0 {
				return endOf(y, m, d).UTC()
			}
		}
	}
}

// AddWorkingHours returns when this many hours have been worked from t on, counting from nine to half past five on working days. It
// is never the beginning of a day: a step owed "at nine" would be late before anybody came.
func (c *Calendar) AddWorkingHours(t time.Time, hours int) time.Time {
	left := time.Duration(hours) * time.Hour
	y, m, d := t.In(London).Date()
	for {
		from, to := time.Date(y, m, d, startHour, 0, 0, 0, London), endOf(y, m, d)
		if from.Before(t) {
			from = t
		}
		if c.WorkingDay(to) && from.Before(to) {
			if left <= to.Sub(from) {
				return from.Add(left).UTC()
			}
			left -= to.Sub(from)
		}
		d++
	}
}

// Due is when a step of this span is owed that began at from; at once, for a span of nothing.
func (c *Calendar) Due(from time.Time, s Span) time.Time {
	if s.none() {
		return from.UTC()
	}
	var due time.Time
	sooner := func(at time.Time) {
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	if s.Minutes > 0 {
		sooner(from.Add(time.Duration(s.Minutes) * time.Minute).UTC())
	}
	if s.WorkingHours > 0 {
		sooner(c.AddWorkingHours(from, s.WorkingHours))
	}
	if s.WorkingDays > 0 {
		sooner(c.AddWorkingDays(from, s.WorkingDays))
	}
	return due
}

func endOf(y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, endHour, endMinute, 0, 0, London)
}

// byRule names the bank holiday that falls on a date in a year without exceptions.
func byRule(y int, m time.Month, d int) (string, bool) {
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch wd := day.Weekday(); m {
	case time.January:
		// On Saturday or Sunday New Year's Day is kept on the Monday.
		return "New Year's Day", (d == 1 && weekday(wd)) || (wd == time.Monday && (d == 2 || d == 3))
	case time.March, time.April:
		switch easter := easterSunday(y); {
		case day.Equal(easter.AddDate(0, 0, -2)):
			return "Good Friday", true
		case day.Equal(easter.AddDate(0, 0, 1)):
			return "Easter Monday", true
		}
	case time.May:
		if wd == time.Monday && d <= 7 {
			return "Early May bank holiday", true
		}
		return "Spring bank holiday", wd == time.Monday && d > 24
	case time.August:
		return "Summer bank holiday", wd == time.Monday && d > 24
	case time.December:
		return christmas(d, wd)
	}
	return "", false
}

// christmas covers 25 to 28 December: a day of the two that falls on a weekend is kept on the next free weekday.
func christmas(d int, wd time.Weekday) (string, bool) {
	switch {
	case d == 25 && weekday(wd):
		return "Christmas Day", true
	case d == 26 && weekday(wd):
		return "Boxing Day", true
	case d == 27 && (wd == time.Monday || wd == time.Tuesday): // the 25th was a Saturday or a Sunday
		return "Christmas Day", true
	case d == 28 && (wd == time.Monday || wd == time.Tuesday): // the 26th was a Saturday or a Sunday
		return "Boxing Day", true
	}
	return "", false
}

func weekday(wd time.Weekday) bool { return wd != time.Saturday && wd != time.Sunday }

// easterSunday is Gauss's method with the corrections of Lichtenberg, for the Gregorian calendar.
func easterSunday(y int) time.Time {
	k := y / 100
	m := 15 + (3*k+3)/4 - (8*k+13)/25
	s := 2 - (3*k+3)/4
	a := y % 19
	d := (19*a + m) % 30
	r := (d + a/11) / 29
	full := 21 + d - r          // the paschal full moon, as a day of March
	sunday := 7 - (y+y/4+s)%7   // the first Sunday in March
	away := 7 - (full-sunday)%7 // Easter is the Sunday after the full moon, never on it
	return time.Date(y, time.March, full+away, 0, 0, 0, 0, time.UTC)
}
