package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/vcse/internal/app"
)

type assignInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		To string `json:"assigned_to" doc:"A colleague's id; empty for nobody in particular"`
	}
}

func (x API) assign(ctx context.Context, in *assignInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.Assign(ctx, who(ctx), httpx.Command(ctx, "assign"), app.AssignInput{OfferChange: c, To: in.Body.To}))
}
