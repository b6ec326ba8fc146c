// Package api is how a program sees cases: JSON at /api/coordination/v1.
package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// Version is of the API's document.
const Version = "1.0.0"

// API answers programs.
type API struct{ App *app.App }

func get(id, path, summary, description string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description}
}

func post(id, path, summary, description string, metadata map[string]any) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, Description: description, Metadata: metadata}
}

// Register adds every operation.
func (api API) Register(to huma.API) {
	office := httpx.Only(string(terms.RoleCoordinator))
	huma.Register(to, get("get-case", "/cases/{id}", "Get a case",
		"Every referral and offer with who owes the next step and by when, who is involved, and what happened; as far as your role may see it."), api.getCase)
	huma.Register(to, post("close-case", "/cases/{id}/close", "Close a case", "One that a meeting has taken. Nobody may owe a step on it.", nil), api.closeCase)
	huma.Register(to, post("reopen-case", "/cases/{id}/reopen", "Open a closed case again", "With a note why.", nil), api.reopenCase)
	huma.Register(to, get("list-referrals", "/referrals", "List open referrals", "The most urgent first. Only those of cases that your organisation has a part in."), api.listReferrals)
	huma.Register(to, get("get-referral", "/referrals/{id}", "Get a referral", "With its offers, and what you may do now."), api.getReferral)
	huma.Register(to, post("who-helps", "/who-helps", "Ask who already helps a patient", "Before sending. Nothing sensitive is in the answer.",
		httpx.Reads(asking()...)), api.whoHelps)
	seeConsent := get("get-consent", "/patients/{ref}/consent", "Read what a patient agrees to", "The newest answers that are a yes. Only of somebody whose case your organisation has a part in.")
	seeConsent.Metadata = httpx.Only(asking()...)
	huma.Register(to, seeConsent, api.getConsent)
	huma.Register(to, post("withdraw-consent", "/patients/{ref}/consent/withdraw", "Record that a patient no longer agrees to sharing",
		"Referrals end, and whoever holds a copy because of it removes it. Takes no If-Match: what somebody says of their own consent must never fail over a version.",
		httpx.Only(asking()...)), api.withdrawConsent)
	seeHousehold := get("get-household", "/patients/{ref}/household", "Read whether the people a patient lives with may be told that help is there, and what may be told of those",
		"Only of somebody whose case your organisation has a part in.")
	seeHousehold.Metadata = httpx.Only(asking()...)
	huma.Register(to, seeHousehold, api.getHousehold)
	huma.Register(to, post("record-household", "/patients/{ref}/household", "Record whether the people a patient lives with may be told that help is there",
		"Takes no If-Match: what somebody says of their own consent must never fail over a version.", httpx.Only(asking()...)), api.recordHousehold)
	privacy := httpx.Only(string(terms.RolePrivacyOfficer))
	huma.Register(to, post("erase-patient", "/patients/{ref}/erase", "Erase a patient's record everywhere",
		"For the privacy officer of the area's office. What is open ends, the keys are destroyed, and every service removes what it has. It can not be undone.", privacy), api.erase)
	removals := get("list-removals", "/removals", "List who was told to remove something, and who has", "Those with somebody missing first. For the privacy officer of the area's office.")
	removals.Metadata = privacy
	huma.Register(to, removals, api.listRemovals)
	huma.Register(to, post("join", "/referrals/{id}/join", "Join a held referral to the one that is there already", "For its sender; for the area's office once the sender's time ran out.", nil), api.join)
	huma.Register(to, post("confirm", "/referrals/{id}/confirm", "Confirm that a second referral for the same need is right", "For its sender; for the area's office once the sender's time ran out.", nil), api.confirm)
	huma.Register(to, post("withdraw", "/referrals/{id}/withdraw", "Withdraw a held referral", "For its sender; for the area's office once the sender's time ran out.", nil), api.withdraw)
	overlaps := get("count-overlaps", "/overlaps", "Count how often help was there already, and what people chose", "By need and by choice. For the area's office, and without small numbers for service leads.")
	overlaps.Metadata = httpx.Only(counting()...)
	huma.Register(to, overlaps, api.countOverlaps)
	returns := get("count-returns", "/returns", "Count the referrals that came back to the practices that sent them", "By way, need and month. For the area's office, and without small numbers for service leads.")
	returns.Metadata = httpx.Only(counting()...)
	huma.Register(to, returns, api.countReturns)
	overdue := get("list-overdue", "/overdue", "List the steps that are overdue, or soon will be", "The longest waiting first: of everybody in the area for its office, of your own organisation for anybody else. Nothing in it tells of a person.")
	overdue.Metadata = httpx.Only(managing()...)
	huma.Register(to, overdue, api.listOverdue)
	huma.Register(to, post("reassign", "/referrals/{id}/reassign", "Give the step that is owed on a referral to a named person", "Its time stays.", httpx.Only(managing()...)), api.reassign)
	huma.Register(to, post("record-call", "/referrals/{id}/offers/{offer}/call", "Say that you phoned a provider whom no email about an offer reached",
		"For the sender of the referral, or the area's office in its stead. Without an answer the call stays owed, with a new time.", nil), api.recordCall)
	huma.Register(to, post("offer", "/referrals/{id}/offer", "Offer an escalated referral to a receiver", "", office), api.offer)
	huma.Register(to, post("wait", "/referrals/{id}/wait", "Give whoever has an escalated referral in hand more time", "", office), api.wait)
	huma.Register(to, post("close", "/referrals/{id}/close", "Close an escalated referral", "", office), api.close)
	api.registerRecords(to)
	api.registerVisibility(to)
}

