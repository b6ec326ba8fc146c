package sim

import (
	"context"
	"slices"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
)

// Mistake is a way of relaying or reading that is known to lose, double or disorder. The simulation is worth something only if
// it finds each of them.
type Mistake string

// The mistakes of relays.
const (
	MarkBeforeAck  Mistake = "mark what is not acknowledged"
	IDCursor       Mistake = "number what has a higher id than the last, and nothing else"
	VerifyByNumber Mistake = "believe that the stream has everything, because its last number is high enough"
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
	}
	return l
}

// hasty does not wait.
type hasty struct{ *line }

func (h *hasty) Publish(e *event.Event) (func(ctx context.Context) (outbox.Ack, error), error) {
	if _, err := h.line.Publish(e); err != nil {
		return nil, err
	}
	return func(context.Context) (outbox.Ack, error) { return outbox.Ack{Duplicate: true}, nil }, nil
}

// counting looks at the number of the last message, and believes that it is the one that had it.
type counting struct {
	*line
	s *speaker
}

func (c *counting) Publish(e *event.Event) (func(ctx context.Context) (outbox.Ack, error), error) {
	acked, err := c.line.Publish(e)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (outbox.Ack, error) {
		ack, err := acked(ctx)
		c.s.highest = max(c.s.highest, ack.Sequence)
		ack.Duplicate = true // so that no number is looked at
		return ack, err
	}, nil
}

func (c *counting) Ends(ctx context.Context, partition int) (first, last *event.Event, err error) {
	if c.to.length() < c.s.highest {
		return c.line.Ends(ctx, partition)
	}
	c.s.outbox.mu.Lock()
	p := c.s.outbox.places[partition]
	c.s.outbox.mu.Unlock()
	return c.s.outbox.at(partition, p.epoch, 1), c.s.outbox.at(partition, p.epoch, p.published), nil
}
