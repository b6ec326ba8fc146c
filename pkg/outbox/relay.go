package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"example.org/waypost/pkg/beat"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/trace"
)

// Relay numbers committed events and publishes them, one relay per service at a time.
//
// It keeps no cursor over ids (a slow transaction with a lower id would be skipped for ever), publishes outside any transaction,
// and marks exactly the unbroken run the broker acknowledged. Dying anywhere only repeats work: positions were fixed
// when they were given, the message id is the event id, and readers drop what they had.
type Relay struct {
	DB     *pg.DB
	JS     jetstream.JetStream
	Source string // event.Source(area, speaker)
	Holder string // this process, in the lease
	Log    *zap.Logger

	Store  Store  // nil: DB's
	Stream Stream // nil: JS's

	Poll  time.Duration // 0: 200 ms; the wake-up signal comes first as a rule
	Lease time.Duration // 0: 10 s
	Batch int           // 0: 512 events a round

	Verify time.Duration // 0: a minute; how often the stream's end is compared with the outbox; negative: never

	Watch *standing.Watch // notes what was mended, and that we move; nil: nobody looks
	loop  *beat.Beat

	Tracer *trace.Tracer // nil: no spans

	asked      atomic.Bool // to look at the stream now
	verified   time.Time
	unseen     int          // how often in a row the stream could not be looked at
	reconnects uint64       // of the broker, when the stream was last looked at
	last       uint64       // number of the stream's last message, as far as we know; nobody else publishes on the stream
	moved      bool         // it is not: somebody published all the same, or the stream has lost its end
	careful    bool         // the broker knew something that was sent: send one by one
	mending    map[int]bool // partitions that are being sent again
	mended     map[int]ends // those that were
}

// gather is how long a busy relay lets events come together: numbering ten costs little more than numbering one.
const gather = 2 * time.Millisecond

// Run relays until ctx ends. Every error is logged and tried again: a relay that stops at the first one loses events in silence.
func (r *Relay) Run(ctx context.Context) {
	r.defaults()
	for ctx.Err() == nil {
		r.loop.Works()
		ok, err := r.Store.Take(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("relay: take lease", zap.Error(err))
		}
		if ok {
			if err := r.lead(ctx); err != nil && ctx.Err() == nil {
				r.Log.Warn("relay", zap.Error(err))
			}
		}
		r.loop.Waits()
		pause(ctx, r.Lease/20)
	}
}

func (r *Relay) defaults() {
	if r.Poll == 0 {
		r.Poll = 200 * time.Millisecond
	}
	if r.Lease == 0 {
		r.Lease = 10 * time.Second
	}
	if r.Verify == 0 {
		r.Verify = time.Minute
	}
	if r.Batch == 0 {
		r.Batch = 512
	}
	if r.mended == nil {
		r.mending, r.mended = map[int]bool{}, map[int]ends{}
	}
	if r.Log == nil {
		r.Log = zap.NewNop()
	}
	if r.Store == nil {
		r.Store = Postgres(r.DB, r.Source, r.Holder, r.Lease)
	}
	if r.Stream == nil {
		r.Stream = JetStream(r.JS, r.DB.Service())
	}
	r.loop = r.Watch.Loop("relay")
}

// lead works while the lease is ours; it first sends what was numbered and not acknowledged, maybe by a relay that died. While
// it is not known what the stream has, events are only numbered: readers who miss them can have them from us.
func (r *Relay) lead(ctx context.Context) error {
	defer r.release()
	r.verified, r.last, r.careful = time.Time{}, Anywhere, false
	behind := true
	renewed := time.Now()
	for {
		r.loop.Works()
		known, lost := r.look(ctx)
		events, err := r.Store.Number(ctx, r.Batch)
		if err != nil {
			return fmt.Errorf("number events: %w", err)
		}
		if len(events) > 0 {
			failpoint.Here("relay-numbered")
			renewed = time.Now()
		} else if time.Since(renewed) > r.Lease/3 {
			if err := r.Store.Renew(ctx); err != nil {
				return fmt.Errorf("renew the lease: %w", err)
			}
			renewed = time.Now()
		}
		if known {
			behind, err = r.publish(ctx, events, behind || lost)
			if err != nil {
				return err
			}
			if behind || len(events) == r.Batch {
				continue
			}
		} else {
			behind = behind || lost || len(events) > 0
		}
		if len(events) > 0 {
			pause(ctx, gather)
		}
		if !r.wait(ctx) {
			return ctx.Err()
		}
	}
}

// publish sends what was just numbered, or everything that is not marked when we are behind; still tells whether we are.
func (r *Relay) publish(ctx context.Context, events []*event.Event, behind bool) (still bool, err error) {
	if behind {
		err = r.catchUp(ctx)
	} else {
		err = r.send(ctx, events)
	}
	if errors.Is(err, errUnseen) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	r.careful = false
	if behind {
		r.remember(ctx)
	}
	return false, nil
}

// catchUp sends what was numbered and is not marked as acknowledged.
func (r *Relay) catchUp(ctx context.Context) error {
	for {
		left, err := r.Store.Unpublished(ctx, r.Batch)
		if err != nil {
			return fmt.Errorf("read unpublished events: %w", err)
		}
		if len(left) == 0 {
			return nil
		}
		if err := r.send(ctx, left); err != nil {
			return err
		}
	}
}

func (r *Relay) release() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := r.Store.Release(ctx); err != nil {
		r.Log.Info("relay: the lease runs out by itself", zap.Error(err))
	}
}

func (r *Relay) wait(ctx context.Context) bool {
	r.loop.Waits()
	defer r.loop.Works()
	t := time.NewTimer(r.Poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.Store.Committed():
	case <-t.C:
	}
	return true
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
