package domain

import (
	"slices"
	"time"

	"example.org/waypost/schemas/terms"
)

// way is a way of contact, and where a patient's record says that it is safe.
type way struct {
	name string
	safe func(*Patient) *bool
}

var ways = []way{
	{"phone", func(p *Patient) *bool { return &p.SafePhone }},
	{"text", func(p *Patient) *bool { return &p.SafeText }},
	{"email", func(p *Patient) *bool { return &p.SafeEmail }},
	{"letter", func(p *Patient) *bool { return &p.SafeLetter }},
}

// JoinReach has each of one person's records know what the others say of contacting them: a way that one forbids is forbidden. A
// record that nobody described yet forbids nothing.
func JoinReach(records ...*Patient) {
	records = slices.DeleteFunc(records, func(p *Patient) bool { return !p.Described() })
	var unsafe, notes []string
	for _, p := range records {
		for _, w := range ways {
			if !*w.safe(p) && !slices.Contains(unsafe, w.name) {
				unsafe = append(unsafe, w.name)
			}
		}
		if p.SafeNote != "" && !slices.Contains(notes, p.SafeNote) {
			notes = append(notes, p.SafeNote)
		}
	}
	for _, p := range records {
		p.Unsafe, p.Notes = nil, 0
		if len(records) == 1 {
			continue
		}
		p.Notes = len(notes)
		for _, w := range ways {
			if *w.safe(p) && slices.Contains(unsafe, w.name) {
				p.Unsafe = append(p.Unsafe, w.name)
			}
		}
	}
}

// Word is what is said of how to reach somebody: by whom (service and organisation), when by their clock, and the newest of what we say that
// they had heard by then, by ours; nil for all of it.
type Word struct {
	By    string
	At    time.Time
	Heard *time.Time
}

// Heard tells whether whoever says it knew by which ways it is not safe to contact the person.
func (p Patient) Heard(w Word) bool {
	return w.Heard == nil || p.WaysAt.IsZero() || p.WaysBy != "" && p.WaysBy == w.By || !w.Heard.Before(p.WaysAt)
}

// Reached is the patient with the safe ways and the note of a word. One that had not heard of what another forbade opens no way again, and
// takes no note away: two practices may write at once, and a third may add somebody whom it never met. That is judged by what was heard and
// not by whose clock is ahead: a word that comes late forbids what it forbids. again tells that the ways must be told by themselves, because
// somebody's own record may look newer than what is told of the whole.
func (p Patient) Reached(is Patient, w Word, now time.Time) (_ Patient, again bool) {
	was, heard := p, p.Heard(w)
	if w.Heard == nil && w.At.Before(p.ContactAt) {
		return p, false
	}
	for _, way := range ways {
		*way.safe(&p) = *way.safe(&is) && (heard || *way.safe(&was))
	}
	p.SafeNote = is.SafeNote
	if !heard {
		p.SafeNote = terms.BothNotes(was.SafeNote, is.SafeNote)
	}
	changed := !was.Described() || !p.sameWays(was) || p.SafeNote != was.SafeNote
	switch {
	case !heard: // also where nothing changed: whoever forbade it first has not heard that another does too
		p.WaysAt, p.WaysBy = was.Later(now), ""
	case changed:
		p.WaysAt, p.WaysBy = was.Later(now), w.By
	}
	return p, !heard || changed && w.At.Before(was.ContactAt)
}

// Later is now, or the next moment after the ways became what they are where another copy's clock is ahead of ours.
func (p Patient) Later(now time.Time) time.Time {
	if now.After(p.WaysAt) {
		return now
	}
	return p.WaysAt.Add(time.Microsecond)
}

func (p Patient) sameWays(o Patient) bool {
	return !slices.ContainsFunc(ways, func(w way) bool { return *w.safe(&p) != *w.safe(&o) })
}

// Described tells whether somebody has said who the person is and how to reach them.
func (p Patient) Described() bool { return !p.ContactAt.IsZero() && p.ErasedAt.IsZero() }

// Careful is the patient as whoever may contact them is shown them: by no way that any record of them says is not safe, and with a
// word that there is more to know, not with what or from whom.
func (p Patient) Careful() Patient {
	for _, w := range ways {
		if slices.Contains(p.Unsafe, w.name) {
			*w.safe(&p) = false
		}
	}
	if p.Notes > 0 {
		p.SafeNote = terms.NoteOf(p.SafeNote, p.Notes)
	}
	return p
}
