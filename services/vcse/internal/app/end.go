package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// EndInput is how support ended. Note is for the sender; it may be empty.
type EndInput struct {
	OfferChange
	domain.Ending
	Note string
}

// End ends support; the place is free again.
func (a *App) End(ctx context.Context, by actor.Actor, cmd pg.Command, in EndInput) (Done, error) {
	in.Ending = in.Only()
	keys, err := a.messageKeys(ctx, by, in.OfferID)
	if err != nil {
		return Done{}, fmt.Errorf("end support: %w", err)
	}
	now := a.now()
	done, err := a.change(ctx, by, cmd, in.OfferChange, step{
		verb: "end", keys: keys,
		decide: func(_ context.Context, _ pgx.Tx, o *domain.Offer) error {
			if err := in.Check(a.today(), day(o.OfferedAt)); err != nil {
				return err
			}
			return o.End(by.Person.ID, now, in.Outcome)
		},
		after: func(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
			if err := a.givePlace(ctx, tx, o); err != nil || in.Note == "" {
				return err
			}
			return store.AddMessage(ctx, tx, store.Message{
				ID: a.NewID(), OfferID: o.ID, Organisation: o.Organisation, Kind: "end",
				Text: in.Note, By: by.Person.ID, At: now,
			})
		},
		says: func(o domain.Offer) event.Payload {
			p := &vcse.SupportEndedV1{
				PatientRef: o.PatientRef, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.Organisation,
				Outcome: in.Outcome, TriedOn: in.TriedOn, By: by.Person.ID, At: now,
			}
			if in.Note != "" {
				p.Note = schemas.Seal(schemas.Message{Text: in.Note})
			}
			return p
		},
	})
	if err != nil {
		return done, fmt.Errorf("end support: %w", err)
	}
	return done, nil
}
