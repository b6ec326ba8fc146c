package pg

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	default: // a transaction of somebody's own
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

// gathering is a transaction that begins with its first statement, and sends what Later added ahead of anything else: the
// beginning, such writes and a question are one round trip, the last writes and the commit are another.
type gathering struct {
	conn    *pgx.Conn
	opening []write // not sent yet
	later   []write
	ended   bool
}

func (t *gathering) waits() bool { return len(t.opening) > 0 || len(t.later) > 0 }

// writes are what must go before the next question.
func (t *gathering) writes() []write {
	out := append(slices.Clip(t.opening), merge([][]write{t.later})...)
	t.opening, t.later = nil, nil
	return out
}

// send sends writes with b behind them, and hands over the results of b, to be closed. After an error the transaction can
// only be undone.
func (t *gathering) send(ctx context.Context, writes []write, b *pgx.Batch) (pgx.BatchResults, error) {
	all := &pgx.Batch{}
	for _, w := range writes {
		all.Queue(w.sql, w.args...)
	}
	all.QueuedQueries = append(all.QueuedQueries, b.QueuedQueries...)
	sent := t.conn.SendBatch(ctx, all)
	for _, w := range writes {
		if _, err := sent.Exec(); err != nil {
			_ = sent.Close() // says the same
			return nil, fmt.Errorf("%s: %w", w.what, err)
		}
	}
	return sent, nil
}

func (t *gathering) with(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	b := &pgx.Batch{}
	b.Queue(sql, args...)
	return t.send(ctx, t.writes(), b)
}

func (t *gathering) commit(ctx context.Context) error {
	if len(t.opening) > 0 && len(t.later) == 0 {
		return nil // nothing was asked
	}
	sent, err := t.with(ctx, "commit", nil)
	if err != nil {
		return err
	}
	tag, err := sent.Exec()
	if err = closed(sent, err); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if tag.String() == "ROLLBACK" { // an error was not passed on
		return pgx.ErrTxCommitRollback
	}
	t.ended = true
	return nil
}

// undo does nothing after a commit. If it fails the connection is of no more use, and its pool closes it.
func (t *gathering) undo(ctx context.Context) {
	if t.ended || len(t.opening) > 0 {
		return
	}
	_, _ = t.conn.Exec(ctx, "rollback")
}

func (t *gathering) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if !t.waits() {
		return t.conn.Exec(ctx, sql, args...)
	}
	sent, err := t.with(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := sent.Exec()
	return tag, closed(sent, err)
}

func (t *gathering) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if !t.waits() {
		return t.conn.Query(ctx, sql, args...)
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
	if !t.waits() {
		return t.conn.QueryRow(ctx, sql, args...)
	}
	sent, err := t.with(ctx, sql, args)
	return lastRow{sent, err}
}

func (t *gathering) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	sent, err := t.send(ctx, t.writes(), b)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return sent
}

var errOurs = errors.New("InTx begins and ends the transaction, and there is one at a time")

// What would begin or end a transaction is refused, and what nothing needs.
func (t *gathering) Begin(context.Context) (pgx.Tx, error) { return nil, errOurs }
func (t *gathering) Commit(context.Context) error          { return errOurs }
func (t *gathering) Rollback(context.Context) error        { return errOurs }
func (t *gathering) LargeObjects() pgx.LargeObjects        { panic(errOurs) }
func (t *gathering) Conn() *pgx.Conn                       { return t.conn }

func (t *gathering) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, errOurs
}

func (t *gathering) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, errOurs
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
