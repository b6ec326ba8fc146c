// Package api is how a program sees the register: JSON at /api/register/v1.
package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

// Version is of the API's document.
const Version = "1.0.0"

// API answers programs.
type API struct{ App *app.App }

// Register adds every operation.
func (api API) Register(to huma.API) {
	leads := httpx.Only(string(terms.RoleServiceLead), string(terms.RoleCoordinator))
	huma.Register(to, huma.Operation{
		OperationID: "list-organisations", Method: http.MethodGet, Path: "/organisations",
		Summary: "List organisations", Description: "By name; narrowed by beginnings of words, kind and status.",
	}, api.listOrganisations)
	huma.Register(to, huma.Operation{
		OperationID: "get-organisation", Method: http.MethodGet, Path: "/organisations/{id}", Summary: "Get an organisation",
	}, api.getOrganisation)
	huma.Register(to, huma.Operation{
		OperationID: "register-organisation", Method: http.MethodPost, Path: "/organisations", DefaultStatus: http.StatusCreated,
		Summary: "Register an organisation", Description: "For organisations that no import brings. Only the coordinators of the area's office.",
		Metadata: httpx.Only(string(terms.RoleCoordinator)),
	}, api.registerOrganisation)
	huma.Register(to, huma.Operation{
		OperationID: "list-staff", Method: http.MethodGet, Path: "/organisations/{id}/roles",
		Summary: "List the roles at an organisation", Description: "For those who work there; a coordinator sees its service leads.",
	}, api.listRoles)
	huma.Register(to, huma.Operation{
		OperationID: "grant-role", Method: http.MethodPost, Path: "/organisations/{id}/roles", DefaultStatus: http.StatusCreated,
		Summary: "Give a person a role", Metadata: leads,
	}, api.grantRole)
	huma.Register(to, huma.Operation{
		OperationID: "get-role", Method: http.MethodGet, Path: "/roles/{id}", Summary: "Get a role",
	}, api.getRole)
	huma.Register(to, huma.Operation{
		OperationID: "change-reach", Method: http.MethodPost, Path: "/organisations/{id}/reach",
		Summary: "Change where an organisation is e-mailed and phoned", Metadata: leads,
	}, api.changeReach)
	huma.Register(to, huma.Operation{
		OperationID: "end-role", Method: http.MethodPost, Path: "/roles/{id}/end",
		Summary: "End a role now", Description: "The person can not act in it any longer, in any service.", Metadata: leads,
	}, api.endRole)
	huma.Register(to, huma.Operation{
		OperationID: "record-competency", Method: http.MethodPost, Path: "/organisations/{id}/people/{person}/competencies", DefaultStatus: http.StatusCreated,
		Summary: "Record what a person was trained in", Metadata: httpx.Only(string(terms.RoleServiceLead)),
	}, api.recordCompetency)
	api.registerScope(to)
}

// organisationView is an organisation as programs see it.
type organisationView struct {
	ID            string `json:"id" format:"uuid"`
	Kind          string `json:"kind" enum:"practice,link_worker_team,provider,other_care_organisation"`
	Name          string `json:"name"`
	ODSCode       string `json:"ods_code,omitempty"`
	CharityNumber string `json:"charity_number,omitempty"`
	Status        string `json:"status" enum:"active,closed,dormant,proposed"`
	MayRefer      bool   `json:"may_refer"`
	NetworkCode   string `json:"network_code,omitempty" doc:"ODS code of the primary care network"`
	NetworkName   string `json:"network_name,omitempty"`
	Address       string `json:"address,omitempty"`
	Postcode      string `json:"postcode,omitempty"`
	Phone         string `json:"phone,omitempty"`
	Email         string `json:"email,omitempty"`
	ListSize      int    `json:"list_size,omitempty" doc:"Registered patients of a practice"`
	ClosedOn      string `json:"closed_on,omitempty" format:"date"`
	Simulated     bool   `json:"simulated" doc:"Invented for the demonstration"`
	Version       int    `json:"version"`
}

func viewOrganisation(o domain.Organisation) organisationView {
	return organisationView{
		ID: o.ID, Kind: string(o.Kind), Name: o.Name, ODSCode: o.ODSCode, CharityNumber: o.CharityNumber, Status: string(o.Status), MayRefer: o.MayRefer,
		NetworkCode: o.Network.Code, NetworkName: o.Network.Name, Address: o.Address, Postcode: o.Postcode, Phone: o.Phone, Email: o.Email,
		ListSize: o.ListSize, ClosedOn: o.ClosedOn, Simulated: o.Simulated, Version: o.Version,
	}
}

type listOrganisationsInput struct {
	httpx.ListInput
	Words  string `query:"words" maxLength:"200" doc:"Beginnings of words of name, network, codes or postcode; all of them"`
	Kind   string `query:"kind" enum:"practice,link_worker_team,provider,other_care_organisation"`
	Closed bool   `query:"closed" doc:"Closed, dormant and proposed ones too"`
}

