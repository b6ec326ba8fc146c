package standing

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
)

// Asker asks a speaker what is left to hear of it.
type Asker func(ctx context.Context, speaker string, heard []Lane) ([]Left, error)

// Source is where a service's state is read from.
type Source struct {
	DB       *pg.DB
	Speakers []string
	Holder   string
	Watch    *Watch
	Ask      Asker
	Overdue  map[string]Count // by the clock's name
	Now      func() time.Time
	Since    time.Time
}

// Count counts the clocks of one kind that have run out by now, as the machine "clock".
type Count func(ctx context.Context, tx pgx.Tx, now time.Time) (int64, error)

// Read tells how the service stands. It does not fail: what can not be read is left out, and said in Unread or Asked.
func (s Source) Read(ctx context.Context) State {
	st := State{
		Service: s.DB.Service(), At: s.Now().UTC(), Since: s.Since, Holder: s.Holder,
		Heard: make([]Heard, len(s.Speakers)), Leases: []Lease{}, Overdue: []Overdue{},
	}
	for i, sp := range s.Speakers {
		st.Heard[i] = Heard{Speaker: sp, Lanes: []Lane{}, Holes: []Hole{}}
	}
	err := s.DB.InTx(ctx, actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		return pg.Together(ctx, tx, []func(ctx context.Context, tx pgx.Tx) error{st.said, st.lanes, st.parked, st.leases})
	})
	if err == nil {
		err = s.overdue(ctx, &st)
	}
	if err != nil {
		st.Unread = "the database does not answer"
	} else {
		s.askSpeakers(ctx, &st)
	}
	s.Watch.tell(&st)
	st.sum()
	return st
}

// said takes rows that have no number yet for unpublished too: a relay that does not number is as bad as one that does not publish.
func (st *State) said(ctx context.Context, tx pgx.Tx) error {
	var unnumbered int64
	var first *time.Time
	err := tx.QueryRow(ctx, `select (select count(*) from outbox where position is null), coalesce(sum(s.position), 0)::bigint, coalesce(sum(s.published), 0)::bigint,
			least(min(o.occurred_at), (select occurred_at from outbox where position is null order by seq limit 1))
		from relay_state s left join outbox o on o.epoch = s.epoch and o.partition = s.partition and o.position = s.published + 1`).
		Scan(&unnumbered, &st.Said.Numbered, &st.Said.Published, &first)
	if err != nil {
		return err
	}
	st.Said.Unpublished = unnumbered + st.Said.Numbered - st.Said.Published
	st.Said.Oldest = utc(first)
	return nil
}

func (st *State) lanes(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select speaker, partition, epoch, position from inbox_progress where consumer = $1 order by speaker, partition`, st.Service)
	if err != nil {
		return err
	}
	var speaker string
	var l Lane
	_, err = pgx.ForEachRow(rows, []any{&speaker, &l.Partition, &l.Epoch, &l.Position}, func() error {
		if h := st.from(speaker); h != nil {
			h.Lanes = append(h.Lanes, l)
			h.Position += l.Position
		}
		return nil
	})
	return err
}

func (st *State) parked(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select speaker, count(*), count(*) filter (where due_at < $2), min(first_at) from parked
		where consumer = $1 and settled_at is null group by speaker`, st.Service, st.At)
	if err != nil {
		return err
	}
	var speaker string
	var p Parked
	var oldest *time.Time
	_, err = pgx.ForEachRow(rows, []any{&speaker, &p.Count, &p.Due, &oldest}, func() error {
		if h := st.from(speaker); h != nil {
			p.Oldest = utc(oldest)
			h.Parked = p
		}
		return nil
	})
	return err
}

// leases are judged by the database's clock, which gave them.
func (st *State) leases(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select name, holder, term, until, until < clock_timestamp(), until = 'epoch' from lease order by name`)
	if err != nil {
		return err
	}
	var l Lease
	var back bool
	_, err = pgx.ForEachRow(rows, []any{&l.Job, &l.Holder, &l.Term, &l.Until, &l.Over, &back}, func() error {
		l.Ours, l.Until = l.Holder == st.Holder && !l.Over, l.Until.UTC()
		if back {
			l.Holder, l.Until = "", time.Time{}
		}
		st.Leases = append(st.Leases, l)
		return nil
	})
	return err
}

func (s Source) overdue(ctx context.Context, st *State) error {
	if len(s.Overdue) == 0 {
		return nil
	}
	return s.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		for name, count := range s.Overdue {
			n, err := count(ctx, tx, st.At)
			if err != nil {
				return err
			}
			st.Overdue = append(st.Overdue, Overdue{name, n})
		}
		return nil
	})
}

// askTime bounds a question to a speaker.
const askTime = 2 * time.Second

func (s Source) askSpeakers(ctx context.Context, st *State) {
	if s.Ask == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var all sync.WaitGroup
	for i := range st.Heard {
		h := &st.Heard[i]
		all.Go(func() {
			if left, err := s.Ask(ctx, h.Speaker, h.Lanes); err == nil {
				h.compare(left)
			}
		})
	}
	all.Wait()
}

// compare puts what the speaker answered beside what was heard.
func (h *Heard) compare(left []Left) {
	h.Asked = true
	for _, l := range left {
		h.Behind += l.Behind
		if !l.Next.IsZero() && (h.Oldest.IsZero() || l.Next.Before(h.Oldest)) {
			h.Oldest = l.Next
		}
		i := 0
		for i < len(h.Lanes) && h.Lanes[i].Partition != l.Partition {
			i++
		}
		if i == len(h.Lanes) {
			h.Lanes = append(h.Lanes, Lane{Partition: l.Partition, Epoch: l.Epoch})
		}
		h.Lanes[i].Head, h.Lanes[i].Behind = l.Head, l.Behind
	}
}

func (st *State) from(speaker string) *Heard {
	for i := range st.Heard {
		if st.Heard[i].Speaker == speaker {
			return &st.Heard[i]
		}
	}
	return nil
}

func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
