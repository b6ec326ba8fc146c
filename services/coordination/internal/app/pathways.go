package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

const (
	// countAtOnce is how many answers are looked at in one transaction.
	countAtOnce = 2_000
	// countAgain is how far back each count begins anew: an answer may be committed after one that was given later. One that is missed
	// all the same is counted with the receiver's next.
	countAgain = 10 * time.Second
	// sayAgain is how old what was said may get while its numbers stay: readers believe it for PathwayFor.
	sayAgain = 30 * 24 * time.Hour
)

// CountPathways learns from what was answered since it last looked: how fast each receiver answers, and which reason recurs on which
// way. What a sender must know is said. Any number of copies may run it; one counts.
func (a *App) CountPathways(ctx context.Context) error {
	for ctx.Err() == nil {
		more := false
		err := a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
			now := a.Now().UTC()
			until, ok, err := store.LockCounting(ctx, tx, now.Add(-domain.PathwayFor))
			if err != nil || !ok {
				return err
			}
			changed, last, err := store.AnsweredSince(ctx, tx, until.Add(-countAgain), now, countAtOnce)
			if err != nil {
				return err
			}
			for _, to := range changed {
				if err := a.countReceiver(ctx, tx, to, now); err != nil {
					return err
				}
			}
			// Without progress beyond the overlap there would be no end.
			more = last.Before(now) && last.Sub(until) > 0
			return store.CountedUntil(ctx, tx, later(last, until))
		})
		if err != nil {
			return fmt.Errorf("count pathways: %w", err)
		}
		if !more {
			return nil
		}
	}
	return ctx.Err()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (a *App) countReceiver(ctx context.Context, tx pgx.Tx, to domain.Receiver, now time.Time) error {
	answers, err := store.AnswersOf(ctx, tx, to, now.Add(-domain.PathwayFor))
	if err != nil {
		return err
	}
	if median, of, ok := domain.Pace(answers); ok {
		if err := store.SavePace(ctx, tx, to, median, of, now); err != nil {
			return err
		}
	}
	known, err := store.ServicesByID(ctx, tx, []string{to.ID}, nil)
	if err != nil {
		return err
	}
	if to.Kind == terms.ReceiverService && (len(known) == 0 || known[0].Sensitive) {
		return nil // its name alone tells something
	}
	said, err := store.PathwaysSaid(ctx, tx, to)
	if err != nil {
		return err
	}
	for _, p := range domain.ToSay(said, domain.Pathways(to, answers, now), sayAgain) {
		if err := a.sayPathway(ctx, tx, p, now); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) sayPathway(ctx context.Context, tx pgx.Tx, p domain.Pathway, now time.Time) error {
	if err := store.SavePathway(ctx, tx, p, now); err != nil {
		return err
	}
	_, err := a.Outbox.Append(ctx, tx, p.Receiver.ID, &coordination.PathwayCountedV1{
		ReceiverKind: p.Receiver.Kind, ReceiverID: p.Receiver.ID, Need: p.Need, SenderOrganisationID: p.Sender, People: p.People, CameBack: p.CameBack,
		Reason: p.Reason, Same: given(p), NewestAt: p.NewestAt, At: now,
	}, nil)
	return err
}

func given(p domain.Pathway) *int {
	if !p.Recurs() {
		return nil
	}
	return &p.Same
}
