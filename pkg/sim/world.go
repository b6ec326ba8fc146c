package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
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
	broker   broker

	calm    atomic.Bool // nothing fails any more
	steps   atomic.Int64
	crashes atomic.Int64
	pending sync.WaitGroup // on their way to the broker

	mu       sync.Mutex
	living   map[string]*process
	restless []string // the names of the processes, in the order they were first there
}

// risk is how likely a step goes wrong, and how: drawn for each seed, so that some are quiet but for one kind of trouble.
type risk struct {
	fails, unknown, slow, lost float64
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

	highest uint64 // number of its messages, as a wrong relay remembers it

	foreign bool // somebody else published on its stream
	silent  bool // the stream lost its end, and the relay was not told
	lossy   bool // it lost its end
	tangled bool // when it was not in order, or not for the first time, or has events twice
}

// word is the only fact that is said.
type word struct {
	PatientRef string `json:"patient_ref"`
	N          int    `json:"n"`
	Poison     bool   `json:"poison,omitempty"`
	typ        string
}

func (s *word) EventType() string                                            { return s.typ }
func (s *word) EachSealed(func(path, class string, b event.Box) error) error { return nil }

func newWorld(seed uint64, trace func(line string), with []Mistake) *world {
	w := &world{seed: seed, began: time.Now(), trace: trace, mistakes: with, living: map[string]*process{}}
	rng := w.chance("world")
	often := func(most float64) float64 {
		if rng.IntN(2) == 0 {
			return 0
		}
		return rng.Float64() * most
	}
	w.risk = risk{fails: often(0.1), unknown: often(0.15), slow: often(0.1), lost: often(0.15)}
	for _, name := range []string{"alpha", "gamma"}[:1+rng.IntN(2)] {
		w.speakers = append(w.speakers, newSpeaker(name, rng))
	}
	return w
}

func newSpeaker(name string, rng *rand.Rand) *speaker {
	s := &speaker{name: name, outbox: NewOutbox(event.Source("test", name)), stream: NewStream(), locked: map[string]bool{}, said: map[string][]string{}}
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
		var ids []string
		for range 1 + rng.IntN(3) {
			e := s.next(about, rng)
			ids = append(ids, e.ID)
			tx.Append(e)
			pause(ctx, time.Duration(rng.Int64N(int64(5*time.Millisecond)))+1)
		}
		if rng.IntN(5) == 0 {
			pause(ctx, time.Duration(rng.Int64N(int64(5*time.Second)))) // others overtake it
		}
		s.end(tx, about, ids, rng.IntN(8) != 0)
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

func (s *speaker) end(tx *Tx, about string, ids []string, commit bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.locked, about)
	if commit && tx.Commit() {
		s.said[about] = append(s.said[about], ids...)
	} else {
		tx.Rollback()
	}
}

func (s *speaker) next(about string, rng *rand.Rand) event.Event {
	s.mu.Lock()
	s.n++
	w := &word{PatientRef: about, N: s.n, typ: "waypost." + s.name + ".word_said.v1"}
	s.mu.Unlock()
	body, err := json.Marshal(w)
	if err != nil {
		panic(err) // a struct of ours
	}
	id := uuid(rng)
	return event.Event{
		ID: id, Type: w.typ, About: about, Partition: event.PartitionOf(about), Time: time.Now().UTC().Truncate(time.Microsecond),
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
			Store:  &teller{p.lane("store"), w.mistaken(s.outbox.Relay(p.name, leaseTime))},
			Stream: w.misled(s, &line{l: p.lane("stream"), to: s.stream, b: &w.broker, since: since}),
			Poll:   pollTime, Lease: leaseTime, Verify: verifyTime,
		}
		r.Run(ctx)
	}
}

// The world's clocks: like the true ones to each other, and short, because every second of the world costs some of ours.
const (
	pollTime   = time.Second
	leaseTime  = 4 * time.Second
	verifyTime = 8 * time.Second
	settleTime = 3 * time.Minute
)

func (w *world) alive(name string, p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.living[name] == nil {
		w.restless = append(w.restless, name)
	}
	w.living[name] = p
}

// tell says what happens, when somebody wants to know.
func (w *world) tell(who, format string, args ...any) {
	if w.trace != nil {
		w.trace(fmt.Sprintf("%10.4f %-20s ", time.Since(w.began).Seconds(), who) + fmt.Sprintf(format, args...))
	}
}

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
		for i := range 1 + rng.IntN(2) {
			running.Go(func() { w.play(ctx, fmt.Sprintf("relay %s %d", s.name, i), w.relay(s)) })
		}
		for i := range 1 + rng.IntN(3) {
			talking.Go(func() { s.talk(ctx, w.chance(fmt.Sprintf("talk %s %d", s.name, i)), 1+rng.IntN(4)) })
		}
	}
	faults := map[string]int{}
	w.trouble(ctx, faults)
	talking.Wait()
	w.calm.Store(true)
	w.tell("world", "is calm: %+v", w.risk)
	wrong := w.settle(ctx)
	stop()
	running.Wait()
	w.pending.Wait()
	r := Result{Crashes: int(w.crashes.Load()), Steps: int(w.steps.Load()), Faults: faults, Wrong: wrong}
	for _, s := range w.speakers {
		for _, ids := range s.said {
			r.Events += len(ids)
		}
	}
	return r
}

// settle waits until everything is where it should be, or says what is not.
func (w *world) settle(ctx context.Context) (wrong []string) {
	for end := time.Now().Add(settleTime); ; pause(ctx, 500*time.Millisecond) {
		if wrong = w.missing(); len(wrong) == 0 || time.Now().After(end) {
			return wrong
		}
	}
}

// missing is what is not published and not in the stream.
func (w *world) missing() (wrong []string) {
	for _, s := range w.speakers {
		if s.foreign || s.tangled || s.silent && (w.crashes.Load() > 0 || w.risk.fails+w.risk.unknown+w.risk.lost > 0) {
			continue
		}
		there := map[string]bool{}
		for _, e := range s.stream.Events() {
			there[e.ID] = true
		}
		for _, about := range s.cases {
			for _, id := range s.said[about] {
				if !there[id] {
					wrong = append(wrong, fmt.Sprintf("%s: %s of %s is not in the stream", s.name, id, about))
				}
			}
		}
	}
	return wrong
}
