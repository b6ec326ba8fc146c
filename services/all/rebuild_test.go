package all_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/ledger"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/inside"
)

// A stream is made anew in a Waypost that is running; then it holds what it held, and nobody has heard anything twice. It is
// vcse's, who says nothing by itself: register does a minute after the start, when it sees whose training is over.
func TestAStreamIsRebuilt(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	wholeIn(t, dir)
	w, err := all.Running(dir)
	require.NoError(t, err)
	before, err := w.Book(t.Context(), "vcse")
	require.NoError(t, err)
	require.Positive(t, before.Stream.Messages)

	var out bytes.Buffer
	require.NoError(t, w.Rebuild(t.Context(), &out, "vcse", time.Minute), out.String())
	require.Contains(t, out.String(), "the stream of vcse was made anew")
	require.Contains(t, out.String(), "rebuild_seconds=")
	after, err := w.Book(t.Context(), "vcse")
	require.NoError(t, err)
	require.Equal(t, before.Said, after.Said)
	require.GreaterOrEqual(t, after.Stream.Messages, before.Stream.Messages)
	require.Zero(t, after.Stream.Missing+after.Stream.Doubled+after.Stream.Altered+after.Stream.Strange)
	require.Eventually(t, func() bool {
		books, err := w.Books(t.Context(), nil)
		return err == nil && len(ledger.Compare(books, schemas.Listens)) == 0
	}, time.Minute, 100*time.Millisecond)

	require.ErrorContains(t, w.Rebuild(t.Context(), &out, "nobody", time.Minute), "say whose stream")
	require.ErrorContains(t, w.Remake(t.Context(), "nobody"), "status 404")
	stranger := inside.Whole(w.House, "not the token")
	require.ErrorContains(t, stranger.Remake(t.Context(), "vcse"), "status 401")
	require.ErrorContains(t, stranger.Look(t.Context(), "vcse"), "status 401")
}
