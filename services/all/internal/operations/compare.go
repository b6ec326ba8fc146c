package operations

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ledger"
)

// comparison compares all ledgers when somebody asks, one at a time. It remembers the last one, until the process ends.
type comparison struct {
	ask      chan struct{}
	changed  func()
	services Services
	names    []string
	listens  map[string][]string
	now      func() time.Time
	log      *zap.Logger
	wait     time.Duration // 0: a minute; how long events may be on their way
	again    time.Duration // 0: 2 s; between two comparisons of one run

	mu   sync.Mutex
	last Compared
}

// Compared is how a comparison went, or goes.
type Compared struct {
	Running     bool
	Read        []string // services whose ledgers were read so far
	Of          int
	Tries       int // how often it was compared in this run: events on their way are no difference
	Began       time.Time
	Ended       time.Time // of the last one that came to an end; zero: none has
	Failed      bool      // somebody did not answer
	Said, Heard int64
	Parked      int64
	Differences []string
}

// start asks for a comparison; while one runs it asks for nothing more.
func (c *comparison) start() {
	c.mu.Lock()
	if !c.last.Running {
		c.last.Running, c.last.Read, c.last.Of, c.last.Tries, c.last.Began = true, nil, len(c.names), 0, c.now().UTC()
		select {
		case c.ask <- struct{}{}:
		default: // it has not begun with the one before
		}
	}
	c.mu.Unlock()
	c.changed()
}

func (c *comparison) seen() Compared {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.last
	out.Read = slices.Clone(out.Read)
	return out
}

func (c *comparison) change(fn func(l *Compared)) {
	c.mu.Lock()
	fn(&c.last)
	c.mu.Unlock()
	c.changed()
}

func (c *comparison) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.ask:
			c.compare(ctx)
		}
	}
}

// compare compares until nothing differs, or something has for as long as wait.
func (c *comparison) compare(ctx context.Context) {
	wait, again := orElse(c.wait, time.Minute), orElse(c.again, 2*time.Second)
	began := time.Now()
	for ctx.Err() == nil {
		c.change(func(l *Compared) { l.Read, l.Tries = nil, l.Tries+1 })
		books, err := c.services.Books(ctx, func(service string) {
			c.change(func(l *Compared) { l.Read = append(l.Read, service) })
		})
		if err != nil && ctx.Err() == nil {
			c.log.Warn("compare the ledgers", zap.String("reason", httpx.Verbs(err)))
		}
		found := ledger.Compare(books, c.listens)
		if err != nil || len(found) == 0 || time.Since(began) > wait {
			c.change(func(l *Compared) { l.finish(c.now().UTC(), books, found, err != nil) })
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

func (l *Compared) finish(at time.Time, books map[string]ledger.Book, found []ledger.Difference, failed bool) {
	l.Running, l.Ended, l.Failed = false, at, failed
	l.Said, l.Heard, l.Parked, l.Differences = 0, 0, 0, nil
	for _, b := range books {
		l.Parked += b.Parked
		for _, r := range b.Said {
			l.Said += r.Count
		}
		for _, runs := range b.Heard {
			for _, r := range runs {
				l.Heard += r.Count
			}
		}
	}
	for _, d := range found {
		l.Differences = append(l.Differences, string(d))
	}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
