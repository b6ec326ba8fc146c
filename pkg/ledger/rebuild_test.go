package ledger_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/outbox"
)

// The stream is destroyed and made anew while events are said and heard. Afterwards it holds every event, the old ones too, once;
// and everything was applied once.
func TestAStreamIsRebuiltFromTheDatabaseWhileEventsGoOn(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	w.admins(`create table beta.effect (event_id uuid not null); grant insert on beta.effect to beta_inbox`)
	source := event.Source("test", "alpha")
	relay := &outbox.Relay{DB: w.alpha, JS: w.broker.JS, Source: source, Holder: "two", Log: zaptest.NewLogger(t), Poll: 5 * time.Millisecond, Lease: time.Second}
	reader := &inbox.Reader{
		DB: w.beta, JS: w.broker.JS, Consumer: "beta", Speakers: []string{"alpha"}, Holder: "two", Log: zaptest.NewLogger(t), Now: time.Now, Tail: 50 * time.Millisecond,
		Replay: func(ctx context.Context, _ string, partition, epoch int, from, to int64) ([]*event.Event, error) {
			return outbox.Replay(ctx, w.alpha, source, partition, epoch, from, to)
		},
		Heads: func(ctx context.Context, _ string) ([]outbox.Head, error) { return outbox.Heads(ctx, w.alpha) },
	}
	inbox.On(reader, nil, func(ctx context.Context, tx pgx.Tx, e *event.Event, _ *said) error {
		_, err := tx.Exec(ctx, `insert into effect (event_id) values ($1)`, e.ID)
		return err
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	go func() { relay.Run(ctx); done <- struct{}{} }()
	go func() { reader.Run(ctx); done <- struct{}{} }()

	before := w.count(`select count(*) from alpha.outbox`)
	var more atomic.Int64
	talking, hush := context.WithCancel(t.Context())
	hushed := make(chan error, 1)
	go func() { hushed <- w.talkOn(talking, &more) }()
	require.Eventually(t, func() bool { return w.count(`select count(*) from beta.effect`) > 50 }, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, bus.Remake(t.Context(), w.broker.JS, "alpha", listens, bus.Storage{Memory: true}))
	relay.LookAgain()
	at := more.Load()
	require.Eventually(t, func() bool { return more.Load() > at+100 }, 30*time.Second, 5*time.Millisecond)
	hush()
	require.NoError(t, <-hushed)

	all := before + more.Load()
	require.Eventually(t, func() bool { return len(w.compare()) == 0 && w.book(w.alpha).Stream.Messages >= all }, 30*time.Second, 20*time.Millisecond)
	stop()
	<-done
	<-done
	book := w.book(w.alpha)
	require.Equal(t, all, book.Stream.Messages, "those from before too")
	require.Zero(t, book.Stream.Doubled)
	require.Equal(t, more.Load(), w.count(`select count(*) from beta.effect`))
	require.Equal(t, more.Load(), w.count(`select count(distinct event_id) from beta.effect`))
	require.Zero(t, w.count(`select count(*) from beta.parked`))
}

// talkOn says one event after the other until ctx ends.
func (w *talk) talkOn(ctx context.Context, spoken *atomic.Int64) error {
	out := &outbox.Outbox{Speaker: "alpha", Area: "test", Now: time.Now, NewID: id.New}
	for n := 0; ctx.Err() == nil; n++ {
		ref := id.NewRandom()
		err := w.alpha.InTx(w.t.Context(), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
			_, err := out.Append(ctx, tx, ref, &said{ref, n}, nil)
			return err
		})
		if err != nil {
			return err
		}
		spoken.Add(1)
	}
	return nil
}

func (w *talk) count(sql string) (n int64) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.admin)
	require.NoError(w.t, err)
	defer conn.Close(context.Background())
	require.NoError(w.t, conn.QueryRow(w.t.Context(), sql).Scan(&n))
	return n
}

func (w *talk) admins(sql string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.admin)
	require.NoError(w.t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(w.t.Context(), sql)
	require.NoError(w.t, err)
}
