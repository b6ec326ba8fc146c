package inbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/beat"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/pg"
)

// lane is where positions are dense: one speaker's partition.
type lane struct {
	speaker   string
	partition int
}

// heard is the end of the unbroken run heard on a lane.
type heard struct {
	epoch    int
	position int64
	hash     []byte
}

// worker owns a group of partitions, of all speakers: what concerns one patient is applied by one goroutine, whoever said it.
type worker struct {
	r       *Reader
	group   int
	lease   Lease
	loop    *beat.Beat
	in      chan Delivery
	heads   chan heads
	at      map[lane]*heard
	waiting map[lane][]Delivery // behind a hole that the speaker's replay has not filled yet
	newest  map[lane]int        // the speaker's epoch, as far as we know
	stood   map[lane]spot       // where a lane that is behind its speaker stood when that was last asked
	size    int                 // events in one transaction, at most
}

// askAgain is how often a hole is asked for while the speaker does not answer.
const askAgain = 500 * time.Millisecond

func (w *worker) run(ctx context.Context) error {
	defer w.leave()
	for {
		w.loop.Waits()
		batch, heads, ok := w.next(ctx)
		if !ok {
			return nil
		}
		w.loop.Works()
		batch = append(batch, w.tail(ctx, heads)...)
		if err := w.handle(ctx, batch); err != nil {
			return err
		}
	}
}

// leave says that nothing waits here any more: whoever reads next finds the holes anew.
func (w *worker) leave() {
	w.loop.Waits()
	for l := range w.waiting {
		w.r.Watch.Hole(l.speaker, l.partition, false)
	}
}

// handBack lets go of what was received and not begun; nothing is received any more.
func (w *worker) handBack() {
	for _, held := range w.waiting {
		for _, d := range held {
			d.back()
		}
	}
	for {
		select {
		case d := <-w.in:
			d.back()
		default:
			return
		}
	}
}

// next waits for one delivery and takes what has gathered behind it, or for the heads of a speaker. While something waits
// behind a hole it comes back by itself.
func (w *worker) next(ctx context.Context) (batch []Delivery, of heads, ok bool) {
	var again <-chan time.Time
	if len(w.waiting) > 0 {
		t := time.NewTimer(askAgain)
		defer t.Stop()
		again = t.C
	}
	select {
	case of = <-w.heads: // not left to chance, and deliveries that never end do not keep it waiting
		return nil, of, true
	default:
	}
	select {
	case d := <-w.in:
		batch = append(batch, d)
	case of = <-w.heads:
		return nil, of, true
	case <-again:
		return nil, nil, true
	case <-ctx.Done():
		return nil, nil, false
	}
	for len(batch) < w.r.Batch {
		select {
		case d := <-w.in:
			batch = append(batch, d)
		default:
			return batch, nil, true
		}
	}
	return batch, nil, true
}

// handle brings the batch into line and applies it. While the database is away it tries again; only a lost lease ends it, and
// then what was not applied goes back.
func (w *worker) handle(ctx context.Context, batch []Delivery) error {
	todo, repeats := w.inLine(ctx, batch)
	left, err := w.persist(ctx, todo)
	if err != nil {
		for _, d := range append(left, repeats...) {
			d.back()
		}
		return err
	}
	for _, d := range repeats {
		d.done(w.r.Log)
	}
	return nil
}

// persist applies and acknowledges what is to do, as many events at once as went well lately; left is what it did not get to.
func (w *worker) persist(ctx context.Context, todo []Delivery) (left []Delivery, err error) {
	for wait := shortest; len(todo) > 0; {
		some := todo[:min(w.size, len(todo))]
		began := w.r.Now()
		err := w.applyAll(ctx, some)
		if err == nil {
			failpoint.Here("inbox-committed")
			for _, d := range some {
				w.r.Watch.Late(d.Speaker, d.Time)
				d.done(w.r.Log)
			}
			w.took(len(some), w.r.Now().Sub(began))
			todo, wait = todo[len(some):], shortest
			continue
		}
		if ctx.Err() != nil || errors.Is(err, pg.ErrLeaseLost) {
			return todo, err
		}
		w.size = max(1, len(some)/4)
		w.r.Log.Warn("inbox: apply, trying again", zap.Int("count", len(some)), zap.String("reason", reason(err)))
		w.loop.Works() // it is not we who are stuck
		pause(ctx, wait)
		wait = min(2*wait, longest)
	}
	return nil, ctx.Err()
}

// How long is waited before something is tried again, and what a transaction may take before the next ones get smaller.
const (
	shortest = 50 * time.Millisecond
	longest  = 5 * time.Second
	enough   = 5 * time.Second // a batch of 128 takes a fiftieth of it where nothing is in its way
)

// took sets how many events go into one transaction. It holds its locks to its end, those of every person in it: long ones wait
// for each other, and end in deadlocks in which all their work is lost.
func (w *worker) took(n int, took time.Duration) {
	switch {
	case took > enough:
		w.size = max(1, n/2)
	case n == w.size:
		w.size = min(w.r.Batch, 2*n)
	}
}

