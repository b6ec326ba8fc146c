package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// AskInput is a question to whoever sent the referral.
type AskInput struct {
	OfferChange
	Question string
}

// Ask asks the sender something before answering. The place stays kept; the clock moves to the sender.
func (a *App) Ask(ctx context.Context, by actor.Actor, cmd pg.Command, in AskInput) (Done, error) {
	if strings.TrimSpace(in.Question) == "" {
		return Done{}, fault.Invalid("question", "Enter what you need to know")
	}
	keys, err := a.messageKeys(ctx, by, in.OfferID)
	if err != nil {
		return Done{}, fmt.Errorf("ask: %w", err)
	}
	now, question := a.now(), a.NewID()
	done, err := a.change(ctx, by, cmd, in.OfferChange, step{
		verb: "ask", keys: keys,
		decide: func(_ context.Context, _ pgx.Tx, o *domain.Offer) error { return o.Ask(by.Person.ID, now, question) },
		after: func(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
			return store.AddMessage(ctx, tx, store.Message{
				ID: a.NewID(), OfferID: o.ID, Organisation: o.Organisation, Kind: "question",
				QuestionID: question, Text: in.Question, By: by.Person.ID, At: now,
			})
		},
		says: func(o domain.Offer) event.Payload {
			return &vcse.InformationAskedV1{
				PatientRef: o.PatientRef, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.Organisation,
				QuestionID: question, Question: schemas.Seal(schemas.Message{Text: in.Question}), By: by.Person.ID, At: now,
			}
		},
	})
	if err != nil {
		return done, fmt.Errorf("ask: %w", err)
	}
	return done, nil
}
