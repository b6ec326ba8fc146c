package domain

import (
	"slices"

	"example.org/waypost/schemas/terms"
)

// ways are the ways of contact, and where a patient's record says that they are safe.
var ways = []struct {
	name string
	safe func(*Patient) *bool
}{
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
