package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

func consentOf(b ConsentBody) (domain.Consent, error) {
	if !b.How.Known() {
		return domain.Consent{}, fault.Invalid("how", "Send how consent was asked: a code of ConsentHow")
	}
	return domain.Consent{Given: b.Given, How: b.How, AskedAt: b.AskedAt, UntilOn: b.UntilOn}, nil
}

type receiver struct {
	Kind terms.ReceiverKind `json:"kind" enum:"service,team"`
	ID   string             `json:"id" format:"uuid"`
}

type sendInput struct {
	httpx.WriteInput
	Body struct {
		PatientRef    string                   `json:"patient_ref" format:"uuid"`
		RedFlagsClear bool                     `json:"red_flags_clear" doc:"The red-flag questions were asked and all answered with no"`
		Need          terms.Need               `json:"need" maxLength:"60"`
		Urgency       terms.Urgency            `json:"urgency,omitempty" enum:"routine,urgent"`
		Receivers     []receiver               `json:"receivers,omitempty" maxItems:"5" doc:"In order of preference; empty: Waypost finds who can help"`
		Consent       *ConsentBody             `json:"consent,omitempty" doc:"What was asked and said; or consent_id"`
		ConsentID     string                   `json:"consent_id,omitempty" format:"uuid" doc:"A consent that was recorded before"`
		Narrative     string                   `json:"narrative,omitempty" maxLength:"2000" doc:"Only link worker teams read it"`
		Safeguarding  string                   `json:"safeguarding,omitempty" maxLength:"2000"`
		Codes         []terms.SafeguardingCode `json:"safeguarding_codes,omitempty" maxItems:"10"`
		Accessibility []terms.Accessibility    `json:"accessibility,omitempty" maxItems:"30"`
		SeenHelping   *int                     `json:"seen_helping,omitempty" minimum:"0" maximum:"1000"`
		SeenOverlaps  *int                     `json:"seen_overlaps,omitempty" minimum:"0" maximum:"1000" doc:"How many coordination said help already and may do this too. When it is not 0, send overlap"`
		Overlap       terms.OverlapChoice      `json:"overlap,omitempty" enum:"join,send" doc:"join: whoever helps is asked to do this too, and nothing new is sent; send: it is sent, with send_reason"`
		JoinWith      string                   `json:"join_referral_id,omitempty" format:"uuid" doc:"With join: the referral of whoever is asked"`
		JoinWorker    string                   `json:"join_worker_id,omitempty" format:"uuid" doc:"With join: who works with the person already, such as their key worker, instead of a referral"`
		SendReason    terms.SendReason         `json:"send_reason,omitempty" maxLength:"60" doc:"Why it is sent although somebody helps already"`
		SendNote      string                   `json:"send_note,omitempty" maxLength:"500"`
	}
}

type referralSent struct {
	ID        string `json:"id" format:"uuid"`
	Reference string `json:"reference,omitempty" doc:"Can be read out over the phone"`
	Version   int64  `json:"version"`
}

func (api *API) sendReferral(ctx context.Context, in *sendInput) (*httpx.Made[referralSent], error) {
	b := in.Body
	c := domain.Consent{ID: b.ConsentID}
	switch {
	case b.Consent != nil:
		var err error
		if c, err = consentOf(*b.Consent); err != nil {
			return nil, err
		}
	case b.ConsentID == "":
		return nil, fault.Invalid("consent", "Send what the person said about sharing, or consent_id")
	}
	q := domain.Request{
		Need: b.Need, Urgency: b.Urgency, Narrative: b.Narrative, Safeguarding: b.Safeguarding, Codes: b.Codes,
		Accessibility: b.Accessibility, Overlap: terms.OverlapAnswer{
			Helping: b.SeenHelping, Shown: b.SeenOverlaps, Choice: b.Overlap, With: b.JoinWith, Worker: b.JoinWorker, Reason: b.SendReason, Note: b.SendNote,
		},
	}
	for _, r := range b.Receivers {
		q.Receivers = append(q.Receivers, domain.Receiver(r))
	}
	out, err := api.app.Refer(ctx, by(ctx), httpx.Command(ctx, "send referral"), app.Refer{Ref: b.PatientRef, Request: q, FlagsClear: b.RedFlagsClear, Consent: c})
	if err != nil {
		return nil, err
	}
	return &httpx.Made[referralSent]{Location: "/api/primarycare/v1/referrals/" + out.ID, ETag: httpx.ETag(out.Version), Body: referralSent(out)}, nil
}

type owes struct {
	Party          terms.Party `json:"party"`
	OrganisationID string      `json:"organisation_id,omitempty" format:"uuid"`
	PersonID       string      `json:"person_id,omitempty" format:"uuid"`
}

