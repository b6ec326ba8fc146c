package book_test

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/services/all/internal/faults/book"
)

func TestWhatIsIntendedStands(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/book"
	b, err := book.Open(path)
	require.NoError(t, err)
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			c, err := b.Intend(book.Command{Kind: "refer"}, now)
			if err != nil {
				t.Error(err)
			}
			if i%2 == 0 { // the others' sender died
				c.Outcome, c.Referral = book.Done, "r"
				if err := b.Conclude(c, now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 25, b.Count(book.Done))
	// Not shut: what was returned from stands on the disk already.
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	began, ended := map[int64]bool{}, map[int64]bool{}
	for s := bufio.NewScanner(f); s.Scan(); {
		var c book.Command
		require.NoError(t, json.Unmarshal(s.Bytes(), &c))
		if c.Outcome == "" {
			require.False(t, began[c.N])
			began[c.N] = true
		} else {
			require.True(t, began[c.N], "it was intended before it ended")
			ended[c.N] = true
		}
	}
	require.Len(t, began, 50)
	require.Len(t, ended, 25)
	require.NoError(t, b.Shut())
}
