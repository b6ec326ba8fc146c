package sim_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/pkg/sim"
)

func newRealInbox(t *testing.T) inbox.Store {
	t.Helper()
	s, _ := openInbox(t)
	return s
}

// openInbox is a real inbox, and the address of its database for who may see everything.
func openInbox(t *testing.T) (s inbox.Store, url string) {
	t.Helper()
	url = pgtest.Database(t, func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "beta", nil) }, "beta")
	u, err := pg.As(url, "beta", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: "beta"})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return inbox.Postgres(db, "beta", time.Now, nil), url
}

// arrival is the event at a place, new as far as its id goes.
func arrival(about string, epoch int, position int64) inbox.Arrival {
	e := &event.Event{
		ID: id.New(), Type: "waypost.alpha.word_said.v1", About: about, Partition: 3, Epoch: epoch, Position: position, Data: []byte(`{}`),
		Source: source, Time: time.Now().UTC(), Classification: "restricted",
	}
	return inbox.Arrival{Delivery: inbox.Delivery{Event: e, Speaker: "alpha"}}
}

// claim claims in a transaction of its own, in which then runs, and returns the ids that were new.
func claim(t *testing.T, s inbox.Store, then func(ctx context.Context, tx pgx.Tx) error, batch ...inbox.Arrival) (fresh map[string]bool, err error) {
	t.Helper()
	err = s.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) (err error) {
		fresh, err = s.Claim(ctx, tx, batch)
		if err == nil && then != nil {
			err = then(ctx, tx)
		}
		return err
	})
	return fresh, err
}

// asHeard are the scenarios of inbox.Store.
var asHeard = map[string]func(t *testing.T, s inbox.Store){
	"one has a lease, and who was paused changes nothing": func(t *testing.T, s inbox.Store) {
		t.Helper()
		ctx := t.Context()
		one, ok, err := s.Take(ctx, "inbox beta group", "one", 200*time.Millisecond)
		require.NoError(t, err)
		require.True(t, ok)
		_, ok, err = s.Take(ctx, "inbox beta group", "two", time.Minute)
		require.NoError(t, err)
		require.False(t, ok)
		_, ok, err = s.Take(ctx, "inbox beta copy", "two", time.Minute)
		require.NoError(t, err)
		require.True(t, ok, "another lease is another's matter")
		require.NoError(t, s.Renew(ctx, one))
		require.NoError(t, s.InTx(ctx, one.Check))
		var two inbox.Lease
		require.Eventually(t, func() bool {
			two, ok, err = s.Take(ctx, "inbox beta group", "two", time.Minute)
			return ok && err == nil
		}, 20*time.Second, 5*time.Millisecond, "its time is over")
		require.ErrorIs(t, s.InTx(ctx, one.Check), pg.ErrLeaseLost)
		require.ErrorIs(t, s.Renew(ctx, one), pg.ErrLeaseLost)
		require.NoError(t, s.Release(ctx, one), "which is no longer its own")
		holders, err := s.Leases(ctx, "inbox beta ")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"inbox beta group": "two", "inbox beta copy": "two"}, holders)
		require.NoError(t, s.Release(ctx, two))
		holders, err = s.Leases(ctx, "inbox beta g")
		require.NoError(t, err)
		require.Empty(t, holders)
	},
	"an event is new once": func(t *testing.T, s inbox.Store) {
		t.Helper()
		about := id.NewRandom()
		a, b := arrival(about, 1, 1), arrival(about, 1, 2)
		_, err := claim(t, s, func(context.Context, pgx.Tx) error { return errors.New("no") }, a)
		require.Error(t, err)
		fresh, err := claim(t, s, nil, a, b, a)
		require.NoError(t, err)
		require.Equal(t, map[string]bool{a.ID: true, b.ID: true}, fresh, "what was rolled back was not heard")
		another, elsewhere := arrival(about, 1, 2), a
		moved := *a.Event
		moved.Epoch, moved.Position = 2, 1
		elsewhere.Event = &moved
		fresh, err = claim(t, s, nil, a, another, elsewhere)
		require.NoError(t, err)
		require.Empty(t, fresh, "not by its id, and not by its place")
		unreadable, second := arrival("", 0, 0), arrival("", 0, 0)
		fresh, err = claim(t, s, nil, unreadable, second)
		require.NoError(t, err)
		require.Len(t, fresh, 2, "what has no place clashes with nothing")
		fresh, err = claim(t, s, nil, unreadable)
		require.NoError(t, err)
		require.Empty(t, fresh)
	},
	"of two transactions one claims": func(t *testing.T, s inbox.Store) {
		t.Helper()
		a := arrival(id.NewRandom(), 1, 1)
		claimed, second := make(chan struct{}), make(chan map[string]bool, 1)
		go func() {
			<-claimed
			for {
				fresh, err := claim(t, s, nil, a)
				if err == nil {
					second <- fresh
					return
				}
				if !pg.Passing(err) {
					t.Errorf("%v", err)
					second <- nil
					return
				}
			}
		}()
		fresh, err := claim(t, s, func(context.Context, pgx.Tx) error { close(claimed); return nil }, a)
		require.Len(t, append(keys(fresh, err), keys(<-second, nil)...), 1)
	},
	"a case with a parked event is quarantined": func(t *testing.T, s inbox.Store) {
		t.Helper()
		bad, good := arrival(id.NewRandom(), 1, 1), arrival(id.NewRandom(), 1, 2)
		quarantined := func() (out map[string]bool) {
			require.NoError(t, s.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) (err error) {
				out, err = s.Quarantined(ctx, tx, []string{bad.About, good.About})
				return err
			}))
			return out
		}
		require.Empty(t, quarantined())
		_, err := claim(t, s, func(ctx context.Context, tx pgx.Tx) error { return s.Park(ctx, tx, bad.Delivery, "why") }, bad, good)
		require.NoError(t, err)
		require.Equal(t, map[string]bool{bad.About: true}, quarantined())
	},
	"progress goes on and never back": func(t *testing.T, s inbox.Store) {
		t.Helper()
		save := func(all ...inbox.Progress) []inbox.Progress {
			require.NoError(t, s.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return s.Save(ctx, tx, all) }))
			got, err := s.Progress(t.Context())
			require.NoError(t, err)
			return got
		}
		at := func(epoch int, position int64) inbox.Progress {
			return inbox.Progress{Speaker: "alpha", Partition: 3, Epoch: epoch, Position: position, Hash: []byte{byte(position)}}
		}
		other := inbox.Progress{Speaker: "gamma", Partition: 3, Epoch: 1, Position: 1, Hash: []byte{7}}
		require.Equal(t, []inbox.Progress{at(1, 5)}, save(at(1, 5)))
		require.ElementsMatch(t, []inbox.Progress{at(1, 5), other}, save(at(1, 4), other))
		require.ElementsMatch(t, []inbox.Progress{at(2, 1), other}, save(at(2, 1)))
		require.ElementsMatch(t, []inbox.Progress{at(2, 1), other}, save(at(1, 9)))
	},
}

