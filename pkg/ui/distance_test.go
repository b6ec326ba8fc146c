package ui_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/ui"
)

func TestFar(t *testing.T) {
	t.Parallel()
	for km, words := range map[float64]string{0: "under half a mile away", 0.7: "under half a mile away", 0.9: "about 1 mile away", 2.3: "about 1 mile away", 2.5: "about 2 miles away", 16: "about 10 miles away"} {
		require.Equal(t, words, ui.Far(km))
	}
}
