package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// step is what one verb does with a locked offer: decide changes it, then says what follows.
type step struct {
	verb   string
	decide func(ctx context.Context, tx pgx.Tx, o *domain.Offer) error
	says   func(o domain.Offer) event.Payload // nil: nothing is said
	keys   outbox.Sealer
	after  func(ctx context.Context, tx pgx.Tx, o domain.Offer) error
}

// change is every verb on an offer: load and lock, decide, save, say, audit, in one transaction.
func (a *App) change(ctx context.Context, by actor.Actor, cmd pg.Command, in OfferChange, s step) (Done, error) {
	return pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		o, err := a.lockFor(ctx, tx, in)
		if err != nil {
			return Done{}, err
		}
		was := o
		if err := s.decide(ctx, tx, &o); err != nil {
			if errors.Is(err, domain.ErrNotNow) {
				err = a.refusal(ctx, tx, was)
			}
			return Done{}, err
		}
		if err := store.SaveOffer(ctx, tx, o); err != nil {
			return Done{}, err
		}
		if _, err := a.settleNotices(ctx, tx, o, domain.DeliverySeen); err != nil {
			return Done{}, err
		}
		if s.after != nil {
			if err := s.after(ctx, tx, o); err != nil {
				return Done{}, err
			}
		}
		if s.says != nil {
			if err := a.say(ctx, tx, o.PatientRef, s.says(o), s.keys); err != nil {
				return Done{}, err
			}
		}
		a.hint(ctx, o.Organisation)
		return Done{ID: o.ID, Version: o.Version + 1}, acted(ctx, tx, s.verb, "offer", o.ID, o.PatientRef)
	})
}
