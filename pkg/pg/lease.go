package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
)

// ErrLeaseLost says that somebody else does the job now; stop, and try to take it again.
var ErrLeaseLost = errors.New("the lease was lost")

// Lease is the right to do a job that only one process may do at a time, such as relaying.
type Lease struct {
	Name   string
	Holder string
	For    time.Duration
	term   int64
}

// Take asks for the lease; ok is false while somebody else holds it. The database's clock counts, not ours.
func (l *Lease) Take(ctx context.Context, db *DB, a actor.Actor) (ok bool, err error) {
	err = db.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `insert into lease as l (name, holder, term, until) values ($1, $2, 1, clock_timestamp() + $3)
			on conflict (name) do update set holder = $2, term = l.term + 1, until = clock_timestamp() + $3
			where l.until < clock_timestamp() or l.holder = $2
			returning term`, l.Name, l.Holder, l.For).Scan(&l.term)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take lease %s: %w", l.Name, err)
	}
	return ok, nil
}

// Renew extends the lease inside the job's own transaction, and fails it with ErrLeaseLost when the term is over.
// It locks the lease row, so a rival can not take over while the transaction is open.
func (l *Lease) Renew(ctx context.Context, tx pgx.Tx) error {
	tag, err := tx.Exec(ctx, `update lease set until = clock_timestamp() + $3 where name = $1 and term = $2`, l.Name, l.term, l.For)
	if err != nil {
		return fmt.Errorf("renew lease %s: %w", l.Name, err)
	}
	if tag.RowsAffected() == 0 {
		return ErrLeaseLost
	}
	return nil
}

// Release lets the next one in at once; without it the lease runs out by itself.
func (l *Lease) Release(ctx context.Context, db *DB, a actor.Actor) error {
	return db.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update lease set until = 'epoch' where name = $1 and term = $2`, l.Name, l.term)
		return err
	})
}

// Check fails the transaction when the term is over, without writing: many transactions of one holder may be open at once.
// It does not hold a rival up, so one such transaction may still commit after a takeover; the inbox row of each event makes that harmless.
// A stronger lock would starve Renew while the holder is busy.
func (l *Lease) Check(ctx context.Context, tx pgx.Tx) error {
	var one int
	err := tx.QueryRow(ctx, `select 1 from lease where name = $1 and term = $2 for key share`, l.Name, l.term).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrLeaseLost
	}
	if err != nil {
		return fmt.Errorf("check lease %s: %w", l.Name, err)
	}
	return nil
}
