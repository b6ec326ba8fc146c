package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/trace"
)

// straggle is how long the other acknowledgements of a batch may still take when one failed. They come in order as a rule, so what
// is coming has come; a stream that was deleted beneath a batch answers none, and each would be waited for in turn.
const straggle = time.Second

var errReconnected = errors.New("the broker was away: what it still has is to be looked at first")

// send publishes in order, waits for every acknowledgement, and marks the unbroken run of each partition.
func (r *Relay) send(ctx context.Context, events []*event.Event) error {
	if r.reconnected() {
		return errReconnected
	}
	if len(events) == 0 {
		return nil
	}
	acks := make([]func(ctx context.Context) (Ack, error), 0, len(events))
	var failed error
	for _, e := range events {
		acked, err := r.follow(ctx, e)
		if err != nil {
			failed = fmt.Errorf("%s: %w", e.ID, err)
			break
		}
		acks = append(acks, acked)
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
	if failed != nil {
		return fmt.Errorf("publish: %w", failed)
	}
	return nil
}

// await waits for the acknowledgements, and returns how far the unbroken run of each partition goes, and the first error.
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
		r.note(ack)
		if !broken[e.Partition] {
			run[e.Partition] = e.Position
		}
	}
	return run, failed
}

// follow publishes an event, as a span that ends with the acknowledgement where what was said is followed.
func (r *Relay) follow(ctx context.Context, e *event.Event) (func(ctx context.Context) (Ack, error), error) {
	if !r.Tracer.On() || e.Traceparent == "" {
		return r.Stream.Publish(e)
	}
	_, span := r.Tracer.Begin(ctx, trace.Publishes, "publish "+e.Fact(), e.Traceparent, trace.Event.String(e.ID),
		trace.Type.String(e.Type), trace.Position.Int64(e.Position))
	acked, err := r.Stream.Publish(e)
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

// note looks whether the broker counted on from where it was: if not, its stream has become shorter since.
func (r *Relay) note(ack Ack) {
	r.shorter = r.shorter || !ack.Duplicate && ack.Sequence <= r.sequence
	r.sequence = max(r.sequence, ack.Sequence)
	if r.shorter {
		r.sequence = ack.Sequence
	}
}
