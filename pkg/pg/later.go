package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Later adds a write to the transaction whose answer nobody needs: neither how many rows it touched, nor which constraint
// it broke. All such writes travel together, before the next statement that is asked for an answer and at the latest before
// the commit, in the order in which they were added; inserts of one kind that follow each other become one. So nothing that reads in this transaction can see the difference, and
// a case that takes fifteen writes takes one round trip for them.
//
// An error of such a write is the error of what sent it off, or of the commit, and says what the write was for ("write
// audit: …"). args are read when it is sent: do not change what they point to.
func Later(ctx context.Context, tx pgx.Tx, what, sql string, args ...any) error {
	switch t := tx.(type) {
	case *gathering:
		t.later = append(t.later, write{what, sql, args})
	case *strand:
		t.later = append(t.later, write{what, sql, args})
	default: // a savepoint inside the transaction, or a transaction of somebody's own
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
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

// gathering is a transaction that sends what Later added ahead of anything else, in the same round trip.
type gathering struct {
	pgx.Tx
	later []write
}

// ahead sends what was added with b behind it, and hands over the results of b, to be closed. After an error the transaction
// can only be rolled back.
func (t *gathering) ahead(ctx context.Context, b *pgx.Batch) (pgx.BatchResults, error) {
	writes := merge([][]write{t.later})
	t.later = nil
	all := &pgx.Batch{}
	for _, w := range writes {
		all.Queue(w.sql, w.args...)
	}
	all.QueuedQueries = append(all.QueuedQueries, b.QueuedQueries...)
	sent := t.Tx.SendBatch(ctx, all)
	for _, w := range writes {
		if _, err := sent.Exec(); err != nil {
			_ = sent.Close() // says the same
			return nil, fmt.Errorf("%s: %w", w.what, err)
		}
	}
	return sent, nil
}

func (t *gathering) send(ctx context.Context) error {
	if len(t.later) == 0 {
		return nil
	}
	sent, err := t.ahead(ctx, &pgx.Batch{})
	if err != nil {
		return err
	}
	return sent.Close()
}

func (t *gathering) with(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	b := &pgx.Batch{}
	b.Queue(sql, args...)
	return t.ahead(ctx, b)
}

func (t *gathering) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if len(t.later) == 0 {
		return t.Tx.Exec(ctx, sql, args...)
	}
	sent, err := t.with(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := sent.Exec()
	return tag, closed(sent, err)
}

func (t *gathering) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if len(t.later) == 0 {
		return t.Tx.Query(ctx, sql, args...)
	}
	sent, err := t.with(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := sent.Query()
	if err != nil {
		return nil, closed(sent, err)
	}
	return &lastRows{Rows: rows, sent: sent}, nil
}

func (t *gathering) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if len(t.later) == 0 {
		return t.Tx.QueryRow(ctx, sql, args...)
	}
	sent, err := t.with(ctx, sql, args)
	return lastRow{sent, err}
}

func (t *gathering) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if len(t.later) == 0 {
		return t.Tx.SendBatch(ctx, b)
	}
	sent, err := t.ahead(ctx, b)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return sent
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

// closed ends a batch of which everything was read; the connection can not be used before.
func closed(sent pgx.BatchResults, err error) error {
	if end := sent.Close(); err == nil {
		err = end
	}
	return err
}

// lastRow and lastRows are the answer to the last statement of a batch, and end the batch when they have been read.
type lastRow struct {
	sent pgx.BatchResults
	err  error
}

func (r lastRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return closed(r.sent, r.sent.QueryRow().Scan(dest...))
}

type lastRows struct {
	pgx.Rows
	sent pgx.BatchResults
	end  error
}

func (r *lastRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *lastRows) Close() {
	r.Rows.Close()
	r.end = r.sent.Close()
}

func (r *lastRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.end
}
