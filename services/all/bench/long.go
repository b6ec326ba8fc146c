package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/services/all/internal/demo/stage"
	"example.org/waypost/services/all/internal/house"
)

// long measures how Waypost does as its cases become many: one that is started as everybody starts it, filled through its
// own API, and asked at each size. Its folder stays, and what was measured in it is not measured again.
type long struct {
	dir     string
	program string // of Waypost
	sizes   []int  // cases
	copied  int    // from how many cases on more are copied in Postgres; 0: all come through the API
	samples int    // how often each thing is asked
	clients int
	living  int
	lasting time.Duration // how long whole lives go on at the last size; 0: not at all
	rate    int           // at how many a second people come while parts are away; 0: none are
	out     io.Writer
	*product
	waypost *process
	grown
}

// grown is what has been measured, as it is kept in the folder.
type grown struct {
	Machine machine    `json:"machine"`
	Sizes   []size     `json:"sizes"`
	Returns []returned `json:"returns"`
}

// size is Waypost with so many cases.
type size struct {
	Asked        int           `json:"asked"` // how many there were to be; the referrals that are timed come on top
	Cases        int64         `json:"cases"`
	Closed       int64         `json:"closed"`
	Copied       bool          `json:"copied,omitempty"` // in Postgres, from those that came through the API
	Request      spread        `json:"request"`          // until it is answered: nothing is matched yet
	Matched      spread        `json:"matched"`          // from a request until it is in a tray: matched, checked and offered
	Pages        []page        `json:"pages"`
	Asks         []page        `json:"asks"`  // of coordination, by the API
	Bytes        int64         `json:"bytes"` // of the databases and the broker
	RSS          float64       `json:"rss_mib"`
	CleanStart   time.Duration `json:"clean_start_ns"` // from the program's start to its first answer, after it was asked to end
	KilledStart  time.Duration `json:"killed_start_ns"`
	GrowingTook  time.Duration `json:"growing_ns"`
	GrowingCases int64         `json:"growing_cases"` // in that time
	Lives        lasting       `json:"lives"`
	StreamAnew   anew          `json:"stream_anew"` // the largest speaker's
	CopiesAnew   anew          `json:"copies_anew"` // one service's, from what the others said
}

type page struct {
	Name string `json:"name"`
	spread
}

type spread struct {
	P50 time.Duration `json:"p50_ns"`
	P99 time.Duration `json:"p99_ns"`
}

// Of a year's 1.3 million cases 400,000 are closed.
const closedShare = 4.0 / 13

// atOnceGrown is how many cases come between two looks at how far it is.
const atOnceGrown = 10_000

func (l *long) run(ctx context.Context) (err error) {
	if err := l.recall(); err != nil {
		return err
	}
	if left := l.left(); len(left) > 0 {
		if err := l.grow(ctx, left); err != nil {
			return err
		}
	}
	if l.rate > 0 && len(l.Returns) == 0 {
		if err := l.returns(ctx); err != nil {
			return err
		}
	}
	l.table()
	return nil
}

// left are the sizes that were not measured yet; the first is that of an empty one.
func (l *long) left() []int {
	return slices.DeleteFunc(append([]int{0}, l.sizes...), func(cases int) bool {
		return slices.ContainsFunc(l.Sizes, func(s size) bool { return s.Asked == cases })
	})
}

func (l *long) grow(ctx context.Context, sizes []int) (err error) {
	if l.Machine, err = describe(); err != nil {
		return err
	}
	fmt.Fprintf(l.out, "%s\n", l.Machine)
	defer func() { err = errors.Join(err, l.down()) }()
	if err := l.up(ctx); err != nil {
		return err
	}
	for i, cases := range sizes {
		if err := l.reach(ctx, cases, i == len(sizes)-1); err != nil {
			return fmt.Errorf("at %d cases: %w", cases, err)
		}
	}
	return nil
}

// up starts Waypost on the folder and brings the people. What they are called is the same each time; patients are counted on.
func (l *long) up(ctx context.Context) (err error) {
	if l.waypost, err = start(ctx, l.program, l.dir+"/waypost"); err != nil {
		return err
	}
	url, ok := pgserver.RunningURL(l.dir + "/waypost/postgres")
	if !ok {
		return errors.New("its Postgres is not where it should be")
	}
	databases, err := house.DatabasesOf(url, "waypost", false)
	if err != nil {
		return err
	}
	s, err := stage.Attach(ctx, databases.Main, l.waypost.address)
	if err != nil {
		return err
	}
	if l.product, err = newProduct(ctx, s); err != nil {
		return err
	}
	var patients int64
	if err := l.Admin.QueryRow(ctx, `select count(*) from primarycare.patient`).Scan(&patients); err != nil {
		return err
	}
	l.sent.Store(patients)
	return nil
}

func (l *long) down() error {
	if l.product != nil {
		l.Close()
	}
	if l.waypost == nil { // it did not start
		return nil
	}
	return l.waypost.end()
}

