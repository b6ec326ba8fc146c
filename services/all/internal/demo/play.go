package demo

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.org/waypost/deploy/sample"
)

// Play has invented people act on referrals that it sent itself, and on no others.
type Play struct {
	Cast    *Cast
	Setting Setting
	Rates   map[string]sample.Rate
	Seed    uint64
	Now     func() time.Time
	After   func(from time.Time, workingHours float64) time.Time // when something happens that takes people so long
	Short   bool                                                 // help ends after one meeting, for who watches it live
	Trouble func(error)                                          // hears what should not happen; nil: nobody

	Seldom *Seldom // nil: only what the rates bring

	Counts Counts

	mu   sync.Mutex
	todo queue
	nth  int
	ours map[string]*thread // by referral
	seen map[string]bool    // offers and escalations that were looked at
	refs map[string]string  // practice and number → patient ref

	tables []*table       // one for each chair
	on     map[string]int // patient ref → visit, of whom the play put on an agenda
	spoken map[string]int // patient ref → how often a meeting spoke of them
}

// Counts is what the play did; what came of it the checker counts.
type Counts struct {
	Visits, Declined, Signposted, Requested, Answered, Discussed, Helped, Failed atomic.Int64
}

// thread is one referral of ours.
type thread struct {
	Visit
	desk     *Client
	referral string
	mu       sync.Mutex
	attempts int
}

// act is something that somebody will do.
type act struct {
	at  time.Time
	nth int
	do  func(ctx context.Context) error
}

type queue []act

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].nth < q[j].nth
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(act)) }
func (q *queue) Pop() any     { old := *q; x := old[len(old)-1]; *q = old[:len(old)-1]; return x }

// Expect puts visits on the list of what will happen.
func (p *Play) Expect(visits ...Visit) {
	for _, v := range visits {
		p.at(v.At, func(ctx context.Context) error { return p.visit(ctx, v) })
	}
}

func (p *Play) at(when time.Time, do func(ctx context.Context) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nth++
	heap.Push(&p.todo, act{when, p.nth, do})
}

// soon is at, after so many working hours.
func (p *Play) soon(hours float64, do func(ctx context.Context) error) {
	p.at(p.After(p.Now(), hours), do)
}

// Left is how many things will still happen.
func (p *Play) Left() int { p.mu.Lock(); defer p.mu.Unlock(); return len(p.todo) }

// atOnce is how many people act at the same time.
const atOnce = 8

// Run does what is due now. What somebody else made impossible meanwhile is passed over; other trouble is told and the play goes on.
func (p *Play) Run(ctx context.Context) {
	var due []act
	p.mu.Lock()
	for now := p.Now(); len(p.todo) > 0 && !p.todo[0].at.After(now); {
		due = append(due, heap.Pop(&p.todo).(act))
	}
	p.mu.Unlock()
	inParallel(ctx, len(due), func(i int) { p.try(ctx, due[i].do) })
}

func (p *Play) try(ctx context.Context, do func(ctx context.Context) error) {
	err := do(ctx)
	if err == nil || ctx.Err() != nil || Overtaken(err) {
		return
	}
	p.Counts.Failed.Add(1)
	if p.Trouble != nil {
		p.Trouble(err)
	}
}

func inParallel(ctx context.Context, n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(atOnce, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}

// look tells whether this is the first time that the thing is seen.
func (p *Play) look(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	first := !p.seen[id]
	p.seen[id] = true
	return first
}

func (p *Play) own(t *thread) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ours == nil {
		p.ours = map[string]*thread{}
	}
	p.ours[t.referral] = t
}

// sent is a referral that has just been sent: some hours later its sender does what they owe.
func (p *Play) sent(v Visit, desk *Client, referral string, hours float64) *thread {
	p.Counts.Requested.Add(1)
	t := &thread{Visit: v, desk: desk, referral: referral}
	p.own(t)
	p.soon(hours, func(ctx context.Context) error { return p.turn(ctx, t) })
	return t
}

// threads are all of ours, in the order of their visits.
func (p *Play) threads() []*thread {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(maps.Values(p.ours), func(a, b *thread) int { return cmp.Compare(a.N, b.N) })
}

func (p *Play) thread(referral string) *thread {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ours[referral]
}

// next is the chance for the thread's next decision.
func (p *Play) rate(name string) float64 { return p.Rates[name].Value }

func path(service, format string, args ...any) string {
	return "/api/" + service + "/v1" + fmt.Sprintf(format, args...)
}
