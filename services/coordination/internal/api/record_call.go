package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

type callInput struct {
	httpx.ChangeInput
	ID    string `path:"id" format:"uuid"`
	Offer string `path:"offer" format:"uuid"`
	Body  struct {
		Result   string    `json:"result" enum:"reached,message_left,not_reached" doc:"not_reached: nobody answered, and the call stays owed"`
		PhonedAt time.Time `json:"phoned_at,omitempty" doc:"When it was; just now when absent"`
	}
}

func (api API) recordCall(ctx context.Context, in *callInput) (*httpx.One[doneView], error) {
	c := app.Call{OfferID: in.Offer, Result: terms.ContactResult(in.Body.Result), At: in.Body.PhonedAt}
	return take(ctx, "record call", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) { return api.App.RecordCall(ctx, by, s, c) })
}