func (l *long) cases(ctx context.Context) (all, closed int64, err error) {
	return all, closed, l.Admin.QueryRow(ctx, `select count(*), count(*) filter (where closed_at is not null) from coordination.case_record`).Scan(&all, &closed)
}

// reach has referrals come until there are so many cases, and measures: what takes long, or ends it, only at the last.
func (l *long) reach(ctx context.Context, cases int, last bool) error {
	s := size{Asked: cases}
	before, _, err := l.cases(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if s.Copied = l.copied > 0 && cases > l.copied && before >= int64(l.copied); s.Copied && before < int64(cases) {
		if err := l.multiply(ctx, cases); err != nil {
			return err
		}
		before = int64(cases)
	}
	for all := before; all < int64(cases); {
		if err := l.more(ctx, min(atOnceGrown, cases-int(all))); err != nil {
			return err
		}
		var closed int64
		if all, closed, err = l.cases(ctx); err != nil {
			return err
		}
		fmt.Fprintf(l.out, "%d of %d cases, %d closed, %.0f a second so far\n", all, cases, closed, float64(all-before)/time.Since(began).Seconds())
	}
	s.GrowingTook = time.Since(began)
	if err := l.measure(ctx, &s); err != nil {
		return err
	}
	s.GrowingCases = s.Cases - before
	if last && !s.Copied {
		for _, measure := range []func(context.Context, *size) error{l.restarts, l.stream, l.copies, l.sustain} {
			if err := measure(ctx, &s); err != nil {
				return err
			}
		}
	}
	l.Sizes = append(l.Sizes, s)
	return l.keep()
}

// more has n patients referred, as fast as it goes: a share of them to their end, the others until they are in a tray.
func (l *long) more(ctx context.Context, n int) error {
	const noEnd = time.Hour // they run out before
	whole := int(closedShare * float64(n))
	if err := l.Prepare(ctx, whole); err != nil {
		return err
	}
	w := startWatch(ctx, l.product, seldom)
	_, _, err := byMany(l.living, time.Now().Add(noEnd), func(client int) error { return life(ctx, l.product, w, client) })
	w.end()
	if err != nil {
		return err
	}
	if err := l.Prepare(ctx, n-whole); err != nil {
		return err
	}
	_, err = rush(ctx, l.product, noEnd, l.clients)
	return err
}

// measure asks one thing after the other, each alone: how long it takes beside others is what bench measures.
func (l *long) measure(ctx context.Context, s *size) (err error) {
	if err = l.Prepare(ctx, l.samples); err != nil {
		return err
	}
	if s.Request, err = l.times(func() error { _, err := l.Refer(ctx, 0); return err }); err != nil {
		return fmt.Errorf("refer: %w", err)
	}
	if s.Matched, err = l.matched(ctx); err != nil {
		return fmt.Errorf("match: %w", err)
	}
	if err = l.Settle(ctx); err != nil {
		return err
	}
	if s.Cases, s.Closed, err = l.cases(ctx); err != nil {
		return err
	}
	cases, err := l.someCases(ctx)
	if err != nil {
		return err
	}
	if s.Pages, err = l.pages(ctx, cases); err != nil {
		return err
	}
	if s.Asks, err = l.asks(ctx, cases); err != nil {
		return err
	}
	if s.Bytes, err = l.bytes(ctx); err != nil {
		return err
	}
	s.RSS = residentOf(l.waypost.pid())
	return nil
}

func (l *long) times(do func() error) (spread, error) {
	took := make([]time.Duration, l.samples)
	for i := range took {
		began := time.Now()
		if err := do(); err != nil {
			return spread{}, err
		}
		took[i] = time.Since(began)
	}
	return spread{at(took, 0.50), at(took, 0.99)}, nil
}

// bytes is what everything takes on the disk.
func (l *long) bytes(ctx context.Context) (n int64, err error) {
	if _, err = l.Admin.Exec(ctx, "checkpoint"); err != nil {
		return 0, err
	}
	if err = l.Admin.QueryRow(ctx, `select sum(pg_database_size(datname))::bigint from pg_database where datname like 'waypost%'`).Scan(&n); err != nil {
		return 0, err
	}
	err = filepath.WalkDir(l.dir+"/waypost/broker", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// restarts measures the way back, once after each kind of end. Waypost goes on with the second.
func (l *long) restarts(ctx context.Context, s *size) error {
	for _, r := range []struct {
		took *time.Duration
		end  func(*process) error
	}{{&s.CleanStart, (*process).end}, {&s.KilledStart, (*process).kill}} {
		if err := l.again(ctx, r.end); err != nil {
			return err
		}
		*r.took = l.waypost.answered.Sub(l.waypost.started)
	}
	return nil
}

const figuresFile = "bench-long.json"

func (l *long) recall() error {
	b, err := os.ReadFile(filepath.Join(l.dir, figuresFile))
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(l.dir, 0o755) //nolint:gosec // the database's user must get through
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, &l.grown)
}

func (l *long) keep() error {
	b, err := json.MarshalIndent(l.grown, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.dir, figuresFile), b, 0o644) //nolint:gosec // figures
}
