package api

import (
	"context"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

type safeWays struct {
	Phone  bool `json:"phone"`
	Text   bool `json:"text"`
	Email  bool `json:"email"`
	Letter bool `json:"letter"`
}

// Details are what a practice writes down about a patient.
type Details struct {
	GivenName         string                `json:"given_name" maxLength:"100"`
	FamilyName        string                `json:"family_name" maxLength:"100"`
	DateOfBirth       string                `json:"date_of_birth" format:"date"`
	NHSNumber         string                `json:"nhs_number,omitempty" maxLength:"20" doc:"Ten digits, spaces allowed"`
	NoNumberReason    domain.NoNumberReason `json:"no_number_reason,omitempty" enum:"not_known,not_registered_yet,would_not_say" doc:"Required without a number"`
	Sex               terms.Sex             `json:"sex,omitempty" enum:"female,male,other,unknown"`
	Phone             string                `json:"phone,omitempty" maxLength:"40"`
	Email             string                `json:"email,omitempty" maxLength:"254"`
	AddressLines      []string              `json:"address_lines,omitempty" maxItems:"6"`
	Postcode          string                `json:"postcode,omitempty" maxLength:"12"`
	Language          string                `json:"language,omitempty" maxLength:"35" doc:"BCP 47; absent is English"`
	InterpreterNeeded bool                  `json:"interpreter_needed,omitempty"`
	Accessibility     []terms.Accessibility `json:"accessibility,omitempty" maxItems:"30"`
	SafeWays          safeWays              `json:"safe_ways" doc:"By which ways it is safe to contact them"`
	SafeNote          string                `json:"safe_note,omitempty" maxLength:"500"`
	NextOfKin         string                `json:"next_of_kin,omitempty" maxLength:"500"`
}

func (d Details) domain() (domain.Details, error) {
	born, err := date("date_of_birth", d.DateOfBirth)
	return domain.Details{
		GivenName: d.GivenName, FamilyName: d.FamilyName, DateOfBirth: born, NHSNumber: d.NHSNumber, NoNumberReason: d.NoNumberReason, Sex: d.Sex,
		Phone: d.Phone, Email: d.Email, Address: strings.Join(d.AddressLines, "\n"), Postcode: d.Postcode, Language: d.Language,
		InterpreterNeeded: d.InterpreterNeeded, Accessibility: d.Accessibility, Safe: domain.SafeWays(d.SafeWays), SafeNote: d.SafeNote, NextOfKin: d.NextOfKin,
	}, err
}

type patientView struct {
	Ref string `json:"ref" format:"uuid" doc:"Stands for the patient in events and addresses"`
	Details
	Status    terms.PatientStatus `json:"status" enum:"active,died,moved_away"`
	Version   int64               `json:"version"`
	ChangedAt time.Time           `json:"changed_at"`
}

func viewPatient(p domain.Patient) patientView {
	v := patientView{Ref: p.Ref, Status: p.Status, Version: p.Version, ChangedAt: p.ChangedAt, Details: Details{
		GivenName: p.GivenName, FamilyName: p.FamilyName, DateOfBirth: day(p.DateOfBirth), NHSNumber: p.NHSNumber, NoNumberReason: p.NoNumberReason, Sex: p.Sex,
		Phone: p.Phone, Email: p.Email, Postcode: p.Postcode, Language: p.Language, InterpreterNeeded: p.InterpreterNeeded,
		Accessibility: p.Accessibility, SafeWays: safeWays(p.Safe), SafeNote: p.SafeNote, NextOfKin: p.NextOfKin,
	}}
	if p.Address != "" {
		v.AddressLines = strings.Split(p.Address, "\n")
	}
	return v
}

type addPatientInput struct {
	httpx.WriteInput
	Body struct {
		Details
		SameName bool `json:"same_name_is_another_person,omitempty" doc:"Add them although another patient without a number has this name and date of birth"`
	}
}

type patientAdded struct {
	Ref      string `json:"ref" format:"uuid"`
	Version  int64  `json:"version"`
	Existing bool   `json:"existing" doc:"The practice had this patient already; nothing was changed"`
}

func (api *API) addPatient(ctx context.Context, in *addPatientInput) (*httpx.Made[patientAdded], error) {
	d, err := in.Body.domain()
	if err != nil {
		return nil, err
	}
	out, err := api.app.AddPatient(ctx, by(ctx), httpx.Command(ctx, "add patient"), d, in.Body.SameName)
	if err != nil {
		return nil, err
	}
	return &httpx.Made[patientAdded]{Location: "/api/primarycare/v1/patients/" + out.Ref, ETag: httpx.ETag(out.Version), Body: patientAdded(out)}, nil
}

// PatientInput names a patient.
type PatientInput struct {
	Ref string `path:"ref" format:"uuid"`
}

func (api *API) getPatient(ctx context.Context, in *PatientInput) (*httpx.One[patientView], error) {
	p, err := api.app.PatientRecord(ctx, by(ctx), in.Ref)
	if err != nil {
		return nil, err
	}
	return &httpx.One[patientView]{ETag: httpx.ETag(p.Version), Body: viewPatient(p)}, nil
}

type changePatientInput struct {
	httpx.ChangeInput
	PatientInput
	Body struct {
		Details
		Status terms.PatientStatus `json:"status,omitempty" enum:"active,died,moved_away"`
	}
}

func (api *API) changePatient(ctx context.Context, in *changePatientInput) (*httpx.One[patientAdded], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	d, err := in.Body.domain()
	if err != nil {
		return nil, err
	}
	out, err := api.app.ChangePatient(ctx, by(ctx), httpx.Command(ctx, "change patient"), in.Ref, version, func(p domain.Patient) domain.Patient {
		p.Details = d
		if in.Body.Status != "" {
			p.Status = in.Body.Status
		}
		return p
	})
	if err != nil {
		return nil, err
	}
	return &httpx.One[patientAdded]{ETag: httpx.ETag(out.Version), Body: patientAdded(out)}, nil
}

type searchInput struct {
	Body struct {
		Text        string `json:"text,omitempty" maxLength:"200" doc:"Beginnings of names, an NHS number, or a referral's reference"`
		DateOfBirth string `json:"date_of_birth,omitempty" format:"date"`
	}
}

func (api *API) searchPatients(ctx context.Context, in *searchInput) (*struct{ Body httpx.List[patientView] }, error) {
	born, err := date("date_of_birth", in.Body.DateOfBirth)
	if err != nil {
		return nil, err
	}
	found, err := api.app.FindPatients(ctx, by(ctx), app.Search{Text: in.Body.Text, Born: born})
	if err != nil {
		return nil, err
	}
	out := &struct{ Body httpx.List[patientView] }{httpx.List[patientView]{Items: []patientView{}}}
	for _, p := range found.Patients {
		out.Body.Items = append(out.Body.Items, viewPatient(p))
	}
	return out, nil
}
