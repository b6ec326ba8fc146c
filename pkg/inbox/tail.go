package inbox

import (
	"context"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/outbox"
)

// heads are how far one speaker has numbered, for the lanes of one group; for each epoch, in their order.
type heads map[lane][]outbox.Head

// spot is a place on a lane.
type spot struct {
	epoch    int
	position int64
}

// watchTail asks a speaker every now and then how far it has numbered. A lane that is behind and has not moved between two
// such questions has lost its last events on the way, or the broker is away: what is missing comes from the speaker's replay.
func (r *Reader) watchTail(ctx context.Context, speaker string, w *worker) {
	t := time.NewTicker(r.Tail)
	defer t.Stop()
	loop := r.Watch.Loop("inbox tail of " + speaker + ", group " + bus.Share(w.group))
	defer loop.Waits()
	for {
		loop.Waits()
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		loop.Works()
		all, err := r.Heads(ctx, speaker)
		if err != nil {
			if ctx.Err() == nil {
				r.Log.Warn("inbox: ask how far a speaker is", zap.String("speaker", speaker), zap.Error(err))
			}
			continue
		}
		of := heads{}
		for _, h := range all {
			if bus.GroupOf(h.Partition) == w.group {
				l := lane{speaker, h.Partition}
				of[l] = append(of[l], h)
			}
		}
		loop.Waits() // for the worker, which has a beat of its own
		select {
		case w.heads <- of:
		case <-ctx.Done():
			return
		}
	}
}

// mostOfTail bounds what is fetched of a lane at once; the rest comes with the next question.
const mostOfTail = 10 * outbox.MostReplayed

// tail fetches what is missing at the end of lanes that are behind their speaker and stood still since it was last asked.
// What arrived before this question was asked has been applied: the worker does one thing after the other.
func (w *worker) tail(ctx context.Context, of heads) (missing []Delivery) {
	for _, l := range inOrder(of) {
		all := of[l]
		var at spot
		if h := w.at[l]; h != nil {
			at = spot{h.epoch, h.position}
		}
		w.newest[l] = all[len(all)-1].Epoch
		left := beyond(all, at)
		if len(left) == 0 {
			delete(w.stood, l)
			continue
		}
		if before, asked := w.stood[l]; !asked || before != at || len(w.waiting[l]) > 0 {
			w.stood[l] = at
			continue
		}
		for _, head := range left {
			from := int64(1)
			if head.Epoch == at.epoch {
				from = at.position + 1
			}
			got := w.fetch(ctx, l, head.Epoch, from, min(head.Position, from+mostOfTail-1))
			if missing = append(missing, got...); len(got) < int(head.Position-from+1) {
				break
			}
		}
	}
	return missing
}
