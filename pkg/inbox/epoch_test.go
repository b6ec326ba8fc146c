package inbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/outbox"
)

// admin does what only an administrator may, such as a restore.
func (p *pair) admin(sql string, args ...any) {
	p.t.Helper()
	conn, err := pgx.Connect(p.t.Context(), p.url)
	require.NoError(p.t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(p.t.Context(), sql, args...)
	require.NoError(p.t, err)
}

// The speaker's database is put back to an earlier moment, after somebody heard what it said later. What it says now has new
// positions under a new epoch, and is heard; what was lost stays heard. Without the new epoch it would be taken for a repeat.
func TestWhatIsSaidAfterARestoreIsHeard(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	ref := id.NewRandom()
	stopRelay := p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	p.say(ref, 1, 2, 3)
	p.hear(3)
	p.say(ref, 4)
	p.hear(1)
	stopRelay()
	p.admin(`delete from alpha.outbox where position = 4`)
	p.admin(`update alpha.relay_state set position = 3, published = 3, hash = (select hash from alpha.outbox where position = 3) where position = 4`)

	from, to, err := outbox.RaiseEpoch(t.Context(), p.url, "alpha", time.Now())
	require.NoError(t, err)
	require.Equal(t, 1, from)
	require.Greater(t, to, from)
	p.run(p.relay(p.broker.JS).Run)
	p.say(ref, 5, 6)
	require.Equal(t, []int{5, 6}, p.hear(2))
	require.Equal(t, []int{1, 2, 3, 4, 5, 6}, p.rows(ref))
}

// What had been said under the old epoch, was in the backup, and is in no stream any more is fetched before anything of the new
// one is applied.
func TestTheRestOfTheOldEpochComesFirst(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} { // … also when nothing is said under the new one
		p := newPair(t)
		ref := id.NewRandom()
		stopRelay, stopReader := p.run(p.relay(p.broker.JS).Run), p.run(p.reader.Run)
		p.say(ref, 1, 2, 3)
		p.hear(3)
		stopReader()
		p.say(ref, 4, 5)
		p.published(5)
		stopRelay()
		require.NoError(t, p.broker.JS.DeleteStream(t.Context(), bus.Stream("alpha")))
		p.broker.Bootstrap(t, []string{"alpha"}, map[string][]string{"beta": {"alpha"}})
		_, _, err := outbox.RaiseEpoch(t.Context(), p.url, "alpha", time.Now())
		require.NoError(t, err)
		want := []int{4, 5}
		if !silent {
			p.say(ref, 6)
			want = append(want, 6)
		}
		p.run(p.relay(p.broker.JS).Run)
		again := p.listen("two")
		again.Tail, again.Heads = 50*time.Millisecond, p.heads()
		p.run(again.Run)
		require.Equal(t, want, p.hear(len(want)))
		require.Equal(t, upTo(3+len(want)), p.rows(ref))
	}
}

// Each restore gets an epoch that none before had, and nobody raises it under a relay that works.
func TestAnEpochIsNeverGivenTwice(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	now := time.Now()
	_, first, err := outbox.RaiseEpoch(t.Context(), p.url, "alpha", now)
	require.NoError(t, err)
	p.admin(`update alpha.relay_state set epoch = 1`) // restored to before the first was raised
	_, second, err := outbox.RaiseEpoch(t.Context(), p.url, "alpha", now.Add(time.Minute))
	require.NoError(t, err)
	require.Greater(t, second, first)
	_, third, err := outbox.RaiseEpoch(t.Context(), p.url, "alpha", now)
	require.NoError(t, err)
	require.Equal(t, second+1, third)

	p.run(p.relay(p.broker.JS).Run)
	p.run(p.reader.Run)
	p.say(id.NewRandom(), 1)
	p.hear(1)
	_, _, err = outbox.RaiseEpoch(t.Context(), p.url, "alpha", now)
	require.ErrorContains(t, err, "stop every copy of it first")
	_, _, err = outbox.RaiseEpoch(t.Context(), p.url, "alpha; drop table", now)
	require.Error(t, err)
}
