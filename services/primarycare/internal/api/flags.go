package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

type raiseInput struct {
	httpx.WriteInput
	Body struct {
		PatientRef string                  `json:"patient_ref,omitempty" format:"uuid"`
		Who        string                  `json:"who,omitempty" maxLength:"500" doc:"Name and how to reach somebody who is no patient here"`
		Questions  []terms.RedFlagQuestion `json:"question_codes,omitempty" maxItems:"20" doc:"The questions answered with yes"`
		Note       string                  `json:"note,omitempty" maxLength:"2000"`
	}
}

type flagView struct {
	ID             string                  `json:"id" format:"uuid"`
	PatientRef     string                  `json:"patient_ref" format:"uuid"`
	Source         terms.RedFlagSource     `json:"source"`
	Questions      []terms.RedFlagQuestion `json:"question_codes"`
	RaisedBy       string                  `json:"raised_by" format:"uuid"`
	RaisedAt       time.Time               `json:"raised_at"`
	Rung           domain.Rung             `json:"rung" enum:"duty,deputy,nobody" doc:"Who is to answer now; nobody: ring 999 or 111"`
	DueAt          time.Time               `json:"due_at"`
	Action         terms.RedFlagAction     `json:"action,omitempty"`
	AcknowledgedBy string                  `json:"acknowledged_by,omitempty" format:"uuid"`
	AcknowledgedAt *time.Time              `json:"acknowledged_at,omitempty"`
	Open           bool                    `json:"open"`
	Version        int64                   `json:"version"`
}

func viewFlag(f domain.Flag) flagView {
	questions := f.Questions
	if questions == nil {
		questions = []terms.RedFlagQuestion{}
	}
	return flagView{
		ID: f.ID, PatientRef: f.Ref, Source: f.Source, Questions: questions, RaisedBy: f.RaisedBy, RaisedAt: f.RaisedAt, Rung: f.Rung, DueAt: f.DueAt,
		Action: f.Action, AcknowledgedBy: f.ActedBy, AcknowledgedAt: moment(f.ActedAt), Open: f.Open(), Version: f.Version,
	}
}

type made struct {
	ID string `json:"id" format:"uuid"`
}

func (api *API) raiseFlag(ctx context.Context, in *raiseInput) (*httpx.Made[made], error) {
	b := in.Body
	out, err := api.app.RaiseFlag(ctx, by(ctx), httpx.Command(ctx, "raise red flag"), app.RaiseFlag{Ref: b.PatientRef, Who: b.Who, Questions: b.Questions, Note: b.Note})
	if err != nil {
		return nil, err
	}
	return &httpx.Made[made]{Location: "/api/primarycare/v1/red-flags/" + out.ID, ETag: httpx.ETag(1), Body: made(out)}, nil
}

type listFlagsInput struct {
	httpx.ListInput
	Open bool `query:"open" doc:"Only those that nobody has dealt with"`
}

func (api *API) listFlags(ctx context.Context, in *listFlagsInput) (*struct{ Body httpx.List[flagView] }, error) {
	var after app.FlagPlace
	if _, err := in.After(ctx, &after); err != nil {
		return nil, err
	}
	l, err := api.app.Flags(ctx, by(ctx), in.Open, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	views := make([]flagView, len(l.Flags))
	for i, f := range l.Flags {
		views[i] = viewFlag(f)
	}
	return &struct{ Body httpx.List[flagView] }{httpx.ListBody(ctx, in.ListInput, views, func(f flagView) any { return app.FlagPlace{At: f.RaisedAt, ID: f.ID} })}, nil
}

func (api *API) getFlag(ctx context.Context, in *Identified) (*httpx.One[flagView], error) {
	f, err := api.app.Flag(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[flagView]{ETag: httpx.ETag(f.Version), Body: viewFlag(f.Flag)}, nil
}

type acknowledgeInput struct {
	httpx.WriteInput
	Identified
	Body struct {
		Action terms.RedFlagAction `json:"action" maxLength:"60"`
	}
}

func (api *API) acknowledgeFlag(ctx context.Context, in *acknowledgeInput) (*struct{ Body made }, error) {
	out, err := api.app.ActOnFlag(ctx, by(ctx), httpx.Command(ctx, "acknowledge red flag"), in.ID, in.Body.Action)
	if err != nil {
		return nil, err
	}
	return &struct{ Body made }{made(out)}, nil
}

// ConsentBody is what a person was asked about sharing, and said.
type ConsentBody struct {
	Given   bool             `json:"given" doc:"Without it nothing is shared: signpost only"`
	How     terms.ConsentHow `json:"how" maxLength:"40"`
	AskedAt time.Time        `json:"asked_at,omitzero"`
	UntilOn string           `json:"until_on,omitempty" format:"date" doc:"The last day on which it holds, at most two years ahead; absent is until they say otherwise"`
}

type consentInput struct {
	httpx.WriteInput
	Body struct {
		PatientRef string `json:"patient_ref" format:"uuid"`
		ConsentBody
	}
}

func (api *API) recordConsent(ctx context.Context, in *consentInput) (*httpx.Made[made], error) {
	c, err := consentOf(in.Body.ConsentBody)
	if err != nil {
		return nil, err
	}
	c.Ref = in.Body.PatientRef
	out, err := api.app.RecordConsent(ctx, by(ctx), httpx.Command(ctx, "record consent"), c)
	if err != nil {
		return nil, err
	}
	return &httpx.Made[made]{Location: "/api/primarycare/v1/patients/" + c.Ref, ETag: httpx.ETag(1), Body: made{out.ID}}, nil
}
