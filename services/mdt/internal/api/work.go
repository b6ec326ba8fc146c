package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

type holdingView struct {
	ID             string    `json:"id"`
	CaseID         string    `json:"case_id"`
	Reference      string    `json:"case_reference"`
	PatientRef     string    `json:"patient_ref"`
	PersonID       string    `json:"person_id"`
	OrganisationID string    `json:"organisation_id"`
	State          string    `json:"state"`
	DueAt          time.Time `json:"due_at"`
	Version        int64     `json:"version"`
}

func (api *API) getHolding(ctx context.Context, in *Identified) (*httpx.One[holdingView], error) {
	h, err := api.app.HoldingByID(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[holdingView]{ETag: httpx.ETag(h.Version), Body: holdingView{h.ID, h.CaseID, h.Case.Reference, h.PatientRef, h.PersonID, h.OrganisationID, string(h.State), h.DueAt.UTC(), h.Version}}, nil
}

func (api *API) acceptCase(ctx context.Context, in *ChangeIn) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.AcceptCase(ctx, by(ctx), httpx.Command(ctx, "accept case"), app.HoldingChange{ID: in.ID, Version: version}))
}

func (api *API) refuseCase(ctx context.Context, in *struct {
	ChangeIn
	Body struct {
		WhyNot string `json:"why_not" maxLength:"500"`
	}
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.RefuseCase(ctx, by(ctx), httpx.Command(ctx, "refuse case"), app.HoldingChange{ID: in.ID, Version: version, WhyNot: in.Body.WhyNot}))
}

func (api *API) takeBack(ctx context.Context, in *ChangeIn) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.TakeBackAsking(ctx, by(ctx), httpx.Command(ctx, "take back"), app.HoldingChange{ID: in.ID, Version: version}))
}

