package linkworker_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	said "example.org/waypost/schemas/linkworker"
)

func TestTheSampleIsLoadedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var out strings.Builder
	require.NoError(t, h.door.LoadSample(t.Context(), os.DirFS("../../deploy/sample"), &out))
	require.Contains(t, out.String(), "simulated")
	before := h.Said("")
	var team said.TeamOfferPublishedV1
	h.Last(before[0].About, &team)
	require.True(t, team.Simulated)
	out.Reset()
	require.NoError(t, h.door.LoadSample(t.Context(), os.DirFS("../../deploy/sample"), &out))
	require.Empty(t, out.String())
	require.Len(t, h.Said(""), len(before))
}
