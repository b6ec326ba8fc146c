package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/outbox"
)

// The traps in which well-known outboxes lose an event. Each has a scenario that ours must come out of, and beside it the wrong
// way, written as it is usually found, which must not: a scenario that the wrong way survives shows nothing.

// way is how what was said comes to the broker.
type way interface {
	// say says n words in a transaction of its own; between runs when they are written and before the commit.
	say(n int, between func() error) error
	// pass lets it publish what it can now.
	pass()
}

// line is the connection to the broker, which can be cut. While it is, publications fail, or vanish without an answer.
type line struct {
	jetstream.JetStream
	cut, silent bool
	during      func() // runs at the next publication
}

var errCut = errors.New("the line is cut")

func (l *line) PublishMsgAsync(m *nats.Msg, opts ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	if f := l.during; f != nil {
		l.during = nil
		f()
	}
	switch {
	case l.cut:
		return nil, errCut
	case l.silent:
		return lost{}, nil
	}
	return l.JetStream.PublishMsgAsync(m, opts...)
}

// lost is a publication of which nothing is heard but that the connection broke.
type lost struct{}

func (lost) Ok() <-chan *jetstream.PubAck { return nil }
func (lost) Err() <-chan error            { c := make(chan error, 1); c <- errCut; return c }
func (lost) Msg() *nats.Msg               { return nil }

// theRightWay is ours.
type theRightWay struct {
	*speaker
	l *line
}

func (w *theRightWay) say(n int, between func() error) error {
	return w.db.InTx(w.t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		for range n {
			if _, err := w.out.Append(ctx, tx, id.NewRandom(), &said{Word: "unmistakable", speaker: "delta"}, nil); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `select 1`); err != nil { // so that they are written now
			return err
		}
		return between()
	})
}

// pass runs the relay until it has published everything that is committed, or has met trouble.
func (w *theRightWay) pass() {
	r := &outbox.Relay{DB: w.db, JS: w.l, Source: event.Source("test", "delta"), Holder: "one", Log: w.zap, Poll: 5 * time.Millisecond, Lease: 200 * time.Millisecond, Verify: -1}
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	trouble := w.log.FilterMessage("relay").Len()
	require.Eventually(w.t, func() bool {
		return w.log.FilterMessage("relay").Len() > trouble+2 || w.committed() == w.published()
	}, 20*time.Second, 2*time.Millisecond)
	stop()
	<-done
}

