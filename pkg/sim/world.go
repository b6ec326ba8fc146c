package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
)

// world is everything that one seed plays: speakers with what they say and their relays, a broker, readers.
type world struct {
	seed     uint64
	began    time.Time
	trace    func(line string) // nil: nobody wants to know
	risk     risk
	mistakes []Mistake
	speakers []*speaker
	readers  []*reader
	beta     *speaker // the reader that speaks too; nil: it only listens
	broker   broker

	calm    atomic.Bool // nothing fails any more
	steps   atomic.Int64
	crashes atomic.Int64
	pending sync.WaitGroup // on their way to the broker

	names []string // of the processes

	mu     sync.Mutex
	living map[string]*process // by name
}

// risk is how likely a step goes wrong, and how: drawn for each seed, so that some are quiet but for one kind of trouble.
type risk struct {
	fails, unknown, slow, lost, reorder float64
}

// speaker is a service that says something.
type speaker struct {
	name   string
	outbox *Outbox
	stream *Stream
	cases  []string // whom it speaks about

	mu     sync.Mutex
	locked map[string]bool
	said   map[string][]string // committed event ids, by case, in order
	n      int

	poison   float64         // how likely an event is
	poisoned map[string]bool // those that are

	restored bool // its database will go back to a backup
	wentBack bool
	backup   *Backup
	gone     map[string]bool // what was said after the backup: nobody can have it any more, and somebody may have heard it

	highest uint64 // number of its messages, as a wrong relay remembers it

	foreign bool // somebody else published on its stream

	asks    bool           // somebody answers
	because map[string]int // how often something was said because of what, by who answers
}

// word is the only fact that a speaker says.
type word struct {
	PatientRef string `json:"patient_ref"`
	N          int    `json:"n"`
	Poison     bool   `json:"poison,omitempty"` // no reaction to it ever succeeds
	Fails      int    `json:"fails,omitempty"`  // so many attempts fail
	Ask        bool   `json:"ask,omitempty"`    // to be acknowledged
	Due        int    `json:"due,omitempty"`    // after so many seconds it is said that something is overdue
}

// EachSealed has nothing to say: it says nothing in secret.
func (*word) EachSealed(func(path, class string, b event.Box) error) error { return nil }

// Each speaker's has a type of its own, as the inbox knows them by it.
type (
	alphaWord struct{ word }
	gammaWord struct{ word }
)

const typeOf = "waypost.%s.word_said.v1"

func (*alphaWord) EventType() string { return fmt.Sprintf(typeOf, "alpha") }
func (*gammaWord) EventType() string { return fmt.Sprintf(typeOf, "gamma") }

func newWorld(seed uint64, trace func(line string), with []Mistake) *world {
	w := &world{seed: seed, began: time.Now(), trace: trace, mistakes: with, living: map[string]*process{}}
	rng := w.chance("world")
	often := func(most float64) float64 {
		if rng.IntN(2) == 0 {
			return 0
		}
		return rng.Float64() * most
	}
	w.risk = risk{fails: often(0.1), unknown: often(0.15), slow: often(0.1), lost: often(0.15), reorder: often(0.3)}
	for _, name := range []string{"alpha", "gamma"}[:1+rng.IntN(2)] {
		w.speakers = append(w.speakers, newSpeaker(name, rng))
	}
	w.readers = append(w.readers, w.newReader("beta", rng))
	w.readers[0].hears = w.speakers
	if rng.IntN(2) == 0 {
		w.answers(rng)
	}
	return w
}

func newSpeaker(name string, rng *rand.Rand) *speaker {
	s := &speaker{name: name, outbox: NewOutbox(event.Source("test", name)), stream: NewStream(), locked: map[string]bool{}, said: map[string][]string{}, poisoned: map[string]bool{}, gone: map[string]bool{}}
	switch rng.IntN(4) {
	case 0:
		s.poison = 0.1
	case 1:
		s.restored = true
	}
	for range 1 + rng.IntN(4) {
		s.cases = append(s.cases, uuid(rng))
	}
	return s
}

func uuid(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(a), uint16(a>>32), uint16(a>>48)&0xfff, uint16(b)&0xfff, b>>16)
}

// talk says things in transactions that take their time, side by side with others, until it has said enough.
func (s *speaker) talk(ctx context.Context, rng *rand.Rand, times int) {
	for range times {
		pause(ctx, time.Duration(rng.Int64N(int64(2*time.Second)))+1)
		about, ok := s.lock(rng)
		if !ok {
			continue
		}
		tx := s.outbox.Begin()
		ids := map[string][]string{about: nil}
		if other, ok := s.lock(rng); ok && rng.IntN(4) == 0 { // as a merge, which is said about both
			ids[other] = nil
		} else if ok {
			s.free(other)
		}
		for range 1 + rng.IntN(3) {
			for _, of := range slices.Sorted(maps.Keys(ids)) {
				e := s.next(of, rng)
				ids[of] = append(ids[of], e.ID)
				tx.Append(e)
				pause(ctx, time.Duration(rng.Int64N(int64(5*time.Millisecond)))+1)
			}
		}
		if rng.IntN(5) == 0 {
			pause(ctx, time.Duration(rng.Int64N(int64(5*time.Second)))) // others overtake it
		}
		s.end(tx, ids, rng.IntN(8) != 0)
	}
}

