package pg_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

var noteTables = fstest.MapFS{"00001_note.sql": {Data: []byte(`
create table note (id uuid primary key, organisation_id uuid not null, n int not null,
	constraint note_n_is_even check (n % 2 = 0));
alter table note add constraint one_n unique (n) deferrable initially deferred;
call guard('note');
call person_may('note', 'select,insert,update', 'organisation_id = actor_org()');
call machine_may('note', 'clock', 'select');
`)}}

func migrate(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "gamma", noteTables) }

func open(t testing.TB) *pg.DB {
	t.Helper()
	u, err := pg.As(pgtest.Database(t, migrate, "gamma"), "gamma", "")
	require.NoError(t, err)
	db, err := pg.Open(t.Context(), pg.Config{URL: u, Service: "gamma"})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

func person() actor.Actor {
	return actor.Actor{Person: actor.Person{ID: id.New(), Name: "O'Neill"}, Organisation: id.New(), Role: "gp'; drop table note --"}
}

func add(a actor.Actor, n int) func(ctx context.Context, tx pgx.Tx) error {
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into note (id, organisation_id, n) values ($1, $2, $3)`, id.New(), a.Organisation, n)
		return err
	}
}

func count(t testing.TB, db *pg.DB, a actor.Actor) (n int) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from note`).Scan(&n)
	}))
	return n
}

func TestRowsAreSeenByTheirOrganisationOnly(t *testing.T) {
	t.Parallel()
	db := open(t)
	one, two := person(), person()
	require.NoError(t, db.InTx(t.Context(), one, add(one, 2)))
	require.Equal(t, 1, count(t, db, one))
	require.Equal(t, 0, count(t, db, two))
	require.Equal(t, 1, count(t, db, actor.Machine(actor.Clock)))
	require.Error(t, db.InTx(t.Context(), two, add(one, 4)), "a row for somebody else's organisation")
}

func TestAMachineMayOnlyWhatItsPoliciesSay(t *testing.T) {
	t.Parallel()
	db := open(t)
	one := person()
	require.NoError(t, db.InTx(t.Context(), one, add(one, 2)))
	for _, m := range actor.Machines {
		err := db.InTx(t.Context(), actor.Machine(m), func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `update note set n = 4`)
			return err
		})
		require.Error(t, err, m)
	}
}

func TestNobodyActsNobodyReads(t *testing.T) {
	t.Parallel()
	db := open(t)
	nothing := func(context.Context, pgx.Tx) error { return nil }
	require.Error(t, db.InTx(t.Context(), actor.Actor{}, nothing))
	require.Error(t, db.InTx(t.Context(), actor.Machine("relay; reset role"), nothing))
	// the login role itself, as a forgotten actor would leave it
	err := db.InTx(t.Context(), person(), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `reset role`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `select * from gamma.note`)
		return err
	})
	require.ErrorContains(t, err, "permission denied")
}

func TestEveryTableForcesRowLevelSecurity(t *testing.T) {
	t.Parallel()
	admin, err := pgx.Connect(t.Context(), pgtest.Database(t, migrate, "gamma"))
	require.NoError(t, err)
	defer admin.Close(context.Background())
	rows, err := admin.Query(t.Context(), pg.UnguardedTables, "gamma")
	require.NoError(t, err)
	bare, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, bare)
	_, err = admin.Exec(t.Context(), `create table gamma.forgotten (n int); create view gamma.peep as select 1`)
	require.NoError(t, err)
	rows, err = admin.Query(t.Context(), pg.UnguardedTables, "gamma")
	require.NoError(t, err)
	bare, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"forgotten", "peep"}, bare, "the check sees what it should see")
}

// Trap 7: the error of the commit itself must come back, and what waits for the commit must not run.
func TestACommitThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	db := open(t)
	one := person()
	require.NoError(t, db.InTx(t.Context(), one, add(one, 2)))
	ran := false
	err := db.InTx(t.Context(), one, func(ctx context.Context, tx pgx.Tx) error {
		pg.AfterCommit(ctx, func() { ran = true })
		return add(one, 2)(ctx, tx) // unique at commit only
	})
	require.True(t, pg.Violates(err, "one_n"), "%v", err)
	require.False(t, ran)
	require.Equal(t, 1, count(t, db, one))
	require.NoError(t, swallowing(t, one), "the wrong way says that all is well")
	require.Equal(t, 1, count(t, db, one))
}

