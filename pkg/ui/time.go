package ui

import (
	"fmt"
	"time"
	_ "time/tzdata" // so that London's clock changes are known on every machine
	"unicode"
	"unicode/utf8"
)

// London is the time zone of every page: the services are England's.
var London = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("ui: the embedded time zones are broken: " + err.Error())
	}
	return l
}()

// Day is "Thursday 26 November 2026".
func Day(t time.Time) string { return t.In(London).Format("Monday 2 January 2006") }

// Date is "26 November 2026", for dates whose weekday does not matter.
func Date(t time.Time) string { return t.In(London).Format("2 January 2006") }

// DateOfBirth is "26 November 1956 (aged 69)". A date of birth is a calendar date: it has no time zone.
func DateOfBirth(born, now time.Time) string {
	return fmt.Sprintf("%s (aged %d)", born.Format("2 January 2006"), Age(born, now))
}

// Age is in whole years.
func Age(born, now time.Time) int {
	n := now.In(London)
	years := n.Year() - born.Year()
	if n.Month() < born.Month() || n.Month() == born.Month() && n.Day() < born.Day() {
		years--
	}
	return years
}

// TimeOfDay is "10:42".
func TimeOfDay(t time.Time) string { return t.In(London).Format("15:04") }

// Moment is "today at 10:42", "yesterday at 10:42" or "Thursday 26 November 2026 at 10:42".
func Moment(t, now time.Time) string { return Near(t, now) + " at " + TimeOfDay(t) }

// FromTo is when something takes place: "tomorrow, 10:00 to 12:00", or "on now, until 12:00".
func FromTo(from, to, now time.Time) string {
	if !now.Before(from) && now.Before(to) {
		return "on now, until " + TimeOfDay(to)
	}
	return Near(from, now) + ", " + TimeOfDay(from) + " to " + TimeOfDay(to)
}

// Near is "today", "yesterday", "tomorrow" or "Thursday 26 November 2026", with the year left out when it is this one.
func Near(t, now time.Time) string {
	switch daysBetween(now, t) {
	case 0:
		return "today"
	case -1:
		return "yesterday"
	case 1:
		return "tomorrow"
	}
	if t.In(London).Year() == now.In(London).Year() {
		return t.In(London).Format("Monday 2 January")
	}
	return Day(t)
}

// Ago is how long something has been: "3 days", "1 hour", "under a minute". Days are calendar days in London, so
// what came in last night has waited 1 day this morning.
func Ago(since, now time.Time) string {
	if days := daysBetween(since, now); days > 0 {
		return Count(days, "day", "days")
	}
	d := now.Sub(since)
	switch {
	case d >= time.Hour:
		return Count(int(d/time.Hour), "hour", "hours")
	case d >= time.Minute:
		return Count(int(d/time.Minute), "minute", "minutes")
	}
	return "under a minute"
}

// Count is a number with its noun: Count(1, "day", "days") is "1 day".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// daysBetween counts midnights in London from a to b.
func daysBetween(a, b time.Time) int {
	return int(midday(b).Sub(midday(a)).Round(24*time.Hour) / (24 * time.Hour))
}

// midday is noon UTC of t's London date: between two of them every day has 24 hours.
func midday(t time.Time) time.Time {
	y, m, d := t.In(London).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
}

// UpperFirst begins a sentence.
func UpperFirst(s string) string {
	if s == "" {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
