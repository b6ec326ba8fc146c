package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/trace"
)

// straggle is how long the other acknowledgements of a batch may still take when one failed. They come in order as a rule, so what
// is coming has come; a stream that was deleted beneath a batch answers none, and each would be waited for in turn.
const straggle = time.Second

// errUnseen: what the stream has is to be looked at before more is sent.
var errUnseen = errors.New("the stream is to be looked at first")

// send publishes in order, each event right behind the one before it, waits for every acknowledgement, and marks the unbroken run of
// each partition. What the stream does not end where it did for is refused by it, so nothing comes behind a hole.
func (r *Relay) send(ctx context.Context, events []*event.Event) error {
	size := max(len(events), 1)
	if r.careful {
		size = 1
	}
	for batch := range slices.Chunk(events, size) {
		if err := r.sendBatch(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (r *Relay) sendBatch(ctx context.Context, events []*event.Event) error {
	if r.moved || r.reconnected() {
		return errUnseen
	}
	acks := make([]func(ctx context.Context) (Ack, error), 0, len(events))
	after := r.last
	var failed error
	for _, e := range events {
		acked, err := r.follow(ctx, e, after)
		if err != nil {
			failed = fmt.Errorf("%s: %w", e.ID, err)
			break
		}
		acks = append(acks, acked)
		if after != Anywhere {
			after++
		}
		failpoint.Here("relay-sending")
	}
	run, err := r.await(ctx, events, acks)
	if failed == nil {
		failed = err
	}
	failpoint.Here("relay-acknowledged")
	if len(run) > 0 {
		if err := r.Store.Mark(ctx, run); err != nil {
			return fmt.Errorf("mark published: %w", err)
		}
	}
	failpoint.Here("relay-marked")
	switch {
	case errors.Is(failed, errUnseen):
		return failed
	case failed != nil:
		return fmt.Errorf("publish: %w", failed)
	}
	return nil
}

// await waits for the acknowledgements, and returns how far the unbroken run of each partition goes, and the first error: errUnseen
// when the stream has refused one. A repeat that the broker knew took no number, so what was sent behind it was refused: that is no
// sign of a loss, and repeats are sent one by one from then on.
func (r *Relay) await(ctx context.Context, events []*event.Event, acks []func(ctx context.Context) (Ack, error)) (run map[int]int64, failed error) {
	run = map[int]int64{}
	broken := map[int]bool{}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	for i, acked := range acks {
		e := events[i]
		r.loop.Works() // a broker that keeps us waiting for each of many is slow, and we are not stuck
		ack, err := acked(waiting)
		if err != nil {
			if failed == nil {
				failed = err
				defer time.AfterFunc(straggle, stop).Stop()
			}
			broken[e.Partition] = true
			continue
		}
		switch {
		case ack.Duplicate:
			r.careful = true
		case r.last != Anywhere:
			r.last++
		}
		if !broken[e.Partition] {
			run[e.Partition] = e.Position
		}
	}
	if errors.Is(failed, ErrMoved) {
		r.moved = !r.careful || len(run) == 0
		failed = errUnseen
	}
	return run, failed
}

// follow publishes an event, as a span that ends with the acknowledgement where what was said is followed.
func (r *Relay) follow(ctx context.Context, e *event.Event, after uint64) (func(ctx context.Context) (Ack, error), error) {
	if !r.Tracer.On() || e.Traceparent == "" {
		return r.Stream.Publish(e, after)
	}
	_, span := r.Tracer.Begin(ctx, trace.Publishes, "publish "+e.Fact(), e.Traceparent, trace.Event.String(e.ID),
		trace.Type.String(e.Type), trace.Position.Int64(e.Position))
	acked, err := r.Stream.Publish(e, after)
	if err != nil {
		span.End(err)
		return nil, err
	}
	return func(ctx context.Context) (Ack, error) {
		ack, err := acked(ctx)
		span.End(err)
		return ack, err
	}, nil
}
