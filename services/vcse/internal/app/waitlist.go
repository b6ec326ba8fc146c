package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// WaitlistInput puts a person on the waiting list. ExpectedByOn is a date, "" when nobody knows.
type WaitlistInput struct {
	OfferChange
	ExpectedByOn string
}

// Waitlist puts the person on the service's waiting list, behind those who are on it already.
func (a *App) Waitlist(ctx context.Context, by actor.Actor, cmd pg.Command, in WaitlistInput) (Done, error) {
	now := a.now()
	if in.ExpectedByOn != "" && in.ExpectedByOn <= a.today() {
		return Done{}, fault.Invalid("expected", "Enter a day after today")
	}
	done, err := a.change(ctx, by, cmd, in.OfferChange, step{
		verb: "waitlist",
		decide: func(_ context.Context, _ pgx.Tx, o *domain.Offer) error {
			return o.Waitlist(by.Person.ID, now, in.ExpectedByOn)
		},
		after: func(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
			if _, err := a.releasePlace(ctx, tx, o, terms.PlaceAnswered, now); err != nil {
				return err
			}
			position, err := store.WaitingPosition(ctx, tx, o)
			if err != nil {
				return err
			}
			return a.say(ctx, tx, o.PatientRef, &vcse.OfferWaitlistedV1{
				PatientRef: o.PatientRef, OfferID: o.ID, ReferralID: o.ReferralID,
				OrganisationID: o.Organisation, Position: &position, ExpectedByOn: o.ExpectedByOn, By: by.Person.ID, At: now,
			}, nil)
		},
	})
	if err != nil {
		return done, fmt.Errorf("put offer on waiting list: %w", err)
	}
	return done, nil
}
