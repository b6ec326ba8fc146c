package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/vcse/internal/domain"
)

// AssignInput says who deals with an offer; "" is nobody in particular.
type AssignInput struct {
	OfferChange
	To string
}

// Assign gives an offer to a colleague. Nothing is said: who of a provider's people deals with it is its own matter.
func (a *App) Assign(ctx context.Context, by actor.Actor, cmd pg.Command, in AssignInput) (Done, error) {
	now := a.now()
	done, err := a.change(ctx, by, cmd, in.OfferChange, step{
		verb: "assign",
		decide: func(ctx context.Context, tx pgx.Tx, o *domain.Offer) error {
			if err := a.colleague(ctx, tx, o.Organisation, in.To); err != nil {
				return err
			}
			if in.To != "" {
				if err := who.MayGive(ctx, tx, "assigned_to", in.To, o.Organisation, o.Need, o.Sensitive, a.Now()); err != nil {
					return err
				}
			}
			return o.Assign(by.Person.ID, now, in.To)
		},
	})
	if err != nil {
		return done, fmt.Errorf("assign offer: %w", err)
	}
	return done, nil
}

func (a *App) colleague(ctx context.Context, tx pgx.Tx, organisation, person string) error {
	if person == "" {
		return nil
	}
	all, err := who.People(ctx, tx, organisation, "", a.Now())
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.PersonID == person {
			return nil
		}
	}
	return fault.Invalid("assigned_to", "Select one of your colleagues")
}
