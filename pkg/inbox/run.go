package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/pg"
)

// read reads one group: it consumes every speaker and hands each event to the group's worker. It returns at the first trouble.
func (r *Reader) read(ctx context.Context, group int, lease Lease) error {
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
func (r *Reader) keep(ctx context.Context, lease Lease) error {
	t := time.NewTicker(r.Lease / 3)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			err := r.Store.Renew(ctx, lease)
			if errors.Is(err, pg.ErrLeaseLost) {
				return err
			}
		}
	}
}

// consume listens to one speaker. Until broker and consumer are there it tries again.
func (r *Reader) consume(ctx context.Context, speaker string, w *worker) {
	for ctx.Err() == nil {
		err := r.Stream.Listen(ctx, speaker, w.group, w.in)
		if ctx.Err() != nil {
			return
		}
		r.Log.Warn("inbox: listen", zap.String("speaker", speaker), zap.Error(err))
		pause(ctx, 500*time.Millisecond)
	}
}

// worker begins where each speaker's partitions of the group were heard to. It is made when the lease is ours: what the holder
// before us has committed since then is turned away by the inbox rows.
func (r *Reader) worker(ctx context.Context, group int, lease Lease) (*worker, error) {
	w := &worker{
		r: r, group: group, lease: lease, loop: r.Watch.Loop("inbox group " + bus.Share(group)), in: make(chan Delivery, 2*r.Batch), heads: make(chan heads),
		at: map[lane]*heard{}, waiting: map[lane][]Delivery{}, newest: map[lane]int{}, stood: map[lane]spot{},
		size: r.Batch,
	}
	all, err := r.Store.Progress(ctx)
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	for _, p := range all {
		if bus.GroupOf(p.Partition) == group {
			w.at[lane{p.Speaker, p.Partition}] = &heard{p.Epoch, p.Position, p.Hash}
		}
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