// swallowing is the wrong way: the error of the commit is wrapped into a variable that nobody returns.
func swallowing(t *testing.T, one actor.Actor) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pgtest.Database(t, migrate, "gamma"))
	require.NoError(t, err)
	defer conn.Close(context.Background())
	run := func() error {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			return err
		}
		defer func() {
			if err := tx.Commit(t.Context()); err != nil {
				err = fmt.Errorf("commit: %w", err)
				_ = err
			}
		}()
		_, err = tx.Exec(t.Context(), `insert into gamma.note (id, organisation_id, n) values ($1, $2, 2), ($3, $2, 2)`, id.New(), one.Organisation, id.New())
		return err
	}
	return run()
}

func TestTheSameCommandIsDoneOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	one := person()
	c := pg.Command{Verb: "add", Key: "k1", BodyHash: []byte{1}}
	var made []string
	for range 2 {
		got, err := pg.Do(t.Context(), db, one, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
			return id.New(), add(one, 2)(ctx, tx)
		})
		require.NoError(t, err)
		made = append(made, got)
	}
	require.Equal(t, made[0], made[1])
	require.Equal(t, 1, count(t, db, one))

	again := func(a actor.Actor, c pg.Command) error {
		_, err := pg.Do(t.Context(), db, a, c, func(context.Context, pgx.Tx) (string, error) { return "", nil })
		return err
	}
	require.ErrorIs(t, again(one, pg.Command{Verb: "add", Key: "k1", BodyHash: []byte{2}}), fault.Mismatch())
	require.ErrorIs(t, again(one, pg.Command{Verb: "remove", Key: "k1", BodyHash: []byte{1}}), fault.Mismatch())
	require.NoError(t, again(person(), c), "another person's key is another key")
}

func TestARefusedCommandMayBeSentAgain(t *testing.T) {
	t.Parallel()
	db := open(t)
	one := person()
	c := pg.Command{Verb: "add", Key: "k1", BodyHash: []byte{1}}
	refusal := errors.New("not now")
	_, err := pg.Do(t.Context(), db, one, c, func(context.Context, pgx.Tx) (int, error) { return 0, refusal })
	require.ErrorIs(t, err, refusal)
	n, err := pg.Do(t.Context(), db, one, c, func(context.Context, pgx.Tx) (int, error) { return 7, nil })
	require.NoError(t, err)
	require.Equal(t, 7, n)
}

func TestTwentyAtOnceDoItOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	one := person()
	c := pg.Command{Verb: "add", Key: "k1", BodyHash: []byte{1}}
	var wg sync.WaitGroup
	answers, errs := make([]string, 20), make([]error, 20)
	for i := range 20 {
		wg.Go(func() {
			answers[i], errs[i] = pg.Do(t.Context(), db, one, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
				return fmt.Sprint(i), add(one, 2)(ctx, tx)
			})
		})
	}
	wg.Wait()
	for i := range 20 {
		require.NoError(t, errs[i])
		require.Equal(t, answers[0], answers[i])
	}
	require.Equal(t, 1, count(t, db, one))
}

func TestAuditIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	db := open(t)
	one := person()
	one.Role = "gp"
	require.NoError(t, db.InTx(t.Context(), one, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "note", ObjectID: id.New(), PatientRef: id.NewRandom()})
	}))
	admin, err := pgx.Connect(t.Context(), pgtest.Database(t, migrate, "gamma"))
	require.NoError(t, err)
	defer admin.Close(context.Background())
	for _, sql := range []string{`update gamma.audit set verb = 'x'`, `delete from gamma.audit`, `truncate gamma.audit`} {
		_, err := admin.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "only ever added to")
	}
	for _, sql := range []string{`select * from audit`, `delete from audit`} {
		err := db.InTx(t.Context(), one, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql)
			return err
		})
		require.ErrorContains(t, err, "permission denied")
	}
}

