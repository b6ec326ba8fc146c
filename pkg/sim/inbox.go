package sim

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
)

// Inbox is the inbox of one reader, in memory, with the effects of what it applied.
type Inbox struct {
	mu       sync.Mutex
	leases   map[string]*lease
	claimed  map[string]bool // by event id
	places   map[spot]bool
	progress map[lane]inbox.Progress
	parked   []Kept
	applied  []Kept // in the order of their commits
	audited  []Kept

	speaks *speaker // who answers; nil: nobody
	dues   []*due
}

type lane struct {
	speaker   string
	partition int
}

type spot struct {
	lane
	epoch    int
	position int64
}

// Kept is an event that was parked or applied.
type Kept struct {
	ID, Speaker, About string
	asks, due          bool
}

// NewInbox is empty.
func NewInbox() *Inbox {
	return &Inbox{leases: map[string]*lease{}, claimed: map[string]bool{}, places: map[spot]bool{}, progress: map[lane]inbox.Progress{}}
}

// inboxTx is a transaction: what it did is there for others when it is committed, or never.
type inboxTx struct {
	pgx.Tx // nil: it is not Postgres
	b      *Inbox
	claims []inbox.Arrival
	ends   []inbox.Progress
	parks  []Kept
	apply  []Kept
	audits []Kept
	says   []event.Event
	dues   []*due
}

// errRaced is what one of two transactions gets that claim the same: as after a deadlock, it may try again.
var errRaced = errors.Join(errors.New("another transaction was faster"), context.DeadlineExceeded)

// InTx runs fn and keeps what it did, unless another transaction claimed the same meanwhile.
func (b *Inbox) InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	t := &inboxTx{b: b}
	if err := fn(ctx, t); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range t.claims {
		if b.knows(a) {
			return errRaced
		}
	}
	for _, a := range t.claims {
		b.claimed[a.ID] = true
		if a.Position > 0 {
			b.places[spotOf(a)] = true
		}
	}
	for _, p := range t.ends {
		l := lane{p.Speaker, p.Partition}
		if at := b.progress[l]; at.Epoch < p.Epoch || at.Epoch == p.Epoch && at.Position < p.Position {
			b.progress[l] = p
		}
	}
	b.parked, b.applied, b.dues = append(b.parked, t.parks...), append(b.applied, t.apply...), append(b.dues, t.dues...)
	b.audited = append(b.audited, t.audits...)
	if len(t.says) > 0 {
		b.speaks.says(t.says)
	}
	return nil
}

func spotOf(a inbox.Arrival) spot {
	return spot{lane{a.Speaker, a.Partition}, a.Epoch, a.Position}
}

func (b *Inbox) knows(a inbox.Arrival) bool {
	return b.claimed[a.ID] || a.Position > 0 && b.places[spotOf(a)]
}

func ours(tx pgx.Tx) *inboxTx {
	t, ok := tx.(*inboxTx)
	if !ok {
		panic("sim: a transaction from elsewhere")
	}
	return t
}

// Apply is the effect of an event. It is not idempotent: applied twice it shows.
func Apply(tx pgx.Tx, k Kept) {
	t := ours(tx)
	t.apply = append(t.apply, k)
}

// Claim finds out which are new.
func (b *Inbox) Claim(_ context.Context, tx pgx.Tx, batch []inbox.Arrival) (map[string]bool, error) {
	t := ours(tx)
	b.mu.Lock()
	defer b.mu.Unlock()
	fresh := map[string]bool{}
	in := map[spot]bool{}
	for _, a := range batch {
		if fresh[a.ID] || b.knows(a) || a.Position > 0 && in[spotOf(a)] {
			continue
		}
		fresh[a.ID], in[spotOf(a)] = true, true
		t.claims = append(t.claims, a)
	}
	return fresh, nil
}

// Quarantined reads what is parked.
func (b *Inbox) Quarantined(_ context.Context, tx pgx.Tx, cases []string) (map[string]bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked, out := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		asked[c] = true
	}
	for _, k := range append(b.parked[:len(b.parked):len(b.parked)], ours(tx).parks...) {
		if k.About != "" && asked[k.About] {
			out[k.About] = true
		}
	}
	return out, nil
}

// Park keeps an event for a person.
func (b *Inbox) Park(_ context.Context, tx pgx.Tx, d inbox.Delivery, _ string) error {
	t := ours(tx)
	t.parks = append(t.parks, Kept{ID: d.ID, Speaker: d.Speaker, About: d.About})
	return nil
}

// Audit leaves a row of each.
func (b *Inbox) Audit(_ context.Context, tx pgx.Tx, heard []inbox.Heard) error {
	t := ours(tx)
	for _, h := range heard {
		t.audits = append(t.audits, Kept{ID: h.ID, Speaker: h.Speaker, About: h.About})
	}
	return nil
}

// Save moves the progress on.
func (b *Inbox) Save(_ context.Context, tx pgx.Tx, ends []inbox.Progress) error {
	t := ours(tx)
	t.ends = append(t.ends, ends...)
	return nil
}

// Progress is how far everybody was heard.
func (b *Inbox) Progress(context.Context) (all []inbox.Progress, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.progress {
		all = append(all, p)
	}
	return all, nil
}

// taken is one holder's lease.
type taken struct {
	b *Inbox
	l *lease
	right
}

// Check looks whether it still is.
func (k *taken) Check(context.Context, pgx.Tx) error {
	k.b.mu.Lock()
	defer k.b.mu.Unlock()
	if k.l.term != k.term {
		return pg.ErrLeaseLost
	}
	return nil
}

// Take asks for a lease.
func (b *Inbox) Take(_ context.Context, name, holder string, lasts time.Duration) (inbox.Lease, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leases[name] == nil {
		b.leases[name] = &lease{}
	}
	k := &taken{b: b, l: b.leases[name], right: right{holder: holder, lasts: lasts}}
	return k, k.take(k.l), nil
}

var errForeign = errors.New("the lease was not taken here")

// Renew keeps a lease.
func (b *Inbox) Renew(_ context.Context, l inbox.Lease) error {
	k, ok := l.(*taken)
	if !ok {
		return errForeign
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return k.renew(k.l)
}

// Release gives it back.
func (b *Inbox) Release(_ context.Context, l inbox.Lease) error {
	k, ok := l.(*taken)
	if !ok {
		return errForeign
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k.release(k.l)
	return nil
}

// Leases are those that have not run out.
func (b *Inbox) Leases(_ context.Context, prefix string) (map[string]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]string{}
	for name, l := range b.leases {
		if strings.HasPrefix(name, prefix) && l.until.After(time.Now()) {
			out[name] = l.holder
		}
	}
	return out, nil
}

// Heard is what was applied and what is parked.
func (b *Inbox) Heard() (applied, parked []Kept, at []inbox.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.progress {
		at = append(at, p)
	}
	return append([]Kept(nil), b.applied...), append([]Kept(nil), b.parked...), at
}

// Audited is what the trail has a row of.
func (b *Inbox) Audited() []Kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Kept(nil), b.audited...)
}
