// Package faults breaks a running Waypost in every way it can think of while people work with it, and has an oracle look at
// what is left. Its promise is not that nothing goes wrong, but that nothing that was acknowledged is lost or done twice.
package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
	"example.org/waypost/services/all/internal/faults/book"
	"example.org/waypost/services/all/internal/faults/disk"
)

// Options of a campaign.
type Options struct {
	Dir    string // where it works and keeps what came out; a campaign that was stopped goes on there
	Smoke  bool   // one short round
	Rounds int    // of the whole; 0: 12
	Seed   uint64 // of the first round; the next has the next
	Only   string // break only in this way; for finding a fault again
	Most   int    // break only so often in a round; 0: as planned
	Out    io.Writer
}

// partial tells whether this is to find something, and proves nothing by itself.
func (o Options) partial() bool { return o.Only != "" || o.Most > 0 }

// acked is how many commands a round wants acknowledged, at the least.
func (o Options) acked() int64 {
	if o.Smoke {
		return 21_500 // 20,000 and what restores undo
	}
	return 60_000
}

// campaign is one round.
type campaign struct {
	Options
	seed     uint64
	chance   *rand.Rand
	site     *site
	people   *people
	cast     *demo.Cast  // who they are to the platform
	clock    *demo.Clock // which everybody goes by
	on       *stage.Stage
	beyond   *neighbours
	book     *book.Book
	began    time.Time
	fired    map[string]int
	poisoned map[string]int
	did      map[string]int
	missed   map[string]int
	spoiled  memory         // by a control, until it is put right
	beside   sync.WaitGroup // faults that go on beside the next ones
}

func newCampaign(o Options, seed uint64) *campaign {
	return &campaign{
		Options: o, seed: seed, began: time.Now(), chance: rand.New(rand.NewPCG(seed, 0)),
		clock: demo.NewClock(time.Now()),
		fired: map[string]int{}, poisoned: map[string]int{}, did: map[string]int{}, missed: map[string]int{},
	}
}

// round plays one round and says what came out.
func round(ctx context.Context, o Options, n int) (r Result, err error) {
	c := newCampaign(o, o.Seed+uint64(n))
	dir := filepath.Join(o.Dir, fmt.Sprintf("round-%d", n))
	if err := os.RemoveAll(dir); err != nil {
		return r, err
	}
	root := disk.Possible()
	c.say("round %d, seed %d: starting three brokers, a database and two copies of six services", n, c.seed)
	if c.site, err = build(ctx, dir, root); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.site.close(context.WithoutCancel(ctx))) }()
	c.say("all of it runs; people move in")
	c.clock.Moved = c.hands
	on, err := stage.AttachAt(ctx, c.site.Databases.Main, c.site.Address, c.clock.Now)
	if err != nil {
		return r, err
	}
	defer func() { _ = on.Close() }()
	on.Cast.HTTP.Timeout = 15 * time.Second
	c.on = on
	c.cast = on.Cast
	if c.book, err = book.Open(filepath.Join(dir, "book.jsonl")); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.book.Shut()) }()
	if c.people, err = open(ctx, on, c.book, c.seed); err != nil {
		return r, err
	}
	if c.beyond, err = moveIn(ctx, on, c.people.office, c.seed); err != nil {
		return r, err
	}
	return c.run(ctx, root)
}

// pace is how many commands people begin a second, at the most.
const pace = 65

