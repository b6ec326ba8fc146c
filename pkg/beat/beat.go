// Package beat is the sign of life of a loop that goes on beside requests, so that one that hangs can be told from one that waits.
package beat

import (
	"context"
	"sync/atomic"
	"time"
)

// Beat is one loop's. All methods may be called on nil, by many at once.
type Beat struct {
	every atomic.Int64 // how often a piece of work should come to a good end, in nanoseconds; 0: nobody expects it to
	done  atomic.Int64 // when the last did, or when it was first expected
	busy  atomic.Int64 // since when it is at one piece of work, in nanoseconds; or one of the two below
}

const (
	waits = 0
	ended = -1
)

// Works says that the loop begins a piece of work, or gets on with one. The machine's own clock counts, not one that a demo drives.
func (b *Beat) Works() {
	if b != nil {
		b.busy.Store(time.Now().UnixNano())
	}
}

// Waits says that the loop waits for its next piece of work, as long as it takes.
func (b *Beat) Waits() {
	if b != nil {
		b.busy.Store(waits)
	}
}

// Ended says that the loop is no more.
func (b *Beat) Ended() {
	if b != nil {
		b.busy.Store(ended)
	}
}

// Busy is how long the loop has been at one piece of work; 0 while it waits. over says that it is no more.
func (b *Beat) Busy() (d time.Duration, over bool) {
	if b == nil {
		return 0, false
	}
	switch since := b.busy.Load(); since {
	case waits:
		return 0, false
	case ended:
		return 0, true
	default:
		return max(1, time.Since(time.Unix(0, since))), false
	}
}

// Expect says that a piece of work should come to a good end at least this often, from now on. A loop that fails every time, or that
// nothing wakes any more, waits as calmly as one that has nothing to do: by this it is told from one that does its work.
func (b *Beat) Expect(every time.Duration) {
	if b != nil {
		b.done.Store(time.Now().UnixNano())
		b.every.Store(int64(every))
	}
}

// Done says that a piece of work came to a good end.
func (b *Beat) Done() {
	if b != nil {
		b.done.Store(time.Now().UnixNano())
	}
}

// Silent is how long no piece of work has come to a good end, and how often one should; both 0 when nobody expects it to.
func (b *Beat) Silent() (since, every time.Duration) {
	if b == nil || b.every.Load() == 0 {
		return 0, 0
	}
	return max(0, time.Since(time.Unix(0, b.done.Load()))), time.Duration(b.every.Load())
}

type key struct{}

// Into has everything that is done under ctx be this loop's work: each transaction that it commits shows that it moves.
func Into(ctx context.Context, b *Beat) context.Context { return context.WithValue(ctx, key{}, b) }

// Of is the loop whose work this is; nil when it is nobody's.
func Of(ctx context.Context) *Beat {
	b, _ := ctx.Value(key{}).(*Beat)
	return b
}
