package domain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func drawReference(t *rapid.T) string {
	var b [ReferenceBytes]byte
	for i := range b {
		b[i] = rapid.Byte().Draw(t, "byte")
	}
	return Reference(b)
}

func TestReferenceCanBeReadOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ref := drawReference(t)
		require.Len(t, ref, 8)
		require.False(t, strings.ContainsAny(ref, "0O1I5S8BZQAEU"), ref)
		back, ok := ParseReference(" " + strings.ToLower(ref[:4]+"-"+ref[4:]))
		require.True(t, ok)
		require.Equal(t, ref, back)
	})
}

// One wrong character, or two neighbours swapped, is never another person's reference.
func TestReferenceNoticesSlips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plain := []byte(strings.ReplaceAll(drawReference(t), "-", ""))
		at := rapid.IntRange(0, len(plain)-1).Draw(t, "at")
		wrong := append([]byte{}, plain...)
		wrong[at] = rapid.SampledFrom([]byte("234679CDFGHJKLMNPRTVWXY")).Draw(t, "slip")
		if wrong[at] != plain[at] {
			_, ok := ParseReference(string(wrong))
			require.False(t, ok)
		}
		swapped := append([]byte{}, plain...)
		at = min(at, len(plain)-2)
		swapped[at], swapped[at+1] = swapped[at+1], swapped[at]
		if swapped[at] != swapped[at+1] {
			_, ok := ParseReference(string(swapped))
			require.False(t, ok)
		}
	})
}

func TestReferenceRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"", "C7K4", "C7K4-9MX0", "C7K4-9MXCC", "ééé", strings.Repeat("C", 5000)} {
		_, ok := ParseReference(typed)
		require.False(t, ok)
	}
}
