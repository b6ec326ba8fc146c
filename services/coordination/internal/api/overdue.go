package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

// owedView is one step that somebody owes; it tells nothing of whom it is about.
type owedView struct {
	Kind       string    `json:"kind" enum:"referral,action,red_flag,reservation,removal,consent,notice,answer,signpost,parked,lookalike" doc:"notice: phone whom no email reaches about the offer; lookalike: say whether two records are one person's"`
	ID         string    `json:"id" format:"uuid" doc:"Of what the step is owed on"`
	Reference  string    `json:"reference,omitempty"`
	ReferralID string    `json:"referral_id,omitempty" format:"uuid" doc:"Of a call: the referral of the offer, when you can open it"`
	State      string    `json:"state,omitempty"`
	Owes       owesView  `json:"owes"`
	Since      time.Time `json:"since"`
	DueAt      time.Time `json:"due_at"`
	Escalation string    `json:"escalation,omitempty"`
	Service    string    `json:"service,omitempty" doc:"Of what is parked: the service that could not apply it"`
	MaySee     bool      `json:"may_see" doc:"Your organisation has a part in it, so that you can open it"`
}

type overdueInput struct {
	httpx.ListInput
	List string `query:"list" enum:"overdue,soon" default:"overdue" doc:"soon: due before the end of the next working day"`
}

type overdueOutput struct{ Body httpx.List[owedView] }

func (api API) listOverdue(ctx context.Context, in *overdueInput) (*overdueOutput, error) {
	a, _ := actor.From(ctx)
	cursor, err := after[app.OwedCursor](ctx, in.ListInput)
	if err != nil {
		return nil, err
	}
	v, err := api.App.SeeOverdue(ctx, a, in.List == "soon", cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	shown := httpx.ListBody(ctx, in.ListInput, v.Rows, func(o app.Owed) any { return o.Cursor() })
	out := httpx.List[owedView]{Items: []owedView{}, Next: shown.Next}
	for _, o := range shown.Items {
		out.Items = append(out.Items, owedView{
			Kind: string(o.Kind), ID: o.ID, Reference: o.Reference, ReferralID: v.Calls[o.ID], State: string(o.State), Since: o.Since, DueAt: o.DueAt, Escalation: string(o.Escalation), Service: o.Service, MaySee: v.Ours[o.ID],
			Owes: owesView{string(o.Party), o.Organisation, v.Names[o.Organisation], o.Person, v.Names[o.Person]},
		})
	}
	return &overdueOutput{out}, nil
}

type reassignInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		PersonID string `json:"person_id" format:"uuid" doc:"Another coordinator for a step of the area's office; for any other, somebody at the organisation that owes it"`
	}
}

func (api API) reassign(ctx context.Context, in *reassignInput) (*httpx.One[doneView], error) {
	return take(ctx, "reassign", in.ChangeInput, in.ID, func(by actor.Actor, s app.Step) (app.Done, error) {
		return api.App.Reassign(ctx, by, s, in.Body.PersonID)
	})
}

func managing() []string {
	var roles []string
	for _, r := range terms.Roles {
		if app.Manages(r.Code) {
			roles = append(roles, string(r.Code))
		}
	}
	return roles
}