// What came of an event stands in the trail once, with whom it is about, and nothing of what it said; of one that is not as agreed
// nothing at all that it carried.
func TestWhatIsHeardStandsInTheTrail(t *testing.T) {
	t.Parallel()
	s, url := openInbox(t)
	person, thing, parked, bad := arrival(id.NewRandom(), 1, 1), arrival(id.NewRandom(), 1, 2), arrival(id.NewRandom(), 1, 3), arrival("", 0, 0)
	person.Correlation = id.New()
	for _, a := range []inbox.Arrival{person, parked} {
		a.Data = []byte(`{"patient_ref":"` + a.About + `","word":"unmistakable"}`)
	}
	bad.Type, bad.Correlation, bad.Bad = "Ada Hart rang", "07700 900123", event.ErrMalformed
	_, err := claim(t, s, func(ctx context.Context, tx pgx.Tx) error {
		return s.Audit(ctx, tx, []inbox.Heard{{Delivery: person.Delivery}, {Delivery: thing.Delivery}, {Delivery: parked.Delivery, Parked: true}, {Delivery: bad.Delivery, Parked: true}})
	}, person, thing, parked, bad)
	require.NoError(t, err)
	admin, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	rows, err := admin.Query(t.Context(), `select concat_ws(' | ', machine, verb, object, object_id, patient_ref, outcome, correlation_id) from beta.audit where person_id is null order by seq`)
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"inbox | hear | alpha word_said | " + person.ID + " | " + person.About + " | done | " + person.Correlation,
		"inbox | hear | alpha word_said | " + thing.ID + " | done",
		"inbox | hear | alpha word_said | " + parked.ID + " | " + parked.About + " | parked",
		"inbox | hear | alpha event | " + bad.ID + " | parked",
	}, got)
}

func keys(fresh map[string]bool, err error) (out []string) {
	for k := range fresh {
		if err == nil {
			out = append(out, k)
		}
	}
	return out
}

func TestBothInboxesKeepTheirPromise(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) inbox.Store{
		"Postgres":  newRealInbox,
		"in memory": func(*testing.T) inbox.Store { return sim.NewInbox() },
	} {
		for what, scenario := range asHeard {
			t.Run(name+": "+what, func(t *testing.T) {
				t.Parallel()
				scenario(t, open(t))
			})
		}
	}
}
