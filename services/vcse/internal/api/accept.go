package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/vcse/internal/app"
)

type acceptInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		FirstContactByOn string `json:"first_contact_by_on,omitempty" format:"date" doc:"By when you will be in touch; left out, five working days"`
	}
}

func (x API) accept(ctx context.Context, in *acceptInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.Accept(ctx, who(ctx), httpx.Command(ctx, "accept"), app.AcceptInput{OfferChange: c, FirstContactByOn: in.Body.FirstContactByOn}))
}
