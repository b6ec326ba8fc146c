package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
)

// reader is a service that listens to some speakers.
type reader struct {
	name  string
	hears []*speaker
	inbox *Inbox
	batch int

	mu    sync.Mutex
	tried map[string]int // how often an event was, by id
}

func (w *world) newReader(name string, rng *rand.Rand) *reader {
	return &reader{name: name, inbox: NewInbox(), batch: 1 + rng.IntN(8), tried: map[string]int{}}
}

func (w *world) speaker(name string) *speaker {
	for _, s := range w.speakers {
		if s.name == name {
			return s
		}
	}
	panic("sim: no speaker " + name)
}

// listenedTo makes the consumers, as the bootstrapper does.
func (s *speaker) listenedTo(readers []*reader) {
	for _, r := range readers {
		if !slices.Contains(r.hears, s) {
			continue
		}
		for group := range bus.Groups {
			s.stream.Listen(consumerOf(r.name, group), func(partition int) bool { return bus.GroupOf(partition) == group })
		}
	}
}

// read is a process that reads.
func (w *world) read(of *reader) func(ctx context.Context, p *process) {
	return func(ctx context.Context, p *process) {
		r := &inbox.Reader{
			Store: &listener{w.misheard(of.inbox, p), p}, Stream: w.overheard(&ear{p, of.name}), Consumer: of.name, Holder: p.name, Now: time.Now,
			Replay: w.replay(p), Heads: w.heads(p), Batch: of.batch, Lease: leaseTime, Tail: tailTime,
		}
		if w.makes(NoTailWatch) || w.makes(AckBeforeCommit) {
			r.Heads = nil
		}
		if w.makes(AroundAHole) {
			r.Replay = around
		}
		for _, s := range of.hears {
			r.Speakers = append(r.Speakers, s.name)
		}
		inbox.On(r, nil, func(_ context.Context, tx pgx.Tx, e *event.Event, said *alphaWord) error {
			return of.hear(tx, e, &said.word)
		})
		inbox.On(r, nil, func(_ context.Context, tx pgx.Tx, e *event.Event, said *gammaWord) error {
			return of.hear(tx, e, &said.word)
		}, inbox.Beside)
		inbox.On(r, nil, func(_ context.Context, tx pgx.Tx, e *event.Event, said *betaWord) error {
			return of.hear(tx, e, &said.word)
		})
		r.Run(ctx)
	}
}

// hear is the reaction: it counts, and answers.
func (r *reader) hear(tx pgx.Tx, e *event.Event, said *word) error {
	r.mu.Lock()
	r.tried[e.ID]++
	n := r.tried[e.ID]
	r.mu.Unlock()
	if said.Poison || n <= said.Fails {
		return errors.New("no such thing")
	}
	Apply(tx, Kept{ID: e.ID, Speaker: e.Speaker(), About: e.About, asks: said.Ask, due: said.Due > 0})
	r.inbox.react(tx, e, said, n)
	return nil
}

// verdict is what the oracle says.
type verdict struct {
	wrong         []string
	lost, doubled int
}

func (v *verdict) say(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}
