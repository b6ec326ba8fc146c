package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNobodyChoosesWhoToBeUnlessItIsSaid(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, run(t.Context(), &bytes.Buffer{}, settings{dir: t.TempDir()}), errNobody)
}
