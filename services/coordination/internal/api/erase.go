package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

type eraseInput struct {
	httpx.WriteInput
	Ref  string `path:"ref" format:"uuid"`
	Body struct {
		Why string `json:"why" enum:"patient_asked,retention_ended,made_in_error"`
	}
}

type erasedView struct {
	PatientRef string `json:"patient_ref" format:"uuid"`
	Removed    int    `json:"removed" doc:"How many records of the shared case were cleared. Other services say for themselves: see removals"`
}

func (api API) erase(ctx context.Context, in *eraseInput) (*struct{ Body erasedView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.Erase(ctx, a, app.Erasing{Command: httpx.Command(ctx, "erase patient"), PatientRef: in.Ref, Why: terms.ErasureReason(in.Body.Why)})
	if err != nil {
		return nil, err
	}
	return &struct{ Body erasedView }{erasedView(done)}, nil
}

type removalView struct {
	PatientRef string             `json:"patient_ref" format:"uuid"`
	Because    terms.RemovalCause `json:"because"`
	ToldAt     time.Time          `json:"told_at"`
	DueAt      time.Time          `json:"due_at" doc:"By when everybody should have removed it"`
	Late       bool               `json:"late"`
	By         []removalByView    `json:"by" nullable:"false"`
}

type removalByView struct {
	Service string     `json:"service"`
	Removed int        `json:"removed"`
	At      *time.Time `json:"at,omitempty" doc:"Absent while it has not said that it removed it"`
}

type removalsView struct {
	Items []removalView `json:"items" nullable:"false"`
}

func (api API) listRemovals(ctx context.Context, _ *struct{}) (*struct{ Body removalsView }, error) {
	a, _ := actor.From(ctx)
	v, err := api.App.SeeRemovals(ctx, a)
	if err != nil {
		return nil, err
	}
	out := removalsView{Items: []removalView{}}
	for _, r := range v.Removals {
		one := removalView{PatientRef: r.PatientRef, Because: r.Because, ToldAt: r.ToldAt, DueAt: r.DueAt, Late: r.Late(v.Now)}
		for _, b := range r.By {
			by := removalByView{Service: b.Service, Removed: b.Removed}
			if !b.At.IsZero() {
				by.At = &b.At
			}
			one.By = append(one.By, by)
		}
		out.Items = append(out.Items, one)
	}
	return &struct{ Body removalsView }{out}, nil
}
