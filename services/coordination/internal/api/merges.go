package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// matchView is somebody whom a patient may be, and how their details compare.
type matchView struct {
	patientView
	NHSNumber string            `json:"nhs_number,omitempty"`
	Postcode  string            `json:"postcode,omitempty"`
	Identical bool              `json:"identical" doc:"Every detail agrees"`
	Agreement map[string]string `json:"agreement" doc:"For each detail: same, close, different or not_known"`
}

var agreementCodes = map[domain.Agreement]string{domain.NotKnown: "not_known", domain.Agrees: "same", domain.Close: "close", domain.Differs: "different"}

func viewMatch(p domain.Patient, m domain.Match) matchView {
	v := matchView{patientView: viewPatient(m.Patient), NHSNumber: m.NHSNumber, Postcode: m.Postcode, Identical: m.Is == domain.OnePerson, Agreement: map[string]string{}}
	for detail, compare := range map[string]func(a, b domain.Patient) domain.Agreement{
		"name": domain.NameAgrees, "date_of_birth": domain.BirthAgrees, "sex": domain.SexAgrees, "nhs_number": domain.NumberAgrees,
		"postcode": domain.PostcodeAgrees, "phone": domain.PhoneAgrees,
	} {
		v.Agreement[detail] = agreementCodes[compare(p, m.Patient)]
	}
	return v
}

type mergeView struct {
	ID      string            `json:"id" format:"uuid"`
	FromRef string            `json:"from_ref" format:"uuid"`
	IntoRef string            `json:"into_ref" format:"uuid"`
	Why     terms.MergeReason `json:"why"`
	By      string            `json:"by,omitempty" format:"uuid" doc:"Absent when every detail agreed and nobody had to look"`
	At      time.Time         `json:"at"`
	Until   time.Time         `json:"undo_until"`
}

type mergesInput struct{ httpx.ListInput }

type mergesOutput struct{ Body httpx.List[mergeView] }

func (api API) listMerges(ctx context.Context, in *mergesInput) (*mergesOutput, error) {
	a, _ := actor.From(ctx)
	cursor, err := after[app.MergeCursor](ctx, in.ListInput)
	if err != nil {
		return nil, err
	}
	v, err := api.App.SeeMerges(ctx, a, cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	shown := httpx.ListBody(ctx, in.ListInput, v.Merges, func(m app.MergeListed) any { return m.Cursor() })
	out := httpx.List[mergeView]{Items: []mergeView{}, Next: shown.Next}
	for _, m := range shown.Items {
		out.Items = append(out.Items, mergeView{m.ID, m.From, m.Into, m.Why, m.By, m.At, m.At.Add(domain.UndoWithin)})
	}
	return &mergesOutput{out}, nil
}

type undoMergeInput struct {
	httpx.WriteInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"2000" doc:"How it is known that they are two people"`
	}
}

type undoneView struct {
	FromRef    string `json:"from_ref" format:"uuid"`
	IntoRef    string `json:"into_ref" format:"uuid"`
	FromCaseID string `json:"from_case_id,omitempty" format:"uuid" doc:"The open case of the one"`
	IntoCaseID string `json:"into_case_id,omitempty" format:"uuid" doc:"The open case of the other"`
}

func (api API) undoMerge(ctx context.Context, in *undoMergeInput) (*struct{ Body undoneView }, error) {
	a, _ := actor.From(ctx)
	done, err := api.App.UndoMerge(ctx, a, app.Undoing{Command: httpx.Command(ctx, "undo merge"), MergeID: in.ID, Note: in.Body.Note})
	if err != nil {
		return nil, err
	}
	return &struct{ Body undoneView }{undoneView{done.FromRef, done.IntoRef, done.FromCase, done.IntoCase}}, nil
}
