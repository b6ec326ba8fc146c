package outbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

// Where what the stream let go ends is found for every age, rows that were erased among them: it is always the last that is old enough.
func TestHowFarTheStreamLetGo(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t, func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "delta", nil) }, "delta")
	admin, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	const last = 23
	_, err = admin.Exec(t.Context(), `insert into delta.outbox (event_id, event_type, about, partition, subject, occurred_at, correlation_id, classification, body, epoch, position)
		select gen_random_uuid(), 'waypost.delta.word_said.v1', gen_random_uuid(), 3, 's', $1::timestamptz + n * interval '1 hour', gen_random_uuid(), 'restricted', '', 1, n
		from generate_series(1, $2::int) n`, began, last)
	require.NoError(t, err)
	_, err = admin.Exec(t.Context(), `update delta.relay_state set position = $1, published = $1 where partition = 3`, last)
	require.NoError(t, err)
	u, err := pg.As(url, "delta", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: "delta"})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	s := outbox.Postgres(db, event.Source("test", "delta"), "one", time.Minute)
	there := map[int64]bool{}
	for n := int64(1); n <= last; n++ {
		there[n] = true
	}
	for _, erased := range [][]int64{nil, {1}, {last}, {5, 6, 7, 12}, {2, 3, 4, 8, 9, 10, 11, 13, 14, 22}} {
		_, err = admin.Exec(t.Context(), `delete from delta.outbox where position = any ($1)`, erased)
		require.NoError(t, err)
		for _, n := range erased {
			delete(there, n)
		}
		for age := int64(0); age <= last+1; age++ {
			var want int64
			for n := int64(1); n <= age && n <= last; n++ {
				if there[n] {
					want = n
				}
			}
			tails, err := s.Tails(t.Context(), began.Add(time.Duration(age)*time.Hour+time.Minute))
			require.NoError(t, err)
			require.Equal(t, []outbox.Tail{{Partition: 3, Epoch: 1, Published: last, Expired: want}}, tails, "%d of %d are old, without %v", age, last, erased)
		}
	}
}