type actionView struct {
	ID        string     `json:"id"`
	CaseID    string     `json:"case_id,omitempty"`
	Reference string     `json:"case_reference,omitempty"`
	MeetingID string     `json:"meeting_id"`
	OwnerID   string     `json:"owner_person_id"`
	OwnerOrg  string     `json:"owner_organisation_id"`
	DueOn     string     `json:"due_on"`
	What      string     `json:"what"`
	State     string     `json:"state"`
	OwnerLeft bool       `json:"owner_left,omitempty" doc:"Whoever was to do it no longer works there: give it to somebody else"`
	Note      string     `json:"note,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	Version   int64      `json:"version"`
}

func viewAction(x app.ActionView) actionView {
	return actionView{x.ID, x.CaseID, x.CaseReference, x.MeetingID, x.OwnerID, x.OwnerOrg, x.DueOn, x.What, string(x.State), x.Left, x.Note, utc(x.EndedAt), x.Version}
}

func (api *API) listActions(ctx context.Context, in *struct {
	httpx.ListInput
	Show string `query:"show" enum:"open,overdue,ended,all" default:"open"`
	Ours bool   `query:"ours" doc:"Only what your organisation owes"`
},
) (*struct{ Body httpx.List[actionView] }, error) {
	q := app.ActionQuery{Show: in.Show, Ours: in.Ours, Limit: in.Limit + 1}
	var at app.ActionPlace
	if ok, err := in.After(ctx, &at); err != nil {
		return nil, err
	} else if ok {
		q.After = &at
	}
	all, _, err := api.app.Actions(ctx, by(ctx), q)
	if err != nil {
		return nil, err
	}
	views := make([]actionView, 0, len(all))
	for _, x := range all {
		views = append(views, viewAction(x))
	}
	return &struct{ Body httpx.List[actionView] }{httpx.ListBody(ctx, in.ListInput, views, func(v actionView) any { return app.ActionPlace{On: v.DueOn, ID: v.ID} })}, nil
}

func (api *API) getAction(ctx context.Context, in *Identified) (*httpx.One[actionView], error) {
	x, _, err := api.app.ActionByID(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[actionView]{ETag: httpx.ETag(x.Version), Body: viewAction(x)}, nil
}

func (api *API) giveAction(ctx context.Context, in *struct {
	ChangeIn
	Body somebody
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.GiveAction(ctx, by(ctx), httpx.Command(ctx, "give action"), app.GiveInput{ID: in.ID, Version: version, PersonID: in.Body.PersonID, Organisation: in.Body.OrganisationID}))
}

func (api *API) endAction(ctx context.Context, in *struct {
	ChangeIn
	Body struct {
		Result string `json:"result" enum:"done,dropped"`
		Note   string `json:"note,omitempty" maxLength:"2000"`
	}
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.EndAction(ctx, by(ctx), httpx.Command(ctx, "end action"), app.EndInput{ID: in.ID, Version: version, Result: terms.ActionResult(in.Body.Result), Note: in.Body.Note}))
}

// ContactBody is who somebody is and how they can be reached.
type ContactBody struct {
	GivenName    string   `json:"given_name" maxLength:"100"`
	FamilyName   string   `json:"family_name" maxLength:"100"`
	DateOfBirth  string   `json:"date_of_birth" format:"date"`
	NHSNumber    string   `json:"nhs_number,omitempty" maxLength:"20"`
	Phone        string   `json:"phone,omitempty" maxLength:"30"`
	Email        string   `json:"email,omitempty" maxLength:"254"`
	AddressLines []string `json:"address_lines,omitempty" maxItems:"6"`
	Postcode     string   `json:"postcode,omitempty" maxLength:"10"`
	SafeWays     struct {
		Phone  bool `json:"phone"`
		Text   bool `json:"text"`
		Email  bool `json:"email"`
		Letter bool `json:"letter"`
	} `json:"safe_ways"`
	SafeNote  string `json:"safe_note,omitempty" maxLength:"500"`
	NextOfKin string `json:"next_of_kin,omitempty" maxLength:"500"`
}

func (b ContactBody) contact() domain.Contact {
	return domain.Contact{
		GivenName: b.GivenName, FamilyName: b.FamilyName, DateOfBirth: b.DateOfBirth, NHSNumber: b.NHSNumber, Phone: b.Phone, Email: b.Email, AddressLines: b.AddressLines, Postcode: b.Postcode,
		SafeWays: domain.SafeWays(b.SafeWays), SafeNote: b.SafeNote, NextOfKin: b.NextOfKin,
	}
}

type patientView struct {
	Ref     string      `json:"patient_ref"`
	Contact ContactBody `json:"contact"`
	CaseID  string      `json:"case_id,omitempty"`
	Version int64       `json:"version"`
}

// RefIn names a patient in the path.
type RefIn struct {
	Ref string `path:"ref" format:"uuid"`
}

func (api *API) addPatient(ctx context.Context, in *struct {
	httpx.WriteInput
	Body struct {
		ContactBody
		Another bool `json:"another,omitempty" doc:"It is somebody else of the same name and date of birth"`
	}
},
) (*httpx.Made[done], error) {
	d, err := api.app.AddPatient(ctx, by(ctx), httpx.Command(ctx, "add patient"), app.AddPatientInput{Contact: in.Body.contact(), Another: in.Body.Another})
	return created("/patients", d, err)
}

func (api *API) getPatient(ctx context.Context, in *RefIn) (*httpx.One[patientView], error) {
	p, err := api.app.PatientByRef(ctx, by(ctx), in.Ref)
	if err != nil {
		return nil, err
	}
	c := p.Contact
	v := patientView{Ref: p.PatientRef, CaseID: p.Case.ID, Version: p.Version, Contact: ContactBody{
		GivenName: c.GivenName, FamilyName: c.FamilyName, DateOfBirth: c.DateOfBirth, NHSNumber: c.NHSNumber, Phone: c.Phone, Email: c.Email,
		AddressLines: c.AddressLines, Postcode: c.Postcode, SafeNote: c.SafeNote, NextOfKin: c.NextOfKin,
	}}
	v.Contact.SafeWays.Phone, v.Contact.SafeWays.Text, v.Contact.SafeWays.Email, v.Contact.SafeWays.Letter = c.SafeWays.Phone, c.SafeWays.Text, c.SafeWays.Email, c.SafeWays.Letter
	return &httpx.One[patientView]{ETag: httpx.ETag(p.Version), Body: v}, nil
}

func (api *API) changePatient(ctx context.Context, in *struct {
	httpx.ChangeInput
	RefIn
	Body ContactBody
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.ChangePatient(ctx, by(ctx), httpx.Command(ctx, "change patient"), in.Ref, version, in.Body.contact()))
}

type referralView struct {
	ID         string     `json:"id"`
	Reference  string     `json:"reference"`
	PatientRef string     `json:"patient_ref"`
	CaseID     string     `json:"case_id,omitempty"`
	Need       string     `json:"need"`
	Urgency    string     `json:"urgency"`
	State      string     `json:"state"`
	Reason     string     `json:"reason,omitempty"`
	Owes       string     `json:"owes"`
	DueAt      *time.Time `json:"due_at,omitempty"`
	Bounces    int        `json:"bounces"`
	Question   string     `json:"question,omitempty"`
	Outcome    string     `json:"outcome,omitempty"`
	Requested  time.Time  `json:"requested_at"`
	Changed    time.Time  `json:"changed_at"`
	Actions    []string   `json:"available_actions"`
	Version    int64      `json:"version"`
}

func viewReferral(r domain.Referral) referralView {
	v := referralView{
		ID: r.ID, Reference: r.Reference, PatientRef: r.PatientRef, CaseID: r.CaseID, Need: string(r.Need), Urgency: string(r.Urgency), State: string(r.State), Reason: r.Reason, Owes: string(r.Owes), DueAt: utc(r.DueAt),
		Bounces: r.Bounces, Outcome: string(r.Outcome), Requested: r.RequestedAt.UTC(), Changed: r.ChangedAt.UTC(), Actions: r.Actions(), Version: r.Version,
	}
	if r.Asked() {
		v.Question = r.Message
	}
	return v
}

func (api *API) sendReferral(ctx context.Context, in *struct {
	httpx.WriteInput
	Body struct {
		PatientRef   string      `json:"patient_ref" format:"uuid"`
		FlagsClear   bool        `json:"red_flags_clear" doc:"Every red-flag question was asked within 12 hours, and answered with no"`
		Consent      consentBody `json:"consent"`
		Need         string      `json:"need" maxLength:"60"`
		Urgency      string      `json:"urgency,omitempty" enum:"routine,urgent" default:"routine"`
		ReceiverKind string      `json:"receiver_kind,omitempty" enum:"service,team"`
		ReceiverID   string      `json:"receiver_id,omitempty" format:"uuid"`
		Narrative    string      `json:"narrative" maxLength:"2000"`
		Safeguarding string      `json:"safeguarding,omitempty" maxLength:"2000"`
		overlapBody
	}
},
) (*httpx.Made[done], error) {
	b := in.Body
	d, err := api.app.Refer(ctx, by(ctx), httpx.Command(ctx, "refer"), app.ReferInput{PatientRef: b.PatientRef, FlagsClear: b.FlagsClear, Consent: b.Consent.consent(terms.ConsentShareToHelp), Draft: domain.Draft{
		Need: terms.Need(b.Need), Urgency: terms.Urgency(b.Urgency), ReceiverKind: terms.ReceiverKind(b.ReceiverKind), ReceiverID: b.ReceiverID, Narrative: b.Narrative, Safeguarding: b.Safeguarding,
		Overlap: b.answer(),
	}})
	return created("/referrals", d, err)
}

func (api *API) listReferrals(ctx context.Context, in *struct {
	httpx.ListInput
	Show string `query:"show" enum:"all,open,asked,held,bounced,ended" default:"all"`
	Need string `query:"need" maxLength:"60"`
},
) (*struct{ Body httpx.List[referralView] }, error) {
	q := app.ReferralQuery{Show: in.Show, Need: terms.Need(in.Need), Limit: in.Limit + 1}
	var at app.ReferralPlace
	if ok, err := in.After(ctx, &at); err != nil {
		return nil, err
	} else if ok {
		q.After = &at
	}
	all, err := api.app.Referrals(ctx, by(ctx), q)
	if err != nil {
		return nil, err
	}
	views := make([]referralView, 0, len(all))
	for _, x := range all {
		views = append(views, viewReferral(x.Referral))
	}
	return &struct{ Body httpx.List[referralView] }{httpx.ListBody(ctx, in.ListInput, views, func(v referralView) any { return app.ReferralPlace{At: v.Changed, ID: v.ID} })}, nil
}

func (api *API) getReferral(ctx context.Context, in *Identified) (*httpx.One[referralView], error) {
	r, err := api.app.ReferralByID(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[referralView]{ETag: httpx.ETag(r.Version), Body: viewReferral(r.Referral)}, nil
}

func (api *API) giveInformation(ctx context.Context, in *struct {
	ChangeIn
	Body struct {
		Answer string `json:"answer" maxLength:"2000"`
	}
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.Answer(ctx, by(ctx), httpx.Command(ctx, "answer"), app.ReferralChange{ID: in.ID, Version: version}, in.Body.Answer))
}

func (api *API) withdraw(ctx context.Context, in *struct {
	ChangeIn
	Body struct {
		Reason string `json:"reason" maxLength:"60"`
		Note   string `json:"note,omitempty" maxLength:"500"`
	}
},
) (*httpx.One[done], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(api.app.Withdraw(ctx, by(ctx), httpx.Command(ctx, "withdraw"), app.ReferralChange{ID: in.ID, Version: version}, terms.WithdrawalReason(in.Body.Reason), in.Body.Note))
}
