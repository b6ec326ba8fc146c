package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// BounceInput is a no, with its reason. Suggested is a service that might help instead, "" for none.
type BounceInput struct {
	OfferChange
	domain.Refusal
	Suggested string
}

// Bounce refuses an offer, or releases a person from the waiting list.
func (a *App) Bounce(ctx context.Context, by actor.Actor, cmd pg.Command, in BounceInput) (Done, error) {
	in.Refusal = in.Only()
	keys, err := a.messageKeys(ctx, by, in.OfferID)
	if err != nil {
		return Done{}, fmt.Errorf("bounce offer: %w", err)
	}
	now := a.now()
	done, err := a.change(ctx, by, cmd, in.OfferChange, step{
		verb: "bounce", keys: keys,
		decide: func(ctx context.Context, tx pgx.Tx, o *domain.Offer) error {
			if err := in.Check(a.today(), day(o.OfferedAt)); err != nil {
				return err
			}
			if in.Suggested != "" {
				if _, err := store.Service(ctx, tx, in.Suggested); err != nil {
					return err
				}
			}
			return o.Bounce(by.Person.ID, now, in.Refusal)
		},
		after: func(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
			if _, err := a.releasePlace(ctx, tx, o, terms.PlaceAnswered, now); err != nil {
				return err
			}
			if in.Reason == terms.BounceNoCapacity {
				if err := a.noRoomUntil(ctx, tx, by, o, in.UntilOn); err != nil {
					return err
				}
			}
			if in.Text == "" {
				return nil
			}
			return store.AddMessage(ctx, tx, store.Message{
				ID: a.NewID(), OfferID: o.ID, Organisation: o.Organisation, Kind: "bounce",
				Text: in.Text, By: by.Person.ID, At: now,
			})
		},
		says: func(o domain.Offer) event.Payload { return bounced(o, in, by.Person.ID) },
	})
	if err != nil {
		return done, fmt.Errorf("bounce offer: %w", err)
	}
	return done, nil
}

func bounced(o domain.Offer, in BounceInput, by string) *vcse.OfferBouncedV1 {
	p := &vcse.OfferBouncedV1{
		PatientRef: o.PatientRef, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.Organisation,
		Reason: in.Reason, UntilOn: in.UntilOn, WhoseRole: in.WhoseRole, TriedOn: in.TriedOn, By: by, At: o.AnsweredAt,
	}
	if in.Criterion != "" {
		p.Criterion = schemas.Seal(schemas.Message{Text: in.Criterion})
	}
	if in.Text != "" {
		p.Detail = schemas.Seal(schemas.Message{Text: in.Text})
	}
	if in.Suggested != "" {
		p.Suggested = &schemas.Receiver{Kind: terms.ReceiverService, ID: in.Suggested}
	}
	return p
}
