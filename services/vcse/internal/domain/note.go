package domain

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Note is what somebody who knows a service says of it. It is about the service and never about a patient.
type Note struct {
	ID           string
	ServiceID    string
	Kind         terms.NoteKind
	About        string // the note that is confirmed, disputed or corrected
	Text         string
	By           string
	Role         terms.Role
	Organisation string
	At           time.Time
}

// MaxNote is how long a note may be, in characters.
const MaxNote = 1_000

// Check tells what is wrong with a note.
func (n Note) Check() error {
	var f fault.Fields
	if !n.Kind.Known() {
		f.Add("kind", "Select what you want to say")
	}
	if (n.Kind == terms.NoteNew || n.Kind == terms.NoteCorrect) && strings.TrimSpace(n.Text) == "" {
		f.Add("text", "Enter the note")
	}
	if utf8.RuneCountInString(n.Text) > MaxNote {
		f.Add("text", "A note can have 1,000 characters at most")
	}
	if n.Kind != terms.NoteNew && n.About == "" {
		f.Add("about_note_id", "Say which note this is about")
	}
	if n.Kind == terms.NoteNew && n.About != "" {
		f.Add("about_note_id", "A new note is about no other: confirm, dispute or correct that one")
	}
	return f.Err()
}

// Standing is how far a note is to be believed: what others said of it since.
type Standing struct {
	Note      Note
	Confirmed int
	Disputed  int
	LastAt    time.Time // when it was said or last confirmed
	Answers   []Note    // what was said of it, oldest first
}

// NoteFresh is for how long a note counts without anybody confirming it; knowledge of local groups perishes.
const NoteFresh = 180 * 24 * time.Hour

// Perished tells whether nobody has confirmed it for too long.
func (s Standing) Perished(now time.Time) bool { return now.Sub(s.LastAt) > NoteFresh }

// Stand puts notes and what was said of them together, newest first. all is oldest first.
func Stand(all []Note) []Standing {
	var out []Standing
	place := map[string]int{}
	for _, n := range all {
		if n.Kind == terms.NoteNew {
			place[n.ID] = len(out)
			out = append(out, Standing{Note: n, LastAt: n.At})
			continue
		}
		i, found := place[n.About]
		if !found {
			continue
		}
		place[n.ID] = i // a correction can be confirmed or disputed too; it counts for the note it began with
		s := &out[i]
		s.Answers = append(s.Answers, n)
		switch n.Kind {
		case terms.NoteConfirm:
			s.Confirmed++
			s.LastAt = n.At
		case terms.NoteDispute:
			s.Disputed++
		case terms.NoteCorrect:
			s.LastAt = n.At
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
