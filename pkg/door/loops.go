package door

import (
	"context"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/beat"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/standing"
)

// loop is work that goes on beside requests.
type loop struct {
	name string
	run  func(ctx context.Context)
}

// Every does something at once and then every d, beside requests, until the service stops. A failure is logged and the next call
// comes as it would: what could not be done must be found again in the database. Health names the work when it hangs.
func (f *Frame) Every(what string, d time.Duration, do func(ctx context.Context) error) {
	once := f.once(what, d, do)
	f.loops = append(f.loops, loop{what, func(ctx context.Context) { clock.Every(ctx, d, once) }})
}

// EveryTick is Every with the ticks from outside; the channel is asked for when the service runs.
func (f *Frame) EveryTick(what string, ticks func(ctx context.Context) <-chan time.Time, do func(ctx context.Context) error) {
	once := f.once(what, wokenEvery, do)
	f.loops = append(f.loops, loop{what, func(ctx context.Context) { clock.EveryTick(ctx, ticks(ctx), once) }})
}

// wokenEvery is how often somebody else's ticks come at the least.
const wokenEvery = 10 * time.Second

// once does it one time, and notes whether it came to a good end: what watches the clocks is itself watched.
func (f *Frame) once(what string, every time.Duration, do func(ctx context.Context) error) func(ctx context.Context) {
	b := f.watch.Loop(what)
	b.Expect(every)
	return func(ctx context.Context) {
		b.Works()
		defer b.Waits()
		err := do(beat.Into(ctx, b))
		if err == nil {
			b.Done()
		} else if ctx.Err() == nil {
			f.Log.Warn(what+"; it is tried again", zap.String("error", httpx.Verbs(err)))
		}
	}
}

// Overdue names a kind of clock that the service keeps; count says how many of it have run out. It is asked whenever somebody
// watches, so it must find them by an index.
func (f *Frame) Overdue(clock string, count standing.Count) { f.stand.Overdue[clock] = count }

// ended notes that a loop has gone although it should not.
func (f *Frame) ended(ctx context.Context, loop string) {
	if ctx.Err() == nil {
		f.Log.Error("a loop has ended", zap.String("loop", loop))
		f.watch.Loop(loop).Ended()
	}
}
