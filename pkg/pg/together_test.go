package pg_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

type piece = func(ctx context.Context, tx pgx.Tx) error

// Pieces read and write as if each were alone, whatever the others ask meanwhile and however many questions each has.
func TestTogetherEachGetsItsOwnAnswers(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	var pieces []piece
	sums := make([]int, 40)
	for i := range sums {
		pieces = append(pieces, func(ctx context.Context, tx pgx.Tx) error {
			for j := range 1 + i%4 {
				if err := later(ctx, tx, a, 100*i+2*j); err != nil {
					return err
				}
			}
			if i%5 == 0 {
				return nil // ends without a question
			}
			rows, err := tx.Query(ctx, `select n from note where n >= $1 and n < $1 + 100 order by n`, 100*i)
			if err != nil {
				return err
			}
			all, err := pgx.CollectRows(rows, pgx.RowTo[int])
			if err != nil {
				return err
			}
			for _, n := range all {
				sums[i] += n
			}
			var b pgx.Batch
			b.Queue(`select count(*) from note where n >= $1 and n < $1 + 100`, 100*i).QueryRow(func(row pgx.Row) error {
				var n int
				defer func() { sums[i] += n }()
				return row.Scan(&n)
			})
			b.Queue(`update note set n = n + 10 where n = $1`, 100*i)
			b.Queue(`select count(*) from note where n = $1`, 100*i).QueryRow(func(row pgx.Row) error { // behind one without a callback
				var n int
				defer func() { sums[i] += 10_000 * n }()
				return row.Scan(&n)
			})
			if err := tx.SendBatch(ctx, &b).Close(); err != nil {
				return err
			}
			var unread int
			_ = tx.QueryRow(ctx, `select 1`) // nobody reads it
			tag, err := tx.Exec(ctx, `update note set n = n - 10 where n = $1`, 100*i+10)
			sums[i] += 1000 * int(tag.RowsAffected())
			return errors.Join(err, tx.QueryRow(ctx, `select 0`).Scan(&unread))
		})
	}
	require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		if err := later(ctx, tx, a, 100_000); err != nil {
			return err
		}
		return pg.Together(ctx, tx, pieces)
	}))
	want := 1
	for i, sum := range sums {
		n := 1 + i%4
		want += n
		if i%5 != 0 {
			require.Equal(t, 100*i*n+n*(n-1)+n+1000, sum, i)
		}
	}
	require.Equal(t, want, count(t, db, a))
}

// An error of one undoes all, and is told as it is; the others are ended.
func TestTogetherFailsTogether(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	mine := errors.New("mine")
	ended := 0
	other := func(ctx context.Context, tx pgx.Tx) error {
		defer func() { ended++ }()
		if err := later(ctx, tx, a, 2+2*ended); err != nil {
			return err
		}
		var n int
		for range 3 {
			if err := tx.QueryRow(ctx, `select count(*) from note`).Scan(&n); err != nil {
				return err
			}
		}
		return nil
	}
	run := func(pieces ...piece) error {
		ended = 0
		err := db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error { return pg.Together(ctx, tx, pieces) })
		require.Zero(t, count(t, db, a))
		return err
	}
	err := run(other, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `select 1`)
		return errors.Join(err, mine)
	}, other)
	require.ErrorIs(t, err, mine)
	require.Equal(t, 2, ended)
	// a merged write names what it was for, and the constraint can be told
	bad := func(ctx context.Context, tx pgx.Tx) error { return later(ctx, tx, a, 7) }
	err = run(other, bad, other)
	require.ErrorContains(t, err, "add note")
	require.True(t, pg.Violates(err, "note_n_is_even"))
	// and so does a question
	err = run(other, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into note (id, organisation_id, n) values ($1, $2, 9)`, id.New(), a.Organisation)
		return err
	})
	require.True(t, pg.Violates(err, "note_n_is_even"))
	for name, piece := range map[string]piece{
		"savepoint": func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Begin(ctx); return err },
		"commit":    func(ctx context.Context, tx pgx.Tx) error { return tx.Commit(ctx) },
		"copy": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{"note"}, nil, nil)
			return err
		},
		"rows left open": func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Query(ctx, `select 1`); err != nil { //nolint:sqlclosecheck // on purpose
				return err
			}
			_, err := tx.Exec(ctx, `select 1`)
			return err
		},
	} {
		require.Error(t, run(other, piece), name)
	}
}

// Two that lock the same row take turns, as they would in two transactions; so do two that hold the same key.
func TestTogetherLocksKeepApart(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	note := id.New()
	add := func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into note (id, organisation_id, n) values ($1, $2, 0)`, note, a.Organisation)
		return err
	}
	require.NoError(t, db.InTx(t.Context(), a, add))
	ways := []func(ctx context.Context, tx pgx.Tx) pgx.Row{
		func(ctx context.Context, tx pgx.Tx) pgx.Row {
			return tx.QueryRow(ctx, `select n from note where id = $1 for update`, note)
		},
		func(ctx context.Context, tx pgx.Tx) pgx.Row {
			return tx.QueryRow(ctx, `select n from note o where id = any($1) FOR NO KEY UPDATE of o`, []string{note})
		},
		func(ctx context.Context, tx pgx.Tx) pgx.Row {
			return tx.QueryRow(ctx, `select n from note where id = @id for update`, pgx.NamedArgs{"id": note})
		},
	}
	turn := 0
	raise := func(ctx context.Context, tx pgx.Tx) error {
		var n int
		turn++
		if err := ways[turn%len(ways)](ctx, tx).Scan(&n); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `select 1`); err != nil {
			return err
		}
		return pg.Later(ctx, tx, "raise", `update note set n = $2 where id = $1`, note, n+2)
	}
	inside, told := 0, 0
	held := func(ctx context.Context, tx pgx.Tx) error {
		if err := pg.Hold(tx, "key"); err != nil {
			return err
		}
		inside++
		defer func() { inside-- }()
		for range 3 {
			if _, err := tx.Exec(ctx, `select 1`); err != nil {
				return err
			}
			require.Equal(t, 1, inside)
		}
		told++
		return pg.Hold(tx, "key") // again is nothing
	}
	require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Together(ctx, tx, []piece{raise, held, raise, held, raise, held, raise})
	}))
	require.Equal(t, 3, told)
	require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		var n int
		require.NoError(t, tx.QueryRow(ctx, `select n from note where id = $1`, note).Scan(&n))
		require.Equal(t, 8, n)
		return pg.Hold(tx, "alone") // outside it is nothing
	}))
	both := func(one, other string) piece {
		return func(ctx context.Context, tx pgx.Tx) error {
			if err := pg.Hold(tx, one); err != nil {
				return err
			}
			return pg.Hold(tx, other)
		}
	}
	err := db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Together(ctx, tx, []piece{both("x", "y"), both("y", "x")})
	})
	require.ErrorIs(t, err, pg.ErrTangled)
}

