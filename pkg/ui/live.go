package ui

import "time"

// Live is a section that fetches itself again when the server says "changed", and every 20 seconds in case that was
// missed. Without JavaScript it is the section and a link. Nothing that a person has begun to type or to open in it is
// lost: while they are at it the section stays, and offers the change instead.
//
// Events is a stream of pkg/live: an event named "changed" when it begins and whenever there is something new; without one
// the section stays as it is. Refresh is the page itself; the section with the same ID is taken out of it. Requests that no
// person made say so in a header.
type Live struct {
	ID      string
	Label   string // what the section is, read out: "Offers"
	Events  string
	Refresh string
	Now     time.Time
	Seconds int // between slow polls, 20 when not given
	Body    Component
}

// Template names html/live.html.
func (Live) Template() string { return "live" }

// Updated is when the section was made.
func (l Live) Updated() string { return TimeOfDay(l.Now) }

// Every is the seconds between slow polls.
func (l Live) Every() int {
	if l.Seconds == 0 {
		return 20
	}
	return l.Seconds
}

// InSentence is the label as hidden words of the link.
func (l Live) InSentence() string { return lowerFirst(l.Label) }
