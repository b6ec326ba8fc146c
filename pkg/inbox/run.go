package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
)

// read reads one group: it consumes every speaker and hands each event to the group's worker. It returns at the first trouble.
func (r *Reader) read(ctx context.Context, group int, lease *pg.Lease) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w, err := r.worker(ctx, group, lease)
	if err != nil {
		return err
	}
	var all, sources sync.WaitGroup
	all.Go(func() {
		if err := w.run(ctx); err != nil {
			stop(err)
		}
	})
	all.Go(func() {
		if err := r.keep(ctx, lease); err != nil {
			stop(err)
		}
	})
	for _, sp := range r.Speakers {
		sources.Go(func() { r.consume(ctx, sp, w) })
		if r.Heads != nil {
			all.Go(func() { r.watchTail(ctx, sp, w) })
		}
	}
	<-ctx.Done()
	sources.Wait()
	all.Wait()
	w.handBack()
	return context.Cause(ctx)
}

// keep renews the lease while nothing arrives.
func (r *Reader) keep(ctx context.Context, lease *pg.Lease) error {
	t := time.NewTicker(r.Lease / 3)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			err := r.DB.InTx(ctx, actor.Machine(actor.Inbox), lease.Renew)
			if errors.Is(err, pg.ErrLeaseLost) {
				return err
			}
		}
	}
}

// consume binds to the consumer the bootstrapper made. Until broker and consumer are there it tries again.
func (r *Reader) consume(ctx context.Context, speaker string, w *worker) {
	for ctx.Err() == nil {
		err := r.consumeOnce(ctx, speaker, w)
		if ctx.Err() != nil {
			return
		}
		r.Log.Warn("inbox: listen", zap.String("speaker", speaker), zap.Error(err))
		pause(ctx, 500*time.Millisecond)
	}
}

// stalled is how long a consumer may say that events wait and deliver none before we subscribe anew
// (consumers were seen to stall after a broker's leader changed).
const stalled = 30 * time.Second

func (r *Reader) consumeOnce(ctx context.Context, speaker string, w *worker) error {
	c, err := r.JS.Consumer(ctx, bus.Stream(speaker), bus.Durable(r.Consumer, w.group))
	if err != nil {
		return err
	}
	broken := make(chan error, 1)
	last := newStamp()
	left := make(chan struct{}) // closed when we have told the broker that we read no more: before, it would send at once what goes back
	cc, err := c.Consume(func(m jetstream.Msg) {
		last.touch()
		d := r.receive(speaker, m)
		select {
		case <-left:
			d.back()
			return
		default:
		}
		select {
		case w.in <- d:
		case <-left:
			d.back()
		}
	},
		// No more than a worker handles well within AckWait, which runs while a message waits here.
		jetstream.PullMaxMessages(512),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrNoHeartbeat) {
				select {
				case broken <- err:
				default:
				}
			}
		}))
	if err != nil {
		return err
	}
	defer r.stopListening(cc, left)
	t := time.NewTicker(stalled / 3)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-broken:
			r.Watch.Resubscribed(speaker)
			return err
		case <-t.C:
			if last.since() < stalled {
				continue
			}
			info, err := c.Info(ctx)
			if err != nil {
				return err
			}
			if info.NumPending > 0 {
				r.Watch.Resubscribed(speaker)
				return errors.New("events wait and none is delivered")
			}
		}
	}
}

// drained is how long what has arrived may take to go back to the broker. Without that it comes again too, after AckWait.
const drained = time.Second

// stopListening ends a subscription; what arrived meanwhile is handed to its callback.
func (r *Reader) stopListening(cc jetstream.ConsumeContext, left chan struct{}) {
	if r.JS.Conn().IsConnected() {
		cc.Drain()
	} else {
		cc.Stop()
	}
	close(left)
	t := time.NewTimer(drained)
	defer t.Stop()
	select {
	case <-cc.Closed():
	case <-t.C:
	}
}

// receive reads a message. What can not be read is parked in turn.
func (r *Reader) receive(speaker string, m jetstream.Msg) delivery {
	d := delivery{headers: m.Headers(), msg: m, speaker: speaker}
	e, err := event.FromMsg(m.Headers(), m.Data())
	if err == nil && e.Speaker() != speaker {
		err = fmt.Errorf("%w: it speaks for another service", event.ErrMalformed)
	}
	if err == nil && e.Position == 0 {
		err = fmt.Errorf("%w: it has no position", event.ErrMalformed)
	}
	if err != nil {
		d.bad = err
		if d.headers == nil {
			d.headers = map[string][]string{}
		}
		d.Event = &event.Event{ID: idOf(m), Type: strings.Join(strings.Split(m.Subject(), ".")[:2], "."), Data: m.Data()}
		return d
	}
	d.Event = e
	return d
}

// worker begins where each speaker's partitions of the group were heard to. It is made when the lease is ours: what the holder
// before us has committed since then is turned away by the inbox rows.
func (r *Reader) worker(ctx context.Context, group int, lease *pg.Lease) (*worker, error) {
	w := &worker{
		r: r, group: group, lease: lease, loop: r.Watch.Loop("inbox group " + bus.Share(group)), in: make(chan delivery, 2*r.Batch), heads: make(chan heads),
		at: map[lane]*heard{}, waiting: map[lane][]delivery{}, stood: map[lane]spot{},
	}
	err := r.DB.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select speaker, partition, epoch, position, hash from inbox_progress where consumer = $1`, r.Consumer)
		if err != nil {
			return err
		}
		var l lane
		var h heard
		_, err = pgx.ForEachRow(rows, []any{&l.speaker, &l.partition, &h.epoch, &h.position, &h.hash}, func() error {
			if c := h; bus.GroupOf(l.partition) == group {
				w.at[l] = &c
			}
			h.hash = nil
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return w, nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
