package standing

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Watch is what a running process notes of its own work. Every method may be called on nil, which notes nothing, and by many at
// once. What is called for every event costs no lock; what happened before the process started is not known.
type Watch struct {
	Now     func() time.Time                          // nil: time.Now
	Applied func(speaker string, delay time.Duration) // nil, or called for every event that was applied; set before use

	mu      sync.Mutex
	mended  int64
	streams map[string]Mended
	holes   map[spot]time.Time
	loops   map[string]*Loop
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

// Loop is the sign of life of something that goes on beside requests.
type Loop struct{ busy atomic.Int64 } // since when it is at one piece of work, in nanoseconds; 0: it waits; -1: it has ended

// stuck is how long a loop may take for one piece of work. All they do is bounded by less, or says so on its way.
const stuck = 2 * time.Minute

// Loop is the loop of this name, made when it is new. It waits.
func (w *Watch) Loop(name string) *Loop {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loops == nil {
		w.loops = map[string]*Loop{}
	}
	l := w.loops[name]
	if l == nil {
		l = &Loop{}
		w.loops[name] = l
	}
	return l
}

// Works says that the loop begins a piece of work, or got on with one. The process's own clock counts here, not one that a demo drives.
func (l *Loop) Works() {
	if l != nil {
		l.busy.Store(time.Now().UnixNano())
	}
}

// Waits says that the loop waits for the next piece of work, as long as it takes.
func (l *Loop) Waits() {
	if l != nil {
		l.busy.Store(0)
	}
}

// Ended says that the loop goes on no more.
func (l *Loop) Ended() {
	if l != nil {
		l.busy.Store(-1)
	}
}

// Loops tells of every loop whether it moves, by name.
func (w *Watch) Loops() []Beat {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Beat, 0, len(w.loops))
	for name, l := range w.loops {
		b := Beat{Loop: name}
		switch since := l.busy.Load(); since {
		case 0:
		case -1:
			b.Ended = true
		default:
			b.Busy = max(0, time.Since(time.Unix(0, since)))
			b.Stuck = b.Busy > stuck
		}
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b Beat) int { return cmp.Compare(a.Loop, b.Loop) })
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
