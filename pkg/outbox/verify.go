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

// A broker may lose what it has acknowledged: its last seconds in a power cut, or everything with its disk. So everything is sent to
// stand right behind the message before it, and a stream that has lost its end takes no more until the relay has looked: within a
// partition it is never out of order, and has no hole but at its end. The relay looks at each start, whenever the broker comes back
// or refuses something, and every minute, whether the last message of each partition is the one that it published last, and the first
// one where it should begin; by content, because a broker that lost messages gives their numbers to others. What is missing is
// published again, or all of it when it can not be told what is; what is there and has no mark gets it. The readers need none of this
// (they fetch what is missing from the outbox); those who come later do.

// look tells whether what the stream has is known well enough to publish more, and whether it had lost any. While the broker is
// away it is not: what is sent then would come behind a hole, should the broker return without its end.
func (r *Relay) look(ctx context.Context) (known, lost bool) {
	if r.Verify < 0 {
		return true, false
	}
	if up, _ := r.Stream.Connection(); !up {
		return false, false
	}
	if !r.moved && !r.asked.Load() && !r.reconnected() && time.Since(r.verified) <= r.Verify {
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

// verify sets each mark to where the stream stands, and tells whether it had lost any.
func (r *Relay) verify(ctx context.Context) (lost bool, err error) {
	r.asked.Store(false)
	_, r.reconnects = r.Stream.Connection()
	if lost, err = r.compare(ctx); err != nil {
		return false, fmt.Errorf("verify the stream: %w", err)
	}
	r.verified, r.moved, r.unseen = time.Now(), false, 0
	return lost, nil
}

func (r *Relay) compare(ctx context.Context) (lost bool, err error) {
	r.last = Anywhere
	last, err := r.Stream.Last(ctx) // first: should the stream lose more while we look, what we send next is refused
	if err != nil {
		return false, err
	}
	r.last = last
	tails, err := r.tails(ctx)
	if err != nil {
		return false, err
	}
	back, ahead := map[int]int64{}, map[int]int64{}
	for _, t := range tails {
		stands, err := r.stands(ctx, t)
		switch {
		case err != nil:
			return false, err
		case stands > t.Published:
			ahead[t.Partition] = stands
		case stands < t.Published:
			back[t.Partition] = stands
			r.mending[t.Partition] = true
			r.Watch.Mended()
			r.Log.Warn("relay: the broker lost what it had acknowledged, publishing it again", zap.Int("partition", t.Partition),
				zap.Int64("from", stands+1), zap.Int64("to", t.Published))
		}
	}
	if len(back) > 0 {
		if err := r.Store.TakeBack(ctx, back); err != nil {
			return false, err
		}
		failpoint.Here("relay-taken-back")
	}
	if len(ahead) > 0 {
		err = r.Store.Mark(ctx, ahead)
	}
	return len(back) > 0, err
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
	r.verified, r.moved = time.Now().Add(min(soon, r.Verify)-r.Verify), false
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
	case !mended && beginsLate(first, t), last.Epoch != t.Epoch:
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

// ends are the first and the last message of a partition that was mended and does not begin with its first event, and how far it was
// published then. Only a relay that could not look, or one from before anything was sent to its place, leaves a partition like that.
type ends struct {
	first, last string
	published   int64
}

// remember looks how partitions out of order stand once they were mended, so that they are not mended again. A relay that starts anew
// mends them once more.
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
		if err == nil && first != nil && last != nil && beginsLate(first, t) {
			r.mended[t.Partition] = ends{first.ID, last.ID, t.Published}
		}
	}
	clear(r.mending)
}

// beginsLate tells that the stream should have had something before its first message.
func beginsLate(first *event.Event, t Tail) bool {
	return first.Epoch == t.Epoch && first.Position > t.Expired+1
}
