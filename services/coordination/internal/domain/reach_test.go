package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// Whatever any record of a person forbids is forbidden on each, and each has its own back when it stands alone.
func TestTheMostCarefulOfSeveralRecords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	here := domain.Patient{Ref: "here", ContactAt: at, SafePhone: true, SafeLetter: true}
	there := domain.Patient{Ref: "there", ContactAt: at, SafeText: true, SafeLetter: true, SafeNote: "He reads her letters"}
	nobody := domain.Patient{Ref: "nobody described"}
	domain.JoinReach(&here, &there, &nobody)
	for _, p := range []domain.Patient{here.Careful(), there.Careful()} {
		require.Equal(t, []bool{false, false, false, true}, []bool{p.SafePhone, p.SafeText, p.SafeEmail, p.SafeLetter}, p.Ref)
	}
	require.Equal(t, terms.MoreIsKnown, here.Careful().SafeNote, "that there is a note, not what it says")
	require.Equal(t, "He reads her letters", there.Careful().SafeNote)
	require.True(t, here.SafePhone, "each keeps its own")
	require.Empty(t, nobody.Unsafe)

	here.SafeNote = "Not after five"
	domain.JoinReach(&here, &there)
	require.Equal(t, "Not after five\n"+terms.MoreIsKnown, here.Careful().SafeNote)
	require.Equal(t, "He reads her letters\n"+terms.MoreIsKnown, there.Careful().SafeNote)

	domain.JoinReach(&here)
	require.Equal(t, here, here.Careful(), "alone again")
	require.True(t, here.Careful().SafePhone)
	require.Equal(t, "Not after five", here.Careful().SafeNote)
}

// Who knows what is forbidden may open a way again. Who had not heard of it may only forbid, whichever clock is ahead and whatever comes late.
func TestWhoHadNotHeardOpensNoWay(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 24, 9, minute, 0, 0, time.UTC) }
	heard := func(minute int) *time.Time { t := at(minute); return &t }
	never, now := &time.Time{}, at(30)
	const phone, text, letter = 1, 2, 4
	says := func(ways int, note string) domain.Patient {
		return domain.Patient{SafePhone: ways&phone > 0, SafeText: ways&text > 0, SafeLetter: ways&letter > 0, SafeNote: note}
	}
	known := says(text|letter, "He answers her phone")
	known.ContactAt, known.WaysAt, known.WaysBy = at(10), at(10), "one"
	for name, x := range map[string]struct {
		word  domain.Word
		is    domain.Patient
		want  domain.Patient
		by    string
		since time.Time
		again bool
	}{
		"who forbade it opens it": {
			domain.Word{By: "one", At: at(20), Heard: never}, says(phone|letter, ""), says(phone|letter, ""), "one", now, false,
		},
		"who heard of it opens it": {
			domain.Word{By: "two", At: at(20), Heard: heard(10)}, says(phone|letter, ""), says(phone|letter, ""), "two", now, false,
		},
		"by a clock that is behind too, which has to be told": {
			domain.Word{By: "two", At: at(5), Heard: heard(10)}, says(phone|letter, ""), says(phone|letter, ""), "two", now, true,
		},
		"who changes nothing changes nothing":       {domain.Word{By: "two", At: at(20), Heard: heard(10)}, known, known, "one", at(10), false},
		"who says nothing of what they heard knows": {domain.Word{By: "two", At: at(20)}, says(phone, ""), says(phone, ""), "two", now, false},
		"and late it is passed over":                {domain.Word{By: "two", At: at(5)}, says(phone, ""), known, "one", at(10), false},
		"who had not heard of it forbids": {
			domain.Word{By: "two", At: at(20), Heard: heard(9)}, says(phone|letter, ""), says(letter, "He answers her phone"), "", now, true,
		},
		"who never heard anything adds a note": {
			domain.Word{By: "two", At: at(20), Heard: never}, says(phone|text|letter, "Not after five"), says(text|letter, "He answers her phone\n\nNot after five"), "", now, true,
		},
		"who had not heard and forbids more": {
			domain.Word{By: "two", At: at(20), Heard: never}, says(text, "He answers her phone"), says(text, "He answers her phone"), "", now, true,
		},
		"who had not heard and forbids the same: who forbade it first has to hear": {
			domain.Word{By: "two", At: at(20), Heard: never}, known, known, "", now, true,
		},
		"what comes late and had not heard forbids": {
			domain.Word{By: "two", At: at(5), Heard: never}, says(phone|text, ""), says(text, "He answers her phone"), "", now, true,
		},
		"what comes late and knew forbids": {
			domain.Word{By: "two", At: at(5), Heard: heard(10)}, says(letter, "He answers her phone"), says(letter, "He answers her phone"), "two", now, true,
		},
	} {
		got, again := known.Reached(x.is, x.word, now)
		require.Equal(t, []bool{x.want.SafePhone, x.want.SafeText, false, x.want.SafeLetter}, []bool{got.SafePhone, got.SafeText, got.SafeEmail, got.SafeLetter}, name)
		require.Equal(t, []any{x.want.SafeNote, x.by, x.since, x.again}, []any{got.SafeNote, got.WaysBy, got.WaysAt, again}, name)
	}
	first, again := domain.Patient{}.Reached(says(phone, ""), domain.Word{By: "two", At: at(20), Heard: never}, now)
	require.True(t, first.SafePhone && !again, "there is nothing to have heard of yet")
	require.Equal(t, []any{"two", now}, []any{first.WaysBy, first.WaysAt})
	known.WaysAt = now.Add(time.Hour)
	got, _ := known.Reached(says(letter, ""), domain.Word{By: "two", At: at(20), Heard: never}, now)
	require.True(t, got.WaysAt.After(known.WaysAt), "by a clock that is behind it is newer all the same")
}