// lock takes a case that nobody else speaks about just now: its row's lock.
func (s *speaker) lock(rng *rand.Rand) (about string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	about = s.cases[rng.IntN(len(s.cases))]
	ok = !s.locked[about]
	if ok {
		s.locked[about] = true
	}
	return about, ok
}

func (s *speaker) free(about string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.locked, about)
}

// end commits what was said of each case, or takes all of it back.
func (s *speaker) end(tx *Tx, ids map[string][]string, commit bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for about := range ids {
		delete(s.locked, about)
	}
	if !commit || !tx.Commit() {
		tx.Rollback()
		return
	}
	for about, said := range ids {
		s.said[about] = append(s.said[about], said...)
	}
}

func (s *speaker) next(about string, rng *rand.Rand) event.Event {
	s.mu.Lock()
	s.n++
	said := &word{PatientRef: about, N: s.n, Poison: rng.Float64() < s.poison}
	if rng.IntN(10) == 0 {
		said.Fails = 1
	}
	if s.asks {
		said.Ask = rng.IntN(3) == 0
		if rng.IntN(4) == 0 {
			said.Due = 1 + rng.IntN(20)
		}
	}
	s.mu.Unlock()
	body, err := json.Marshal(said)
	if err != nil {
		panic(err) // a struct of ours
	}
	id := uuid(rng)
	if said.Poison {
		s.mu.Lock()
		s.poisoned[id] = true
		s.mu.Unlock()
	}
	return event.Event{
		ID: id, Type: fmt.Sprintf(typeOf, s.name), About: about, Partition: event.PartitionOf(about), Time: time.Now().UTC().Truncate(time.Microsecond),
		Correlation: id, Classification: "restricted", Data: body,
	}
}

// relay is a process that relays.
func (w *world) relay(s *speaker) func(ctx context.Context, p *process) {
	return func(ctx context.Context, p *process) {
		w.mu.Lock()
		since := w.broker.reconnects()
		w.mu.Unlock()
		r := &outbox.Relay{
			Store:  &teller{p.thread("store"), w.mistaken(s.outbox.Relay(p.name, leaseTime))},
			Stream: w.misled(s, &line{l: p.thread("stream"), to: s.stream, b: &w.broker, since: since}),
			Poll:   pollTime, Lease: leaseTime, Verify: verifyTime,
		}
		if w.makes(MarkBeforeAck) {
			r.Verify = -1
		}
		r.Run(ctx)
	}
}

// The world's clocks: like the true ones to each other, and every second of the world costs some of ours.
const (
	pollTime   = time.Second
	leaseTime  = 10 * time.Second
	verifyTime = 10 * time.Second
	tailTime   = 5 * time.Second
	settleTime = 5 * time.Minute
)

// cast has a process of this name from now on.
func (w *world) cast(ctx context.Context, running *sync.WaitGroup, name string, run func(ctx context.Context, p *process)) {
	w.names = append(w.names, name)
	p := w.born(name, 0)
	running.Go(func() { w.play(ctx, p, name, run) })
}

// tell says what happens, when somebody wants to know.
func (w *world) tell(who, format string, args ...any) {
	if w.trace != nil {
		w.trace(fmt.Sprintf("%10.4f %-20s ", time.Since(w.began).Seconds(), who) + fmt.Sprintf(format, args...))
	}
}

// settled is the last line of what is told; how the processes end then is not played.
const settled = "is settled"

// Result is what came of one seed.
type Result struct {
	Events, Crashes, Steps int
	Lost, Doubled          int
	Faults                 map[string]int
	Wrong                  []string // what must not be
}

// Play plays one seed in a bubble of its own time (testing/synctest) and says what was wrong at its end.
func Play(ctx context.Context, seed uint64, trace func(line string), with ...Mistake) Result {
	w := newWorld(seed, trace, with)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running, talking sync.WaitGroup
	rng := w.chance("cast")
	for _, s := range w.speakers {
		s.listenedTo(w.readers)
		for i := range 1 + rng.IntN(2) {
			w.cast(ctx, &running, fmt.Sprintf("relay %s %d", s.name, i), w.relay(s))
		}
		if s == w.beta {
			continue // it speaks when it is spoken to
		}
		for i := range 1 + rng.IntN(3) {
			own, times := w.chance(fmt.Sprintf("talk %s %d", s.name, i)), 1+rng.IntN(4)
			talking.Go(func() { s.talk(ctx, own, times) })
		}
	}
	for _, r := range w.readers {
		for i := range 1 + rng.IntN(2) {
			w.cast(ctx, &running, fmt.Sprintf("reader %s %d", r.name, i), w.read(r))
		}
	}
	if w.beta != nil {
		for i := range 1 + rng.IntN(2) {
			w.cast(ctx, &running, fmt.Sprintf("clock beta %d", i), w.clock(w.readers[0]))
		}
	}
	faults := map[string]int{}
	w.trouble(ctx, faults)
	talking.Wait()
	w.calm.Store(true)
	w.tell("world", "is calm: %+v", w.risk)
	v := w.settle(ctx)
	w.tell("world", settled)
	stop()
	running.Wait()
	w.pending.Wait()
	r := Result{Crashes: int(w.crashes.Load()), Steps: int(w.steps.Load()), Faults: faults, Wrong: v.wrong, Lost: v.lost, Doubled: v.doubled}
	for _, s := range w.speakers {
		for _, ids := range s.said {
			r.Events += len(ids)
		}
	}
	return r
}
