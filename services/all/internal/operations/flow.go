package operations

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/ui"
)

// Flow is how everything stands at a moment.
type Flow struct {
	At       time.Time
	Services []Service
	Arrows   []Arrow
	Headline string // one line in plain words
	Calm     bool   // nothing stands still
	Also     []string
}

// Service is one of those who speak and hear.
type Service struct {
	Name       string
	Answers    bool
	State      standing.State // when it answers
	ParkedPage string         // "" for one that hears nobody
}

// Arrow is what goes from one who speaks to one who hears.
type Arrow struct {
	Speaker, Reader string
	Known           bool  // the reader answered
	Lately          int64 // events heard since then, at most an hour ago
	Since           time.Time
	Asked           bool // the speaker said how far it is; without it Behind says nothing
	Behind          int64
	Oldest          time.Time // when the first of those was said
	Parked          int64
	Holes           []standing.Hole
}

// patience is how long something may be on its way before it stands still.
const patience = time.Minute

// stands tells whether the arrow stands still.
func (a Arrow) stands(now time.Time) bool {
	return a.Behind > 0 && now.Sub(a.Oldest) > patience || len(a.Holes) > 0 && now.Sub(a.Holes[0].Since) > patience
}

// trouble is one thing that stands still, and since when; the gravest have the lowest rank.
type trouble struct {
	rank  int
	since time.Time
	words string
}

// judge finds what stands still, the gravest first and of those the oldest.
func (f *Flow) judge() {
	var all []trouble
	for _, s := range f.Services {
		all = append(all, s.troubles(f.At)...)
	}
	var coming int64
	for _, a := range f.Arrows {
		all = append(all, a.troubles(f.At)...)
		coming += a.Behind
	}
	slices.SortStableFunc(all, func(a, b trouble) int { return cmp.Or(cmp.Compare(a.rank, b.rank), a.since.Compare(b.since)) })
	f.Calm = len(all) == 0
	switch {
	case f.At.IsZero():
		f.Headline, f.Calm = "Nobody has looked yet.", false
	case len(all) > 0:
		f.Headline = all[0].words
		for _, t := range all[1:] {
			f.Also = append(f.Also, t.words)
		}
	case !slices.ContainsFunc(f.Arrows, func(a Arrow) bool { return !a.Asked }) && coming == 0:
		f.Headline = "Everything said has been heard."
	case coming > 0:
		f.Headline = events(coming) + " on the way, and nothing stands still."
	default:
		f.Headline = "Nothing is known to stand still, but not everybody could be asked."
	}
}

func (s Service) troubles(now time.Time) (all []trouble) {
	add := func(rank int, since time.Time, format string, args ...any) {
		all = append(all, trouble{rank, since, fmt.Sprintf(format, args...)})
	}
	if !s.Answers {
		add(0, time.Time{}, "%s does not answer.", s.Name)
		return all
	}
	st := s.State
	if st.Unread != "" {
		add(0, time.Time{}, "%s: %s.", s.Name, st.Unread)
	}
	if !st.Broker.Connected && now.Sub(st.Broker.Since) > patience {
		add(1, st.Broker.Since, "%s has had no broker since %s. What it says waits in its database.", s.Name, clockTime(st.Broker.Since, now))
	}
	if n := st.Said.Unpublished; n > 0 && now.Sub(st.Said.Oldest) > patience {
		add(1, st.Said.Oldest, "%s of %s can not be published%s.", events(n), s.Name, since(n, st.Said.Oldest, now))
	}
	for _, j := range jobsOf(st) {
		if j.nobody > 0 && !j.since.IsZero() && now.Sub(j.since) > patience {
			add(1, j.since, "In %s nobody has done the job “%s” since %s.", s.Name, j.name, clockTime(j.since, now))
		}
	}
	for _, b := range st.Loops {
		if b.Stuck || b.Ended {
			add(2, time.Time{}, "In %s the loop “%s” does not move.", s.Name, b.Name)
		} else if b.Failing {
			add(2, st.At.Add(-b.Silent), "In %s “%s” has not worked since %s. What it should do waits.", s.Name, b.Name, clockTime(st.At.Add(-b.Silent), now))
		}
	}
	for _, fault := range st.Stream.Faults {
		add(3, st.Stream.At, "The stream of %s: %s.", s.Name, fault.Words)
	}
	return all
}

func (a Arrow) troubles(now time.Time) (all []trouble) {
	if a.stands(now) && a.Behind > 0 {
		all = append(all, trouble{1, a.Oldest, fmt.Sprintf("%s has not heard %s of %s%s.", a.Reader, events(a.Behind), a.Speaker, since(a.Behind, a.Oldest, now))})
	} else if a.stands(now) {
		all = append(all, trouble{1, a.Holes[0].Since, fmt.Sprintf("%s has waited for an event of %s that is missing since %s.", a.Reader, a.Speaker, clockTime(a.Holes[0].Since, now))})
	}
	if a.Parked > 0 {
		all = append(all, trouble{4, time.Time{}, fmt.Sprintf("%s of %s could not be applied in %s.", events(a.Parked), a.Speaker, a.Reader)})
	}
	return all
}

func events(n int64) string { return ui.Count(int(n), "event", "events") }

// since says from when on n events wait, the oldest of them said at this time.
func since(n int64, oldest, now time.Time) string {
	if n == 1 {
		return " since " + clockTime(oldest, now)
	}
	return ", the oldest since " + clockTime(oldest, now)
}

// clockTime is the time of day of what was today, and the day of what was before.
func clockTime(t, now time.Time) string {
	if ui.Near(t, now) == "today" {
		return ui.TimeOfDay(t)
	}
	return ui.Moment(t, now)
}
