package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

type endInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		Outcome terms.Outcome `json:"outcome" maxLength:"60" doc:"A code of the outcomes a receiver may give"`
		TriedOn []string      `json:"tried_on,omitempty" maxItems:"10" doc:"On which days you tried to reach the person: three of them when you could not"`
		Note    string        `json:"note,omitempty" maxLength:"2000" doc:"For the sender"`
	}
}

func (x API) end(ctx context.Context, in *endInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.End(ctx, who(ctx), httpx.Command(ctx, "end"), app.EndInput{
		OfferChange: c, Ending: domain.Ending{Outcome: in.Body.Outcome, TriedOn: in.Body.TriedOn}, Note: in.Body.Note,
	}))
}
