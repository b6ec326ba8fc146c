package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
)

type endInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		Outcome terms.Outcome `json:"outcome" maxLength:"60" doc:"A code of the outcomes a receiver may give"`
		Note    string        `json:"note,omitempty" maxLength:"2000" doc:"For the sender"`
	}
}

func (x API) end(ctx context.Context, in *endInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.End(ctx, who(ctx), httpx.Command(ctx, "end"), app.EndInput{OfferChange: c, Outcome: in.Body.Outcome, Note: in.Body.Note}))
}
