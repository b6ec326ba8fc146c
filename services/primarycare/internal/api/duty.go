package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

// dutyBody is who answers red flags today.
type dutyBody struct {
	ClinicianID    string `json:"clinician_id,omitempty" format:"uuid" doc:"A GP of the practice; missing when nobody is set, and then a red flag goes straight to 999 or 111"`
	ClinicianPhone string `json:"clinician_phone,omitempty" maxLength:"40"`
	DeputyID       string `json:"deputy_id,omitempty" format:"uuid" doc:"A GP or the practice manager, told when the clinician has not answered in 15 minutes"`
	DeputyPhone    string `json:"deputy_phone,omitempty" maxLength:"40"`
}

type dutyView struct {
	dutyBody
	SetAt      *time.Time `json:"set_at,omitempty"`
	Clinicians []string   `json:"clinicians" doc:"Who could be the duty clinician"`
	Deputies   []string   `json:"deputies" doc:"Who could be the deputy"`
}

func (api *API) getDuty(ctx context.Context, _ *struct{}) (*httpx.One[dutyView], error) {
	d, err := api.app.Duty(ctx, by(ctx))
	if err != nil {
		return nil, err
	}
	return &httpx.One[dutyView]{ETag: httpx.ETag(d.Version), Body: viewDuty(d)}, nil
}

func viewDuty(d app.DutyPage) dutyView {
	v := dutyView{
		dutyBody: dutyBody{ClinicianID: d.ClinicianID, ClinicianPhone: d.ClinicianPhone, DeputyID: d.DeputyID, DeputyPhone: d.DeputyPhone},
		SetAt:    moment(d.SetAt), Clinicians: []string{}, Deputies: []string{},
	}
	for _, r := range d.Clinicians {
		v.Clinicians = append(v.Clinicians, r.PersonID)
	}
	for _, r := range d.Deputies {
		v.Deputies = append(v.Deputies, r.PersonID)
	}
	return v
}

type dutyInput struct {
	httpx.ChangeInput
	Body dutyBody
}

func (api *API) setDuty(ctx context.Context, in *dutyInput) (*httpx.One[dutyBody], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	_, err = api.app.SetDuty(ctx, by(ctx), httpx.Command(ctx, "set duty"), version, domain.Duty{
		ClinicianID: b.ClinicianID, ClinicianPhone: b.ClinicianPhone, DeputyID: b.DeputyID, DeputyPhone: b.DeputyPhone,
	})
	if err != nil {
		return nil, err
	}
	return &httpx.One[dutyBody]{ETag: httpx.ETag(version + 1), Body: b}, nil
}
