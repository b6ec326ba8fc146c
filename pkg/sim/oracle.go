package sim

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// settle waits until everything is where it should be, or says what is not.
func (w *world) settle(ctx context.Context) verdict {
	for end := time.Now().Add(settleTime); ; pause(ctx, time.Second) {
		if v := w.judge(); len(v.wrong) == 0 || v.doubled > 0 || time.Now().After(end) {
			return v
		}
	}
}

// judge compares what was said with what came of it. It knows the ledger of those who spoke, which nothing of ours has touched.
func (w *world) judge() (v verdict) {
	for _, s := range w.speakers {
		w.judgeStream(s, &v)
		w.judgeMarks(s, &v)
		for _, r := range w.readers {
			if slices.Contains(r.hears, s) {
				judgeReader(s, r, &v)
			}
		}
	}
	for _, r := range w.readers {
		judgeTrail(r, &v)
	}
	w.judgeAnswers(&v)
	return v
}

// judgeStream: the stream has everything, where the relay can know it. It can not when what is no event hides the end, or of an epoch
// that is over; readers are judged all the same.
func (w *world) judgeStream(s *speaker, v *verdict) {
	if s.foreign || s.wentBack {
		return
	}
	there := map[string]bool{}
	for _, e := range s.stream.Events() {
		there[e.ID] = true
	}
	for _, about := range s.cases {
		for _, id := range s.said[about] {
			if !there[id] {
				v.lost++
				v.say("%s: %s is not in the stream", s.name, id)
			}
		}
	}
}

// judgeMarks: everything has a position, and everything that has one is marked.
func (w *world) judgeMarks(s *speaker, v *verdict) {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	for n, p := range s.outbox.places {
		if p.position != p.published {
			v.say("%s: partition %d is published to %d of %d", s.name, n, p.published, p.position)
		}
	}
	for _, r := range s.outbox.rows {
		if r.committed && r.event.Position == 0 {
			v.say("%s: %s has no position", s.name, r.event.ID)
		}
	}
}

// judgeReader: each event was applied once, in order, and what was not is parked, because it is poison or comes after some.
func judgeReader(s *speaker, r *reader, v *verdict) {
	applied, parked, _ := r.inbox.Heard()
	times, kept := map[string]int{}, map[string]int{}
	order := map[string][]string{}
	for _, k := range applied {
		if k.Speaker != s.name {
			continue
		}
		if times[k.ID]++; !s.gone[k.ID] {
			order[k.About] = append(order[k.About], k.ID)
		}
	}
	for _, k := range parked {
		if k.Speaker == s.name && k.About != "" {
			kept[k.ID]++
		}
	}
	for _, about := range s.cases {
		said := s.said[about]
		good := slices.IndexFunc(said, func(id string) bool { return s.poisoned[id] })
		if good < 0 {
			good = len(said)
		}
		for i, id := range said {
			v.one(r.name, id, times[id], kept[id], i < good)
			delete(times, id)
			delete(kept, id)
		}
		if got := order[about]; len(got) >= good && !slices.Equal(got, said[:good]) {
			v.say("%s: %s was applied out of order: %v instead of %v", r.name, about, got, said[:good])
		}
	}
	for id, n := range times {
		if s.gone[id] {
			v.one(r.name, id, n, 0, true)
			continue
		}
		v.say("%s: %s was applied and never committed", r.name, id)
	}
	for id := range kept {
		v.say("%s: %s was parked and never committed", r.name, id)
	}
}

// judgeTrail: whatever was applied or parked has a row in the trail, and nothing else has.
func judgeTrail(r *reader, v *verdict) {
	applied, parked, _ := r.inbox.Heard()
	rows := map[string]int{}
	for _, k := range r.inbox.Audited() {
		rows[k.ID]++
	}
	for _, k := range append(applied, parked...) {
		rows[k.ID]--
	}
	for id, n := range rows {
		if n != 0 {
			v.say("%s: the trail has %d rows too many of %s", r.name, n, id)
		}
	}
}

func (v *verdict) one(reader, id string, applied, parked int, good bool) {
	want := fmt.Sprintf("%s: %s was applied %d times and parked %d times", reader, id, applied, parked)
	switch {
	case applied > 1 || parked > 1 || applied+parked > 1:
		v.doubled++
	case applied+parked == 0:
		v.lost++
	case good && applied == 1, !good && parked == 1:
		return
	}
	v.say("%s", want)
}
