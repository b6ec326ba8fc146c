package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
)

// registerScope adds the operations on what roles may do and take.
func (api API) registerScope(to huma.API) {
	office := httpx.Only(string(terms.RoleCoordinator))
	huma.Register(to, huma.Operation{
		OperationID: "list-role-scope", Method: http.MethodGet, Path: "/role-scope",
		Summary: "List what roles may do and take", Description: "The defaults and what the area's office has written, ended lines too. Lines are not many: there is no second page.",
	}, api.listScope)
	huma.Register(to, huma.Operation{
		OperationID: "get-role-scope-line", Method: http.MethodGet, Path: "/role-scope/{id}", Summary: "Get a line that the area's office has written",
	}, api.getScope)
	huma.Register(to, huma.Operation{
		OperationID: "set-role-scope", Method: http.MethodPost, Path: "/role-scope", DefaultStatus: http.StatusCreated,
		Summary: "Write a line of what a role may do", Description: "It replaces the default, or an older line about the same, from its first day.", Metadata: office,
	}, api.setScope)
	huma.Register(to, huma.Operation{
		OperationID: "end-role-scope", Method: http.MethodPost, Path: "/role-scope/{id}/end",
		Summary: "Give a line its last day", Description: "From the day after, the default or an older line about the same counts again.", Metadata: office,
	}, api.endScope)
}

// scopeBody is a line as programs write it.
type scopeBody struct {
	Role       string `json:"role" maxLength:"100"`
	Act        string `json:"act" enum:"signpost,refer,take"`
	Of         string `json:"of" maxLength:"100" doc:"A need, or any, or sensitive"`
	Allowed    bool   `json:"allowed"`
	Competency string `json:"competency,omitempty" maxLength:"100"`
	Tier       string `json:"tier,omitempty" maxLength:"100" doc:"The lowest tier that is enough"`
	Door       string `json:"door,omitempty" maxLength:"300" doc:"Who or what is right instead, in words for the person who was refused"`
	FromOn     string `json:"from_on,omitempty" format:"date" doc:"Today when left out"`
	UntilOn    string `json:"until_on,omitempty" format:"date" doc:"The last day"`
}

// scopeView is a line as programs see it.
type scopeView struct {
	ID         string `json:"id,omitempty" format:"uuid" doc:"Absent for a default"`
	Role       string `json:"role"`
	Act        string `json:"act"`
	Of         string `json:"of"`
	Allowed    bool   `json:"allowed"`
	Competency string `json:"competency,omitempty"`
	Tier       string `json:"tier,omitempty"`
	Door       string `json:"door,omitempty"`
	FromOn     string `json:"from_on" format:"date"`
	UntilOn    string `json:"until_on,omitempty" format:"date"`
	InForce    bool   `json:"in_force" doc:"It is the line that counts today for what it is about"`
	Version    int    `json:"version,omitempty"`
}

func viewScope(l domain.ScopeLine, own []domain.ScopeLine, today string) scopeView {
	return scopeView{
		ID: l.ID, Role: string(l.Role), Act: string(l.Act), Of: l.Of, Allowed: l.Allowed, Competency: string(l.Competency), Tier: string(l.Tier), Door: l.Door,
		FromOn: l.From, UntilOn: l.Until, InForce: l.InForce(own, today), Version: l.Version,
	}
}

func (api API) listScope(ctx context.Context, _ *struct{}) (*listOf[scopeView], error) {
	a, _ := actor.From(ctx)
	own, err := api.App.Scope(ctx, a)
	if err != nil {
		return nil, err
	}
	out := httpx.List[scopeView]{Items: []scopeView{}}
	for _, l := range domain.Scope(own) {
		out.Items = append(out.Items, viewScope(l, own, api.App.Today()))
	}
	return &listOf[scopeView]{out}, nil
}

func (api API) getScope(ctx context.Context, in *oneInput) (*httpx.One[scopeView], error) {
	a, _ := actor.From(ctx)
	l, err := api.App.ScopeLine(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	own, err := api.App.Scope(ctx, a)
	if err != nil {
		return nil, err
	}
	return &httpx.One[scopeView]{ETag: httpx.ETag(int64(l.Version)), Body: viewScope(l, own, api.App.Today())}, nil
}

type setScopeInput struct {
	httpx.WriteInput
	Body scopeBody
}

func (api API) setScope(ctx context.Context, in *setScopeInput) (*httpx.Made[scopeView], error) {
	a, _ := actor.From(ctx)
	b := in.Body
	id, err := api.App.SetScope(ctx, a, httpx.Command(ctx, "set role scope"), terms.ScopeLine{
		Role: terms.Role(b.Role), Act: terms.Act(b.Act), Of: b.Of, Allowed: b.Allowed, Competency: terms.Competency(b.Competency), Tier: terms.Tier(b.Tier),
		Door: b.Door, From: b.FromOn, Until: b.UntilOn,
	})
	if err != nil {
		return nil, err
	}
	made, err := api.getScope(ctx, &oneInput{id})
	if err != nil {
		return nil, err
	}
	return &httpx.Made[scopeView]{Location: "/api/register/v1/role-scope/" + id, ETag: made.ETag, Body: made.Body}, nil
}

type endScopeInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		UntilOn string `json:"until_on" format:"date" doc:"The last day: today or later"`
	}
}

func (api API) endScope(ctx context.Context, in *endScopeInput) (*httpx.One[scopeView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	a, _ := actor.From(ctx)
	if err := api.App.EndScope(ctx, a, httpx.Command(ctx, "end role scope"), in.ID, version, in.Body.UntilOn); err != nil {
		return nil, err
	}
	return api.getScope(ctx, &oneInput{in.ID})
}
