package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
)

// Every contender has a turn of all phases, with real databases and brokers, and what is sent and written weighs what it should.
// How fast it was says nothing here.
func TestATurnOfEachContender(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ messages, rows, liveMessages, liveRows float64 }{
		"floor":     {4, 49, 10, 110},
		"watermill": {1, 21, 0, 0},
		"waypost":   {4, 61, 10, 142}, // each audit row is sealed, or waits to be; the floor seals none
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := contenders(name, tuning{outboxes: 2, handlers: 1})
			require.NoError(t, err)
			s := settings{
				runs: 1, clients: 4, living: 4, warm: 40, long: 500 * time.Millisecond, alone: 50 * time.Millisecond, most: time.Hour, rates: []int{20},
			}
			require.NoError(t, turns(t.Context(), io.Discard, all, s))
			require.Len(t, all[0].Turns, 1)
			got := all[0].Median
			require.Positive(t, got.PerSecond)
			require.Positive(t, got.P50)
			require.LessOrEqual(t, got.P50, got.P99)
			require.InDelta(t, want.messages, got.Messages, 0.01)
			require.InDelta(t, want.rows, got.Rows, 0.01)
			require.Len(t, got.Paced, 1)
			require.Positive(t, got.Paced[0].PerSecond)
			require.Zero(t, got.Paced[0].Failed)
			if want.liveRows == 0 {
				require.Nil(t, got.Lives)
				return
			}
			require.Positive(t, got.Lives.PerSecond)
			require.InDelta(t, want.liveMessages, got.Lives.Messages, 0.01)
			require.InDelta(t, want.liveRows, got.Lives.Rows, 0.01)
		})
	}
}

// What the floor writes in a life is, table by table, what Waypost writes.
func TestTheFloorWritesWhatWaypostWrites(t *testing.T) {
	t.Parallel()
	const lives = 5
	written := map[string]map[string]int64{}
	for name, open := range map[string]func(context.Context) (subject, error){"floor": openFloor, "waypost": openProduct} {
		x, err := open(t.Context())
		require.NoError(t, err)
		t.Cleanup(x.Close)
		require.NoError(t, x.Prepare(t.Context(), lives))
		before := rowsOf(t, x)
		w := startWatch(t.Context(), x, often)
		for range lives {
			require.NoError(t, life(t.Context(), x.(liver), w, 0))
		}
		w.end()
		written[name] = map[string]int64{}
		for table, n := range rowsOf(t, x) {
			if n -= before[table]; n > 0 {
				written[name][table] = n
			}
		}
	}
	require.Equal(t, written["waypost"], written["floor"])
}

// rowsOf counts the rows of each table once nothing moves any more, but for what is kept once for each partition or copy, and for what
// the sealer adds to an audit row afterwards: the floor has none, so that Waypost's work is the heavier.
func rowsOf(t *testing.T, x subject) map[string]int64 {
	t.Helper()
	_, _, err := x.Weight(t.Context())
	require.NoError(t, err)
	var pool *pgxpool.Pool
	switch x := x.(type) {
	case *floor:
		pool = x.pool
	case *product:
		pool = x.Admin
	}
	rows, err := pool.Query(t.Context(), `select schemaname || '.' || tablename from pg_tables
		where schemaname = any($1) and tablename <> all($2)`, schemas.Speakers, append([]string{"audit_seal", "audit_waiting"}, keptOnce...))
	require.NoError(t, err)
	var tables []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	out := map[string]int64{}
	for _, name := range tables {
		out[name], err = count(t.Context(), pool, []string{name})
		require.NoError(t, err)
	}
	return out
}

func TestWhoIsMeasured(t *testing.T) {
	t.Parallel()
	all, err := contenders("waypost,floor", tuning{})
	require.NoError(t, err)
	require.Equal(t, "waypost", all[0].Name)
	require.Equal(t, "floor", all[1].Name)
	_, err = contenders("river", tuning{})
	require.ErrorContains(t, err, `there is no "river" to measure`)
}

// No round is begun that would end too late; what is done counts.
func TestTurnsEndInTime(t *testing.T) {
	t.Parallel()
	c := &contender{figures: figures{Name: "still"}, open: func(context.Context) (subject, error) { return &still{}, nil }}
	var out strings.Builder
	s := settings{runs: 3, clients: 1, warm: 5, long: 20 * time.Millisecond, alone: time.Millisecond, rates: []int{100}}
	require.NoError(t, turns(t.Context(), &out, []*contender{c}, s))
	require.Len(t, c.Turns, 1)
	require.Contains(t, out.String(), "1 of 3 are done, and count")
}

func TestWhatIsWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, example().write(dir))
	for _, name := range []string{"bench.json", "bench.svg"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.NotEmpty(t, b)
	}
}
