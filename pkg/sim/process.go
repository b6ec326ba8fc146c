package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// process is one process of a service. What it asks of a store, the broker or another service are its steps: each takes a
// while, its answer may be lost, and it may be the last. No two steps of the whole world happen at the same moment (they are
// drawn in nanoseconds), and each thread of a process draws for itself, so a seed plays the same whatever Go's scheduler does.
type process struct {
	w       *world
	name    string
	mortal  bool
	dead    chan struct{}
	dies    sync.Once
	stopped atomic.Int64 // until then it stands still, and does not know

	mu      sync.Mutex
	threads map[string]*thread
}

// thread is one of the things that a process does one after the other.
type thread struct {
	p     *process
	mu    sync.Mutex
	rng   *rand.Rand
	steps int
	last  int // the step at which the process ends; 0: none
}

var (
	errDead    = errors.New("the process is dead")
	errAway    = errors.New("there is no answer")
	errUnknown = errors.New("the answer was lost")
)

func (p *process) thread(name string) *thread {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.threads[name]
	if l == nil {
		l = &thread{p: p, rng: p.w.chance(p.name + " " + name)}
		if p.mortal && l.rng.IntN(4) == 0 {
			l.last = 1 + l.rng.IntN(20)
		}
		p.threads[name] = l
	}
	return l
}

// step has fn done, or not, or done and not answered.
func (l *thread) step(ctx context.Context, what string, fn func() error) (err error) {
	w := l.p.w
	l.mu.Lock()
	l.steps++
	last, fate := l.steps == l.last, l.rng.Float64()
	l.mu.Unlock()
	takes := l.latency()
	if err := l.p.wait(ctx, takes); err != nil {
		return err
	}
	w.steps.Add(1)
	defer func() { w.tell(l.p.name, "%s: %v", what, err) }()
	if w.calm.Load() {
		return fn()
	}
	if last {
		if fate < 0.5 {
			_ = fn() // it was done, and nobody is there to know
		}
		l.p.die()
		return errDead
	}
	switch r := w.risk; {
	case fate < r.fails:
		return errAway
	case fate < r.fails+r.unknown:
		_ = fn()
		return errUnknown
	}
	return fn()
}

// latency is how long a step takes: a moment as a rule, and sometimes so long that much else happens.
func (l *thread) latency() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := time.Duration(l.rng.Int64N(int64(2*time.Millisecond))) + 1
	if x := l.rng.Float64(); x < l.p.w.risk.slow && !l.p.w.calm.Load() {
		d += time.Duration(l.rng.Int64N(int64(2 * time.Second)))
	}
	return d
}

// wait lets time pass for the process, and more while it stands still.
func (p *process) wait(ctx context.Context, d time.Duration) error {
	for own := d; d > 0; {
		t := time.NewTimer(d)
		select {
		case <-p.dead:
			t.Stop()
			return errDead
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
		if d = time.Until(time.Unix(0, p.stopped.Load())); d > 0 {
			d += own // not at the same moment as all the others
		}
	}
	return nil
}

// die is kill -9: nothing it began goes on, but for what is on its way to the broker.
func (p *process) die() {
	p.dies.Do(func() {
		p.w.crashes.Add(1)
		p.w.tell(p.name, "dies")
		close(p.dead)
	})
}

// standStill is what a debugger, a full disk or a host that moves does to a process.
func (p *process) standStill(d time.Duration) { p.stopped.Store(time.Now().Add(d).UnixNano()) }

// born is the nth process of a name. Some die by themselves, but not for ever.
func (w *world) born(name string, n int) *process {
	p := &process{w: w, name: fmt.Sprintf("%s/%d", name, n), mortal: n < 4, dead: make(chan struct{}), threads: map[string]*thread{}}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.living[name] = p
	return p
}

// play runs a process until it dies or ctx ends, and another in its place, until ctx ends.
func (w *world) play(ctx context.Context, p *process, name string, run func(ctx context.Context, p *process)) {
	rng := w.chance(name)
	for n := 1; ctx.Err() == nil; n++ {
		inner, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			run(inner, p)
		}()
		select {
		case <-p.dead:
		case <-done:
		}
		stop()
		<-done
		if ctx.Err() == nil {
			pause(ctx, time.Duration(rng.Int64N(int64(2*time.Second)))+1)
			p = w.born(name, n)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// chance is what happens to one of the world's parts.
func (w *world) chance(name string) *rand.Rand {
	var h uint64 = 14695981039346656037
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return rand.New(rand.NewPCG(w.seed, h))
}

// ask is a step with an answer.
func ask[T any](ctx context.Context, l *thread, what string, fn func() (T, error)) (out T, err error) {
	err = l.step(ctx, what, func() (err error) {
		out, err = fn()
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return out, nil
}

func (l *thread) draw() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rng.Float64()
}

func (p *process) isDead() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}
