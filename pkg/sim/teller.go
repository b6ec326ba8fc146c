package sim

import (
	"context"
	"fmt"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
)

// teller is an outbox as the relay of a mortal process sees it.
type teller struct {
	l  *thread
	to outbox.Store
}

func (t *teller) Committed() <-chan struct{} { return t.to.Committed() }

func (t *teller) Take(ctx context.Context) (bool, error) {
	return ask(ctx, t.l, "take", func() (bool, error) { return t.to.Take(ctx) })
}

func (t *teller) Renew(ctx context.Context) error {
	return t.l.step(ctx, "renew", func() error { return t.to.Renew(ctx) })
}

func (t *teller) Release(ctx context.Context) error {
	return t.l.step(ctx, "release", func() error { return t.to.Release(ctx) })
}

func (t *teller) Number(ctx context.Context, most int) ([]*event.Event, error) {
	return ask(ctx, t.l, "number", func() ([]*event.Event, error) { return t.to.Number(ctx, most) })
}

func (t *teller) Unpublished(ctx context.Context, most int) ([]*event.Event, error) {
	return ask(ctx, t.l, "unpublished", func() ([]*event.Event, error) { return t.to.Unpublished(ctx, most) })
}

func (t *teller) Mark(ctx context.Context, run map[int]int64) error {
	return t.l.step(ctx, fmt.Sprint("mark ", run), func() error { return t.to.Mark(ctx, run) })
}

func (t *teller) Tails(ctx context.Context, expires time.Time) ([]outbox.Tail, error) {
	return ask(ctx, t.l, "tails", func() ([]outbox.Tail, error) { return t.to.Tails(ctx, expires) })
}

func (t *teller) Hash(ctx context.Context, partition, epoch int, position int64) ([]byte, error) {
	return ask(ctx, t.l, "hash", func() ([]byte, error) { return t.to.Hash(ctx, partition, epoch, position) })
}

func (t *teller) TakeBack(ctx context.Context, stands map[int]int64) error {
	return t.l.step(ctx, "take back", func() error { return t.to.TakeBack(ctx, stands) })
}

// line is a process's connection to the broker. What was sent arrives in order, or never; what arrived may be heard of or not.
type line struct {
	l       *thread
	to      *Stream
	b       *broker
	since   int       // the breaks before this process was there
	arrives time.Time // of what was sent last
}

// broker is whether one can be reached, the same for all.
type broker struct {
	down   time.Time // until then
	breaks []time.Time
}

func (b *broker) up() bool { return !time.Now().Before(b.down) }

// cut takes the broker away for a while.
func (b *broker) cut(d time.Duration) {
	b.down = time.Now().Add(d)
	b.breaks = append(b.breaks, b.down)
}

// reconnects is how often it was found again.
func (b *broker) reconnects() (n int) {
	for _, at := range b.breaks {
		if !time.Now().Before(at) {
			n++
		}
	}
	return n
}

func (c *line) Connection() (up bool, reconnects uint64) {
	c.l.p.w.mu.Lock()
	defer c.l.p.w.mu.Unlock()
	return c.b.up(), uint64(c.b.reconnects() - c.since)
}

func (c *line) Last(ctx context.Context) (last uint64, err error) {
	err = c.l.step(ctx, "look at the last number", func() (err error) {
		if up, _ := c.Connection(); !up {
			return errAway
		}
		last, err = c.to.Last(ctx)
		return err
	})
	return last, err
}

func (c *line) Ends(ctx context.Context, partition int) (first, last *event.Event, err error) {
	err = c.l.step(ctx, "look at the ends", func() (err error) {
		if up, _ := c.Connection(); !up {
			return errAway
		}
		first, last, err = c.to.Ends(ctx, partition)
		return err
	})
	return first, last, err
}

// ackWait is how long one waits for an answer that does not come.
const ackWait = 4 * time.Second

func (c *line) Publish(e *event.Event, behind uint64) (func(ctx context.Context) (outbox.Ack, error), error) {
	w, rng := c.l.p.w, c.l.rng
	fate, after := rng.Float64(), time.Duration(rng.Int64N(int64(3*time.Millisecond)))+1
	if w.calm.Load() {
		fate = 1
	}
	at := time.Now().Add(after)
	w.mu.Lock()
	if !c.b.up() {
		if fate < 0.5 {
			w.mu.Unlock()
			return nil, errAway
		}
		at = c.b.down.Add(after) // it is kept until the line is there again
	}
	w.mu.Unlock()
	if !at.After(c.arrives) {
		at = c.arrives.Add(after)
	}
	c.arrives = at
	answer := make(chan acked, 1)
	lost := fate < w.risk.lost
	if !lost {
		w.pending.Add(1)
		time.AfterFunc(time.Until(at), func() {
			defer w.pending.Done()
			ack, err := c.to.Add(e, behind)
			w.tell(c.l.p.name, "%d/%d of %s is at %d, known before: %v, %v", e.Partition, e.Position, e.Speaker(), ack.Sequence, ack.Duplicate, err)
			if fate >= w.risk.lost+w.risk.unknown {
				answer <- acked{ack, err}
			}
		})
	}
	return func(ctx context.Context) (outbox.Ack, error) { return c.answer(ctx, answer, at) }, nil
}

// acked is what the broker answers.
type acked struct {
	outbox.Ack
	err error
}

func (c *line) answer(ctx context.Context, answer chan acked, at time.Time) (outbox.Ack, error) {
	t := time.NewTimer(time.Until(at) + ackWait)
	defer t.Stop()
	select {
	case a := <-answer:
		return a.Ack, a.err
	case <-t.C:
		return outbox.Ack{}, errUnknown
	case <-c.l.p.dead:
		return outbox.Ack{}, errDead
	case <-ctx.Done():
		return outbox.Ack{}, ctx.Err()
	}
}

// up tells whether the broker can be reached.
func (w *world) up() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broker.up()
}