type listOf[T any] struct{ Body httpx.List[T] }

func (api API) listOrganisations(ctx context.Context, in *listOrganisationsInput) (*listOf[organisationView], error) {
	q := app.OrganisationQuery{Text: in.Words, Kind: terms.OrganisationKind(in.Kind), Closed: in.Closed, Limit: in.Limit + 1}
	var after app.OrganisationPlace
	if ok, err := in.After(ctx, &after); err != nil {
		return nil, err
	} else if ok {
		q.After = &after
	}
	a, _ := actor.From(ctx)
	list, err := api.App.Organisations(ctx, a, q)
	if err != nil {
		return nil, err
	}
	shown := httpx.ListBody(ctx, in.ListInput, list, func(o domain.Organisation) any { return app.OrganisationPlace{Name: o.Name, ID: o.ID} })
	return &listOf[organisationView]{httpx.List[organisationView]{Items: views(shown.Items, viewOrganisation), Next: shown.Next}}, nil
}

func views[T, V any](list []T, view func(T) V) []V {
	out := make([]V, len(list))
	for i, x := range list {
		out[i] = view(x)
	}
	return out
}

type oneInput struct {
	ID string `path:"id" format:"uuid"`
}

func (api API) getOrganisation(ctx context.Context, in *oneInput) (*httpx.One[organisationView], error) {
	a, _ := actor.From(ctx)
	o, err := api.App.Organisation(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[organisationView]{ETag: httpx.ETag(int64(o.Version)), Body: viewOrganisation(o)}, nil
}

type registerInput struct {
	httpx.WriteInput
	Body struct {
		Kind          string `json:"kind" enum:"link_worker_team,provider,other_care_organisation"`
		Name          string `json:"name" minLength:"1" maxLength:"200"`
		ODSCode       string `json:"ods_code,omitempty" maxLength:"100"`
		CharityNumber string `json:"charity_number,omitempty" maxLength:"100"`
		Address       string `json:"address,omitempty" maxLength:"400"`
		Postcode      string `json:"postcode,omitempty" maxLength:"100"`
		Phone         string `json:"phone,omitempty" maxLength:"100"`
		Email         string `json:"email,omitempty" maxLength:"100"`
	}
}

func (api API) registerOrganisation(ctx context.Context, in *registerInput) (*httpx.Made[organisationView], error) {
	a, _ := actor.From(ctx)
	made, err := api.App.RegisterOrganisation(ctx, a, httpx.Command(ctx, "register organisation"), domain.Organisation{
		Kind: terms.OrganisationKind(in.Body.Kind), Name: in.Body.Name, ODSCode: in.Body.ODSCode, CharityNumber: in.Body.CharityNumber,
		Address: in.Body.Address, Postcode: in.Body.Postcode, Phone: in.Body.Phone, Email: in.Body.Email,
	})
	if err != nil {
		return nil, err
	}
	o, err := api.App.Organisation(ctx, a, made)
	if err != nil {
		return nil, err
	}
	return &httpx.Made[organisationView]{Location: "/api/register/v1/organisations/" + o.ID, ETag: httpx.ETag(int64(o.Version)), Body: viewOrganisation(o)}, nil
}

// roleView is a role as programs see it.
type roleView struct {
	ID             string     `json:"id" format:"uuid"`
	PersonID       string     `json:"person_id" format:"uuid"`
	Issuer         string     `json:"issuer"`
	Subject        string     `json:"subject"`
	DisplayName    string     `json:"display_name"`
	OrganisationID string     `json:"organisation_id" format:"uuid"`
	Role           string     `json:"role"`
	FromOn         string     `json:"from_on" format:"date"`
	UntilOn        string     `json:"until_on,omitempty" format:"date"`
	EndedAt        *time.Time `json:"ended_at,omitempty"`
	Simulated      bool       `json:"simulated"`
	Version        int        `json:"version"`
}

func viewRole(r domain.Role) roleView {
	v := roleView{
		ID: r.ID, PersonID: r.PersonID, Issuer: r.Issuer, Subject: r.Subject, DisplayName: r.Name, OrganisationID: r.OrganisationID,
		Role: string(r.Role), FromOn: r.From, UntilOn: r.Until, Simulated: r.Simulated, Version: r.Version,
	}
	if !r.EndedAt.IsZero() {
		v.EndedAt = &r.EndedAt
	}
	return v
}

type listRolesInput struct {
	httpx.ListInput
	ID    string `path:"id" format:"uuid"`
	Ended bool   `query:"ended" doc:"Ended ones too"`
}

func (api API) listRoles(ctx context.Context, in *listRolesInput) (*listOf[roleView], error) {
	q := app.StaffQuery{Organisation: in.ID, Ended: in.Ended, Limit: in.Limit + 1}
	var after app.StaffPlace
	if ok, err := in.After(ctx, &after); err != nil {
		return nil, err
	} else if ok {
		q.After = &after
	}
	a, _ := actor.From(ctx)
	_, list, err := api.App.Staff(ctx, a, q)
	if err != nil {
		return nil, err
	}
	shown := httpx.ListBody(ctx, in.ListInput, list, func(r domain.Role) any { return app.StaffPlace{Name: r.Name, ID: r.ID} })
	return &listOf[roleView]{httpx.List[roleView]{Items: views(shown.Items, viewRole), Next: shown.Next}}, nil
}

func (api API) getRole(ctx context.Context, in *oneInput) (*httpx.One[roleView], error) {
	a, _ := actor.From(ctx)
	_, r, err := api.App.Role(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[roleView]{ETag: httpx.ETag(int64(r.Version)), Body: viewRole(r)}, nil
}

type grantInput struct {
	httpx.WriteInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Issuer      string `json:"issuer" maxLength:"100"`
		Subject     string `json:"subject" minLength:"1" maxLength:"200"`
		DisplayName string `json:"display_name" minLength:"1" maxLength:"200"`
		Role        string `json:"role" maxLength:"100"`
		FromOn      string `json:"from_on,omitempty" format:"date" doc:"Today when left out"`
		UntilOn     string `json:"until_on,omitempty" format:"date"`
	}
}

func (api API) grantRole(ctx context.Context, in *grantInput) (*httpx.Made[roleView], error) {
	a, _ := actor.From(ctx)
	made, err := api.App.GrantRole(ctx, a, httpx.Command(ctx, "grant role"), app.GrantRole{
		Organisation: in.ID, Name: in.Body.DisplayName, Issuer: in.Body.Issuer, Subject: in.Body.Subject, Role: terms.Role(in.Body.Role),
		From: in.Body.FromOn, Until: in.Body.UntilOn,
	})
	if err != nil {
		return nil, err
	}
	_, r, err := api.App.Role(ctx, a, made.RoleID)
	if err != nil {
		return nil, err
	}
	return &httpx.Made[roleView]{Location: "/api/register/v1/roles/" + r.ID, ETag: httpx.ETag(int64(r.Version)), Body: viewRole(r)}, nil
}

type reachInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Email string `json:"email,omitempty" maxLength:"100" doc:"Where it is told of offers; absent: nowhere"`
		Phone string `json:"phone,omitempty" maxLength:"40" doc:"Whom no e-mail reaches is rung there"`
	}
}

