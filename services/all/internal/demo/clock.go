package demo

import (
	"sync"
	"time"
)

// Clock is a time that a play moves; between two moves it goes on like any other.
type Clock struct {
	// Moved is called when the time was set, with how far it is ahead of the real one, and returns when everybody has it;
	// nil: nobody else goes by it.
	Moved func(ahead time.Duration)

	mu    sync.Mutex
	at    time.Time
	since time.Time
}

// NewClock starts at a time.
func NewClock(at time.Time) *Clock { return &Clock{at: at, since: time.Now()} }

// Now is what services are given in place of the real time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Add(time.Since(c.since))
}

// Set moves it on; it never goes back.
func (c *Clock) Set(to time.Time) {
	c.set(to)
	if c.Moved != nil {
		c.Moved(c.Ahead())
	}
}

// Ahead is how far it is before the real time; less than nothing when it is behind.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Sub(c.since)
}

func (c *Clock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.at.Add(time.Since(c.since)); to.After(now) {
		c.at, c.since = to, time.Now()
	}
}

// The hours that people work, of the London clock.
const (
	opens  = 9
	closes = 17
)

func london() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.UTC // a machine without zones
	}
	return l
}

// WorkingTime is so many working hours after a time.
func WorkingTime(from time.Time, hours float64) time.Time {
	left := time.Duration(hours * float64(time.Hour))
	at := atWork(from.In(london()))
	for {
		end := time.Date(at.Year(), at.Month(), at.Day(), closes, 0, 0, 0, at.Location())
		today := end.Sub(at)
		if left < today {
			return at.Add(left)
		}
		left -= today
		at = atWork(end)
	}
}

// atWork is the time itself, or the next moment at which people work.
func atWork(t time.Time) time.Time {
	day := func(days int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+days, opens, 0, 0, 0, t.Location())
	}
	switch {
	case t.Weekday() == time.Saturday:
		return day(2)
	case t.Weekday() == time.Sunday:
		return day(1)
	case t.Hour() < opens:
		return day(0)
	case t.Hour() < closes:
		return t
	case t.Weekday() == time.Friday:
		return day(3)
	}
	return day(1)
}
