package api

import (
	"context"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/services/coordination/internal/domain"
)

type monthView struct {
	Month string `json:"month" doc:"2026-11, in London"`
	Count *int   `json:"count,omitempty" doc:"Absent when it is too small to tell"`
}

type returnsView struct {
	Days    int         `json:"days"`
	Exact   bool        `json:"exact" doc:"For the area's office. Others see no number under 8, and the rest rounded to 5"`
	ByWay   []countView `json:"by_way" nullable:"false" doc:"Each referral once, by the way it came back first"`
	ByNeed  []countView `json:"by_need" nullable:"false"`
	ByMonth []monthView `json:"by_month" nullable:"false"`
}

func (api API) countReturns(ctx context.Context, in *countInput) (*struct{ Body returnsView }, error) {
	a, _ := actor.From(ctx)
	days, err := in.days()
	if err != nil {
		return nil, err
	}
	v, err := api.App.SeeReturns(ctx, a, days)
	if err != nil {
		return nil, err
	}
	return &struct{ Body returnsView }{returnsView{v.Days, v.Exact, counts(v.ByWay), counts(v.ByNeed), months(v.ByMonth)}}, nil
}

func months(all []domain.Count) []monthView {
	out := []monthView{}
	for _, c := range all {
		v := monthView{Month: c.Choice}
		if !c.Few {
			v.Count = &c.N
		}
		out = append(out, v)
	}
	return out
}
