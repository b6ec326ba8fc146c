package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/services/all/internal/faults/book"
)

// Result is what came out of a round.
type Result struct {
	Round    int            `json:"round"`
	Seed     uint64         `json:"seed"`
	Began    time.Time      `json:"began"`
	Took     time.Duration  `json:"took_ns"`
	Faults   map[string]int `json:"faults"`
	Fired    map[string]int `json:"failpoints"`
	Left     []string       `json:"not_possible_here,omitempty"`
	Never    []string       `json:"never_came_about,omitempty"`
	Acked    int64          `json:"acked"`
	Undone   int64          `json:"undone"` // acknowledged after a backup that was put back: gone, and not counted as acknowledged
	Refused  int64          `json:"refused"`
	Unknown  int64          `json:"unknown"`
	Again    int64          `json:"sent_again"`
	Settled  time.Duration  `json:"settled_within_ns"` // from the last fault and the last command until all had heard all
	Lost     int64          `json:"lost"`
	Doubled  int64          `json:"doubled"`
	Wrong    int64          `json:"wrong"`
	Thin     int64          `json:"thin"`                   // events that streams lacked when all was healed, before they were made anew
	Faulty   []string       `json:"answered_500,omitempty"` // whatever breaks, a service may be busy or away, and not at a loss
	Controls int            `json:"controls"`
	Passed   []string       `json:"controls_that_passed,omitempty"` // each of them is a failure of the campaign
}

// total of faults.
func (r Result) total() (n int) {
	for _, k := range r.Faults {
		n += k
	}
	return n
}

// Good tells whether the round shows what it must.
func (r Result) Good() bool {
	return r.Lost+r.Doubled+r.Wrong == 0 && len(r.Passed) == 0 && len(r.Never) == 0 && len(r.Faulty) == 0
}

// verdict has the oracle look at what a round left behind, and fills in r.
func (c *campaign) verdict(ctx context.Context, r Result, left []string) (Result, error) {
	r.Seed, r.Began, r.Faults, r.Fired, r.Left, r.Never = c.seed, c.began.UTC(), c.did, c.fired, left, c.never()
	r.Acked, r.Refused, r.Unknown, r.Again = c.book.Count(book.Done), c.book.Count(book.Refused), c.book.Count(book.Unknown), c.people.again.Load()
	for _, what := range c.cast.Failures() {
		if strings.Contains(what, " answered 500, ") {
			r.Faulty = append(r.Faulty, what)
		}
	}
	unsaid, err := c.unsaid(ctx)
	if err != nil {
		return r, err
	}
	switch unsaid = append(unsaid, c.beyond.undone()...); {
	case len(unsaid) == 0:
	case c.Smoke || c.partial(): // a short round need not have all
		c.say("not in this round: %s", strings.Join(unsaid, "; "))
	default:
		r.Never = append(r.Never, unsaid...)
	}
	p := &c.beyond.play.Counts
	c.say("beside them: %d came to a desk, %d were referred, %d offers answered, %d cases discussed, %d acts came to nothing", p.Visits.Load(), p.Requested.Load(), p.Answered.Load(), p.Discussed.Load(), p.Failed.Load())
	for _, name := range slices.Sorted(maps.Keys(c.beyond.done)) {
		c.say("    %4d  %s", c.beyond.done[name], name)
	}
	look, err := c.look(ctx, 3*time.Minute)
	if err != nil {
		return r, err
	}
	if r.Thin = look.thin; r.Thin > 0 {
		if look, err = c.refill(ctx, look); err != nil {
			return r, err
		}
		look.wrong += look.thin
	}
	fmt.Fprintf(c.Out, "%s\n", look.text)
	r.Never = append(r.Never, c.unseen(look.text)...)
	broken, err := c.trails(ctx)
	if err != nil {
		return r, err
	}
	look.wrong += broken
	r.Undone = figure(look.text, "undone")
	r.Acked -= r.Undone
	r.Lost, r.Doubled, r.Wrong, r.Settled = look.lost, look.doubled, look.wrong, look.settled
	r.Took = time.Since(c.began)
	if r.Lost+r.Doubled+r.Wrong > 0 {
		c.dump(ctx)
	}
	return r, nil
}

// luck are the rules about time that may look at nothing in a smoke round, each with its reason.
var luck = map[string]string{
	"a training that has ended was said to have": "four days must go by after somebody wrote one down, and no backup undo it",
}

var nothing = regexp.MustCompile(`(?m)^unseen=(.+)$`)

// unseen names the rules about time that looked at nothing and should have had something to look at.
func (c *campaign) unseen(text string) (names []string) {
	for _, m := range nothing.FindAllStringSubmatch(text, -1) {
		switch {
		case c.partial(), c.Smoke && luck[m[1]] != "":
			c.say("looked at nothing in this round: %s", m[1])
		default:
			names = append(names, "something for the oracle to look at: "+m[1])
		}
	}
	return names
}

// dump keeps the database of invented people, for whoever finds out what went wrong: its disk goes with the round.
func (c *campaign) dump(ctx context.Context) {
	path := filepath.Join(c.site.dir, "database.dump")
	if out, err := exec.CommandContext(ctx, "pg_dump", "--format=custom", "--file="+path, "--dbname="+c.site.Databases.Main).CombinedOutput(); err != nil {
		c.say("the database could not be kept: %v: %s", err, out)
		return
	}
	c.say("the database is kept in %s", path)
}

