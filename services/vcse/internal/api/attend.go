package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
)

type attendInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		SessionOn string                 `json:"session_on" format:"date"`
		Result    terms.AttendanceResult `json:"result" enum:"attended,did_not_attend,cancelled"`
	}
}

func (x API) attend(ctx context.Context, in *attendInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	return done(x.App.Attend(ctx, who(ctx), httpx.Command(ctx, "attend"), app.AttendInput{OfferChange: c, SessionOn: in.Body.SessionOn, Result: in.Body.Result}))
}
