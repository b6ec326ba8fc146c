package api

import (
	"context"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

type bounceInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		Reason    terms.BounceReason `json:"reason" maxLength:"60" doc:"A code of the list of bounce reasons that services may give"`
		Detail    string             `json:"detail,omitempty" maxLength:"2000" doc:"For the sender; some reasons need it"`
		Criterion string             `json:"criterion,omitempty" maxLength:"300" doc:"Which of your criteria is not met"`
		UntilOn   string             `json:"until_on,omitempty" format:"date" doc:"From when there may be room"`
		WhoseRole terms.Role         `json:"whose_role,omitempty" maxLength:"60"`
		TriedOn   []string           `json:"tried_on,omitempty" maxItems:"10" doc:"On which days you tried to reach the person: three of them when you could not"`
		Suggested string             `json:"suggested_service_id,omitempty" format:"uuid" doc:"Who might help instead"`
	}
}

func (x API) bounce(ctx context.Context, in *bounceInput) (*httpx.One[doneView], error) {
	c, err := change(in.ChangeInput, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	return done(x.App.Bounce(ctx, who(ctx), httpx.Command(ctx, "bounce"), app.BounceInput{
		OfferChange: c, Suggested: b.Suggested,
		Refusal: domain.Refusal{Reason: b.Reason, Text: b.Detail, Criterion: b.Criterion, UntilOn: b.UntilOn, WhoseRole: b.WhoseRole, TriedOn: b.TriedOn},
	}))
}
