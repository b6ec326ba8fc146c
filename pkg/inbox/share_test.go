package inbox_test

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
)

func groupOf(ref string) int { return bus.GroupOf(event.PartitionOf(ref)) }

// refs are patients of every partition, so of every group.
func refs() (all []string) {
	seen := map[int]bool{}
	for len(all) < event.Partitions {
		if ref := id.NewRandom(); !seen[event.PartitionOf(ref)] {
			seen[event.PartitionOf(ref)] = true
			all = append(all, ref)
		}
	}
	return all
}

// copies are who holds how many groups.
func (p *pair) copies() map[string]int {
	p.t.Helper()
	out := map[string]int{}
	err := p.beta.InTx(p.t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select holder from lease where starts_with(name, 'inbox beta group') and until > clock_timestamp()`)
		if err != nil {
			return err
		}
		holders, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, h := range holders {
			out[h]++
		}
		return err
	})
	require.NoError(p.t, err)
	return out
}

func (p *pair) shared(want map[string]int) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return maps.Equal(want, p.copies()) }, 20*time.Second, 5*time.Millisecond)
}

// copyOf is a process of its own: what it has can be cut off, as when it dies.
func (p *pair) copyOf(holder string) (r *inbox.Reader, die func()) {
	r = p.listen(holder)
	db := open(p.t, p.url, "beta")
	conn := p.broker.Connect(p.t, holder, nil)
	js, err := jetstream.New(conn)
	require.NoError(p.t, err)
	r.DB, r.JS, r.Lease = db, js, 500*time.Millisecond
	return r, func() { conn.Close(); db.Close() }
}

func TestCopiesShareTheGroups(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.run(p.relay(p.broker.JS).Run)
	all := refs()
	said := 0
	say := func() {
		said++
		for _, ref := range all {
			p.say(ref, said)
		}
	}
	// Rows, and not what is told after a commit: a copy that stops may not hear that its last one was made.
	heardAll := func() {
		for _, ref := range all {
			require.Eventually(t, func() bool { return len(p.rows(ref)) >= said }, 20*time.Second, 5*time.Millisecond)
			require.Equal(t, upTo(said), p.rows(ref))
		}
	}
	first, _ := p.copyOf("first")
	p.run(first.Run)
	say()
	p.shared(map[string]int{"first": bus.Groups})

	second, dies := p.copyOf("second")
	p.run(second.Run)
	for range 20 { // while the groups move
		say()
	}
	p.shared(map[string]int{"first": 1, "second": 1})
	say()
	heardAll()

	third, _ := p.copyOf("third")
	stopThird := p.run(third.Run)
	dies()
	for range 20 {
		say()
	}
	require.Eventually(t, func() bool { c := p.copies(); return c["second"] == 0 && len(c) == 2 }, 20*time.Second, 5*time.Millisecond)
	stopThird()
	p.shared(map[string]int{"first": bus.Groups})
	say()
	heardAll()
}

// A copy that was paused commits what it had begun, after another took over and has the same event before it.
func TestWhatTheOldHolderCommitsAfterATakeoverHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.run(p.relay(p.broker.JS).Run)
	began, goOn := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	p.fail = func(n int) error {
		if n == 1 && once.CompareAndSwap(false, true) {
			close(began)
			<-goOn
		}
		return nil
	}
	old, _ := p.copyOf("old")
	old.Lease = time.Hour // it does not look at the clock: it is paused
	p.run(old.Run)
	ref := id.NewRandom()
	p.say(ref, 1)
	<-began
	p.endLeases()
	next, _ := p.copyOf("next")
	next.Heads, next.Tail = p.heads(), 5*time.Millisecond
	p.run(next.Run)
	p.shared(map[string]int{"next": bus.Groups})
	p.say(ref, 2)
	p.waitsForALock()
	close(goOn)
	require.Eventually(t, func() bool { return len(p.rows(ref)) == 2 }, 20*time.Second, 5*time.Millisecond)
	require.Equal(t, []int{1, 2}, p.rows(ref))
	p.say(ref, 3)
	require.Eventually(t, func() bool { return len(p.rows(ref)) == 3 }, 20*time.Second, 5*time.Millisecond)
	require.Equal(t, []int{1, 2, 3}, p.rows(ref))
}

func (p *pair) endLeases() {
	err := p.beta.InTx(p.t.Context(), actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update lease set until = 'epoch'`)
		return err
	})
	require.NoError(p.t, err)
}

// waitsForALock waits until a transaction waits for the row that another has written and not committed.
func (p *pair) waitsForALock() {
	p.t.Helper()
	conn, err := pgx.Connect(p.t.Context(), p.url)
	require.NoError(p.t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(p.t.Context())) }()
	require.Eventually(p.t, func() bool {
		var n int
		err := conn.QueryRow(p.t.Context(), `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).Scan(&n)
		return err == nil && n > 0
	}, 20*time.Second, 5*time.Millisecond)
}

// What a copy had received and not begun goes to the next one at once, and not after the broker's patience of a minute.
func TestWhatWasReceivedAndNotBegunIsHandedBack(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.run(p.relay(p.broker.JS).Run)
	ref := id.NewRandom()
	p.say(ref, upTo(100)...)
	p.published(100)
	began := make(chan struct{})
	var once atomic.Bool
	first := p.listen("first")
	first.Batch = 1
	p.fail = func(int) error {
		if once.CompareAndSwap(false, true) {
			close(began)
		}
		return &pgconn.PgError{Code: "57P01"} // Postgres ends
	}
	stop := p.run(first.Run)
	<-began
	stop()
	p.fail = nil
	second := p.listen("second")
	second.Replay = func(context.Context, string, int, int, int64, int64) ([]*event.Event, error) {
		return nil, errors.New("the speaker is away")
	}
	p.run(second.Run)
	p.hear(100)
	require.Equal(t, upTo(100), p.rows(ref))
}

func TestQuota(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		holds  map[string]int
		groups int
		want   map[string]int
	}{
		{map[string]int{"a": 0}, 2, map[string]int{"a": 2}},
		{map[string]int{"a": 2, "b": 0}, 2, map[string]int{"a": 1, "b": 1}},
		{map[string]int{"a": 0, "b": 1, "c": 1}, 2, map[string]int{"a": 0, "b": 1, "c": 1}}, // who comes later waits
		{map[string]int{"a": 0, "b": 2, "c": 2}, 4, map[string]int{"a": 1, "b": 2, "c": 1}},
		{map[string]int{"a": 1, "b": 1, "c": 1, "d": 0}, 4, map[string]int{"a": 1, "b": 1, "c": 1, "d": 1}},
	} {
		got := map[string]int{}
		for name := range c.holds {
			got[name] = inbox.Quota(name, c.holds, c.groups)
		}
		require.Equal(t, c.want, got)
	}
	require.Zero(t, inbox.Quota("gone", map[string]int{"a": 0}, 2))
}
