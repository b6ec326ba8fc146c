package terms

import "strings"

// MoreIsKnown stands in, or behind, a note on how somebody may be contacted safely where another record of them has one that can not be
// shown.
const MoreIsKnown = "More is known about contacting them safely. Ask the area's office first."

// OwnNote is a note on safe contact without what was added to it.
func OwnNote(note string) string {
	return strings.TrimSpace(strings.ReplaceAll(note, MoreIsKnown, ""))
}

// NoteOf is a note on safe contact as it is shown where so many different ones are known of the person.
func NoteOf(note string, known int) string {
	own := OwnNote(note)
	switch {
	case own == "" && known > 0:
		return MoreIsKnown
	case own != "" && known > Notes(own):
		return own + "\n" + MoreIsKnown
	}
	return own
}

// between stands between notes that were put together.
const between = "\n\n"

// Notes is how many notes on safe contact stand in one, without what was added to it.
func Notes(note string) int {
	own := OwnNote(note)
	if own == "" {
		return 0
	}
	return 1 + strings.Count(own, between)
}

// BothNotes are two notes on safe contact, neither of which replaces the other.
func BothNotes(one, other string) string {
	switch {
	case one == "" || strings.Contains(other, one):
		return other
	case other == "" || strings.Contains(one, other):
		return one
	}
	return one + between + other
}
