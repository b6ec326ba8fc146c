package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/failpoint"
)

// A broker may lose what it has acknowledged: its last seconds in a power cut, or everything with its disk. So the relay looks
// at each start, whenever the broker comes back and before it publishes more, and every minute, whether the last message of each
// partition is the one that it published last, and the first one where it should begin; by content, because a broker that lost
// messages gives their numbers to others. A number that goes down is a sign by itself. What is missing is published again, or
// all of it when it can not be told what is. The readers need none of this (they fetch what is missing from the outbox); those
// who come later do. A hole that another relay left behind and did not live to see is found by comparing the ledgers.

// look tells whether what the stream has is known well enough to publish more, and whether it had lost any. While the broker is
// away it is not: what is sent then would come behind a hole, should the broker return without its end.
func (r *Relay) look(ctx context.Context) (known, lost bool) {
	if r.Verify < 0 {
		return true, false
	}
	if up, _ := r.Stream.Connection(); !up {
		return false, false
	}
	if !r.shorter && !r.asked.Load() && !r.reconnected() && time.Since(r.verified) <= r.Verify {
		return true, false
	}
	lost, err := r.verify(ctx)
	if err != nil {
		return r.giveUpLooking(err), true // it may have taken marks back before its answer was lost
	}
	return true, lost
}

// LookAgain has the relay compare its stream with the outbox before it publishes more, and publish again what is not there: after
// the stream was made anew. Where another process relays, that one looks within a minute by itself.
func (r *Relay) LookAgain() { r.asked.Store(true) }

// reconnected tells whether the broker is away, or was since the stream was last looked at.
func (r *Relay) reconnected() bool {
	up, reconnects := r.Stream.Connection()
	return r.Verify >= 0 && (!up || reconnects != r.reconnects)
}

// verify takes back the mark of what the stream has no more, and tells whether there was any.
func (r *Relay) verify(ctx context.Context) (lost bool, err error) {
	r.asked.Store(false)
	_, r.reconnects = r.Stream.Connection()
	tails, err := r.tails(ctx)
	if err != nil {
		return false, fmt.Errorf("verify the stream: %w", err)
	}
	back := map[int]int64{}
	for _, t := range tails {
		stands := t.Expired
		if !r.shorter {
			stands, err = r.stands(ctx, t)
		}
		if err != nil {
			return false, fmt.Errorf("verify the stream: %w", err)
		}
		if stands < t.Published {
			back[t.Partition] = stands
			r.mending[t.Partition] = true
			r.Watch.Mended()
			r.Log.Warn("relay: the broker lost what it had acknowledged, publishing it again", zap.Int("partition", t.Partition),
				zap.Int64("from", stands+1), zap.Int64("to", t.Published))
		}
	}
	if len(back) > 0 {
		if err := r.Store.TakeBack(ctx, back); err != nil {
			return false, fmt.Errorf("verify the stream: %w", err)
		}
		failpoint.Here("relay-taken-back")
	}
	if len(back) > 0 {
		r.sequence = 0 // the broker counts on from somewhere lower now
	}
	r.verified, r.shorter, r.unseen = time.Now(), false, 0
	return len(back) > 0, nil
}

// How long nothing is published while the stream can not be looked at, and when it is looked at again after that.
const (
	mostUnseen = 20
	soon       = 5 * time.Second
)

// giveUpLooking tells whether to go on without: holding back what is new for ever would be worse than a hole that readers fill
// from the outbox.
func (r *Relay) giveUpLooking(err error) bool {
	r.verified = time.Time{}
	r.unseen++
	if r.unseen < mostUnseen {
		r.Log.Warn("relay", zap.Error(err))
		return false
	}
	r.Log.Error("relay: going on without knowing what the broker still has", zap.Error(err))
	r.verified = time.Now().Add(min(soon, r.Verify) - r.Verify)
	return true
}

func (r *Relay) tails(ctx context.Context) ([]Tail, error) {
	return r.Store.Tails(ctx, time.Now().Add(time.Hour-bus.MaxAge).UTC()) // the broker's clock, and a moment between two questions, may differ
}

// stands is the last position of a partition that the stream has as the outbox has it. A stream that does not begin where it
// should was lost, and has got new messages since.
func (r *Relay) stands(ctx context.Context, t Tail) (int64, error) {
	r.loop.Works()
	first, last, err := r.Stream.Ends(ctx, t.Partition)
	switch {
	case errors.Is(err, event.ErrMalformed):
		r.Log.Error("relay: the first or last message of a partition is no event", zap.Int("partition", t.Partition), zap.Error(err))
		return t.Published, nil
	case err != nil:
		return 0, err
	case first == nil || last == nil:
		return t.Expired, nil
	}
	m := r.mended[t.Partition]
	switch mended := m.first == first.ID; {
	case mended && m.last == last.ID && m.published == t.Published:
		return t.Published, nil // all was sent again, in the order in which the holes allowed it
	case mended && last.Position <= m.published:
		return t.Expired, nil // it was not in order before, and its end was lost again
	case !mended && first.Epoch == t.Epoch && first.Position > t.Expired+1, last.Epoch != t.Epoch:
		return t.Expired, nil
	}
	ours, err := r.Store.Hash(ctx, t.Partition, last.Epoch, last.Position)
	if err != nil {
		return 0, err
	}
	if !bytes.Equal(ours, last.Hash) || !last.Genuine() {
		// Sending it again under its id would be turned away as known. Readers fetch the true one; a person must look at the disk.
		r.Log.Error("relay: the last message of a partition is not what was published", zap.Int("partition", t.Partition), zap.Int64("position", last.Position))
		return min(last.Position, t.Published), nil
	}
	return last.Position, nil
}

// ends are the first and the last message of a partition after it was mended, and how far it was published then: they need not
// be the first and the last position.
type ends struct {
	first, last string
	published   int64
}

// remember looks how mended partitions stand now, so that they are not mended again. A relay that starts anew mends them once more.
func (r *Relay) remember(ctx context.Context) {
	if len(r.mending) == 0 {
		return
	}
	tails, err := r.tails(ctx)
	if err != nil {
		return // they are mended again
	}
	for _, t := range tails {
		if !r.mending[t.Partition] {
			continue
		}
		r.loop.Works()
		first, last, err := r.Stream.Ends(ctx, t.Partition)
		if err == nil && first != nil && last != nil {
			r.mended[t.Partition] = ends{first.ID, last.ID, t.Published}
		}
	}
	clear(r.mending)
}
