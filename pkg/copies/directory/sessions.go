package directory

import (
	"time"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/schemas/terms"
)

// Session is when a service is on, every week, on the clocks of London.
type Session struct {
	Weekday terms.Weekday `json:"weekday"`
	From    string        `json:"from"`            // "09:30"
	To      string        `json:"to"`              // at or before From: past midnight
	Place   *int          `json:"place,omitempty"` // index into the service's places
}

// Occurrence is one time that a session is on.
type Occurrence struct {
	From  time.Time
	To    time.Time
	Place *int // index into the service's places, nil when not said
}

// Next is the session that is on at now or else comes next; false when no times are known.
func (s Service) Next(now time.Time) (Occurrence, bool) {
	var next Occurrence
	found := false
	for _, x := range s.Sessions {
		if o, ok := x.next(now); ok && (!found || o.From.Before(next.From)) {
			next, found = o, true
		}
	}
	return next, found
}

// next looks from yesterday, whose session may go on past midnight, to this day next week, when today's is over.
func (x Session) next(now time.Time) (Occurrence, bool) {
	y, m, d := now.In(clock.London).Date()
	from, err1 := time.Parse("15:04", x.From)
	to, err2 := time.Parse("15:04", x.To)
	if err1 != nil || err2 != nil || !x.Weekday.Known() {
		return Occurrence{}, false
	}
	for ahead := -1; ahead <= 7; ahead++ {
		day := time.Date(y, m, d+ahead, 12, 0, 0, 0, clock.London)
		if terms.WeekdayOf(day) != x.Weekday {
			continue
		}
		o := Occurrence{From: at(day, 0, from), To: at(day, 0, to), Place: x.Place}
		if !to.After(from) {
			o.To = at(day, 1, to)
		}
		if o.To.After(now) {
			return o, true
		}
	}
	return Occurrence{}, false
}

func at(day time.Time, later int, t time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+later, t.Hour(), t.Minute(), 0, 0, clock.London)
}