// One piece is done as it stands, and pieces may have pieces of their own.
func TestTogetherAloneAndInside(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	n := 0
	one := func(ctx context.Context, tx pgx.Tx) error { n += 2; return later(ctx, tx, a, n) }
	two := func(ctx context.Context, tx pgx.Tx) error {
		if err := one(ctx, tx); err != nil {
			return err
		}
		var seen int
		if err := tx.QueryRow(ctx, `select count(*) from note`).Scan(&seen); err != nil {
			return err
		}
		require.GreaterOrEqual(t, seen, 1)
		return one(ctx, tx)
	}
	inside := func(ctx context.Context, tx pgx.Tx) error {
		if err := pg.Together(ctx, tx, []piece{two, one, two}); err != nil {
			return err
		}
		return two(ctx, tx)
	}
	require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
		if err := pg.Together(ctx, tx, []piece{one}); err != nil {
			return err
		}
		return pg.Together(ctx, tx, []piece{two, inside, one, inside})
	}))
	require.Equal(t, 1+2+7+1+7, count(t, db, a))
	raised := errors.New("raised")
	for name, fails := range map[string]piece{
		"at once": func(context.Context, pgx.Tx) error { return raised },
		"after a question": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `select 1`)
			return errors.Join(err, raised)
		},
	} {
		err := db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
			return pg.Together(ctx, tx, []piece{two, func(ctx context.Context, tx pgx.Tx) error {
				return pg.Together(ctx, tx, []piece{two, fails, two})
			}, two})
		})
		require.ErrorIs(t, err, raised, name)
	}
	require.Equal(t, 18, count(t, db, a))
}

// Many rows of one table become few statements, whatever their number, and what may not be merged is not.
func TestLaterMergesRowsOfATable(t *testing.T) {
	t.Parallel()
	db := open(t)
	a := person()
	for _, n := range []int{1, 2, 3, 16, 17, 47} {
		a := a
		a.Organisation = id.New()
		require.NoError(t, db.InTx(t.Context(), a, func(ctx context.Context, tx pgx.Tx) error {
			twice := id.New()
			for i := range n {
				for _, sql := range []string{
					`insert into note (id, organisation_id, n) values ($1, $2, abs($3::int) + least(0, 1)) on conflict (id) do nothing`,
				} {
					x := id.New()
					if i%2 == 0 {
						x = twice // the second one is there already
					}
					if err := pg.Later(ctx, tx, "add note", sql, x, a.Organisation, 1000*n+2*i); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		require.Equal(t, 1+n/2, count(t, db, a), fmt.Sprint(n))
		b := a
		b.Organisation = id.New()
		one := id.New()
		require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx pgx.Tx) error {
			for i := range n { // Postgres refuses to update one row twice in a statement
				if err := pg.Later(ctx, tx, "add note", `insert into note as o (id, organisation_id, n) values ($1, $2, $3)
					on conflict (id) do update set n = excluded.n`, one, b.Organisation, -1000*n-2*i); err != nil {
					return err
				}
			}
			return nil
		}))
		require.Equal(t, 1, count(t, db, b))
		// two pieces about one row, and others about rows of their own
		b.Organisation = id.New()
		one = id.New()
		upsert := func(x string, n int) piece {
			return func(ctx context.Context, tx pgx.Tx) error {
				return pg.Later(ctx, tx, "add note", `insert into note (id, organisation_id, n) values ($1, $2, $3)
					on conflict (id) do update set n = excluded.n`, x, b.Organisation, n)
			}
		}
		pieces := []piece{upsert(one, -10*n-2), upsert(one, -10*n-4)}
		for i := range n {
			pieces = append(pieces, upsert(id.New(), -100_000*n-2*i))
		}
		require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx pgx.Tx) error {
			return pg.Together(ctx, tx, append(pieces, upsert(one, -10*n-6)))
		}))
		require.Equal(t, n+1, count(t, db, b))
		require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx pgx.Tx) error {
			var stands int
			err := tx.QueryRow(ctx, `select n from note where id = $1`, one).Scan(&stands)
			require.Equal(t, -10*n-6, stands, "the last one stands")
			return err
		}))
	}
}
