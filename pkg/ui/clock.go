package ui

import (
	"time"
)

// Clock says how long something has waited, who owes what, and by when: "Waiting 3 days. Bolton Mind's reply is due
// Thursday 26 November."
type Clock struct {
	Since time.Time
	Due   time.Time // zero when nobody owes anything
	What  string    // what is due: "reply", "Bolton Mind's reply", "your answer"
	Now   time.Time
}

// Template names html/clock.html.
func (Clock) Template() string { return "clock" }

// Overdue tells whether the time is past.
func (c Clock) Overdue() bool { return !c.Due.IsZero() && c.Now.After(c.Due) }

// Badge marks what is overdue, or due before the day is out.
func (c Clock) Badge() *Tag {
	switch {
	case c.Overdue():
		return &Tag{"Overdue", Red}
	case !c.Due.IsZero() && daysBetween(c.Now, c.Due) == 0:
		return &Tag{"Due today", Orange}
	}
	return nil
}

// Sentence is the clock in words. The time of day is said only when it is close, or past by less than a day.
func (c Clock) Sentence() string {
	waiting := "Waiting " + Ago(c.Since, c.Now)
	if c.Since.IsZero() {
		waiting = ""
	}
	if c.Due.IsZero() {
		return waiting
	}
	due := Near(c.Due, c.Now)
	if daysBetween(c.Now, c.Due) == 0 {
		due = Moment(c.Due, c.Now)
	}
	verb := " due "
	if c.Overdue() {
		verb = " was due "
	}
	if waiting == "" {
		return UpperFirst(c.What) + verb + due
	}
	return waiting + ", " + c.What + verb + due
}