func (w *theRightWay) committed() (n int64) {
	require.NoError(w.t, w.db.InTx(w.t.Context(), actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from outbox`).Scan(&n)
	}))
	return n
}

// polling are the wrong ways that read the table, each by its own rule. What a way remembers it would keep in a column.
type polling struct {
	theRightWay
	sent map[int64]bool
	last int64
	dead bool
	rule func(p *polling, rows []wrongRow)
}

type wrongRow struct {
	seq int64
	msg *nats.Msg
}

func (p *polling) pass() {
	var rows []wrongRow
	require.NoError(p.t, p.db.InTx(p.t.Context(), actor.Machine(actor.Relay), func(ctx context.Context, tx pgx.Tx) error {
		found, err := tx.Query(ctx, `select seq, event_id::text, subject, body from outbox order by seq`)
		if err != nil {
			return err
		}
		var seq int64
		var event, subject string
		var body []byte
		_, err = pgx.ForEachRow(found, []any{&seq, &event, &subject, &body}, func() error {
			rows = append(rows, wrongRow{seq, &nats.Msg{Subject: subject, Data: append([]byte(nil), body...), Header: nats.Header{nats.MsgIdHdr: {event}}}})
			return nil
		})
		return err
	}))
	p.rule(p, rows)
}

func (p *polling) publish(r wrongRow) error {
	f, err := p.l.PublishMsgAsync(r.msg)
	if err != nil {
		return err
	}
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return err
	}
}

func by(rule func(p *polling, rows []wrongRow)) func(s *speaker, l *line) way {
	return func(s *speaker, l *line) way {
		return &polling{theRightWay: theRightWay{s, l}, sent: map[int64]bool{}, rule: rule}
	}
}

// dual writes to the broker itself, at one of the two wrong moments.
type dual struct {
	theRightWay
	inside bool
}

func (d *dual) pass() {}

func (d *dual) say(n int, between func() error) error {
	publish := func() error {
		for range n {
			f, err := d.l.PublishMsgAsync(&nats.Msg{Subject: "waypost.delta.0.word_said." + id.NewRandom(), Header: nats.Header{nats.MsgIdHdr: {id.New()}}})
			if err != nil {
				return err
			}
			<-f.Ok()
		}
		return nil
	}
	err := d.theRightWay.say(n, func() error {
		if d.inside {
			if err := publish(); err != nil {
				return err
			}
		}
		return between()
	})
	if err == nil && !d.inside {
		if failed := publish(); failed != nil {
			d.zap.Warn("could not publish", zap.Error(failed)) // and that is all
		}
	}
	return err
}

func TestTraps(t *testing.T) {
	t.Parallel()
	fine := func() error { return nil }
	for name, trap := range map[string]struct {
		wrong    func(s *speaker, l *line) way
		scenario func(t *testing.T, w way, l *line) (said int) // how many were committed: as many must be in the stream
	}{
		"1: publish inside the transaction": {
			func(s *speaker, l *line) way { return &dual{theRightWay{s, l}, true} },
			func(t *testing.T, w way, _ *line) int {
				t.Helper()
				require.Error(t, w.say(1, func() error { return errors.New("rolled back") }))
				w.pass()
				return 0
			},
		},
		"1: publish after the commit, with the failure only logged": {
			func(s *speaker, l *line) way { return &dual{theRightWay{s, l}, false} },
			func(t *testing.T, w way, l *line) int {
				t.Helper()
				l.cut = true
				require.NoError(t, w.say(1, fine))
				w.pass()
				l.cut = false
				w.pass()
				return 1
			},
		},
		"2: mark before the broker's acknowledgement": {
			by(func(p *polling, rows []wrongRow) {
				for _, r := range rows {
					if p.sent[r.seq] {
						continue
					}
					if _, err := p.l.PublishMsgAsync(r.msg); err == nil {
						p.sent[r.seq] = true
					}
				}
			}),
			func(t *testing.T, w way, l *line) int {
				t.Helper()
				l.silent = true
				require.NoError(t, w.say(3, fine))
				w.pass()
				l.silent = false
				w.pass()
				return 3
			},
		},
		"3: a relay that dies at the first error": {
			by(func(p *polling, rows []wrongRow) {
				for _, r := range rows {
					if p.dead || p.sent[r.seq] {
						continue
					}
					if p.dead = p.publish(r) != nil; !p.dead {
						p.sent[r.seq] = true
					}
				}
			}),
			func(t *testing.T, w way, l *line) int {
				t.Helper()
				l.cut = true
				require.NoError(t, w.say(2, fine))
				w.pass()
				l.cut = false
				w.pass()
				return 2
			},
		},
		"4: reading by id > last": {
			by(func(p *polling, rows []wrongRow) {
				for _, r := range rows {
					if r.seq > p.last && p.publish(r) == nil {
						p.last = r.seq
					}
				}
			}),
			func(t *testing.T, w way, _ *line) int {
				t.Helper()
				require.NoError(t, w.say(1, func() error { // it has its id, and is not committed
					if err := w.say(1, fine); err != nil {
						return err
					}
					w.pass()
					return nil
				}))
				w.pass()
				return 2
			},
		},
		"5: marking seq <= last as sent": {
			by(func(p *polling, rows []wrongRow) {
				var last int64
				for _, r := range rows {
					if !p.sent[r.seq] && p.publish(r) == nil {
						last = r.seq
					}
				}
				for seq := int64(0); seq <= last; seq++ {
					p.sent[seq] = true
				}
			}),
			func(t *testing.T, w way, l *line) int {
				t.Helper()
				begun, commit, done := make(chan struct{}), make(chan struct{}), make(chan error)
				go func() {
					done <- w.say(1, func() error { close(begun); <-commit; return nil })
				}()
				<-begun
				require.NoError(t, w.say(1, fine))
				l.during = func() { close(commit); require.NoError(t, <-done) } // after the rows were read, before they are marked
				w.pass()
				w.pass()
				return 2
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inStream := func(open func(s *speaker, l *line) way) (want int, got uint64) {
				s := newSpeaker(t)
				l := &line{JetStream: s.b.JS}
				want = trap.scenario(t, open(s, l), l)
				return want, s.stored()
			}
			want, got := inStream(func(s *speaker, l *line) way { return &theRightWay{s, l} })
			require.EqualValues(t, want, got, "ours fell into it")
			want, got = inStream(trap.wrong)
			require.NotEqualValues(t, want, got, "the wrong way came out of it: the scenario shows nothing")
		})
	}
}
