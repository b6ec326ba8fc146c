package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/vcse/internal/app"
)

type waitlistInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		ExpectedByOn string `json:"expected_by_on,omitempty" format:"date"`
	}
}

func (x API) waitlist(ctx context.Context, in *waitlistInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.Waitlist(ctx, who(ctx), httpx.Command(ctx, "waitlist"), app.WaitlistInput{OfferChange: c, ExpectedByOn: in.Body.ExpectedByOn}))
}
