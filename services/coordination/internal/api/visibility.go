package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// registerVisibility adds what is asked about who sees what, and who looked.
func (api API) registerVisibility(to huma.API) {
	add := func(method, id, path, summary, description string, right domain.Right) huma.Operation {
		var roles []string
		for _, r := range terms.Roles {
			if domain.May(r.Code, right) {
				roles = append(roles, string(r.Code))
			}
		}
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Metadata: httpx.Only(roles...)}
	}
	huma.Register(to, huma.Operation{
		OperationID: "who-sees-what", Method: http.MethodGet, Path: "/who-sees-what", Summary: "Read the table of who sees what",
		Description: "The one the program decides by. What is not in it is not allowed.",
	}, api.whoSees)
	huma.Register(to, add(http.MethodPost, "break-glass", "/patients/{ref}/emergency", "See a patient's case in an emergency",
		"For 60 minutes, without a part in it. Everybody on the case sees that you looked, and the privacy officer reviews it. Who has an hour already is given the same one.", domain.MayBreakGlass), api.breakGlass)
	huma.Register(to, add(http.MethodGet, "list-emergencies", "/emergencies", "List who looked in an emergency", "Those that wait for a review first. For the privacy officer of the area's office.", domain.MayGuardPrivacy), api.listEmergencies)
	huma.Register(to, add(http.MethodGet, "get-emergency", "/emergencies/{id}", "Read one look in an emergency", "With what was opened. For the privacy officer of the area's office.", domain.MayGuardPrivacy), api.getEmergency)
	huma.Register(to, add(http.MethodPost, "review-emergency", "/emergencies/{id}/review", "Review a look in an emergency",
		"Once. A look that goes on is over with it. Takes no If-Match: what is reviewed does not change.", domain.MayGuardPrivacy), api.reviewEmergency)
	huma.Register(to, add(http.MethodGet, "list-looks", "/patients/{ref}/looks", "List who looked at what is held of a patient",
		"In any service, the newest first. For the person's own practice, and the privacy officer of the area's office.", domain.MayListLooks), api.listLooks)
}

type roleSees struct {
	Role   terms.Role        `json:"role"`
	Rights map[string]string `json:"rights" doc:"yes, all (in an emergency, sensitive referrals too) or -"`
}

type whoSeesView struct {
	Roles []roleSees `json:"roles" nullable:"false"`
}

func (api API) whoSees(context.Context, *struct{}) (*struct{ Body whoSeesView }, error) {
	out := whoSeesView{Roles: []roleSees{}}
	for _, r := range terms.Roles {
		one := roleSees{Role: r.Code, Rights: map[string]string{}}
		for _, right := range domain.Rights {
			one.Rights[string(right.Code)] = domain.Cell(r.Code, right.Code)
		}
		out.Roles = append(out.Roles, one)
	}
	return &struct{ Body whoSeesView }{out}, nil
}

type breakGlassInput struct {
	httpx.WriteInput
	Ref  string `path:"ref" format:"uuid"`
	Body struct {
		Reason string `json:"reason" enum:"life_at_risk,safeguarding,can_not_be_asked,other_emergency"`
		Words  string `json:"words" minLength:"1" maxLength:"1000" doc:"What has happened: the privacy officer reads it"`
	}
}

type brokenView struct {
	ID     string    `json:"id" format:"uuid"`
	CaseID string    `json:"case_id" format:"uuid"`
	Until  time.Time `json:"until"`
}

