package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Later adds a write to the transaction whose answer nobody needs: neither how many rows it touched, nor which constraint
// it broke. All such writes travel together, before the next statement that is asked for an answer and at the latest before
// the commit, in the order in which they were added. So nothing that reads in this transaction can see the difference, and
// a case that takes fifteen writes takes one round trip for them.
//
// An error of such a write is the error of what sent it off, or of the commit, and says what the write was for ("write
// audit: …"). args are read when it is sent: do not change what they point to.
func Later(ctx context.Context, tx pgx.Tx, what, sql string, args ...any) error {
	t, ok := tx.(*gathering)
	if !ok { // a savepoint inside the transaction, or a transaction of somebody's own
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	t.later.Queue(sql, args...)
	t.what = append(t.what, what)
	return nil
}

// LaterAll is Later for all statements of a batch.
func LaterAll(ctx context.Context, tx pgx.Tx, what string, b *pgx.Batch) error {
	for _, q := range b.QueuedQueries {
		if err := Later(ctx, tx, what, q.SQL, q.Arguments...); err != nil {
			return err
		}
	}
	return nil
}

// gathering is a transaction that sends what Later added before anything else.
type gathering struct {
	pgx.Tx
	later pgx.Batch
	what  []string // for each write
}

// send sends what was added. After an error the transaction can only be rolled back.
func (t *gathering) send(ctx context.Context) (err error) {
	if len(t.what) == 0 {
		return nil
	}
	b, what := t.later, t.what
	t.later, t.what = pgx.Batch{}, nil
	sent := t.Tx.SendBatch(ctx, &b)
	for _, w := range what {
		if _, err = sent.Exec(); err != nil {
			err = fmt.Errorf("%s: %w", w, err)
			break
		}
	}
	if closed := sent.Close(); err == nil {
		err = closed
	}
	return err
}

func (t *gathering) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := t.send(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	return t.Tx.Exec(ctx, sql, args...)
}

func (t *gathering) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := t.send(ctx); err != nil {
		return nil, err
	}
	return t.Tx.Query(ctx, sql, args...)
}

func (t *gathering) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if err := t.send(ctx); err != nil {
		return noRow{err}
	}
	return t.Tx.QueryRow(ctx, sql, args...)
}

func (t *gathering) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.send(ctx); err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return t.Tx.SendBatch(ctx, b)
}

func (t *gathering) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if err := t.send(ctx); err != nil {
		return 0, err
	}
	return t.Tx.CopyFrom(ctx, table, columns, rows)
}

// Begin opens a savepoint. What is written inside it is sent at once.
func (t *gathering) Begin(ctx context.Context) (pgx.Tx, error) {
	if err := t.send(ctx); err != nil {
		return nil, err
	}
	return t.Tx.Begin(ctx)
}

type noRow struct{ err error }

func (r noRow) Scan(...any) error { return r.err }
