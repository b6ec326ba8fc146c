package pg

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrTangled says that pieces of work wait for each other's locks: do them one after the other.
var ErrTangled = errors.New("these can not be done together")

// Together does several pieces of work, each about another case, side by side in one transaction. Each is written as if it were
// alone; only one runs at any moment, until it asks the database something. When all have asked, their writes travel merged
// (one insert for all rows of a table) and their questions with them, in one round trip.
//
// They share the transaction, so its row locks do not keep them apart: what locks a row ("for update") or calls Hold waits
// here until the piece that did so with the same id has ended. Whatever else two pieces may both change must be held too.
// An error of one is the error of all. tx must be what InTx gave.
func Together(ctx context.Context, tx pgx.Tx, pieces []func(ctx context.Context, tx pgx.Tx) error) error {
	t, ok := tx.(*gathering)
	if !ok || len(pieces) < 2 {
		for _, piece := range pieces {
			if err := piece(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}
	c := &company{t: t, holder: map[string]*strand{}}
	defer c.end()
	for _, piece := range pieces {
		c.add(ctx, piece)
	}
	return c.run(ctx)
}

// Hold keeps other pieces of work that run together with this one away from what key names, until this one ends. Elsewhere
// it does nothing: there the transaction's locks do.
func Hold(tx pgx.Tx, key string) error {
	s, ok := tx.(*strand)
	if !ok {
		return nil
	}
	_, err := s.ask(question{holds: []string{key}})
	return err
}

// company is the pieces of work that run together.
type company struct {
	t       *gathering
	strands []*strand
	holder  map[string]*strand
}

// strand is one piece of work, and the transaction as it sees it.
type strand struct {
	t     *gathering
	ctx   context.Context
	later []write
	next  func() (question, bool)
	stop  func()
	yield func(question) bool
	asked question
	got   *answers
	err   error
	ended bool
}

// question is what a strand waits for: the locks first, then the answers.
type question struct {
	holds   []string
	queries []*pgx.QueuedQuery
}

var errStopped = errors.New("another piece of the transaction failed")

func (c *company) add(ctx context.Context, piece func(ctx context.Context, tx pgx.Tx) error) {
	s := &strand{t: c.t, ctx: ctx}
	s.next, s.stop = iter.Pull(func(yield func(question) bool) {
		s.yield = yield
		s.err = piece(ctx, s)
	})
	c.strands = append(c.strands, s)
}

func (c *company) end() {
	for _, s := range c.strands {
		s.stop()
	}
}

func (c *company) run(ctx context.Context) error {
	for _, s := range c.strands {
		if err := c.resume(s); err != nil {
			return err
		}
	}
	for {
		ready, waiting := c.ready()
		if len(ready) == 0 {
			if waiting {
				return ErrTangled
			}
			break
		}
		if err := c.round(ctx, ready); err != nil {
			return err
		}
	}
	c.t.later = append(c.t.later, c.writes(c.strands)...)
	return nil
}

// resume lets a strand run on to its next question or its end.
func (c *company) resume(s *strand) (err error) {
	var more bool
	s.asked, more = s.next()
	if s.got != nil {
		err = s.got.drain()
		s.got = nil
	}
	if more {
		return err
	}
	s.ended = true
	for key, h := range c.holder {
		if h == s {
			delete(c.holder, key)
		}
	}
	return errors.Join(s.err, err)
}

// ready are the strands that may be answered, those that waited longest first; what they hold is theirs from now on.
func (c *company) ready() (ready []*strand, waiting bool) {
	for _, s := range c.strands {
		if s.ended {
			continue
		}
		waiting = true
		free := true
		for _, key := range s.asked.holds {
			if h := c.holder[key]; h != nil && h != s {
				free = false
			}
		}
		if !free {
			continue
		}
		for _, key := range s.asked.holds {
			c.holder[key] = s
		}
		ready = append(ready, s)
	}
	return ready, waiting
}

// writes takes what strands want written, merged; those that ended first, because what they held may be another's now.
func (c *company) writes(of []*strand) []write {
	var ended, running [][]write
	for _, s := range c.strands {
		if s.ended && len(s.later) > 0 {
			ended = append(ended, s.later)
			s.later = nil
		}
	}
	for _, s := range of {
		if len(s.later) > 0 {
			running = append(running, s.later)
			s.later = nil
		}
	}
	out := append(c.t.later, merge(ended)...)
	c.t.later = nil
	return append(out, merge(running)...)
}

// round answers those who are ready, in one round trip.
func (c *company) round(ctx context.Context, ready []*strand) error {
	b := &pgx.Batch{}
	writes := c.writes(ready)
	for _, w := range writes {
		b.Queue(w.sql, w.args...)
	}
	for _, s := range ready {
		for _, q := range s.asked.queries {
			b.Queue(q.SQL, q.Arguments...) // without its callback, which is the strand's to run
		}
	}
	var sent pgx.BatchResults
	if b.Len() > 0 {
		sent = c.t.Tx.SendBatch(ctx, b)
	}
	err := c.answer(sent, writes, ready)
	if sent != nil {
		err = errors.Join(err, sent.Close())
	}
	return err
}

func (c *company) answer(sent pgx.BatchResults, writes []write, ready []*strand) error {
	for _, w := range writes {
		if _, err := sent.Exec(); err != nil {
			return fmt.Errorf("%s: %w", w.what, err)
		}
	}
	for _, s := range ready {
		s.got = &answers{from: sent, left: len(s.asked.queries)}
		if err := c.resume(s); err != nil {
			return err
		}
	}
	return nil
}

// ask waits for the round that answers.
func (s *strand) ask(q question) (*answers, error) {
	if s.got != nil && s.got.open != nil && !s.got.closed {
		return nil, errors.New("the rows of the question before were not read to their end")
	}
	if !s.yield(q) {
		return nil, errStopped
	}
	return s.got, nil
}

// asking is a question in SQL, with the locks it takes: the ids it names, when it locks rows.
func asking(queries ...*pgx.QueuedQuery) question {
	q := question{queries: queries}
	for _, x := range queries {
		if !locks(x.SQL) {
			continue
		}
		for _, a := range x.Arguments {
			switch a := a.(type) {
			case string:
				q.holds = append(q.holds, a)
			case []string:
				q.holds = append(q.holds, a...)
			}
		}
	}
	return q
}

func locks(sql string) bool {
	i := strings.LastIndex(sql, "for update")
	return i >= 0 && !strings.Contains(sql[i:], "skip locked")
}

func (s *strand) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	got, err := s.ask(asking(&pgx.QueuedQuery{SQL: sql, Arguments: args}))
	if err != nil {
		return nil, err
	}
	return got.Query()
}

func (s *strand) QueryRow(_ context.Context, sql string, args ...any) pgx.Row {
	got, err := s.ask(asking(&pgx.QueuedQuery{SQL: sql, Arguments: args}))
	if err != nil {
		return lastRow{err: err}
	}
	return got.QueryRow()
}

func (s *strand) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	got, err := s.ask(asking(&pgx.QueuedQuery{SQL: sql, Arguments: args}))
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return got.Exec()
}

// SendBatch asks all of b at once. Callbacks of its queries are run by Close.
func (s *strand) SendBatch(_ context.Context, b *pgx.Batch) pgx.BatchResults {
	got, err := s.ask(asking(b.QueuedQueries...))
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	got.callbacks = b.QueuedQueries
	return got
}

var errAlone = errors.New("this can not be done beside others in one transaction")

// What would take the transaction from the others is refused.
func (s *strand) Begin(context.Context) (pgx.Tx, error) { return nil, errAlone }
func (s *strand) Commit(context.Context) error          { return errAlone }
func (s *strand) Rollback(context.Context) error        { return errAlone }
func (s *strand) LargeObjects() pgx.LargeObjects        { panic(errAlone) }
func (s *strand) Conn() *pgx.Conn                       { return s.t.Conn() }

func (s *strand) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, errAlone
}

func (s *strand) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, errAlone
}
