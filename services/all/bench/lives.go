package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lived is what came of whole lives: requested, checked, offered, accepted and fed back.
type lived struct {
	PerSecond float64       `json:"lives_per_second"`
	CPU       time.Duration `json:"cpu_ns_per_life"`
	Messages  float64       `json:"messages_per_life"`
	Rows      float64       `json:"rows_per_life"`
	n         int
	short     bool
}

// live has so many lives go on at the same time, for so long, each followed by the next; from the first request until the
// last outcome stands in the sender's record.
func live(ctx context.Context, x liver, long time.Duration, clients int) (l lived, err error) {
	m0, r0, err := x.Weight(ctx)
	if err != nil {
		return l, err
	}
	w := startWatch(ctx, x, seldom)
	cpu, began := spent(), time.Now()
	l.n, l.short, err = byMany(clients, began.Add(long), func(client int) error { return life(ctx, x, w, client) })
	took := time.Since(began)
	w.end()
	if err != nil {
		return l, fmt.Errorf("live: %w", err)
	}
	if l.n == 0 {
		return l, errors.New("live: nobody is there to be referred")
	}
	m1, r1, err := x.Weight(ctx)
	if err != nil {
		return l, err
	}
	n := float64(l.n)
	l.PerSecond, l.CPU = n/took.Seconds(), time.Duration(float64(spent()-cpu)/n)
	l.Messages, l.Rows = float64(m1-m0)/n, float64(r1-r0)/n
	return l, nil
}

func life(ctx context.Context, x liver, w *watch, client int) error {
	referral, err := x.Refer(ctx, client)
	if err != nil {
		return err
	}
	offer, err := w.await(ctx, isVisible, referral)
	if err != nil {
		return err
	}
	if err := x.Accept(ctx, offer); err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	yes, err := w.await(ctx, isAccepted, referral)
	if err != nil {
		return err
	}
	if err := x.End(ctx, yes); err != nil {
		return fmt.Errorf("end: %w", err)
	}
	_, err = w.await(ctx, isFedBack, referral)
	return err
}
