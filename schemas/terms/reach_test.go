package terms_test

import (
	"testing"

	"example.org/waypost/schemas/terms"
)

func TestANoteSaysThatMoreIsKnownOnce(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		note  string
		known int
		want  string
	}{
		{"", 0, ""},
		{"Not after five", 1, "Not after five"},
		{"", 1, terms.MoreIsKnown},
		{"Not after five", 2, "Not after five\n" + terms.MoreIsKnown},
		{terms.NoteOf("Not after five", 2), 2, "Not after five\n" + terms.MoreIsKnown},
		{terms.NoteOf("Not after five", 2), 1, "Not after five"},
		{terms.MoreIsKnown, 0, ""},
		{terms.BothNotes("Not after five", "He answers her phone"), 2, "Not after five\n\nHe answers her phone"},
		{terms.BothNotes("Not after five", "He answers her phone"), 3, "Not after five\n\nHe answers her phone\n" + terms.MoreIsKnown},
		{terms.BothNotes("Not after five", "Not after five"), 1, "Not after five"},
		{terms.BothNotes("", "Not after five"), 1, "Not after five"},
	} {
		if got := terms.NoteOf(one.note, one.known); got != one.want {
			t.Errorf("%q of %d: %q", one.note, one.known, got)
		}
	}
}