func (c *campaign) run(ctx context.Context, root bool) (r Result, err error) {
	if c.Only == "" {
		if r.Controls, r.Passed, err = c.morning(ctx); err != nil {
			return r, err
		}
	}
	ticks := time.NewTicker(time.Second / pace)
	defer ticks.Stop()
	c.people.pace = ticks.C
	home := begin(ctx, c.people.work)
	defer home()
	away := begin(ctx, c.beyond.live)
	defer away()

	todo, left := c.plan(root)
	for i := 0; i < len(todo); i++ {
		k := todo[i]
		err := k.do(c, ctx)
		switch {
		case ctx.Err() != nil:
			return r, ctx.Err()
		case errors.Is(err, errNobodyCame):
			if c.missed[k.name]++; c.missed[k.name] <= chances {
				todo = append(todo, k)
			}
		case err != nil:
			c.say("%s: %v", k.name, err) // what is told now need not wait until everybody has gone home
			return r, fmt.Errorf("%s: %w", k.name, err)
		default:
			c.did[k.name]++
		}
		c.say("%4d of %d  %-52s %7d acknowledged", i+1, len(todo), k.name, c.book.Count(book.Done))
		if err := c.hold(ctx, c.long(200*time.Millisecond, 500*time.Millisecond)+time.Duration(c.chance.IntN(600))*time.Millisecond); err != nil {
			return r, err
		}
	}
	c.site.heal()
	c.say("nothing is broken any more; people go on until enough is acknowledged")
	c.beside.Wait()
	if err := c.enough(ctx); err != nil {
		return r, err
	}
	c.say("everybody goes home")
	home()
	away()
	if err := c.allSaid(ctx); err != nil {
		return r, err
	}
	c.say("all is healed; looking at what is left")
	return c.verdict(ctx, r, left)
}

// begin has something go on until end is called, which returns when it has ended.
func begin(ctx context.Context, what func(ctx context.Context)) (end func()) {
	day, over := context.WithCancel(ctx)
	var going sync.WaitGroup
	going.Go(func() { what(day) })
	return func() { over(); going.Wait() }
}

// chances is how often a kind that did not come about is tried once more.
const chances = 5

// morning is before anything breaks: people do a little, and the oracle must see each of the controls in that. With all that a day
// leaves behind it would see them as well, and take ten times as long.
func (c *campaign) morning(ctx context.Context) (n int, passed []string, err error) {
	if err := c.some(ctx, 500); err != nil {
		return 0, nil, err
	}
	if err := c.clean(ctx); err != nil {
		return 0, nil, err
	}
	c.say("what must fail")
	return c.controls(ctx)
}

// plan is what is broken in this round, in the order in which it is; left is what can not be done here.
func (c *campaign) plan(root bool) (todo []kind, left []string) {
	for _, k := range kinds() {
		n := k.whole
		if c.Smoke {
			n = k.smoke
		}
		if c.Only != "" && c.Only != k.name {
			continue
		}
		if k.root && !root {
			left = append(left, k.name)
			continue
		}
		for range n {
			todo = append(todo, k)
		}
	}
	c.chance.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
	if c.Most > 0 && len(todo) > c.Most {
		todo = todo[:c.Most]
	}
	return todo, left
}

// enough lets people go on until so much was acknowledged that the round says something; it gives up when nothing goes on.
func (c *campaign) enough(ctx context.Context) error {
	before, since := int64(-1), time.Now()
	for !c.partial() && c.book.Count(book.Done) < c.acked() {
		if err := c.hold(ctx, time.Second); err != nil {
			return err
		}
		if now := c.book.Count(book.Done); now > before {
			before, since = now, time.Now()
		}
		if time.Since(since) > time.Minute {
			return fmt.Errorf("nothing was acknowledged for a minute: %v", c.people.last.Load())
		}
	}
	return nil
}

func (c *campaign) hold(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// long is how long something lasts: the short time in a smoke round.
func (c *campaign) long(short, long time.Duration) time.Duration {
	if c.Smoke {
		return short
	}
	return long
}

func (c *campaign) say(format string, args ...any) {
	at := time.Since(c.began).Truncate(time.Second)
	fmt.Fprintf(c.Out, "%02d:%02d  %s\n", int(at.Minutes()), int(at.Seconds())%60, fmt.Sprintf(format, args...))
}

// isOf tells whether a broker's consumer is a reader's.
func isOf(consumer, reader string) bool {
	return consumer == reader || len(consumer) > len(reader) && consumer[:len(reader)] == reader && !isLetter(consumer[len(reader)])
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' }

// never names what should have happened and did not: a failpoint that never fired, a kind of fault that never came about.
func (c *campaign) never() (names []string) {
	if c.partial() {
		return nil
	}
	for _, p := range failpoints {
		if c.hasFired(p); c.fired[p] == 0 {
			names = append(names, p)
		}
	}
	for name := range c.missed {
		if c.did[name] == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
