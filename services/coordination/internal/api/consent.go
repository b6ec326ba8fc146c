package api

import (
	"context"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

type withdrawConsentInput struct {
	httpx.WriteInput
	Ref  string `path:"ref" format:"uuid"`
	Body struct {
		Purpose string `json:"purpose" enum:"share_to_help,discuss_at_mdt"`
		How     string `json:"how" maxLength:"40" doc:"How they said so: a code of ConsentHow (schemas/terms)"`
	}
}

type withdrawnView struct {
	CaseID string `json:"case_id" format:"uuid"`
}

func (api API) withdrawConsent(ctx context.Context, in *withdrawConsentInput) (*struct{ Body withdrawnView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.WithdrawConsent(ctx, a, app.Withdrawal{
		Command: httpx.Command(ctx, "withdraw consent"), PatientRef: in.Ref, Purpose: terms.ConsentPurpose(in.Body.Purpose), How: terms.ConsentHow(in.Body.How),
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body withdrawnView }{withdrawnView{done.CaseID}}, nil
}
