package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

type householdInput struct {
	httpx.WriteInput
	Ref  string `path:"ref" format:"uuid"`
	Body struct {
		Given bool   `json:"given" doc:"They agree that whoever helps the people they live with is told that help is there, if those agree too"`
		How   string `json:"how" maxLength:"40" doc:"How they were asked: a code of ConsentHow (schemas/terms), but not best_interests for a yes"`
	}
}

type householdView struct {
	CaseID string `json:"case_id" format:"uuid"`
}

type livesWithView struct {
	CaseID  string     `json:"case_id" format:"uuid"`
	Agreed  bool       `json:"agreed" doc:"They agreed that whoever helps the people they live with is told that help is there"`
	AskedAt *time.Time `json:"asked_at,omitempty" doc:"When they agreed"`
	Helps   []string   `json:"helps" doc:"The services that help at the same address, where everybody concerned agreed that it is told. None tells nothing about who lives there"`
}

func (api API) getHousehold(ctx context.Context, in *patientInput) (*struct{ Body livesWithView }, error) {
	a, _ := actor.From(ctx)
	v, err := api.App.SeeHousehold(ctx, a, in.Ref)
	if err != nil {
		return nil, err
	}
	out := livesWithView{CaseID: v.Case.ID, Helps: append([]string{}, v.Helps...)}
	if c, yes := v.Agreed(); yes {
		out.Agreed, out.AskedAt = true, &c.AskedAt
	}
	return &struct{ Body livesWithView }{out}, nil
}

func (api API) recordHousehold(ctx context.Context, in *householdInput) (*struct{ Body householdView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.AnswerHousehold(ctx, a, app.HouseholdAnswer{
		Command: httpx.Command(ctx, "record household"), PatientRef: in.Ref, Given: in.Body.Given, How: terms.ConsentHow(in.Body.How),
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body householdView }{householdView{done.CaseID}}, nil
}
