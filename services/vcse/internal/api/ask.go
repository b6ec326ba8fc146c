package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/vcse/internal/app"
)

type askInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		Question string `json:"question" minLength:"1" maxLength:"2000"`
	}
}

func (x API) ask(ctx context.Context, in *askInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.Ask(ctx, who(ctx), httpx.Command(ctx, "ask"), app.AskInput{OfferChange: c, Question: in.Body.Question}))
}
