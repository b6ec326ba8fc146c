package sim

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/event"
)

// fault is something that happens to the world.
type fault struct {
	name string
	does func(w *world, rng *rand.Rand)
}

var faults = []fault{
	{"a database was backed up, or restored", func(w *world, rng *rand.Rand) { w.restore(w.any(rng)) }},
	{"the broker is away", func(w *world, rng *rand.Rand) { w.cut(upTo(rng, 5*time.Second)) }},
	{"the stream lost its end in a power cut", func(w *world, rng *rand.Rand) {
		w.any(rng).stream.LoseEnd(1+rng.IntN(6), rng.IntN(2) == 0)
		w.cut(upTo(rng, time.Second))
	}},
	{"the stream lost its end and nobody was told", func(w *world, rng *rand.Rand) {
		w.any(rng).stream.LoseEnd(1+rng.IntN(6), rng.IntN(2) == 0)
	}},
	{"the stream was lost", func(w *world, rng *rand.Rand) {
		w.any(rng).stream.LoseAll()
		w.cut(upTo(rng, 3*time.Second))
	}},
	{"the broker forgot what it had", func(w *world, rng *rand.Rand) {
		w.any(rng).stream.Forget()
	}},
	{"everything was delivered again", func(w *world, rng *rand.Rand) { w.any(rng).stream.Again() }},
	{"a process died", func(w *world, rng *rand.Rand) { w.someone(rng).die() }},
	{"a process stood still", func(w *world, rng *rand.Rand) { w.stand(rng) }},
	{"a message was altered", func(w *world, rng *rand.Rand) { w.any(rng).stream.Alter(rng.IntN(12)) }},
	{"something was published that is no event", func(w *world, rng *rand.Rand) {
		s := w.any(rng)
		s.foreign = true
		s.stream.AddBad(event.PartitionOf(s.cases[0]), uuid(rng))
	}},
}

func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(most))) + 1
}

func (w *world) any(rng *rand.Rand) *speaker { return w.speakers[rng.IntN(len(w.speakers))] }

func (w *world) cut(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broker.cut(d)
}

func (w *world) someone(rng *rand.Rand) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.living[w.names[rng.IntN(len(w.names))]]
}

// trouble has things happen to the world, and ends when the last one has.
func (w *world) trouble(ctx context.Context, count map[string]int) {
	rng := w.chance("trouble")
	for range rng.IntN(6) {
		pause(ctx, upTo(rng, 4*time.Second))
		f := faults[rng.IntN(len(faults))]
		if s := w.any(rng); s.restored && rng.IntN(3) == 0 {
			f = faults[0]
		}
		count[f.name]++
		w.tell("world", "%s", f.name)
		f.does(w, rng)
	}
}

// stand has somebody stand still for longer than a lease lasts, or less.
func (w *world) stand(rng *rand.Rand) {
	w.someone(rng).standStill(upTo(rng, 2*leaseTime))
}

// restore makes a backup of a speaker's outbox, or goes back to it. Restoring begins with stopping every copy of the service.
func (w *world) restore(s *speaker) {
	switch {
	case !s.restored:
	case s.backup == nil:
		b := s.outbox.BackUp()
		s.backup = &b
		w.tell("world", "%s is backed up", s.name)
	default:
		for _, name := range w.names {
			if strings.HasPrefix(name, "relay "+s.name) {
				w.mu.Lock()
				p := w.living[name]
				w.mu.Unlock()
				p.die()
			}
		}
		s.goBack()
		w.tell("world", "%s is restored", s.name)
	}
}

func (s *speaker) goBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wentBack = true
	for id, committed := range s.outbox.Restore(*s.backup) {
		s.gone[id] = s.gone[id] || committed
	}
	for about, ids := range s.said {
		s.said[about] = slices.DeleteFunc(ids, func(id string) bool { return s.gone[id] })
	}
}