// registerRecords adds who somebody is, which the area's office says.
func (api API) registerRecords(to huma.API) {
	office := httpx.Only(string(terms.RoleCoordinator))
	huma.Register(to, post("settle", "/referrals/{id}/settle", "Say which of those who look the same a patient is, or that it is none", "", office), api.settle)
	merges := get("list-merges", "/merges", "List the records that were made one and can still be taken apart", "Newest first.")
	merges.Metadata = office
	huma.Register(to, merges, api.listMerges)
	huma.Register(to, post("undo-merge", "/merges/{id}/undo", "Make two people again of records that were made one",
		"Within 30 days. Each gets back what came under their own ref, also what came since. Takes no If-Match: a merge that stands does not change.", office), api.undoMerge)
	lookalikes := get("list-lookalikes", "/lookalikes", "List the records that may be one person's, while what goes on for either goes on", "The first due first.")
	lookalikes.Metadata = office
	huma.Register(to, lookalikes, api.listLookalikes)
	huma.Register(to, post("settle-lookalike", "/lookalikes/{id}/settle", "Say whether two records that look alike are one person's", "Takes no If-Match: while nobody has answered, nothing of it changes.", office), api.settleLookalike)
	huma.Register(to, post("look-at-apart", "/apart/{one}/{other}/look-again", "Ask for two who were kept apart to be looked at again", "They stay two until somebody has said that they are one. Takes no If-Match.", office), api.lookAtApart)
}

func asking() []string {
	var roles []string
	for _, r := range terms.Roles {
		if domain.MayAsk(r.Code) {
			roles = append(roles, string(r.Code))
		}
	}
	return roles
}

type oneInput struct {
	ID string `path:"id" format:"uuid"`
}

func (api API) getCase(ctx context.Context, in *oneInput) (*httpx.One[caseView], error) {
	a, _ := actor.From(ctx)
	v, err := api.App.SeeCase(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[caseView]{ETag: httpx.ETag(int64(v.Case.Version)), Body: viewCase(v)}, nil
}

func (api API) getReferral(ctx context.Context, in *oneInput) (*httpx.One[referralView], error) {
	a, _ := actor.From(ctx)
	v, err := api.App.SeeReferral(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	body := viewReferral(v.Referral, v.Actions, v.Names)
	for _, m := range v.MayBe {
		body.MayBe = append(body.MayBe, viewMatch(v.Patient, m))
	}
	return &httpx.One[referralView]{ETag: httpx.ETag(int64(v.Referral.Version)), Body: body}, nil
}

type listInput struct {
	httpx.ListInput
	List string `query:"list" enum:"open,ours,overdue,escalated,held,who,phone" default:"open" doc:"open: all; ours: your organisation owes the next step; who: the office must say who it is; phone: no email reaches who was asked, also of a referral that is over"`
}

type listOutput struct{ Body httpx.List[referralView] }

// after is where the page before ended, or nil for the first.
func after[C any](ctx context.Context, in httpx.ListInput) (*C, error) {
	var place C
	if ok, err := in.After(ctx, &place); !ok || err != nil {
		return nil, err
	}
	return &place, nil
}

func (api API) listReferrals(ctx context.Context, in *listInput) (*listOutput, error) {
	a, _ := actor.From(ctx)
	cursor, err := after[app.ListCursor](ctx, in.ListInput)
	if err != nil {
		return nil, err
	}
	v, err := api.App.SeeList(ctx, a, in.List, cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	shown := httpx.ListBody(ctx, in.ListInput, v.Rows, func(l app.Listing) any { return l.Cursor() })
	out := httpx.List[referralView]{Items: []referralView{}, Next: shown.Next}
	for _, l := range shown.Items {
		out.Items = append(out.Items, viewReferral(l.Referral, app.Can(a, l.Referral), v.Names))
	}
	return &listOutput{out}, nil
}

type askInput struct {
	Body struct {
		PatientRef string `json:"patient_ref" format:"uuid"`
		Need       string `json:"need,omitempty" maxLength:"60" doc:"Marks what is for the same need"`
	}
}

type askOutput struct{ Body panelView }

func (api API) whoHelps(ctx context.Context, in *askInput) (*askOutput, error) {
	a, _ := actor.From(ctx)
	p, err := api.App.WhoHelps(ctx, a, in.Body.PatientRef, terms.Need(in.Body.Need))
	if err != nil {
		return nil, err
	}
	return &askOutput{viewPanel(p)}, nil
}
