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
	} {
		if got := terms.NoteOf(one.note, one.known); got != one.want {
			t.Errorf("%q of %d: %q", one.note, one.known, got)
		}
	}
}
