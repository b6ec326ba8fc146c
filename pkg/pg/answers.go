package pg

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// answers are a strand's part of a round's results. They must be read before the strand asks again, in order.
type answers struct {
	from      pgx.BatchResults
	left      int
	open      pgx.Rows
	closed    bool
	callbacks []*pgx.QueuedQuery
}

var errNoMore = errors.New("there is no further answer")

func (a *answers) take() error {
	if a.left == 0 {
		return errNoMore
	}
	a.left--
	a.open = nil
	return nil
}

func (a *answers) Exec() (pgconn.CommandTag, error) {
	if err := a.take(); err != nil {
		return pgconn.CommandTag{}, err
	}
	return a.from.Exec()
}

func (a *answers) Query() (pgx.Rows, error) {
	if err := a.take(); err != nil {
		return nil, err
	}
	rows, err := a.from.Query()
	if err != nil {
		return nil, err
	}
	a.open, a.closed = rows, false
	return &strandRows{rows, a}, nil
}

func (a *answers) QueryRow() pgx.Row {
	if err := a.take(); err != nil {
		return lastRow{err: err}
	}
	return a.from.QueryRow()
}

// Close reads what nobody wanted, by the callbacks of its queries where there are any.
func (a *answers) Close() error {
	var errs []error
	if len(a.callbacks) > 0 {
		for _, q := range a.callbacks[len(a.callbacks)-a.left:] {
			if q.Fn != nil {
				errs = append(errs, q.Fn(a))
			} else {
				_, err := a.Exec()
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(append(errs, a.drain())...)
}

// Tx is nothing: the transaction is the company's.
func (a *answers) Tx() pgx.Tx { return nil }

func (a *answers) drain() error {
	if a.open != nil && !a.closed {
		a.open.Close()
	}
	for a.left > 0 {
		a.left--
		if _, err := a.from.Exec(); err != nil {
			return err
		}
	}
	return nil
}

// strandRows knows when it has been read to its end.
type strandRows struct {
	pgx.Rows
	a *answers
}

func (r *strandRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.a.closed = true
	return false
}

func (r *strandRows) Close() {
	r.Rows.Close()
	r.a.closed = true
}