// sight is what the oracle saw.
type sight struct {
	text                       string
	lost, doubled, wrong, thin int64
	settled                    time.Duration
}

// broken is how much does not hold.
func (s sight) broken() int64 { return s.lost + s.doubled + s.wrong + s.thin }

var lastLine = regexp.MustCompile(`lost=(\d+) doubled=(\d+) `)

// look has the oracle look at everything. It is a program of its own that shares no code with what it looks at.
func (c *campaign) look(ctx context.Context, settle time.Duration) (s sight, err error) {
	seed, err := c.oracleSeed()
	if err != nil {
		return s, err
	}
	cert, err := c.site.Certificate("bootstrap")
	if err != nil {
		return s, err
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, filepath.Join(c.site.Bin, "check"), "-database", c.site.Databases.Main, "-area", c.site.Area,
		"-settle", settle.String(), "-book", filepath.Join(c.site.dir, "book.jsonl"), "-beside", strings.Join(c.beyond.who, ","), "-brokers", c.site.BrokerURL(), "-seed-file", seed,
		"-tls-ca", cert.CA, "-tls-cert", cert.Cert, "-tls-key", cert.Key,
		"-walls", "-poison="+strconv.FormatBool(len(c.poisoned) > 0), "-clocks", "-ahead", c.clock.Ahead().String(), "-settled-file", filepath.Join(c.site.dir, "settled"))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err = cmd.Run()
	s.text = said.String()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return s, fmt.Errorf("ask the oracle: %w", err)
	}
	found := lastLine.FindStringSubmatch(s.text)
	if found == nil {
		return s, fmt.Errorf("the oracle did not finish: %s", s.text)
	}
	s.lost, _ = strconv.ParseInt(found[1], 10, 64)    // digits
	s.doubled, _ = strconv.ParseInt(found[2], 10, 64) // digits
	s.wrong, s.thin = figure(s.text, "wrong"), figure(s.text, "thin")
	s.settled = time.Since(began)
	if b, err := os.ReadFile(filepath.Join(c.site.dir, "settled")); err == nil {
		s.settled, _ = time.ParseDuration(strings.TrimSpace(string(b))) // ours
	}
	return s, nil
}

// refill makes the streams anew that lack something, and looks again. The oracle names a few of what it misses, which need not be of all of them.
func (c *campaign) refill(ctx context.Context, seen sight) (sight, error) {
	for range c.site.Services {
		streams := seen.lacking()
		c.say("streams lack %d events, which everybody has heard; made anew, as the runbook says: %s", seen.thin, strings.Join(streams, ", "))
		if err := c.remake(ctx, streams); err != nil {
			return seen, err
		}
		var err error
		if seen, err = c.look(ctx, 3*time.Minute); err != nil || seen.thin == 0 {
			return seen, err
		}
	}
	return seen, nil
}

var missed = regexp.MustCompile(`(?m)^ +thin: (\w+) `)

// lacking are speakers of whose stream the oracle named a missing event.
func (s sight) lacking() (speakers []string) {
	for _, m := range missed.FindAllStringSubmatch(s.text, -1) {
		speakers = append(speakers, m[1])
	}
	slices.Sort(speakers)
	return slices.Compact(speakers)
}

// remake makes streams anew; the relays, which look at their stream when they start, fill them from the outboxes.
func (c *campaign) remake(ctx context.Context, speakers []string) error {
	nc, js, err := c.as("bootstrap")
	if err != nil {
		return err
	}
	defer nc.Close()
	once, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	c.leave(speakers...)
	for _, s := range speakers {
		if err := bus.Delete(once, js, s); err != nil {
			return err
		}
	}
	return errors.Join(c.site.Bootstrap(ctx), c.back(speakers...), c.site.Ready(ctx), c.filled(ctx, js, speakers))
}

// filled waits until streams have as many messages as the outboxes have events of the present epoch: older ones are not sent again.
func (c *campaign) filled(ctx context.Context, js jetstream.JetStream, speakers []string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for _, s := range speakers {
		var n uint64
		if err := c.site.admin.QueryRow(ctx, "select count(*) from "+s+".outbox join "+s+".relay_state using (partition, epoch)").Scan(&n); err != nil {
			return err
		}
		for got := uint64(0); got < n; {
			if err := c.hold(ctx, 100*time.Millisecond); err != nil {
				return fmt.Errorf("the stream of %s has %d of %d events again: %w", s, got, n, err)
			}
			if stream, err := js.Stream(ctx, bus.Stream(s)); err == nil {
				got = stream.CachedInfo().State.Msgs
			}
		}
	}
	return nil
}

// figure is a line name=number of what the oracle said; 0 when there is none.
func figure(text, name string) int64 {
	_, after, _ := strings.Cut(text, "\n"+name+"=")
	line, _, _ := strings.Cut(after, "\n")
	n, _ := strconv.ParseInt(line, 10, 64) // digits, or nothing
	return n
}

func (c *campaign) oracleSeed() (string, error) {
	path := filepath.Join(c.site.dir, "oracle.seed")
	return path, os.WriteFile(path, c.site.Seed("bootstrap"), 0o600)
}

// keep adds a result to the campaign's file, on the disk before it counts.
func keep(path string, r Result) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // figures for everybody
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}
