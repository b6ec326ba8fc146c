package standing

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"example.org/waypost/pkg/beat"
)

// Watch is what a running process notes of its own work. Every method may be called on nil, which notes nothing, and by many at
// once. What is called for every event costs no lock; what happened before the process started is not known.
type Watch struct {
	Now     func() time.Time                          // nil: time.Now
	Stuck   time.Duration                             // 0: 2 minutes; how long a loop may take for one piece of work
	Applied func(speaker string, delay time.Duration) // nil, or called for every event that was applied; set before use

	mu      sync.Mutex
	mended  int64
	streams map[string]Mended
	holes   map[spot]time.Time
	loops   map[string]*beat.Beat
	broker  Broker
}

type spot struct {
	speaker   string
	partition int
}

func (w *Watch) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

// Late notes that an event which was said at this time has been applied now.
func (w *Watch) Late(speaker string, said time.Time) {
	if w == nil || w.Applied == nil || said.IsZero() {
		return
	}
	w.Applied(speaker, max(0, w.now().Sub(said)))
}

// Mended notes that the end of a partition of our own stream was lost, and is published again.
func (w *Watch) Mended() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mended++
}

// Fetched notes events that came from the speaker's replay.
func (w *Watch) Fetched(speaker string, events int) {
	w.note(speaker, func(m *Mended) { m.Fetched += int64(events) })
}

// Altered notes an event that was not what its speaker said.
func (w *Watch) Altered(speaker string) { w.note(speaker, func(m *Mended) { m.Altered++ }) }

// Resubscribed notes that a consumer had stalled.
func (w *Watch) Resubscribed(speaker string) { w.note(speaker, func(m *Mended) { m.Resubscribed++ }) }

func (w *Watch) note(speaker string, change func(m *Mended)) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.streams == nil {
		w.streams = map[string]Mended{}
	}
	m := w.streams[speaker]
	change(&m)
	w.streams[speaker] = m
}

// Hole notes that a lane waits for something that is missing, or does so no longer.
func (w *Watch) Hole(speaker string, partition int, open bool) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	at := spot{speaker, partition}
	if !open {
		delete(w.holes, at)
		return
	}
	if w.holes == nil {
		w.holes = map[spot]time.Time{}
	}
	if _, known := w.holes[at]; !known {
		w.holes[at] = w.now().UTC()
	}
}

// Broker notes that the connection to the broker came or went.
func (w *Watch) Broker(connected bool) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broker.Connected != connected || w.broker.Since.IsZero() {
		w.broker = Broker{Connected: connected, Since: w.now().UTC()}
	}
}

// Connection is how our connection to the broker stands.
func (w *Watch) Connection() Broker {
	if w == nil {
		return Broker{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broker
}

// All that a loop does is bounded by less than this, or moves on its way.
const defaultStuck = 2 * time.Minute

// Loop is the loop of this name, made when it is new. It waits.
func (w *Watch) Loop(name string) *beat.Beat {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loops == nil {
		w.loops = map[string]*beat.Beat{}
	}
	l := w.loops[name]
	if l == nil {
		l = &beat.Beat{}
		w.loops[name] = l
	}
	return l
}

// Loops tells of every loop whether it moves, by name.
func (w *Watch) Loops() []Loop {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	stuck := w.Stuck
	if stuck == 0 {
		stuck = defaultStuck
	}
	out := make([]Loop, 0, len(w.loops))
	for name, l := range w.loops {
		busy, over := l.Busy()
		silent, every := l.Silent()
		out = append(out, Loop{
			Name: name, Busy: busy, Stuck: busy > stuck, Ended: over, Silent: silent,
			Failing: every > 0 && silent > stuck+3*every, // three times it did not work out, and as long as one may take
		})
	}
	slices.SortFunc(out, func(a, b Loop) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// tell puts what was noted into the state; its list of speakers is there already.
func (w *Watch) tell(s *State) {
	s.Loops = w.Loops()
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s.Broker = w.broker
	s.Repairs = Repairs{Mended: w.mended, Streams: map[string]Mended{}}
	maps.Copy(s.Repairs.Streams, w.streams)
	for i := range s.Heard {
		h := &s.Heard[i]
		for at, since := range w.holes {
			if at.speaker == h.Speaker {
				h.Holes = append(h.Holes, Hole{at.partition, since})
			}
		}
		slices.SortFunc(h.Holes, func(a, b Hole) int { return cmp.Compare(a.Partition, b.Partition) })
	}
}
