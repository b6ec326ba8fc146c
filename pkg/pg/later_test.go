package pg_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

func later(ctx context.Context, tx pgx.Tx, a actor.Actor, n int) error {
	return pg.Later(ctx, tx, "add note", `insert into note (id, organisation_id, n) values ($1, $2, $3)`, id.New(), a.Organisation, n)
}

// Whatever asks the database something sees what was added before.
func TestLaterIsSentBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	n := 0
	next := func() int { n += 2; return n } // the table wants even numbers, and no two alike
	for name, ask := range map[string]func(ctx context.Context, tx pgx.Tx) (n int, err error){
		"query row": func(ctx context.Context, tx pgx.Tx) (n int, err error) {
			return n, tx.QueryRow(ctx, `select count(*) from note`).Scan(&n)
		},
		"query": func(ctx context.Context, tx pgx.Tx) (int, error) {
			rows, err := tx.Query(ctx, `select n from note`)
			if err != nil {
				return 0, err
			}
			all, err := pgx.CollectRows(rows, pgx.RowTo[int])
			return len(all), err
		},
		"exec": func(ctx context.Context, tx pgx.Tx) (int, error) {
			tag, err := tx.Exec(ctx, `update note set n = n`)
			return int(tag.RowsAffected()), err
		},
		"batch": func(ctx context.Context, tx pgx.Tx) (n int, err error) {
			b := &pgx.Batch{}
			b.Queue(`select count(*) from note`).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
			return n, tx.SendBatch(ctx, b).Close()
		},
		"pieces together": func(ctx context.Context, tx pgx.Tx) (n int, err error) {
			ask := func(ctx context.Context, tx pgx.Tx) error {
				return tx.QueryRow(ctx, `select count(*) from note`).Scan(&n)
			}
			return n, pg.Together(ctx, tx, []piece{ask, ask})
		},
	} {
		a := a
		a.Organisation = id.New()
		require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
			if err := later(ctx, tx, a, next()); err != nil {
				return err
			}
			if err := later(ctx, tx, a, next()); err != nil {
				return err
			}
			n, err := ask(ctx, tx)
			require.Equal(t, 2, n, name)
			return err
		}), name)
		require.Equal(t, 2, count(t, db, a), "%s: committed once", name)
	}
}

func TestLaterIsSentWithTheCommit(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error { return later(ctx, tx, a, 2) }))
	require.Equal(t, 1, count(t, db, a))
}

// An error of a write that travels later is nobody else's: it names the write, undoes everything, and the constraint can be told.
func TestLaterThatFailsUndoesAll(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	for name, then := range map[string]func(ctx context.Context, tx pgx.Tx) error{
		"at the commit": func(context.Context, pgx.Tx) error { return nil },
		"at the next statement": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `select 1`)
			return err
		},
	} {
		after := false
		err := db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
			pg.AfterCommit(ctx, func() { after = true })
			for _, n := range []int{2, 3, 4} {
				if err := later(ctx, tx, a, n); err != nil {
					return err
				}
			}
			return then(ctx, tx)
		})
		require.ErrorContains(t, err, "add note: ", name)
		require.True(t, pg.Violates(err, "note_n_is_even"), name)
		require.False(t, after, name)
		require.Zero(t, count(t, db, a), name)
	}
}

// What was added before a refusal is not sent.
func TestLaterIsForgottenWithTheTransaction(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	refused := context.DeadlineExceeded
	require.ErrorIs(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		if err := later(ctx, tx, a, 3); err != nil { // would fail if it were sent
			return err
		}
		return refused
	}), refused)
	require.Zero(t, count(t, db, a))
}

// The question that a write travels with has its own answer: no rows, an error of its own, rows that are not read to the end.
func TestWhatLaterTravelsWithAnswersForItself(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	added := func(ctx context.Context, tx pgx.Tx, n int) { require.NoError(t, later(ctx, tx, a, n)) }
	require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		var n int
		added(ctx, tx, 2)
		require.ErrorIs(t, tx.QueryRow(ctx, `select n from note where n = 3`).Scan(&n), pgx.ErrNoRows)
		added(ctx, tx, 4)
		rows, err := tx.Query(ctx, `select n from note order by n`)
		require.NoError(t, err)
		require.True(t, rows.Next())
		rows.Close()
		require.NoError(t, rows.Err())
		return tx.QueryRow(ctx, `select count(*) from note`).Scan(&n)
	}))
	require.Equal(t, 2, count(t, db, a))
	err := db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		added(ctx, tx, 6)
		_, err := tx.Exec(ctx, `insert into note (id, organisation_id, n) values ($1, $2, 7)`, id.New(), a.Organisation)
		return err
	})
	require.True(t, pg.Violates(err, "note_n_is_even"))
	require.NotContains(t, err.Error(), "add note")
	require.Equal(t, 2, count(t, db, a))
}
