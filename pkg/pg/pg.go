// Package pg is the only way to a connection: a transaction always has an actor, and row-level security knows who it is.
package pg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/beat"
	"example.org/waypost/pkg/id"
)

// Config says where a service's database is. URL signs in as the service's login role, which by itself may read nothing.
type Config struct {
	URL      string
	Service  string // the schema's name: vcse
	MaxConns int32  // 0: 8
}

// DB is one service's door to its schema.
type DB struct {
	service string
	pool    *pgxpool.Pool
	wake    chan struct{}
}

var word = regexp.MustCompile(`^[a-z][a-z_]{0,40}$`)

// Open connects and checks that the database answers.
func Open(ctx context.Context, c Config) (*DB, error) {
	if !word.MatchString(c.Service) {
		return nil, fmt.Errorf("open database: %q is no service name", c.Service)
	}
	pc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("open database of %s: the address can not be read", c.Service)
	}
	pc.MaxConns = c.MaxConns
	if pc.MaxConns == 0 {
		pc.MaxConns = 8
	}
	pc.ConnConfig.RuntimeParams["application_name"] = "waypost " + c.Service
	pc.ConnConfig.RuntimeParams["search_path"] = c.Service
	pc.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pc.ConnConfig.RuntimeParams["jit"] = "off" // our statements take less time than compiling them
	// Pages come from memory or a solid disk. With Postgres's 4 a table of a few hundred rows is read whole, by plans that
	// a connection, and every foreign key, keeps while the table grows.
	pc.ConnConfig.RuntimeParams["random_page_cost"] = "1.1"
	// Who stands still in the middle of a transaction, stopped or without a processor, must not hold its locks for ever: the other
	// copies wait for them, until all their connections do.
	pc.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(Deadline.Milliseconds(), 10)
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open database of %s: %w", c.Service, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database of %s: %w", c.Service, err)
	}
	return &DB{service: c.Service, pool: pool, wake: make(chan struct{}, 1)}, nil
}

// Close waits for running transactions and closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Service is the schema's name.
func (db *DB) Service() string { return db.service }

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// Stat is what the pool of connections does.
func (db *DB) Stat() *pgxpool.Stat { return db.pool.Stat() }

// Committed signals, without counting, that something was committed through this DB since it was last read.
// It only shortens the relay's wait: a signal that is lost costs one poll.
func (db *DB) Committed() <-chan struct{} { return db.wake }

// how often a transaction that lost a race (serialization, deadlock) is run again.
const tries = 4

// InTx runs fn in one transaction as the actor. fn may run again after a deadlock, so it must only touch the tx.
// Nothing is committed when fn returns an error; AfterCommit functions run only after the commit.
// When the commit's own answer is lost the error says so and the work may or may not be there: commands need idempotency keys.
func (db *DB) InTx(ctx context.Context, a actor.Actor, fn func(ctx context.Context, tx pgx.Tx) error) error {
	opening, err := db.opening(a)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		err := db.once(ctx, a, opening, fn)
		if err == nil || try == tries || !lostRace(err) {
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, a actor.Actor, opening []write, fn func(ctx context.Context, tx pgx.Tx) error) error {
	later := &after{}
	inner := context.WithValue(actor.Into(ctx, a), afterKey{}, later)
	if err := db.whole(ctx, opening, func(tx pgx.Tx) error { return fn(inner, tx) }); err != nil {
		return err
	}
	if a.Machine != actor.Relay && a.Machine != actor.Sealer { // its own commits would wake it for ever, and a sealer says nothing
		select {
		case db.wake <- struct{}{}:
		default:
		}
	}
	beat.Of(ctx).Works() // a loop that commits moves
	for _, f := range later.fns {
		f()
	}
	return nil
}

// whole runs fn and commits, or undoes all.
func (db *DB) whole(ctx context.Context, opening []write, fn func(tx pgx.Tx) error) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Release() // one that is still in a transaction is closed
	t := &gathering{conn: conn.Conn(), opening: opening}
	defer t.undo(ctx)
	if err := fn(t); err != nil {
		return err
	}
	return t.commit(ctx)
}

// opening is what comes before the first statement: the transaction, the role, and who it is for row-level security.
func (db *DB) opening(a actor.Actor) ([]write, error) {
	role := db.service + "_person"
	if a.Machine != "" {
		if !word.MatchString(a.Machine) {
			return nil, fmt.Errorf("begin: %q is no machine actor", a.Machine)
		}
		role = db.service + "_" + a.Machine
	} else if !id.Valid(a.Person.ID) {
		return nil, errors.New("begin: nobody acts")
	}
	set := []string{"set_config('role', $1, true)"} // one statement for the role and who it is
	args := []any{role}
	for _, s := range []struct{ name, value string }{
		{"person", a.Person.ID}, {"org", a.Organisation}, {"role", a.Role}, {"purpose", a.Purpose}, {"grant", a.BreakGlass},
	} {
		if s.value != "" { // what is not said is not there: every setting of a transaction ends with it
			args = append(args, s.value)
			set = append(set, fmt.Sprintf("set_config('waypost.%s', $%d, true)", s.name, len(args)))
		}
	}
	return []write{{what: "begin", sql: "begin"}, {what: "begin", sql: "select " + strings.Join(set, ", "), args: args}}, nil
}

type afterKey struct{}

type after struct{ fns []func() }

// AfterCommit has f run once the transaction that ctx belongs to is committed: hints and wake-ups, whose loss costs only a moment.
// Outside a transaction f runs at once.
func AfterCommit(ctx context.Context, f func()) {
	l, ok := ctx.Value(afterKey{}).(*after)
	if !ok {
		f()
		return
	}
	l.fns = append(l.fns, f)
}

func lostRace(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// Passing tells whether the error is of the kind that goes away by itself: the server is gone, restarting or full.
// The same work may be tried again later; it says nothing about whether a lost commit happened.
func Passing(err error) bool {
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) {
		return true // whatever it says that it can not begin for: a server that was cut off says much before it is well
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code[:2] {
		case "08", "53", "57", "58", "40":
			return true
		}
		return pe.Code == "25P03" // idle in a transaction for too long, and ended: nothing was committed
	}
	return pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed") ||
		strings.Contains(err.Error(), "unexpected EOF") || strings.Contains(err.Error(), "closed pool") ||
		strings.Contains(err.Error(), "connection reset") || strings.Contains(err.Error(), "broken pipe")
}

// Violates tells whether err is the violation of the named unique index, foreign key or check.
func Violates(err error, constraint string) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && strings.HasPrefix(pe.Code, "23") && pe.ConstraintName == constraint
}

// Column is a place that holds personal data in the clear; each service lists its own, and erasure clears them.
type Column struct{ Table, Column string }

// Deadline bounds a person's wait for the database.
const Deadline = 15 * time.Second