func (api API) breakGlass(ctx context.Context, in *breakGlassInput) (*struct{ Body brokenView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.BreakGlass(ctx, a, app.Breaking{
		Command: httpx.Command(ctx, "break glass"), PatientRef: in.Ref, Reason: domain.GlassReason(in.Body.Reason), Words: in.Body.Words,
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body brokenView }{brokenView{done.GrantID, done.CaseID, done.Until}}, nil
}

type emergencyView struct {
	ID             string     `json:"id" format:"uuid"`
	CaseID         string     `json:"case_id" format:"uuid"`
	CaseReference  string     `json:"case_reference,omitempty"`
	PersonID       string     `json:"person_id" format:"uuid"`
	Person         string     `json:"person,omitempty"`
	OrganisationID string     `json:"organisation_id" format:"uuid"`
	Organisation   string     `json:"organisation,omitempty"`
	Role           terms.Role `json:"role"`
	Reason         string     `json:"reason"`
	Words          string     `json:"words,omitempty"`
	At             time.Time  `json:"at"`
	Until          time.Time  `json:"until"`
	ReviewDueAt    time.Time  `json:"review_due_at"`
	Outcome        string     `json:"outcome,omitempty" doc:"Absent until it is reviewed"`
	ReviewedBy     string     `json:"reviewed_by,omitempty" format:"uuid"`
	ReviewedAt     *time.Time `json:"reviewed_at,omitempty"`
	Note           string     `json:"note,omitempty"`
	Opened         []lookView `json:"opened,omitempty" doc:"What was opened, in order; with one look alone"`
}

func viewEmergency(g domain.Grant, reference string, names app.Names) emergencyView {
	return emergencyView{
		ID: g.ID, CaseID: g.CaseID, CaseReference: reference, PersonID: g.Person, Person: names[g.Person], OrganisationID: g.Organisation,
		Organisation: names[g.Organisation], Role: g.Role, Reason: string(g.Reason), At: g.At, Until: g.Until, ReviewDueAt: g.ReviewDueAt,
		Outcome: string(g.Outcome), ReviewedBy: g.ReviewedBy, ReviewedAt: orNil(g.ReviewedAt),
	}
}

type emergenciesView struct {
	Items []emergencyView `json:"items" nullable:"false"`
}

func (api API) listEmergencies(ctx context.Context, _ *struct{}) (*struct{ Body emergenciesView }, error) {
	a, _ := actor.From(ctx)
	v, err := api.App.SeeGlasses(ctx, a)
	if err != nil {
		return nil, err
	}
	out := emergenciesView{Items: []emergencyView{}}
	for _, g := range v.Grants {
		out.Items = append(out.Items, viewEmergency(g, v.References[g.CaseID], v.Names))
	}
	return &struct{ Body emergenciesView }{out}, nil
}

func (api API) getEmergency(ctx context.Context, in *oneInput) (*struct{ Body emergencyView }, error) {
	a, _ := actor.From(ctx)
	v, err := api.App.SeeGlass(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	out := viewEmergency(v.Grant, v.Reference, v.Names)
	out.Words, out.Note = v.Grant.Words, v.Grant.Note
	for _, l := range v.Looks {
		out.Opened = append(out.Opened, viewLook(l, v.Names))
	}
	return &struct{ Body emergencyView }{out}, nil
}

type reviewInput struct {
	httpx.WriteInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Outcome string `json:"outcome" enum:"right,advice,wrong,wrong_and_told"`
		Note    string `json:"note,omitempty" maxLength:"1000" doc:"What was asked and answered"`
	}
}

type reviewedView struct {
	ID      string `json:"id" format:"uuid"`
	Outcome string `json:"outcome"`
}

func (api API) reviewEmergency(ctx context.Context, in *reviewInput) (*struct{ Body reviewedView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.ReviewGlass(ctx, a, app.Reviewing{
		Command: httpx.Command(ctx, "review look"), GrantID: in.ID, Outcome: domain.GlassOutcome(in.Body.Outcome), Note: in.Body.Note,
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body reviewedView }{reviewedView{done.GrantID, string(done.Outcome)}}, nil
}

type lookView struct {
	At             time.Time `json:"at"`
	PersonID       string    `json:"person_id,omitempty" format:"uuid" doc:"Absent when who it was must not be named to you"`
	Person         string    `json:"person,omitempty"`
	Role           string    `json:"role,omitempty"`
	OrganisationID string    `json:"organisation_id,omitempty" format:"uuid"`
	Organisation   string    `json:"organisation,omitempty"`
	Did            string    `json:"did"`
	With           string    `json:"with"`
	Emergency      bool      `json:"emergency"`
}

func viewLook(l app.Look, names app.Names) lookView {
	return lookView{l.At, l.Person, names[l.Person], l.Role, l.Organisation, names[l.Organisation], l.Verb, l.Object, l.Emergency}
}

type looksInput struct {
	httpx.ListInput
	Ref string `path:"ref" format:"uuid"`
}

type looksView struct {
	httpx.List[lookView]
	Unread []string `json:"unread,omitempty" doc:"Services whose trail could not be read just now: what they noted is missing here"`
}

func (api API) listLooks(ctx context.Context, in *looksInput) (*struct{ Body looksView }, error) {
	a, _ := actor.From(ctx)
	cursor, err := after[app.LookCursor](ctx, in.ListInput)
	if err != nil {
		return nil, err
	}
	v, err := api.App.SeeLooks(ctx, a, in.Ref, cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	shown := httpx.ListBody(ctx, in.ListInput, v.Looks, func(l app.Look) any { return l.Cursor() })
	out := looksView{httpx.List[lookView]{Items: []lookView{}, Next: shown.Next}, v.Unread}
	for _, l := range shown.Items {
		out.Items = append(out.Items, viewLook(l, v.Names))
	}
	return &struct{ Body looksView }{out}, nil
}
