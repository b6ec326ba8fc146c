package operations

import (
	"context"
	"sync"
	"time"

	"example.org/waypost/pkg/standing"
)

// sightings are what was seen of the services: how they stand, and from how far up they came within the last hour. They are kept
// in memory, so the hour begins anew with the process.
type sightings struct {
	mu      sync.Mutex
	at      time.Time
	states  map[string]standing.State // of those who answered
	minutes []minute                  // oldest first
}

// minute is how many events were heard by then, per arrow.
type minute struct {
	at    time.Time
	heard map[arrow]int64
}

type arrow struct{ speaker, reader string }

// askTime bounds what a service may take to say how it stands.
const askTime = 5 * time.Second

// askAll asks at once; who does not answer is not in the map.
func askAll(ctx context.Context, services Services, names []string) map[string]standing.State {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	states := map[string]standing.State{}
	for _, name := range names {
		all.Go(func() {
			if st, err := services.State(ctx, name); err == nil {
				mu.Lock()
				defer mu.Unlock()
				states[name] = st
			}
		})
	}
	all.Wait()
	return states
}

// note keeps what was seen, and once a minute how far everybody had heard.
func (s *sightings) note(at time.Time, states map[string]standing.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.states = at, states
	if n := len(s.minutes); n > 0 && at.Sub(s.minutes[n-1].at) < time.Minute {
		return
	}
	m := minute{at, map[arrow]int64{}}
	for reader, st := range states {
		for _, h := range st.Heard {
			if st.Unread == "" {
				m.heard[arrow{h.Speaker, reader}] = h.Position
			}
		}
	}
	for len(s.minutes) > 0 && at.Sub(s.minutes[0].at) > time.Hour {
		s.minutes = s.minutes[1:]
	}
	s.minutes = append(s.minutes, m)
}

func (s *sightings) age(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.at)
}

// flow is how everything stands, as it was last seen.
func (s *sightings) flow(c Config) Flow {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := Flow{At: s.at}
	for _, name := range c.Names {
		st, ok := s.states[name]
		f.Services = append(f.Services, Service{Name: name, Answers: ok, State: st, ParkedPage: c.Parked[name]})
	}
	for _, speaker := range c.Names {
		for _, reader := range c.Names {
			if st, ok := s.states[reader]; listens(c.Listens, reader, speaker) {
				f.Arrows = append(f.Arrows, s.arrow(arrow{speaker, reader}, st, ok))
			}
		}
	}
	f.judge()
	return f
}

func listens(of map[string][]string, reader, speaker string) bool {
	for _, sp := range of[reader] {
		if sp == speaker {
			return true
		}
	}
	return false
}

func (s *sightings) arrow(of arrow, st standing.State, answers bool) Arrow {
	a := Arrow{Speaker: of.speaker, Reader: of.reader}
	if !answers || st.Unread != "" {
		return a
	}
	for _, h := range st.Heard {
		if h.Speaker != of.speaker {
			continue
		}
		a.Known, a.Asked, a.Behind, a.Oldest, a.Parked, a.Holes = true, h.Asked, h.Behind, h.Oldest, h.Parked.Count, h.Holes
		for _, m := range s.minutes {
			if before, ok := m.heard[of]; ok {
				a.Lately, a.Since = max(0, h.Position-before), m.at
				break
			}
		}
	}
	return a
}
