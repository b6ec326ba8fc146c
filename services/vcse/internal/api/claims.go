package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

func (x API) claims(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-claims", Method: http.MethodGet, Path: "/claims", Summary: "List your organisation's claims, or all at the area's office",
		Metadata: httpx.Only(append([]string{"provider_worker"}, office...)...),
	}, x.listClaims)
	huma.Register(api, huma.Operation{
		OperationID: "claim-service", Method: http.MethodPost, Path: "/claims", Summary: "Say that a listing is your provider's own service",
		Metadata: httpx.Only(provider...), DefaultStatus: http.StatusCreated,
	}, x.claim)
	huma.Register(api, huma.Operation{
		OperationID: "decide-claim", Method: http.MethodPost, Path: "/claims/{id}/decision", Summary: "Confirm or refuse a claim, at the area's office",
		Metadata: httpx.Only(office...),
	}, x.decide)
}

type claimView struct {
	ID           string            `json:"id"`
	ServiceID    string            `json:"service_id"`
	Service      string            `json:"service_name"`
	Organisation string            `json:"organisation_id"`
	Why          string            `json:"why"`
	State        domain.ClaimState `json:"state"`
	AskedAt      time.Time         `json:"asked_at"`
	DecidedAt    *time.Time        `json:"decided_at,omitempty"`
	Note         string            `json:"decision_note,omitempty"`
	Version      int64             `json:"version"`
}

func (x API) listClaims(ctx context.Context, in *httpx.ListInput) (*struct{ Body httpx.List[claimView] }, error) {
	var after *app.ClaimPlace
	var at app.ClaimPlace
	if ok, err := in.After(ctx, &at); err != nil {
		return nil, err
	} else if ok {
		after = &at
	}
	all, err := x.App.Claims(ctx, who(ctx), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	list := httpx.ListBody(ctx, *in, all, func(c app.ClaimView) any { return c.Place() })
	out := httpx.List[claimView]{Items: []claimView{}, Next: list.Next}
	for _, c := range list.Items {
		out.Items = append(out.Items, claimView{c.ID, c.ServiceID, c.Service.Name, c.Organisation, c.Why, c.State, c.AskedAt, moment(c.DecidedAt), c.DecisionNote, c.Version})
	}
	return &struct{ Body httpx.List[claimView] }{out}, nil
}

type claimInput struct {
	httpx.WriteInput
	Body struct {
		ServiceID string `json:"service_id" format:"uuid"`
		Why       string `json:"why" minLength:"1" maxLength:"1000" doc:"How the area's office can tell that it is yours"`
	}
}

func (x API) claim(ctx context.Context, in *claimInput) (*httpx.Made[doneView], error) {
	d, err := x.App.Claim(ctx, who(ctx), httpx.Command(ctx, "claim"), app.ClaimInput{ServiceID: in.Body.ServiceID, Why: in.Body.Why})
	return made("/claims#", d, err)
}

type decideInput struct {
	httpx.ChangeInput
	IDInput
	Body struct {
		Confirm bool   `json:"confirm"`
		Note    string `json:"note,omitempty" maxLength:"1000" doc:"Needed for a refusal"`
	}
}

func (x API) decide(ctx context.Context, in *decideInput) (*httpx.One[doneView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return done(x.App.DecideClaim(ctx, who(ctx), httpx.Command(ctx, "decide claim"), app.DecideInput{ClaimID: in.ID, Version: version, Confirm: in.Body.Confirm, Note: in.Body.Note}))
}