func TestALostLeaseStopsItsHolder(t *testing.T) {
	t.Parallel()
	db := open(t)
	m := actor.Machine(actor.Relay)
	first := &pg.Lease{Name: "job", Holder: "one", For: 0}
	second := &pg.Lease{Name: "job", Holder: "two", For: 1 << 40}
	ok, err := first.Take(t.Context(), db, m)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, db.InTx(t.Context(), m, first.Check))
	ok, err = second.Take(t.Context(), db, m) // the first one's time is over
	require.NoError(t, err)
	require.True(t, ok)
	require.ErrorIs(t, db.InTx(t.Context(), m, first.Renew), pg.ErrLeaseLost)
	require.ErrorIs(t, db.InTx(t.Context(), m, first.Check), pg.ErrLeaseLost)
	ok, err = first.Take(t.Context(), db, m)
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, second.Release(t.Context(), db, m))
	ok, err = first.Take(t.Context(), db, m)
	require.NoError(t, err)
	require.True(t, ok)
}

// What refuses before it asks anything refuses a first time only: who sends it again gets the answer that was kept.
func TestARefusalDoesNotHideAnAnswer(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	c := pg.Command{Verb: "add note", Key: "k", BodyHash: []byte("one")}
	late := false
	do := func(c pg.Command) (int, error) {
		return pg.Do(t.Context(), db, a, c, func(context.Context, pgx.Tx) (int, error) {
			if late {
				return 0, fault.Invalid("starts_at", "Enter a time in the future")
			}
			return 7, nil
		})
	}
	_, err := do(c)
	require.NoError(t, err)
	late = true
	answer, err := do(c)
	require.NoError(t, err)
	require.Equal(t, 7, answer)
	c.BodyHash = []byte("two")
	_, err = do(c)
	require.Equal(t, fault.Mismatch(), err)
	c.Key = "another"
	_, err = do(c)
	require.ErrorContains(t, err, "future")
}

func TestKnownTellsWhatWasAnsweredBefore(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	c := pg.Command{Verb: "add note", Key: "k", BodyHash: []byte("one")}
	_, known, err := pg.Known[int](t.Context(), db, a, c)
	require.NoError(t, err)
	require.False(t, known)
	_, err = pg.Do(t.Context(), db, a, c, func(context.Context, pgx.Tx) (int, error) { return 7, nil })
	require.NoError(t, err)
	answer, known, err := pg.Known[int](t.Context(), db, a, c)
	require.NoError(t, err)
	require.True(t, known)
	require.Equal(t, 7, answer)
	c.BodyHash = []byte("another")
	_, _, err = pg.Known[int](t.Context(), db, a, c)
	require.Equal(t, fault.Mismatch(), err)
	_, known, err = pg.Known[int](t.Context(), db, person(), pg.Command{Verb: "add note", Key: "k", BodyHash: []byte("one")})
	require.NoError(t, err)
	require.False(t, known, "somebody else's key")
}

// A process that was stopped in the middle of a transaction holds up the others for a while, not for ever, and when it wakes up
// it can not commit.
func TestWhoStandsStillLosesItsLocks(t *testing.T) {
	t.Parallel()
	db, a := open(t), person()
	holds, free := make(chan struct{}), make(chan error, 1)
	go func() {
		<-holds
		free <- db.InTx(context.WithoutCancel(t.Context()), a, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(7)`)
			return err
		})
	}()
	err := db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		var is string
		if err := tx.QueryRow(ctx, `select current_setting('idle_in_transaction_session_timeout')`).Scan(&is); err != nil {
			return err
		}
		require.Equal(t, pg.Deadline.String(), is)
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(7), set_config('idle_in_transaction_session_timeout', '100ms', true)`); err != nil {
			return err
		}
		close(holds)
		require.NoError(t, <-free)
		return add(a, 2)(ctx, tx)
	})
	require.Error(t, err)
	require.True(t, pg.Passing(err), "%v", err)
	require.Zero(t, count(t, db, a))
}
