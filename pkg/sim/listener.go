package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/outbox"
)

// listener is an inbox as the reader of a mortal process sees it.
type listener struct {
	inbox.Store
	p *process
}

func (s *listener) InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	l := s.p.thread("apply")
	var failed error
	err := l.step(ctx, "apply", func() error {
		return s.Store.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			if failed = fn(ctx, tx); failed != nil {
				return failed
			}
			return s.p.wait(ctx, l.latency()) // much may happen between the last statement and the commit
		})
	})
	if err != nil && failed == nil && ctx.Err() == nil && !errors.Is(err, errDead) {
		return errors.Join(err, context.DeadlineExceeded) // the database's trouble, which passes
	}
	return err
}

func (s *listener) Take(ctx context.Context, name, holder string, lasts time.Duration) (l inbox.Lease, ok bool, err error) {
	err = s.p.thread("share").step(ctx, "take "+name, func() (err error) {
		l, ok, err = s.Store.Take(ctx, name, holder, lasts)
		return err
	})
	return l, ok && err == nil, err
}

func (s *listener) Renew(ctx context.Context, l inbox.Lease) error {
	return s.p.thread("renew").step(ctx, "renew", func() error { return s.Store.Renew(ctx, l) })
}

func (s *listener) Release(ctx context.Context, l inbox.Lease) error {
	return s.p.thread("share").step(ctx, "release", func() error { return s.Store.Release(ctx, l) })
}

func (s *listener) Leases(ctx context.Context, prefix string) (map[string]string, error) {
	return ask(ctx, s.p.thread("share"), "read the leases", func() (map[string]string, error) { return s.Store.Leases(ctx, prefix) })
}

func (s *listener) Progress(ctx context.Context) ([]inbox.Progress, error) {
	return ask(ctx, s.p.thread("apply"), "read the progress", func() ([]inbox.Progress, error) { return s.Store.Progress(ctx) })
}

// replay is the speaker's replay API, which may give a part of what was asked for.
func (w *world) replay(p *process) inbox.Replayer {
	return func(ctx context.Context, speaker string, partition, epoch int, from, to int64) (out []*event.Event, err error) {
		l := p.thread(fmt.Sprint("replay ", speaker, bus.GroupOf(partition)))
		err = l.step(ctx, "replay", func() error {
			out = w.speaker(speaker).outbox.Replay(partition, epoch, from, to)
			return nil
		})
		if err != nil && len(out) > 1 {
			return out[:1], err
		}
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

func (w *world) heads(p *process) inbox.Header {
	return func(ctx context.Context, speaker string) ([]outbox.Head, error) {
		return ask(ctx, p.thread("heads "+speaker), "heads", func() ([]outbox.Head, error) { return w.speaker(speaker).outbox.Heads(), nil })
	}
}

// ear is the broker as the reader of a mortal process sees it.
type ear struct {
	p      *process
	reader string
}

// redeliver is how long the broker waits for an acknowledgement.
const redeliver = 12 * time.Second

func consumerOf(reader string, group int) string { return reader + " " + string(rune('0'+group)) }

func (e *ear) Listen(ctx context.Context, speaker string, group int, into chan<- inbox.Delivery) error {
	w, s, name := e.p.w, e.p.w.speaker(speaker), consumerOf(e.reader, group)
	l := e.p.thread("listen " + speaker + " " + name)
	acks := e.p.thread("acknowledge " + speaker + " " + name) // by who applies, who may do so at the very moment at which we are woken
	var held []inbox.Delivery                                 // overtaken by others
	for {
		var m message
		var ok bool
		var again time.Time
		var changed <-chan struct{}
		err := l.step(ctx, "listen", func() error {
			if !w.up() {
				return errAway
			}
			m, ok, again, changed = s.stream.next(name, redeliver)
			return nil
		})
		if err != nil {
			return err
		}
		if !ok {
			if err := l.deliver(ctx, into, held); err != nil {
				return err
			}
			held = nil
			if err := e.await(ctx, again, changed); err != nil {
				return err
			}
			continue
		}
		d := e.delivery(acks, s, name, m)
		if !w.calm.Load() && l.draw() < w.risk.reorder {
			held = append(held, d)
			continue
		}
		if err := l.deliver(ctx, into, append([]inbox.Delivery{d}, held...)); err != nil {
			return err
		}
		held = nil
	}
}

// deliver hands over one after the other, never two at one moment: how many of them the reader takes at once would be chance.
func (l *thread) deliver(ctx context.Context, into chan<- inbox.Delivery, all []inbox.Delivery) error {
	for i, d := range all {
		if i > 0 {
			if err := l.p.wait(ctx, l.latency()); err != nil {
				return err
			}
		}
		select {
		case into <- d:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (e *ear) await(ctx context.Context, again time.Time, changed <-chan struct{}) error {
	var due <-chan time.Time
	if !again.IsZero() {
		t := time.NewTimer(time.Until(again))
		defer t.Stop()
		due = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-e.p.dead:
		return errDead
	case <-changed:
	case <-due:
	}
	return nil
}

func (e *ear) delivery(l *thread, s *speaker, name string, m message) inbox.Delivery {
	d := inbox.Delivery{Event: m.event, Speaker: s.name, Headers: map[string][]string{}, Bad: m.bad, Message: &letter{l, s, name, m.seq}}
	if m.bad != nil {
		d.Event = &event.Event{ID: m.id}
	}
	return d
}

// letter is a message to be acknowledged; that may get lost.
type letter struct {
	l    *thread
	s    *speaker
	name string
	seq  uint64
}

func (m *letter) heard() bool {
	w := m.l.p.w
	return w.up() && (w.calm.Load() || m.l.draw() >= w.risk.lost) && !m.l.p.isDead()
}

func (m *letter) Ack() error {
	if m.heard() {
		m.s.stream.Ack(m.name, m.seq)
	}
	return nil
}

func (m *letter) Nak() error {
	if m.heard() {
		m.s.stream.Nak(m.name, m.seq)
	}
	return nil
}
