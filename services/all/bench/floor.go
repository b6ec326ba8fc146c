package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
)

// floor is the smallest program that does what must be done: the same rows and the same messages on the same database and
// broker, every request committed to the disk before it is answered, nothing lost when any part of it dies, nothing done
// twice. It checks nothing, seals nothing, knows no person, serves no page, and writes as many rows at once as there are.
type floor struct {
	*tables
	stop context.CancelFunc
	done sync.WaitGroup
	wake map[string]chan struct{}
}

func openFloor(ctx context.Context) (_ subject, err error) {
	f := &floor{wake: map[string]chan struct{}{}}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	for _, s := range schemas.Speakers {
		f.wake[s] = make(chan struct{}, 1)
	}
	if f.tables, err = openTables(ctx); err != nil {
		return nil, err
	}
	return f, f.start()
}

func (f *floor) start() error {
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	for _, s := range schemas.Speakers {
		nc, err := f.connect(s)
		if err != nil {
			return err
		}
		js, err := jetstream.New(nc)
		if err != nil {
			return err
		}
		f.done.Go(func() { f.relay(ctx, s, js) })
		f.done.Go(func() { f.read(ctx, s, js) })
		context.AfterFunc(ctx, nc.Close)
	}
	return nil
}

// Prepare has no patient to add: one is an id.
func (f *floor) Prepare(ctx context.Context, _ int) error { return known(ctx, f.pool) }

// What people do is one statement each, which is one transaction and one round trip.
var requests, accepts, ends = said("request"), said("accept"), said("end")

func (f *floor) Refer(ctx context.Context, _ int) (string, error) {
	referral := id.New()
	return referral, f.command(ctx, "request", requests, referral, id.New())
}

func (f *floor) Accept(ctx context.Context, m mark) error {
	return f.command(ctx, "accept", accepts, m.referral, m.patient)
}

func (f *floor) End(ctx context.Context, m mark) error {
	return f.command(ctx, "end", ends, m.referral, m.patient)
}

func (f *floor) command(ctx context.Context, name, statement, referral, ref string) error {
	c := commands[name]
	if _, err := f.pool.Exec(ctx, statement, referral, ref, filler, id.New(), carries(referral, c.says[0].bytes)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	f.nudge(c.speaker)
	return nil
}

func (f *floor) nudge(speaker string) {
	select {
	case f.wake[speaker] <- struct{}{}:
	default:
	}
}

func (f *floor) Weight(ctx context.Context) (messages, rows int64, err error) {
	var outboxes, inboxes []string
	for _, s := range schemas.Speakers {
		outboxes, inboxes = append(outboxes, s+".outbox"), append(inboxes, s+".inbox")
	}
	if err := f.settle(ctx); err != nil {
		return 0, 0, err
	}
	return weight(ctx, f.pool, schemas.Speakers, outboxes, inboxes)
}

// settle waits until everybody has heard everything that was said to them.
func (f *floor) settle(ctx context.Context) error {
	var parts []string
	for listener, speakers := range schemas.Listens {
		for _, s := range speakers {
			parts = append(parts, "(select count(*) from "+s+".outbox)")
		}
		parts = append(parts, "-(select count(*) from "+listener+".inbox)")
	}
	for {
		var unheard int64
		if err := f.pool.QueryRow(ctx, "select "+strings.ReplaceAll(strings.Join(parts, "+"), "+-", "-")).Scan(&unheard); err != nil || unheard == 0 {
			return err
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (f *floor) Close() {
	if f.stop != nil {
		f.stop()
		f.done.Wait()
	}
	if f.tables != nil {
		f.close()
	}
}
