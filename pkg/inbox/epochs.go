package inbox

import (
	"context"
	"math"

	"go.uber.org/zap"

	"example.org/waypost/pkg/outbox"
)

// A speaker whose database was restored from a backup counts its positions anew, in a higher epoch. What it has of the older ones
// comes first; what it said after the backup was taken it does not know any more. We may have heard that, and keep it.

// older fetches what the speaker has of the epochs before this one, beyond what was heard. whole is false while it does not answer.
func (w *worker) older(ctx context.Context, l lane, at heard, before int) (out []Delivery, whole bool) {
	if before == 1 {
		return nil, true
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	epochs, ok := w.between(ctx, l, at.epoch, before)
	if !ok {
		return nil, false
	}
	for _, epoch := range epochs {
		from := int64(1)
		if epoch == at.epoch {
			from = at.position + 1
		}
		rest, ok := w.rest(ctx, l, epoch, from)
		if out = append(out, rest...); !ok {
			return out, false
		}
	}
	return out, true
}

// between are the epochs that a lane has from one on and before another.
func (w *worker) between(ctx context.Context, l lane, from, before int) (epochs []int, ok bool) {
	if w.r.Heads == nil {
		if from > 0 {
			epochs = append(epochs, from)
		}
		return epochs, true
	}
	all, err := w.r.Heads(ctx, l.speaker)
	if err != nil {
		w.r.Log.Warn("inbox: ask how far a speaker is", zap.String("speaker", l.speaker), zap.Error(err))
		return nil, false
	}
	for _, h := range all { // in the order of the epochs
		if h.Partition == l.partition && h.Epoch >= from && h.Epoch < before {
			epochs = append(epochs, h.Epoch)
		}
	}
	return epochs, true
}

// rest fetches an epoch to its end.
func (w *worker) rest(ctx context.Context, l lane, epoch int, from int64) (out []Delivery, whole bool) {
	out, err := w.replay(ctx, l, epoch, from, math.MaxInt64)
	return out, err == nil
}

// beyond are those of a lane's heads, in the order of their epochs, up to which not all was heard.
func beyond(of []outbox.Head, at spot) (left []outbox.Head) {
	for _, h := range of {
		if h.Position > 0 && (h.Epoch > at.epoch || h.Epoch == at.epoch && h.Position > at.position) {
			left = append(left, h)
		}
	}
	return left
}
