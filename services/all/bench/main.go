// Command bench measures how fast a referral becomes visible, from the request at a practice to the receiver's tray and the
// case, and how many whole lives of referrals go through. It measures, in turn and on the same kind of database and broker, the
// smallest program that could do the same, one hop of it with Watermill, and Waypost. It prints a table, writes the figures as
// JSON and as a drawing, and ends in lines of key=value.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.org/waypost/services/all"
)

type settings struct {
	runs, clients, living, warm int
	long, alone, most           time.Duration
	rates                       []int
	only, out, profile          string
	watermill                   tuning
}

func main() {
	s := settings{rates: []int{100, 300}}
	flag.IntVar(&s.runs, "runs", 5, "how often each is started and measured; the median counts")
	flag.DurationVar(&s.long, "for", 20*time.Second, "how long each phase lasts")
	flag.DurationVar(&s.alone, "alone", 5*time.Second, "how long referrals are sent one after the other, for the time of one")
	flag.DurationVar(&s.most, "most", 40*time.Minute, "no round is begun that would end later than this")
	flag.IntVar(&s.clients, "clients", 32, "how many ask at once")
	flag.IntVar(&s.living, "living", 256, "how many whole lives go on at once")
	flag.IntVar(&s.warm, "warm", 500, "referrals before anything is measured")
	flag.Func("rates", "at how many a second, by a schedule, times are measured (100,300)", func(v string) (err error) {
		s.rates, err = numbers(v)
		return err
	})
	flag.IntVar(&s.watermill.outboxes, "outboxes", 4, "into how many parts, each with a forwarder, Watermill's outbox is put")
	flag.IntVar(&s.watermill.handlers, "handlers", 1, "how many of Watermill's handlers share one consumer; more than one give up the order")
	flag.StringVar(&s.only, "only", "", "measure only these: floor,watermill,waypost")
	flag.StringVar(&s.out, "out", "bin", "the folder for bench.json and bench.svg")
	flag.StringVar(&s.profile, "profile", "", "write where Waypost's processor time goes to this file, for go tool pprof")
	l := &long{out: os.Stdout, sizes: []int{100_000, 1_300_000}}
	flag.StringVar(&l.dir, "long", "", "measure instead how Waypost does as its cases become many, in this folder, which is kept and gone on with")
	flag.StringVar(&l.program, "waypost", "bin/waypost", "the program, for -long")
	flag.Func("sizes", "at how many cases, for -long (100000,1300000)", func(v string) (err error) {
		l.sizes, err = numbers(v)
		return err
	})
	flag.IntVar(&l.copied, "copied", 0, "from how many cases on more are copied in Postgres, for -long; 0: all come through the API")
	flag.DurationVar(&l.lasting, "lasting", 10*time.Minute, "how long whole lives go on at the last size, for -long")
	flag.IntVar(&l.rate, "returns", 100, "at how many a second referrals come while a part is away, for -long; 0: none goes away")
	flag.IntVar(&l.samples, "samples", 500, "how often each thing is asked, for -long")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	measure := func() error { return run(ctx, os.Stdout, s) }
	if l.dir != "" {
		l.clients, l.living = s.clients, s.living
		measure = func() error { return l.run(ctx) }
	}
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func numbers(v string) (out []int, err error) {
	for x := range strings.SplitSeq(v, ",") {
		n, err := strconv.Atoi(x)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number above 0", x)
		}
		out = append(out, n)
	}
	return out, nil
}

func run(ctx context.Context, out io.Writer, s settings) error {
	all.Tune() // one collector for everybody
	m, err := describe()
	if err != nil {
		return err
	}
	measured, err := contenders(s.only, s.watermill)
	if err != nil {
		return err
	}
	r := report{Machine: m, At: time.Now().UTC(), Runs: s.runs, Phase: s.long}
	fmt.Fprintf(out, "%s\n%d turns each, one after the other, %v a phase: %d clients as fast as they can, then by a schedule, then whole lives, %d at once; medians\n\n",
		m, s.runs, s.long, s.clients, s.living)
	if err := turns(ctx, out, measured, s); err != nil {
		return err
	}
	for _, c := range measured {
		r.Figures = append(r.Figures, c.figures)
	}
	r.table(out)
	if err := r.write(s.out); err != nil {
		return err
	}
	r.last(out)
	return nil
}

// profile begins to count and returns how to end; it does nothing unless it is wanted.
func profile(wanted bool, name string) (stop func(), err error) {
	if !wanted || name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}