// inLine turns away what was heard before, and puts in front of an event what is missing before it, from the speaker's replay.
// Where the replay does not have it yet the lane waits: going on without could apply a case out of order. Other lanes go on.
func (w *worker) inLine(ctx context.Context, batch []Delivery) (todo, repeats []Delivery) {
	lines := map[lane][]Delivery{}
	var order []lane
	for _, l := range inOrder(w.waiting) {
		lines[l] = w.waiting[l]
		order = append(order, l)
	}
	for _, d := range batch {
		if d.Bad != nil {
			todo = append(todo, d)
			continue
		}
		l := lane{d.Speaker, d.Partition}
		if lines[l] == nil {
			order = append(order, l)
		}
		lines[l] = append(lines[l], d)
	}
	for _, l := range order {
		slices.SortStableFunc(lines[l], bySaid) // what was handed back comes again in any order
		ready, again, left := w.line(ctx, l, lines[l])
		todo, repeats = append(todo, ready...), append(repeats, again...)
		_, waited := w.waiting[l]
		delete(w.waiting, l)
		if len(left) > 0 {
			w.waiting[l] = left
		}
		if waited || len(left) > 0 {
			w.r.Watch.Hole(l.speaker, l.partition, len(left) > 0)
		}
	}
	return todo, repeats
}

// inOrder are the lanes of a map, always in the same order, so that what happens can happen again in a simulation.
func inOrder[T any](of map[lane]T) []lane {
	return slices.SortedFunc(maps.Keys(of), func(a, b lane) int {
		return cmp.Or(cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.partition, b.partition))
	})
}

func bySaid(a, b Delivery) int {
	return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Position, b.Position))
}

// line is inLine for one lane: what can be applied now, what was heard before, and what must wait.
func (w *worker) line(ctx context.Context, l lane, in []Delivery) (ready, repeats, left []Delivery) {
	var h heard
	if w.at[l] != nil {
		h = *w.at[l]
	}
	for i, d := range in {
		if d.Epoch < h.epoch || d.Epoch == h.epoch && d.Position <= h.position {
			repeats = append(repeats, d)
			continue
		}
		if d.Epoch > h.epoch { // the speaker was restored from a backup: its positions start anew
			rest, whole := w.older(ctx, l, h, d.Epoch)
			ready = append(ready, rest...)
			if !whole {
				return ready, repeats, in[i:]
			}
			h = heard{epoch: d.Epoch}
		}
		missing := w.fetch(ctx, l, d.Epoch, h.position+1, d.Position-1)
		if n := len(missing); n > 0 {
			ready = append(ready, missing...)
			h.position, h.hash = h.position+int64(n), missing[n-1].Hash
		}
		said, ok := d, h.position+1 == d.Position
		if ok {
			said, ok = w.genuine(ctx, l, d, h)
		}
		if !ok && d.Epoch < max(w.newest[l], in[len(in)-1].Epoch) {
			// It was said after the backup that its speaker went back to, and what is missing nobody has any more.
			w.r.Log.Error("inbox: its speaker was restored and does not know it", zap.String("event", d.ID), zap.String("speaker", l.speaker), zap.Int64("position", d.Position))
			repeats = append(repeats, d)
			continue
		}
		if !ok {
			return ready, repeats, in[i:]
		}
		ready = append(ready, said)
		h.position, h.hash = d.Position, said.Hash
	}
	return ready, repeats, nil
}

// genuine is the event itself, or what its speaker says it was when it was altered on the way or does not follow from the one
// before it; ok is false while the speaker does not answer.
func (w *worker) genuine(ctx context.Context, l lane, d Delivery, before heard) (_ Delivery, ok bool) {
	if d.Genuine() && (before.position == 0 || bytes.Equal(d.PrevHash, before.hash)) {
		return d, true
	}
	w.r.Log.Error("inbox: altered on the way, asking its speaker", zap.String("event", d.ID), zap.String("speaker", l.speaker), zap.Int64("position", d.Position))
	w.r.Watch.Altered(l.speaker)
	said := w.fetch(ctx, l, d.Epoch, d.Position, d.Position)
	if len(said) == 0 {
		return d, false
	}
	said[0].Message = d.Message
	return said[0], true
}

// fetchTime bounds one attempt to fill a hole.
const fetchTime = 5 * time.Second

// fetch asks the speaker's replay for a run of positions, and returns as much of its beginning as it gets.
func (w *worker) fetch(ctx context.Context, l lane, epoch int, from, to int64) (out []Delivery) {
	if from > to {
		return nil
	}
	w.loop.Works()
	defer func() { w.r.Watch.Fetched(l.speaker, len(out)) }()
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	out, err := w.replay(ctx, l, epoch, from, to)
	if int64(len(out)) <= to-from {
		w.r.Log.Warn("inbox: events are missing and the speaker does not have them yet", zap.String("speaker", l.speaker),
			zap.Int("partition", l.partition), zap.Int64("from", from+int64(len(out))), zap.Int64("to", to), zap.Error(err))
		return out
	}
	w.r.Log.Info("inbox: fetched what the broker lost", zap.String("speaker", l.speaker), zap.Int("partition", l.partition),
		zap.Int64("from", from), zap.Int64("to", to))
	return out
}

// replay asks a speaker for a run of an epoch's positions, until it has no more of them; what it got before an error is in order.
func (w *worker) replay(ctx context.Context, l lane, epoch int, from, to int64) (out []Delivery, err error) {
	for next := from; next <= to; {
		events, err := w.r.Replay(ctx, l.speaker, l.partition, epoch, next, min(to, next+mostOfTail))
		for _, e := range events {
			if e.Position != next || e.Epoch != epoch || e.Partition != l.partition {
				err = errors.New("the replay is not in order")
				break
			}
			out = append(out, Delivery{Event: e, Speaker: l.speaker})
			next++
		}
		if err != nil || len(events) == 0 {
			return out, err
		}
	}
	return out, nil
}
