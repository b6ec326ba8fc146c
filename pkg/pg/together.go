package pg

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"sync"

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
	c := &company{holder: map[string]*strand{}}
	switch t := tx.(type) {
	case *gathering:
		c.on = t
	case *strand:
		c.on = t
	}
	if c.on == nil || len(pieces) < 2 {
		for _, piece := range pieces {
			if err := piece(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}
	defer c.end()
	for _, piece := range pieces {
		c.add(ctx, piece)
	}
	return c.run(ctx)
}

// Hold keeps other pieces of work that run together with this one away from what the keys name, all at once, until this one ends.
// Elsewhere it does nothing: there the transaction's locks do.
func Hold(tx pgx.Tx, keys ...string) error {
	s, ok := tx.(*strand)
	if !ok {
		return nil
	}
	_, err := s.ask(question{holds: keys})
	return err
}

// company is the pieces of work that run together, on the transaction or as part of a piece of another company.
type company struct {
	on      carrier
	strands []*strand
	holder  map[string]*strand
}

// carrier takes a round to the database.
type carrier interface {
	pgx.Tx
	round(ctx context.Context, r round) (pgx.BatchResults, error)
	add(writes []write)
}

// round is what travels at once: the early questions, the writes, and the questions that must see them.
type round struct {
	holds       []string
	early, late []*strand
	writes      []write
}

// strand is one piece of work, and the transaction as it sees it.
type strand struct {
	on    carrier
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
	s := &strand{on: c.on}
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
		if err := c.answer(ctx, ready); err != nil {
			return err
		}
	}
	c.on.add(c.writes(c.strands, true))
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

// writes takes what strands want written, merged: of those that have ended, or of those that have not.
func (c *company) writes(of []*strand, ended bool) []write {
	var queues [][]write
	for _, s := range of {
		if s.ended == ended && len(s.later) > 0 {
			queues = append(queues, s.later)
			s.later = nil
		}
	}
	return merge(queues)
}

// answer answers those who are ready, in one round trip. First the questions of those who write nothing before them and lock
// nothing; then what ended strands wrote, because what they held may be another's now.
func (c *company) answer(ctx context.Context, ready []*strand) error {
	r := round{writes: c.writes(c.strands, true)}
	for _, s := range ready {
		r.holds = append(r.holds, s.asked.holds...)
		if len(s.later) == 0 && len(s.asked.holds) == 0 {
			r.early = append(r.early, s)
		} else {
			r.late = append(r.late, s)
		}
	}
	r.writes = append(r.writes, c.writes(ready, false)...)
	sent, err := c.on.round(ctx, r)
	if err != nil {
		return err
	}
	err = c.hand(sent, r)
	if sent != nil {
		err = errors.Join(err, sent.Close())
	}
	return err
}

// hand gives each its answers, in the order in which they come.
func (c *company) hand(sent pgx.BatchResults, r round) error {
	for _, s := range r.early {
		s.got = &answers{from: sent, left: len(s.asked.queries)}
		if err := c.resume(s); err != nil {
			return err
		}
	}
	for _, w := range r.writes {
		if _, err := sent.Exec(); err != nil {
			return fmt.Errorf("%s: %w", w.what, err)
		}
	}
	for _, s := range r.late {
		s.got = &answers{from: sent, left: len(s.asked.queries)}
		if err := c.resume(s); err != nil {
			return err
		}
	}
	return nil
}

func (t *gathering) add(writes []write) { t.later = append(t.later, writes...) }

// round sends nothing when nothing is asked or written; then there are no results.
func (t *gathering) round(ctx context.Context, r round) (pgx.BatchResults, error) {
	b := r.batch()
	if b.Len() == 0 {
		return nil, nil
	}
	return t.send(ctx, t.writes(), b)
}

func (s *strand) add(writes []write) { s.later = append(s.later, writes...) }

// round is a question of the strand's own, for its pieces.
func (s *strand) round(_ context.Context, r round) (pgx.BatchResults, error) {
	got, err := s.ask(question{holds: r.holds, queries: r.batch().QueuedQueries})
	if err != nil {
		return nil, err
	}
	return got, nil
}

func (r round) batch() *pgx.Batch {
	b := &pgx.Batch{}
	ask := func(of []*strand) {
		for _, s := range of {
			for _, q := range s.asked.queries {
				b.Queue(q.SQL, q.Arguments...) // without its callback, which is the strand's to run
			}
		}
	}
	ask(r.early)
	for _, w := range r.writes {
		b.Queue(w.sql, w.args...)
	}
	ask(r.late)
	return b
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
		if locks(x.SQL) {
			for _, a := range x.Arguments {
				q.holds = append(q.holds, named(a)...)
			}
		}
	}
	return q
}

// named is the ids among the arguments of a statement.
func named(arg any) (ids []string) {
	switch a := arg.(type) {
	case string:
		return []string{a}
	case []string:
		return a
	case pgx.NamedArgs:
		for _, x := range a {
			ids = append(ids, named(x)...)
		}
	}
	return ids
}

var (
	locking = regexp.MustCompile(`(?i)\bfor\s+(no\s+key\s+)?(update|share)\b(\s+of\s+\w+)?(\s+skip\s+locked)?`)
	known   sync.Map // sql: whether it locks rows that another may hold
)

func locks(sql string) bool {
	if l, ok := known.Load(sql); ok {
		return l.(bool)
	}
	found := false
	for _, m := range locking.FindAllStringSubmatch(sql, -1) {
		found = found || m[4] == ""
	}
	known.Store(sql, found)
	return found
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
func (s *strand) Conn() *pgx.Conn                       { return s.on.Conn() }

func (s *strand) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, errAlone
}

func (s *strand) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, errAlone
}
