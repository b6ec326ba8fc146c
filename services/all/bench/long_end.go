package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"example.org/waypost/services/all"
)

// lasting is what came of whole lives that went on for long, beside so many cases.
type lasting struct {
	PerSecond float64       `json:"lives_per_second"`
	Lives     int           `json:"lives"`
	For       time.Duration `json:"for_ns"`
	RSS       float64       `json:"rss_mib"` // at their end
}

// anew is how long it took to make something of so many events.
type anew struct {
	Events int64         `json:"events"`
	Took   time.Duration `json:"took_ns"`
}

// each is the time for a hundred thousand.
func (a anew) each() time.Duration {
	if a.Events == 0 {
		return 0
	}
	return time.Duration(float64(a.Took) / float64(a.Events) * 100_000)
}

// sustain has whole lives go on for as long as it was asked. There are patients for mostLives; should they run out, that
// is an error, and not a rate.
func (l *long) sustain(ctx context.Context, s *size) error {
	if l.lasting == 0 {
		return nil
	}
	if err := l.Prepare(ctx, l.living+int(l.lasting.Seconds()*mostLives)); err != nil {
		return err
	}
	lives, err := live(ctx, l.product, l.lasting, l.living)
	if err != nil {
		return err
	}
	if lives.short {
		return fmt.Errorf("%d patients were too few", lives.n)
	}
	s.Lives = lasting{PerSecond: lives.PerSecond, Lives: lives.n, For: l.lasting, RSS: residentOf(l.waypost.pid())}
	return l.Settle(ctx)
}

// mostLives is how many lives a second there are patients for.
const mostLives = 200

// stream makes the stream of the largest speaker anew from its database, as make rebuild does.
func (l *long) stream(ctx context.Context, s *size) error {
	w, err := all.Running(l.dir + "/waypost")
	if err != nil {
		return err
	}
	const largest = "coordination"
	if err := l.Admin.QueryRow(ctx, `select count(*) from `+largest+`.outbox`).Scan(&s.StreamAnew.Events); err != nil {
		return err
	}
	began := time.Now()
	if err := w.Rebuild(ctx, io.Discard, largest, time.Hour); err != nil {
		return err
	}
	s.StreamAnew.Took = time.Since(began)
	return nil
}

// copies has mdt forget what it heard from the others, and hear it again: Waypost is killed, so that nobody knows better, and
// the readers fetch what they lack.
func (l *long) copies(ctx context.Context, s *size) error {
	if err := l.Admin.QueryRow(ctx, `select count(*) from mdt.inbox`).Scan(&s.CopiesAnew.Events); err != nil {
		return err
	}
	before, err := l.heard(ctx)
	if err != nil {
		return err
	}
	if _, err := l.Admin.Exec(ctx, `truncate mdt.inbox, mdt.inbox_progress, mdt.`+strings.Join(copiesOfMDT, `, mdt.`)); err != nil {
		return err
	}
	began := time.Now()
	if err := l.again(ctx, (*process).kill); err != nil {
		return err
	}
	if err := l.Settle(ctx); err != nil {
		return err
	}
	s.CopiesAnew.Took = time.Since(began)
	after, err := l.heard(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(before, after) {
		return fmt.Errorf("copies made anew: %v rows, and there were %v", after, before)
	}
	return nil
}

// copiesOfMDT are what mdt knows from events alone, while nobody has a meeting.
var copiesOfMDT = []string{"known", "patient_case", "happened", "referral_fact"}

func (l *long) heard(ctx context.Context) (rows []int64, err error) {
	for _, table := range copiesOfMDT {
		var n int64
		if err := l.Admin.QueryRow(ctx, `select count(*) from mdt.`+table).Scan(&n); err != nil {
			return nil, err
		}
		rows = append(rows, n)
	}
	return rows, nil
}

// again ends Waypost, in one way or another, and starts it.
func (l *long) again(ctx context.Context, end func(*process) error) error {
	l.Close()
	l.product = nil
	if err := end(l.waypost); err != nil {
		return err
	}
	if err := l.up(ctx); err != nil {
		return fmt.Errorf("start again: %w", err)
	}
	return nil
}
