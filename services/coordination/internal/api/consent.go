package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

type patientInput struct {
	Ref string `path:"ref" format:"uuid"`
}

type agreedView struct {
	Purpose        terms.ConsentPurpose `json:"purpose"`
	How            string               `json:"how"`
	AskedBy        string               `json:"asked_by" format:"uuid"`
	OrganisationID string               `json:"by_organisation_id" format:"uuid"`
	AskedAt        time.Time            `json:"asked_at"`
	With           []string             `json:"organisation_ids,omitempty" doc:"With whom; absent is those who help"`
	UntilOn        string               `json:"until_on,omitempty" format:"date" doc:"The last day on which it holds; absent is until they say otherwise"`
}

type consentView struct {
	CaseID string       `json:"case_id" format:"uuid"`
	Agreed []agreedView `json:"agreed" nullable:"false"`
}

func (api API) getConsent(ctx context.Context, in *patientInput) (*struct{ Body consentView }, error) {
	a, _ := actor.From(ctx)
	v, err := api.App.SeeConsent(ctx, a, in.Ref)
	if err != nil {
		return nil, err
	}
	out := consentView{CaseID: v.Case.ID, Agreed: []agreedView{}}
	for _, c := range v.Standing {
		out.Agreed = append(out.Agreed, agreedView{terms.ConsentPurpose(c.Purpose), c.How, c.AskedBy, c.By, c.AskedAt, c.Organisations, c.UntilOn})
	}
	return &struct{ Body consentView }{out}, nil
}

type withdrawConsentInput struct {
	httpx.WriteInput
	Ref  string `path:"ref" format:"uuid"`
	Body struct {
		Purpose         string   `json:"purpose" enum:"share_to_help,discuss_at_mdt,share_sensitive"`
		How             string   `json:"how" maxLength:"40" doc:"How they said so: a code of ConsentHow (schemas/terms)"`
		OrganisationIDs []string `json:"organisation_ids,omitempty" maxItems:"50" format:"uuid" doc:"With whom they no longer agree to share; absent is everybody"`
	}
}

type withdrawnView struct {
	CaseID string `json:"case_id" format:"uuid"`
}

func (api API) withdrawConsent(ctx context.Context, in *withdrawConsentInput) (*struct{ Body withdrawnView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.WithdrawConsent(ctx, a, app.Withdrawal{
		Command: httpx.Command(ctx, "withdraw consent"), PatientRef: in.Ref, Purpose: terms.ConsentPurpose(in.Body.Purpose), How: terms.ConsentHow(in.Body.How), With: in.Body.OrganisationIDs,
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body withdrawnView }{withdrawnView{done.CaseID}}, nil
}
