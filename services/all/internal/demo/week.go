package demo

import (
	"context"
	"fmt"
	"time"
)

// Week plays a plan at speed: five working days of visits, and so many weeks in which what they began goes on.
type Week struct {
	Play   *Play
	Clock  *Clock
	Monday time.Time
	Weeks  int
	Settle func(ctx context.Context) error // waits until every event has reached everybody
	Tell   func(at time.Time, share float64)
}

// Run goes from one time to the next: what is due is done, then everybody looks at what has come.
func (w Week) Run(ctx context.Context) error {
	end := w.Monday.AddDate(0, 0, 7*w.Weeks)
	for _, t := range w.times() {
		w.Clock.Set(t)
		w.Play.Run(ctx)
		if err := w.Settle(ctx); err != nil {
			return fmt.Errorf("play the week: %w", err)
		}
		w.Play.LookAtTrays(ctx)
		w.Play.LookAtOffice(ctx)
		w.Play.LookAtMeetings(ctx)
		w.Play.LookAtSeldom(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.Tell(t, float64(t.Sub(w.Monday))/float64(end.Sub(w.Monday)))
	}
	return w.Settle(ctx)
}

// times are every hour of the first five working days, and three hours of each after that.
func (w Week) times() (all []time.Time) {
	for day := range 7 * w.Weeks {
		at := w.Monday.AddDate(0, 0, day)
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			continue
		}
		for hour := opens; hour <= closes+1; hour++ {
			if day < 5 || hour == 10 || hour == 14 || hour == closes+1 {
				all = append(all, time.Date(at.Year(), at.Month(), at.Day(), hour, 0, 0, 0, at.Location()))
			}
		}
	}
	return all
}
