package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
)

// AcceptInput is a yes. FirstContactByOn is a date; "" is by the clock.
type AcceptInput struct {
	OfferChange
	FirstContactByOn string
}

// Accept says yes to an offer, from the tray or from the waiting list. It counts once coordination has confirmed it.
func (a *App) Accept(ctx context.Context, by actor.Actor, cmd pg.Command, in AcceptInput) (Done, error) {
	now := a.now()
	if in.FirstContactByOn != "" && in.FirstContactByOn < a.today() {
		return Done{}, fault.Invalid("first_contact", "Enter today or a later day")
	}
	done, err := a.change(ctx, by, cmd, in.OfferChange, step{
		verb: "accept",
		decide: func(ctx context.Context, tx pgx.Tx, o *domain.Offer) error {
			if err := who.MayTake(ctx, tx, by, o.Need, o.Sensitive, a.Now()); err != nil {
				return err
			}
			if in.FirstContactByOn == "" {
				in.FirstContactByOn = day(a.due(now, terms.ClockFirstContact, *o))
			}
			return o.Accept(by.Person.ID, now, in.FirstContactByOn)
		},
		says: func(o domain.Offer) event.Payload {
			return &vcse.OfferAcceptedV1{
				PatientRef: o.PatientRef, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.Organisation,
				FirstContactByOn: o.FirstContactByOn, By: by.Person.ID, At: now,
			}
		},
		after: func(ctx context.Context, tx pgx.Tx, o domain.Offer) error { return a.takePlace(ctx, tx, o, now) },
	})
	if err != nil {
		return done, fmt.Errorf("accept offer: %w", err)
	}
	return done, nil
}
