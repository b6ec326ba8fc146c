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
