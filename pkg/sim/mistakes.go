package sim

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/outbox"
)

// Mistake is a way of relaying or reading that is known to lose, double or disorder. The simulation is worth something only if
// it finds each of them.
type Mistake string

// The mistakes of relays.
const (
	MarkBeforeAck  Mistake = "mark what is not acknowledged, and never look at what the stream has"
	IDCursor       Mistake = "number what has a higher id than the last, and nothing else"
	VerifyByNumber Mistake = "believe that the stream has everything, because its last number is high enough"
	Anywhere       Mistake = "publish at the stream's end, wherever that is"
)

func (w *world) makes(m Mistake) bool { return slices.Contains(w.mistakes, m) }

// mistaken is a store as a wrong relay uses it.
func (w *world) mistaken(s outbox.Store) outbox.Store {
	r, ok := s.(*relayStore)
	if ok && w.makes(IDCursor) {
		return &cursor{r}
	}
	return s
}

type cursor struct {
	*relayStore
}

func (c *cursor) Number(ctx context.Context, most int) ([]*event.Event, error) {
	c.o.mu.Lock()
	var last int64
	for _, r := range c.o.rows {
		if r.event.Position > 0 {
			last = max(last, r.seq)
		}
	}
	for _, r := range c.o.rows {
		if r.seq < last && r.event.Position == 0 {
			r.committed = false // it does not look there any more
		}
	}
	c.o.mu.Unlock()
	return c.relayStore.Number(ctx, most)
}

// misled is a stream as a wrong relay uses it.
func (w *world) misled(s *speaker, l *line) outbox.Stream {
	switch {
	case w.makes(MarkBeforeAck):
		return &hasty{l}
	case w.makes(VerifyByNumber):
		return &counting{line: l, s: s}
	case w.makes(Anywhere):
		return &careless{l}
	}
	return l
}

// hasty does not wait.
type hasty struct{ *line }

func (h *hasty) Publish(e *event.Event, after uint64) (func(ctx context.Context) (outbox.Ack, error), error) {
	if _, err := h.line.Publish(e, after); err != nil {
		return nil, err
	}
	return func(context.Context) (outbox.Ack, error) { return outbox.Ack{}, nil }, nil
}

// counting looks at the number of the last message, and believes that it is the one that had it.
type counting struct {
	*line
	s *speaker
}

func (c *counting) Publish(e *event.Event, _ uint64) (func(ctx context.Context) (outbox.Ack, error), error) {
	acked, err := c.line.Publish(e, outbox.Anywhere)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (outbox.Ack, error) {
		ack, err := acked(ctx)
		c.s.highest = max(c.s.highest, ack.Sequence)
		return ack, err
	}, nil
}

func (c *counting) Ends(ctx context.Context, partition int) (first, last *event.Event, err error) {
	if n, err := c.to.Last(ctx); err != nil || n < c.s.highest {
		return c.line.Ends(ctx, partition)
	}
	c.s.outbox.mu.Lock()
	p := c.s.outbox.places[partition]
	c.s.outbox.mu.Unlock()
	return c.s.outbox.at(partition, p.epoch, 1), c.s.outbox.at(partition, p.epoch, p.published), nil
}

// careless does not say behind what it publishes.
type careless struct{ *line }

func (c *careless) Publish(e *event.Event, _ uint64) (func(ctx context.Context) (outbox.Ack, error), error) {
	return c.line.Publish(e, outbox.Anywhere)
}

// The mistakes of readers.
const (
	AckBeforeCommit Mistake = "acknowledge before the work is committed, and ask nobody how far they are"
	NoDedupe        Mistake = "take every event for new"
	NoTailWatch     Mistake = "ask nobody how far they are"
	AroundAHole     Mistake = "go on around a hole"
	NoteApart       Mistake = "note what was heard in a transaction of its own"
	AnswerApart     Mistake = "answer in a transaction of its own"
	RingApart       Mistake = "say what is due, and note it in a transaction of its own"
)

// misheard is an inbox as a wrong reader uses it.
func (w *world) misheard(b *Inbox, p *process) inbox.Store {
	switch {
	case w.makes(NoDedupe):
		return &greedy{b}
	case w.makes(NoteApart):
		return &apart{b, p}
	case w.makes(AnswerApart):
		return &later{b, p}
	}
	return b
}

// greedy does not remember what it had.
type greedy struct{ *Inbox }

func (g *greedy) Claim(_ context.Context, _ pgx.Tx, batch []inbox.Arrival) (map[string]bool, error) {
	fresh := map[string]bool{}
	for _, a := range batch {
		fresh[a.ID] = true
	}
	return fresh, nil
}

// apart notes first what it heard, and has the effect afterwards.
type apart struct {
	*Inbox
	p *process
}

func (a *apart) InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return a.Inbox.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		t := ours(tx)
		noted := *t
		noted.apply, noted.parks, noted.audits, noted.says, noted.dues = nil, nil, nil, nil, nil
		if err := a.Inbox.InTx(ctx, func(_ context.Context, tx pgx.Tx) error {
			*ours(tx) = noted
			return nil
		}); err != nil {
			return err
		}
		t.claims, t.ends = nil, nil
		return a.p.thread("effect").step(ctx, "effect", func() error { return nil })
	})
}

// later answers when it has heard, unless it is gone by then.
type later struct {
	*Inbox
	p *process
}

func (a *later) InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	var says []event.Event
	err := a.Inbox.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		t := ours(tx)
		says, t.says = t.says, nil
		return nil
	})
	if err != nil || len(says) == 0 {
		return err
	}
	_ = a.p.thread("answer").step(ctx, "answer", func() error { a.speaks.says(says); return nil }) // nobody asks again: it was heard
	return nil
}

// overheard is a stream as a wrong reader uses it.
func (w *world) overheard(e *ear) inbox.Stream {
	if w.makes(AckBeforeCommit) {
		return &polite{e}
	}
	return e
}

// polite acknowledges at once.
type polite struct{ *ear }

func (e *polite) Listen(ctx context.Context, speaker string, group int, into chan<- inbox.Delivery) error {
	between := make(chan inbox.Delivery)
	done := make(chan error, 1)
	go func() { done <- e.ear.Listen(ctx, speaker, group, between) }()
	for {
		select {
		case d := <-between:
			if err := d.Message.Ack(); err != nil {
				return err
			}
			d.Message = nil
			select {
			case into <- d:
			case <-ctx.Done():
				return <-done
			}
		case err := <-done:
			return err
		}
	}
}

// around is a replay that says of everything that it was nothing.
func around(_ context.Context, speaker string, partition, epoch int, from, to int64) (out []*event.Event, err error) {
	for n := from; n <= to; n++ {
		id := fmt.Sprintf("00000000-0000-4000-8%03x-%012x", partition, n)
		out = append(out, &event.Event{ID: id, Type: "waypost." + speaker + ".nothing_said.v1", Partition: partition, Epoch: epoch, Position: n})
	}
	return out, nil
}
