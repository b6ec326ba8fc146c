package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// atOnce is how many due referrals are looked at in one go.
const atOnce = 100

// WorkClocks does what is due, until nothing is left, and says how many steps it took. Any number of copies may run it: each
// takes the patients that no other has. What fails is tried again next time; one failure does not stop the others.
func (a *App) WorkClocks(ctx context.Context) (done int, err error) {
	for ctx.Err() == nil {
		due, err := a.dueNow(ctx)
		if err != nil || len(due) == 0 {
			return done, err
		}
		refs := make([]string, 0, len(due))
		for _, d := range due {
			refs = append(refs, d.PatientRef)
			if d.MayBe != "" {
				refs = append(refs, d.MayBe)
			}
		}
		keys, err := a.keysOf(ctx, refs...)
		if err != nil {
			return done, fmt.Errorf("work clocks: %w", err)
		}
		var failed []error
		worked := 0
		for _, d := range due {
			ok, err := a.ring(outbox.WithKeys(ctx, keys), d)
			if err != nil {
				failed = append(failed, err)
			}
			if ok {
				worked++
			}
		}
		done += worked
		if worked == 0 || len(failed) > 0 {
			return done, errors.Join(failed...)
		}
	}
	return done, ctx.Err()
}

func (a *App) dueNow(ctx context.Context) (due []store.Due, err error) {
	err = a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		people, err := a.coordinators(ctx, tx)
		if err != nil {
			return err
		}
		due, err = store.DueNow(ctx, tx, a.Now(), len(people) > 0, atOnce)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("work clocks: %w", err)
	}
	return due, nil
}

// ring takes one due step in a transaction of its own. ok is false when another copy has the patient.
func (a *App) ring(ctx context.Context, d store.Due) (ok bool, err error) {
	err = a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		if ok, err = store.TakeDue(ctx, tx, d); err != nil || !ok {
			return err
		}
		w, known, err := a.lock(ctx, tx, d.PatientRef)
		if err != nil {
			return err
		}
		if !known { // erased meanwhile: nothing can be done for them, and the next round must not find it again
			ok = false
			if d.Errand == "" {
				return nil
			}
			return store.DropErrand(ctx, tx, d)
		}
		if d.Errand == domain.ErrandOnePerson {
			return w.makeOne(ctx, d)
		}
		if r, open := w.referral(d.ReferralID); open {
			e := domain.Event{Kind: domain.KindClockRanOut}
			if d.Errand != "" {
				e = domain.Event{Kind: d.Errand, Receiver: d.Receiver}
			}
			if _, err := w.apply(ctx, r, e, happened{}); err != nil {
				return err
			}
		}
		if d.Errand != "" {
			if err := store.DropErrand(ctx, tx, d); err != nil {
				return err
			}
		}
		return w.finish(ctx)
	})
	if err != nil {
		return false, fmt.Errorf("ring for referral %s: %w", d.ReferralID, err)
	}
	return ok, nil
}

// Ticks merges a slow poll with wake-ups, for the clock's loop. The channel is closed when ctx ends.
func (a *App) Ticks(ctx context.Context, every time.Duration) <-chan time.Time {
	out := make(chan time.Time)
	go func() {
		defer close(out)
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-a.wake:
			case <-t.C:
			}
			select {
			case out <- a.Now():
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
