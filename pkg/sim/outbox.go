package sim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
)

// Outbox is the outbox of one speaker, in memory.
type Outbox struct {
	mu       sync.Mutex
	source   string
	rows     []*row // by seq, those that are not committed among them
	seq      int64
	places   [event.Partitions]place
	lease    lease
	wakes    []chan struct{} // of every relay there was
	restores int
}

type row struct {
	seq       int64
	committed bool
	event     *event.Event
}

type place struct {
	epoch     int
	position  int64
	published int64
	hash      []byte
}

// NewOutbox is empty. source stands in every event.
func NewOutbox(source string) *Outbox {
	o := &Outbox{source: source}
	for i := range o.places {
		o.places[i].epoch = 1
	}
	return o
}

// Tx is a transaction that says something: what it appends has its number at once, and is there for others from Commit on.
type Tx struct {
	o        *Outbox
	rows     []*row
	restores int
}

// Begin begins one.
func (o *Outbox) Begin() *Tx {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &Tx{o: o, restores: o.restores}
}

// Append adds an event. The relay's part of it is still empty.
func (t *Tx) Append(e event.Event) {
	t.o.mu.Lock()
	defer t.o.mu.Unlock()
	e.Source = t.o.source
	t.o.seq++
	r := &row{seq: t.o.seq, event: &e}
	t.rows = append(t.rows, r)
	t.o.rows = append(t.o.rows, r)
}

// Commit ends it. What it appended is never changed again, but for the relay's part. It is refused when the database was
// restored meanwhile.
func (t *Tx) Commit() (ok bool) {
	t.o.mu.Lock()
	defer t.o.mu.Unlock()
	if t.restores != t.o.restores {
		return false
	}
	for _, r := range t.rows {
		r.committed = true
	}
	for _, wake := range t.o.wakes {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	return true
}

// Rollback ends it as if it had never been; the numbers it drew are not given again.
func (t *Tx) Rollback() {
	t.o.mu.Lock()
	defer t.o.mu.Unlock()
	t.o.rows = slices.DeleteFunc(t.o.rows, func(r *row) bool { return slices.Contains(t.rows, r) })
}

// Backup is what a backup of the database has of it.
type Backup struct {
	rows []row
}

// BackUp makes one.
func (o *Outbox) BackUp() Backup {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := Backup{}
	for _, r := range o.rows {
		if r.committed {
			b.rows = append(b.rows, *r)
		}
	}
	return b
}

// Restore goes back to a backup and raises the epoch, as outbox.RaiseEpoch does; transactions that were open are undone. Whoever
// relayed must be dead. It returns the ids of what was said since.
func (o *Outbox) Restore(b Backup) (gone map[string]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	gone = map[string]bool{}
	for _, r := range o.rows {
		gone[r.event.ID] = r.committed
	}
	epoch := 0
	for _, p := range o.places {
		epoch = max(epoch, p.epoch+1)
	}
	o.rows, o.restores, o.lease.until = nil, o.restores+1, time.Time{}
	for _, r := range b.rows {
		kept := r
		o.rows = append(o.rows, &kept)
		delete(gone, r.event.ID)
	}
	for i := range o.places {
		o.places[i] = place{epoch: epoch}
	}
	return gone
}

// Relay is the outbox as one relay sees it.
func (o *Outbox) Relay(holder string, lease time.Duration) outbox.Store {
	wake := make(chan struct{}, 1)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wakes = append(o.wakes, wake)
	return &relayStore{o: o, wake: wake, right: right{holder: holder, lasts: lease}}
}

type relayStore struct {
	o    *Outbox
	wake chan struct{}
	right
}

func (s *relayStore) Committed() <-chan struct{} { return s.wake }

func (s *relayStore) Take(context.Context) (bool, error) {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	return s.take(&s.o.lease), nil
}

func (s *relayStore) Release(context.Context) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.release(&s.o.lease)
	return nil
}

func (s *relayStore) Renew(context.Context) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	return s.renew(&s.o.lease)
}