func (api API) changeReach(ctx context.Context, in *reachInput) (*httpx.One[organisationView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	a, _ := actor.From(ctx)
	if err := api.App.ChangeReach(ctx, a, httpx.Command(ctx, "change reach"), in.ID, version, app.Reach{Email: in.Body.Email, Phone: in.Body.Phone}); err != nil {
		return nil, err
	}
	return api.getOrganisation(ctx, &oneInput{in.ID})
}

type endInput struct {
	httpx.ChangeInput
	ID string `path:"id" format:"uuid"`
}

func (api API) endRole(ctx context.Context, in *endInput) (*httpx.One[roleView], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	a, _ := actor.From(ctx)
	if err := api.App.EndRole(ctx, a, httpx.Command(ctx, "end role"), in.ID, version); err != nil {
		return nil, err
	}
	return api.getRole(ctx, &oneInput{in.ID})
}

type competencyInput struct {
	httpx.WriteInput
	ID     string `path:"id" format:"uuid"`
	Person string `path:"person" format:"uuid"`
	Body   struct {
		Competency string `json:"competency" maxLength:"100"`
		Tier       string `json:"tier,omitempty" maxLength:"100"`
		FromOn     string `json:"from_on" format:"date"`
		UntilOn    string `json:"until_on" format:"date"`
	}
}

type competencyView struct {
	ID         string `json:"id" format:"uuid"`
	PersonID   string `json:"person_id" format:"uuid"`
	Competency string `json:"competency"`
	Tier       string `json:"tier,omitempty"`
	FromOn     string `json:"from_on" format:"date"`
	UntilOn    string `json:"until_on" format:"date"`
}

type recorded struct{ Body competencyView }

func (api API) recordCompetency(ctx context.Context, in *competencyInput) (*recorded, error) {
	a, _ := actor.From(ctx)
	id, err := api.App.RecordCompetency(ctx, a, httpx.Command(ctx, "record competency"), app.RecordCompetency{
		Organisation: in.ID, Person: in.Person, Competency: terms.Competency(in.Body.Competency), Tier: terms.Tier(in.Body.Tier),
		From: in.Body.FromOn, Until: in.Body.UntilOn,
	})
	if err != nil {
		return nil, err
	}
	return &recorded{competencyView{ID: id, PersonID: in.Person, Competency: in.Body.Competency, Tier: in.Body.Tier, FromOn: in.Body.FromOn, UntilOn: in.Body.UntilOn}}, nil
}