type referralView struct {
	ID               string              `json:"id" format:"uuid"`
	Reference        string              `json:"reference"`
	PatientRef       string              `json:"patient_ref" format:"uuid"`
	Need             terms.Need          `json:"need"`
	Urgency          terms.Urgency       `json:"urgency"`
	Sensitive        bool                `json:"sensitive"`
	Receivers        []receiver          `json:"receivers"`
	RequestedBy      string              `json:"requested_by" format:"uuid"`
	RequestedAt      time.Time           `json:"requested_at"`
	CaseID           string              `json:"case_id,omitempty" format:"uuid"`
	State            terms.ReferralState `json:"state"`
	Reason           string              `json:"reason,omitempty"`
	Owes             owes                `json:"owes"`
	DueAt            *time.Time          `json:"due_at,omitempty"`
	Receiver         *receiver           `json:"receiver,omitempty" doc:"Who is asked now"`
	Bounces          int                 `json:"bounces"`
	QuestionID       string              `json:"question_id,omitempty" format:"uuid"`
	Message          string              `json:"message,omitempty" doc:"The question, or what the receiver wrote"`
	Outcome          terms.Outcome       `json:"outcome,omitempty"`
	Open             bool                `json:"open"`
	AvailableActions []string            `json:"available_actions"`
	ChangedAt        time.Time           `json:"changed_at"`
	Version          int64               `json:"version"`
}

func viewReferral(r domain.Referral) referralView {
	v := referralView{
		ID: r.ID, Reference: r.Reference, PatientRef: r.Ref, Need: r.Need, Urgency: r.Urgency, Sensitive: r.Sensitive, Receivers: []receiver{},
		RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt, CaseID: r.CaseID, State: r.State, Reason: r.Reason,
		Owes: owes{r.Owes, r.OwesOrg, r.OwesPerson}, DueAt: moment(r.DueAt), Bounces: r.Bounces, QuestionID: r.QuestionID, Message: r.Message,
		Outcome: r.Outcome, Open: r.Open, AvailableActions: r.AvailableActions(), ChangedAt: r.ChangedAt, Version: r.Version,
	}
	for _, x := range r.Receivers {
		v.Receivers = append(v.Receivers, receiver(x))
	}
	if r.Receiver.ID != "" {
		v.Receiver = &receiver{r.Receiver.Kind, r.Receiver.ID}
	}
	return v
}

func (api *API) getReferral(ctx context.Context, in *Identified) (*httpx.One[referralView], error) {
	r, err := api.app.Referral(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[referralView]{ETag: httpx.ETag(r.Version), Body: viewReferral(r.Referral)}, nil
}

type listReferralsInput struct {
	httpx.ListInput
	State      terms.ReferralState `query:"state" maxLength:"40"`
	Need       terms.Need          `query:"need" maxLength:"60"`
	Show       string              `query:"show" enum:"open,yours,overdue,bounced,new,mine"`
	Sort       string              `query:"sort" enum:"changed,sent,due" default:"changed"`
	PatientRef string              `query:"patient_ref" format:"uuid"`
}

func (api *API) listReferrals(ctx context.Context, in *listReferralsInput) (*struct{ Body httpx.List[referralView] }, error) {
	f := app.Filter{State: in.State, Need: in.Need, Show: in.Show, Order: app.Order(in.Sort), Limit: in.Limit, Patient: in.PatientRef}
	if _, err := in.After(ctx, &f.After); err != nil {
		return nil, err
	}
	l, err := api.app.Referrals(ctx, by(ctx), f)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body httpx.List[referralView] }{httpx.List[referralView]{Items: []referralView{}}}
	for _, r := range l.Referrals {
		out.Body.Items = append(out.Body.Items, viewReferral(r.Referral))
	}
	if l.Next != nil {
		out.Body.Next = httpx.Cursor(ctx, l.Next)
	}
	return out, nil
}

type withdrawInput struct {
	httpx.ChangeInput
	Identified
	Body struct {
		Reason terms.WithdrawalReason `json:"reason" maxLength:"60"`
		Note   string                 `json:"note,omitempty" maxLength:"2000"`
	}
}

func (api *API) withdraw(ctx context.Context, in *withdrawInput) (*httpx.One[referralSent], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return one(api.app.Withdraw(ctx, by(ctx), httpx.Command(ctx, "withdraw referral"), in.ID, version, in.Body.Reason, in.Body.Note))
}

func one(out app.ReferralSent, err error) (*httpx.One[referralSent], error) {
	if err != nil {
		return nil, err
	}
	return &httpx.One[referralSent]{ETag: httpx.ETag(out.Version), Body: referralSent(out)}, nil
}

type informInput struct {
	httpx.ChangeInput
	Identified
	Body struct {
		QuestionID string `json:"question_id" format:"uuid"`
		Answer     string `json:"answer" maxLength:"2000"`
	}
}

func (api *API) inform(ctx context.Context, in *informInput) (*httpx.One[referralSent], error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return one(api.app.Inform(ctx, by(ctx), httpx.Command(ctx, "give information"), in.ID, version, in.Body.QuestionID, in.Body.Answer))
}
