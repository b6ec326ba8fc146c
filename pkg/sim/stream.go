package sim

import (
	"context"
	"sync"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
)

// Stream is one speaker's stream, in memory, with the consumers of those who listen. Like the broker's it may lose its end,
// and gives the numbers of what was lost to what comes then.
type Stream struct {
	mu        sync.Mutex
	messages  []message // by seq
	known     map[string]uint64
	consumers map[string]*consumer
	changed   chan struct{} // closed when there is something to deliver
}

// message is what the stream has: an event, or something that is none.
type message struct {
	seq       uint64
	partition int
	event     *event.Event
	bad       error
	id        string // what it is parked under when it is no event
}

// NewStream is empty.
func NewStream() *Stream {
	return &Stream{known: map[string]uint64{}, consumers: map[string]*consumer{}, changed: make(chan struct{})}
}

// Add puts an event at the end, if that is where it is to be, and unless it is remembered.
func (s *Stream) Add(e *event.Event, after uint64) (outbox.Ack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after != outbox.Anywhere && after != s.last() {
		return outbox.Ack{}, outbox.ErrMoved
	}
	if seq, ok := s.known[e.ID]; ok {
		return outbox.Ack{Sequence: seq, Duplicate: true}, nil
	}
	seq := s.last() + 1
	s.known[e.ID] = seq
	s.put(message{seq: seq, partition: e.Partition, event: e})
	return outbox.Ack{Sequence: seq}, nil
}

// AddBad puts something at the end of a partition that is no event; id is what it is parked under.
func (s *Stream) AddBad(partition int, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(message{seq: s.last() + 1, partition: partition, bad: event.ErrMalformed, id: id})
}

func (s *Stream) put(m message) {
	s.messages = append(s.messages, m)
	s.wake()
}

func (s *Stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Stream) last() uint64 {
	if len(s.messages) == 0 {
		return 0
	}
	return s.messages[len(s.messages)-1].seq
}

// Last is the number of the last message.
func (s *Stream) Last(context.Context) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last(), nil
}

// Ends are the first and the last event of a partition.
func (s *Stream) Ends(_ context.Context, partition int) (first, last *event.Event, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if m.partition != partition {
			continue
		}
		if first == nil {
			if m.bad != nil {
				return nil, nil, m.bad
			}
			first = m.event
		}
		last, err = m.event, m.bad
	}
	if err != nil {
		return first, nil, err
	}
	return first, last, nil
}

// LoseEnd takes the last n messages away, as a power cut does: what came then gets their numbers. Consumers that were further
// stand at the new end, or starve until the stream has come to where they were.
func (s *Stream) LoseEnd(n int, starve bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose(n, starve)
}

// LoseAll deletes the stream; it is made again, and so are its consumers, from its beginning.
func (s *Stream) LoseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose(len(s.messages), false)
}

func (s *Stream) lose(n int, starve bool) {
	n = min(n, len(s.messages))
	for _, m := range s.messages[len(s.messages)-n:] {
		if m.event != nil {
			delete(s.known, m.event.ID)
		}
	}
	s.messages = s.messages[:len(s.messages)-n]
	for _, c := range s.consumers {
		for seq := range c.pending {
			if seq > s.last() {
				delete(c.pending, seq)
			}
		}
		if !starve {
			c.next = min(c.next, s.last()+1)
		}
	}
}

// Forget makes it remember no event it had: the window of its memory has passed.
func (s *Stream) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}

// Alter changes the message at i as a flipped bit would.
func (s *Stream) Alter(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i >= len(s.messages) || s.messages[i].event == nil {
		return
	}
	e := *s.messages[i].event
	e.Correlation = "00000000-0000-4000-8000-000000000000"
	s.messages[i].event = &e
}

// Events are those it has, by their number.
func (s *Stream) Events() (out []*event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if m.event != nil {
			out = append(out, m.event)
		}
	}
	return out
}

// InOrder tells whether each partition's events stand in it in the order in which they were said.
func (s *Stream) InOrder() bool {
	at := map[int]*event.Event{}
	for _, e := range s.Events() {
		if before := at[e.Partition]; before != nil && (e.Epoch < before.Epoch || e.Epoch == before.Epoch && e.Position < before.Position) {
			return false
		}
		at[e.Partition] = e
	}
	return true
}

// consumer is how far one reader was served.
type consumer struct {
	hears   func(partition int) bool
	next    uint64
	pending map[uint64]time.Time // delivered and not acknowledged, and when they come again
}

// Listen makes a consumer, from the stream's beginning.
func (s *Stream) Listen(name string, hears func(partition int) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.consumers[name] = &consumer{hears: hears, next: 1, pending: map[uint64]time.Time{}}
}

// next is what a consumer is to be delivered: what was not acknowledged in time, or the next that is new; again is when to look
// if there is nothing now, beside whenever changed is closed.
func (s *Stream) next(name string, ackWait time.Duration) (m message, ok bool, again time.Time, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.consumers[name]
	now := time.Now()
	for _, m := range s.messages {
		due, waits := c.pending[m.seq]
		switch {
		case waits && !due.After(now), !waits && m.seq >= c.next && c.hears(m.partition):
			c.pending[m.seq] = now.Add(ackWait)
			c.next = max(c.next, m.seq+1)
			return m, true, again, nil
		case waits && (again.IsZero() || due.Before(again)):
			again = due
		}
	}
	return message{}, false, again, s.changed
}

// Ack takes it that a message was handled. After a loss its number may be another's.
func (s *Stream) Ack(name string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.consumers[name].pending, seq)
}

// Nak has a message delivered again at once.
func (s *Stream) Nak(name string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.consumers[name]; c.pending[seq] != (time.Time{}) {
		c.pending[seq] = time.Now()
		s.wake()
	}
}

// Again delivers everything once more, to everybody.
func (s *Stream) Again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.consumers {
		c.next = 1
	}
	s.wake()
}

// straight is the stream over a connection that never fails.
type straight struct{ *Stream }

// Straight is the stream over a connection that never fails.
func Straight(s *Stream) outbox.Stream { return straight{s} }

func (s straight) Publish(e *event.Event, after uint64) (func(ctx context.Context) (outbox.Ack, error), error) {
	ack, err := s.Add(e, after)
	return func(context.Context) (outbox.Ack, error) { return ack, err }, nil
}

func (straight) Connection() (up bool, reconnects uint64) { return true, 0 }
