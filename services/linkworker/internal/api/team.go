package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

type refusalView struct {
	Need        terms.Need `json:"need"`
	Why         string     `json:"why,omitempty" maxLength:"300"`
	NetworkCode string     `json:"network_code,omitempty" maxLength:"12" doc:"Only in this network's neighbourhood; absent everywhere"`
}

// TeamBody is what a team says it does; it is exported because huma passes over what is not.
type TeamBody struct {
	WhatWeDo     string        `json:"what_we_do" minLength:"1" maxLength:"2000"`
	Accepts      bool          `json:"accepts_referrals"`
	Needs        []terms.Need  `json:"needs" nullable:"false" maxItems:"60"`
	NotHere      []refusalView `json:"not_here,omitempty" maxItems:"60"`
	NetworkCodes []string      `json:"network_codes,omitempty" maxItems:"20"`
	PracticeIDs  []string      `json:"practice_ids,omitempty" maxItems:"200" doc:"Only these practices; absent is all of the networks"`
	Phone        string        `json:"phone,omitempty" maxLength:"40"`
}

type capacityView struct {
	Status       terms.CapacityStatus `json:"status" doc:"Empty before the first report"`
	PlacesFree   *int                 `json:"places_free,omitempty" minimum:"0" maximum:"10000"`
	Waiting      *int                 `json:"waiting,omitempty" minimum:"0" maximum:"10000"`
	NextReviewOn string               `json:"next_review_on,omitempty" format:"date"`
	ReportedAt   *time.Time           `json:"reported_at,omitempty" readOnly:"true"`
	Version      int64                `json:"version,omitempty" readOnly:"true" doc:"For If-Match of the next report; 0 before the first"`
}

type teamView struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Version  int64         `json:"version"`
	Capacity *capacityView `json:"capacity,omitempty"`
	TeamBody
}

func (x face) team(ctx context.Context, _ *struct{}) (*httpx.One[teamView], error) {
	v, err := x.app.Team(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	t := v.Team
	out := teamView{ID: who(ctx).Organisation, Name: t.Name, Version: t.Version, TeamBody: TeamBody{
		WhatWeDo: t.WhatWeDo, Accepts: t.Accepts, Needs: t.Needs,
		NetworkCodes: t.NetworkCodes, PracticeIDs: t.PracticeIDs, Phone: t.Phone,
	}}
	if out.Needs == nil {
		out.Needs = []terms.Need{}
	}
	for _, n := range t.NotHere {
		out.NotHere = append(out.NotHere, refusalView(n))
	}
	if c := v.Capacity; c.Status != "" {
		room := viewCapacity(c)
		out.Capacity = &room
	}
	return &httpx.One[teamView]{ETag: httpx.ETag(t.Version), Body: out}, nil
}

type publishInput struct {
	httpx.ChangeInput
	Body TeamBody
}

func (x face) publishTeam(ctx context.Context, in *publishInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	t := domain.Team{WhatWeDo: b.WhatWeDo, Accepts: b.Accepts, Needs: b.Needs, NetworkCodes: b.NetworkCodes, PracticeIDs: b.PracticeIDs, Phone: b.Phone}
	for _, n := range b.NotHere {
		t.NotHere = append(t.NotHere, domain.Refusal(n))
	}
	return changed(x.app.PublishTeam(ctx, who(ctx), httpx.Command(ctx, "publish team"), t, version))
}

func viewCapacity(c domain.Capacity) capacityView {
	return capacityView{c.Status, c.PlacesFree, c.Waiting, c.NextReviewOn, moment(c.ReportedAt), c.Version}
}

func (x face) capacity(ctx context.Context, _ *struct{}) (*httpx.One[capacityView], error) {
	v, err := x.app.Team(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	return &httpx.One[capacityView]{ETag: httpx.ETag(v.Capacity.Version), Body: viewCapacity(v.Capacity)}, nil
}

type capacityInput struct {
	httpx.ChangeInput
	Body capacityView
}

func (x face) reportCapacity(ctx context.Context, in *capacityInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	c := domain.Capacity{Status: in.Body.Status, PlacesFree: in.Body.PlacesFree, Waiting: in.Body.Waiting, NextReviewOn: in.Body.NextReviewOn}
	return changed(x.app.ReportCapacity(ctx, who(ctx), httpx.Command(ctx, "report capacity"), c, version))
}
