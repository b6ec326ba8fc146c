package api

import (
	"context"
	"strconv"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

type countView struct {
	Need   string `json:"need,omitempty"`
	Choice string `json:"choice,omitempty" doc:"joined, sent, stopped, sent_mute, withdrawn, waiting or went_on; of returns the way (schemas/terms)"`
	Reason string `json:"reason,omitempty" doc:"Why it was sent or withdrawn"`
	Count  *int   `json:"count,omitempty" doc:"Absent when it is too small to tell"`
}

type overlapsView struct {
	Days                int         `json:"days"`
	Exact               bool        `json:"exact" doc:"For the area's office. Others see no number under 8, and the rest rounded to 5"`
	HeldByNeed          []countView `json:"held_by_need" nullable:"false" doc:"Held as possible duplicates"`
	HeldByChoice        []countView `json:"held_by_choice" nullable:"false"`
	OverlappingByNeed   []countView `json:"overlapping_by_need" nullable:"false" doc:"Somebody who helped already might do this too"`
	OverlappingByChoice []countView `json:"overlapping_by_choice" nullable:"false"`
}

type countInput struct {
	Days string `query:"days" enum:"30,90,365" default:"90"`
}

func (in countInput) days() (int, error) {
	days, err := strconv.Atoi(in.Days)
	if err != nil {
		return 0, fault.Invalid("days", "Send 30, 90 or 365")
	}
	return days, nil
}

func counting() []string {
	var roles []string
	for _, r := range app.CountRoles {
		roles = append(roles, string(r))
	}
	return roles
}

func (api API) countOverlaps(ctx context.Context, in *countInput) (*struct{ Body overlapsView }, error) {
	a, _ := actor.From(ctx)
	days, err := in.days()
	if err != nil {
		return nil, err
	}
	v, err := api.App.SeeOverlaps(ctx, a, days)
	if err != nil {
		return nil, err
	}
	return &struct{ Body overlapsView }{overlapsView{v.Days, v.Exact, counts(v.HeldByNeed), counts(v.HeldByChoice), counts(v.OverlappingByNeed), counts(v.OverlappingByWhat)}}, nil
}

func counts(all []domain.Count) []countView {
	out := []countView{}
	for _, c := range all {
		v := countView{Need: string(c.Need), Choice: c.Choice, Reason: c.Reason}
		if !c.Few {
			v.Count = &c.N
		}
		out = append(out, v)
	}
	return out
}