func (s *relayStore) Number(_ context.Context, most int) ([]*event.Event, error) {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	var fresh []*row
	for _, r := range s.o.rows {
		if r.committed && r.event.Position == 0 && len(fresh) < most {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if err := s.renew(&s.o.lease); err != nil {
		return nil, err
	}
	out := make([]*event.Event, len(fresh))
	for i, r := range fresh {
		p := &s.o.places[r.event.Partition]
		p.position++
		e := *r.event
		e.Epoch, e.Position, e.PrevHash = p.epoch, p.position, p.hash
		e.Hash = e.ChainHash(p.hash)
		p.hash = e.Hash
		r.event, out[i] = &e, &e
	}
	return out, nil
}

func (s *relayStore) Unpublished(_ context.Context, most int) ([]*event.Event, error) {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	var out []*event.Event
	for _, r := range s.o.rows {
		p := s.o.places[r.event.Partition]
		if r.event.Epoch == p.epoch && r.event.Position > p.published {
			out = append(out, r.event)
		}
	}
	slices.SortFunc(out, inOrder)
	return out[:min(most, len(out))], nil
}

func inOrder(a, b *event.Event) int {
	if a.Partition != b.Partition {
		return a.Partition - b.Partition
	}
	return int(a.Position - b.Position)
}

func (s *relayStore) Mark(_ context.Context, run map[int]int64) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	if err := s.renew(&s.o.lease); err != nil {
		return err
	}
	for partition, position := range run {
		if position > s.o.places[partition].position {
			return errors.New("mark published: beyond what was numbered")
		}
	}
	for partition, position := range run {
		p := &s.o.places[partition]
		p.published = max(p.published, position)
	}
	return nil
}

func (s *relayStore) Tails(_ context.Context, expires time.Time) ([]outbox.Tail, error) {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	var tails []outbox.Tail
	for n, p := range s.o.places {
		if p.position == 0 {
			continue
		}
		t := outbox.Tail{Partition: n, Epoch: p.epoch, Published: p.published}
		for _, r := range s.o.rows {
			e := r.event
			if e.Partition == n && e.Epoch == p.epoch && e.Position <= p.published && e.Time.Before(expires) {
				t.Expired = max(t.Expired, e.Position)
			}
		}
		tails = append(tails, t)
	}
	return tails, nil
}

func (s *relayStore) Hash(_ context.Context, partition, epoch int, position int64) ([]byte, error) {
	if e := s.o.at(partition, epoch, position); e != nil {
		return bytes.Clone(e.Hash), nil
	}
	return nil, nil
}

func (s *relayStore) TakeBack(_ context.Context, stands map[int]int64) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	if err := s.renew(&s.o.lease); err != nil {
		return err
	}
	for partition, position := range stands {
		p := &s.o.places[partition]
		p.published = min(p.published, position)
	}
	return nil
}

func (o *Outbox) at(partition, epoch int, position int64) *event.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.rows {
		if e := r.event; position > 0 && e.Partition == partition && e.Epoch == epoch && e.Position == position {
			return e
		}
	}
	return nil
}

// Replay is outbox.Replay.
func (o *Outbox) Replay(partition, epoch int, from, to int64) []*event.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []*event.Event
	for _, r := range o.rows {
		if e := r.event; e.Position > 0 && e.Partition == partition && e.Epoch == epoch && e.Position >= from && e.Position <= to {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, inOrder)
	return out[:min(outbox.MostReplayed, len(out))]
}

// Heads is outbox.Heads.
func (o *Outbox) Heads() (heads []outbox.Head) {
	o.mu.Lock()
	defer o.mu.Unlock()
	type key struct{ partition, epoch int }
	ends := map[key]int64{}
	for n, p := range o.places {
		if p.position > 0 || p.epoch > 1 {
			ends[key{n, p.epoch}] = p.position
		}
	}
	for _, r := range o.rows {
		if e := r.event; e.Position > 0 {
			k := key{e.Partition, e.Epoch}
			ends[k] = max(ends[k], e.Position)
		}
	}
	for k, position := range ends {
		heads = append(heads, outbox.Head{Partition: k.partition, Epoch: k.epoch, Position: position})
	}
	slices.SortFunc(heads, func(a, b outbox.Head) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Epoch, b.Epoch))
	})
	return heads
}

// lease is the row that says who may do a job. It is the database's, and so is its clock.
type lease struct {
	holder string
	term   int64
	until  time.Time
}

// right is one process's claim on it.
type right struct {
	holder string
	lasts  time.Duration
	term   int64
}

func (r *right) take(l *lease) bool {
	now := time.Now()
	if !l.until.Before(now) && l.holder != r.holder {
		return false
	}
	l.holder, l.until = r.holder, now.Add(r.lasts)
	l.term++
	r.term = l.term
	return true
}

func (r *right) renew(l *lease) error {
	if l.term != r.term {
		return pg.ErrLeaseLost
	}
	l.until = time.Now().Add(r.lasts)
	return nil
}

func (r *right) release(l *lease) {
	if l.term == r.term {
		l.until = time.Time{}
	}
}
