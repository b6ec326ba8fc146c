package outcode_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/outcode"
)

func TestPostcode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"m14 5tq": "M14 5TQ", "M21 9aq ": "M21 9AQ", "SW170RT": "SW17 0RT", "ec1a  1bb": "EC1A 1BB",
		"": "", "Not given": "", "M14": "", "M14 5T": "", "12345": "", "M14 5TQX": "", "ŴM4 5TQ": "",
	} {
		got, ok := outcode.Postcode(in)
		require.Equal(t, want, got, in)
		require.Equal(t, want != "", ok, in)
	}
}

func TestFindAndDistance(t *testing.T) {
	t.Parallel()
	require.Equal(t, "M14", outcode.Of("m14 5tq"))
	require.Equal(t, "M14", outcode.Of(" m14"))
	require.Empty(t, outcode.Of("ZZ99"))
	manchester, ok := outcode.Find("M1 1AF")
	require.True(t, ok)
	london, ok := outcode.Find("EC1A 1BB")
	require.True(t, ok)
	require.InDelta(t, 262, outcode.Kilometres(manchester, london), 5)
	require.Zero(t, outcode.Kilometres(london, london))
	_, ok = outcode.Find("ZZ99 3VZ")
	require.False(t, ok, "no fixed abode has no place")
}
