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

// Run reads until ctx ends. One process of a service reads at a time, by lease: order within a case would not hold otherwise.
func (r *Reader) Run(ctx context.Context) {
	r.defaults()
	loop := r.Watch.Loop("inbox")
	for ctx.Err() == nil {
		loop.Works()
		lease := &pg.Lease{Name: "inbox " + r.Consumer, Holder: r.Holder, For: r.Lease}
		ok, err := lease.Take(ctx, r.DB, actor.Machine(actor.Inbox))
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("inbox: take lease", zap.Error(err))
		}
		loop.Waits()
		if ok {
			if err := r.read(ctx, lease); err != nil && ctx.Err() == nil {
				r.Log.Warn("inbox", zap.Error(err))
			}
			rel, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			if err := lease.Release(rel, r.DB, actor.Machine(actor.Inbox)); err != nil {
				r.Log.Info("inbox: the lease runs out by itself", zap.Error(err))
			}
			cancel()
		}
		pause(ctx, r.Lease/20)
	}
}

// read consumes every speaker and hands each event to the worker of its partition; it returns at the first trouble and is started again.
func (r *Reader) read(ctx context.Context, lease *pg.Lease) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workers, err := r.workers(ctx, lease)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(func() {
			if err := w.run(ctx); err != nil {
				stop(err)
			}
		})
	}
	wg.Go(func() {
		if err := r.keep(ctx, lease); err != nil {
			stop(err)
		}
	})
	for _, sp := range r.Speakers {
		wg.Go(func() { r.consume(ctx, sp, workers) })
		if r.Heads != nil {
			wg.Go(func() { r.watchTail(ctx, sp, workers) })
		}
	}
	<-ctx.Done()
	wg.Wait()
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
func (r *Reader) consume(ctx context.Context, speaker string, workers []*worker) {
	for ctx.Err() == nil {
		err := r.consumeOnce(ctx, speaker, workers)
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

func (r *Reader) consumeOnce(ctx context.Context, speaker string, workers []*worker) error {
	c, err := r.JS.Consumer(ctx, bus.Stream(speaker), bus.Durable(r.Consumer))
	if err != nil {
		return err
	}
	broken := make(chan error, 1)
	last := newStamp()
	cc, err := c.Consume(func(m jetstream.Msg) {
		last.touch()
		d := r.receive(speaker, m)
		select {
		case workers[d.Partition%len(workers)].in <- d:
		case <-ctx.Done():
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
	defer func() { cc.Stop(); <-cc.Closed() }()
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

// receive reads a message. What can not be read keeps its subject's partition, so that it parks in turn.
func (r *Reader) receive(speaker string, m jetstream.Msg) delivery {
	d := delivery{headers: m.Headers(), ack: m.Ack, speaker: speaker}
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

// workers share the partitions out, and load how far each speaker was heard.
func (r *Reader) workers(ctx context.Context, lease *pg.Lease) ([]*worker, error) {
	all := make([]*worker, r.Workers)
	for i := range all {
		all[i] = &worker{
			r: r, lease: lease, loop: r.Watch.Loop(fmt.Sprintf("inbox worker %d", i)), in: make(chan delivery, 2*r.Batch), heads: make(chan heads),
			at: map[lane]*heard{}, waiting: map[lane][]delivery{}, stood: map[lane]spot{},
		}
	}
	err := r.DB.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select speaker, partition, epoch, position, hash from inbox_progress where consumer = $1`, r.Consumer)
		if err != nil {
			return err
		}
		var l lane
		var h heard
		_, err = pgx.ForEachRow(rows, []any{&l.speaker, &l.partition, &h.epoch, &h.position, &h.hash}, func() error {
			c := h
			all[l.partition%len(all)].at[l] = &c
			h.hash = nil
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return all, nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
