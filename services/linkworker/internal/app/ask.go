package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// AskInput is a question to the sender.
type AskInput struct {
	OfferID  string
	Version  int64
	Question string
}

// Ask asks the sender for more information; the clock is theirs then.
func (a *App) Ask(ctx context.Context, by actor.Actor, cmd pg.Command, in AskInput) (Done, error) {
	return a.onOffer(ctx, by, cmd, in.OfferID, []string{vault.Message}, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, keys *vault.Keys) (Done, error) {
		now := a.now()
		if in.Question == "" {
			return Done{}, fault.Invalid("question", "Enter what you need to know")
		}
		if err := o.Ask(by.Person.ID, a.NewID(), in.Question, in.Version, now); err != nil {
			return Done{}, err
		}
		if err := store.SaveOffer(ctx, tx, *o); err != nil {
			return Done{}, err
		}
		_, err := a.Out.Append(ctx, tx, ref, &linkworker.InformationAskedV1{
			PatientRef: ref, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.OrganisationID, QuestionID: o.QuestionID,
			Question: schemas.Seal(schemas.Message{Text: in.Question}), By: by.Person.ID, At: now,
		}, keys)
		return Done{o.ID}, err
	})
}
