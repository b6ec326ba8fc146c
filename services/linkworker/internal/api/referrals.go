package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// ReferralSummary is a referral in a list.
type ReferralSummary struct {
	ID        string              `json:"id"`
	Reference string              `json:"reference"`
	State     terms.ReferralState `json:"state"`
	Owes      terms.Party         `json:"owes,omitempty"`
	DueAt     *time.Time          `json:"due_at,omitempty"`
	Bounces   int                 `json:"bounces"`
	SentAt    time.Time           `json:"sent_at"`
	Withdrawn bool                `json:"withdrawn"`
	Actions   []string            `json:"available_actions" nullable:"false"`
	Version   int64               `json:"version"`
}

func referralSummary(r domain.Referral) ReferralSummary {
	s := ReferralSummary{
		ID: r.ID, Reference: r.Reference, State: r.State, Owes: r.Owes, DueAt: moment(r.DueAt), Bounces: r.Bounces, SentAt: r.RequestedAt,
		Withdrawn: !r.WithdrawnAt.IsZero(), Actions: []string{}, Version: r.Version,
	}
	if r.Asked() {
		s.Actions = append(s.Actions, "give_information")
	}
	if r.Open() {
		s.Actions = append(s.Actions, "withdraw")
	}
	return s
}

type referralsInput struct {
	httpx.ListInput
	Show string `query:"show" enum:"open,asked,held,over" default:"open"`
}

func (x face) referrals(ctx context.Context, in *referralsInput) (*struct{ Body httpx.List[ReferralSummary] }, error) {
	var after *app.OfferPlace
	var at app.OfferPlace
	if ok, err := in.After(ctx, &at); err != nil {
		return nil, err
	} else if ok {
		after = &at
	}
	l, err := x.app.Referrals(ctx, who(ctx), in.Show, after, in.Limit)
	if err != nil {
		return nil, err
	}
	page := httpx.ListBody(ctx, in.ListInput, l.Referrals, func(r app.ListedReferral) any { return app.OfferPlace{At: r.RequestedAt, ID: r.Referral.ID} })
	out := httpx.List[ReferralSummary]{Items: []ReferralSummary{}, Next: page.Next}
	for _, r := range page.Items {
		out.Items = append(out.Items, referralSummary(r.Referral))
	}
	return &struct{ Body httpx.List[ReferralSummary] }{out}, nil
}

type referralView struct {
	ReferralSummary
	PatientRef       string     `json:"patient_ref"`
	CaseID           string     `json:"case_id,omitempty"`
	ParentReferralID string     `json:"parent_referral_id,omitempty"`
	Need             terms.Need `json:"need,omitempty"`
	Sensitive        bool       `json:"sensitive"`
	Reason           string     `json:"reason,omitempty"`
	Message          string     `json:"message,omitempty" doc:"What the receiver wrote"`
	ReceiverID       string     `json:"receiver_id,omitempty"`
}

func (x face) referral(ctx context.Context, in *OfferInput) (*httpx.One[referralView], error) {
	v, err := x.app.Referral(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	r := v.Referral
	return &httpx.One[referralView]{ETag: httpx.ETag(r.Version), Body: referralView{
		referralSummary(r), r.PatientRef, r.CaseID, r.ParentReferralID, r.Need,
		r.Sensitive, r.Reason, r.Message, r.ReceiverID,
	}}, nil
}

type receiverBody struct {
	Kind terms.ReceiverKind `json:"kind" maxLength:"20"`
	ID   string             `json:"id" format:"uuid"`
}

type consentBody struct {
	Given   bool             `json:"given"`
	How     terms.ConsentHow `json:"how" maxLength:"60"`
	UntilOn string           `json:"until_on,omitempty" format:"date" doc:"The last day on which it holds, at most two years ahead; absent is until they say otherwise"`
}

type referInput struct {
	httpx.WriteInput
	OfferInput
	Body struct {
		Need         terms.Need     `json:"need" maxLength:"60"`
		Urgency      terms.Urgency  `json:"urgency" maxLength:"60"`
		Receivers    []receiverBody `json:"receivers,omitempty" maxItems:"10" doc:"In order of preference; absent lets coordination choose"`
		Narrative    string         `json:"narrative,omitempty" maxLength:"4000"`
		Safeguarding string         `json:"safeguarding,omitempty" maxLength:"4000"`
		Consent      consentBody    `json:"consent"`
		overlapBody
	}
}

func (x face) refer(ctx context.Context, in *referInput) (*struct {
	Location string `header:"Location"`
	Body     doneView
}, error,
) {
	b := in.Body
	r := app.ReferInput{
		OfferID: in.ID, Need: b.Need, Urgency: b.Urgency, Narrative: b.Narrative, Safeguarding: b.Safeguarding,
		ConsentGiven: b.Consent.Given, ConsentHow: b.Consent.How, ConsentUntil: b.Consent.UntilOn, AnyReceiver: len(b.Receivers) == 0,
		Overlap: b.answer(),
	}
	for _, to := range b.Receivers {
		r.Receivers = append(r.Receivers, domain.Receiver(to))
	}
	d, err := x.app.ReferOn(ctx, who(ctx), httpx.Command(ctx, "refer on"), r)
	return made("/referrals/"+d.ID, d, err)
}

type informInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		Answer string `json:"answer" minLength:"1" maxLength:"4000"`
	}
}

func (x face) inform(ctx context.Context, in *informInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(x.app.Inform(ctx, who(ctx), httpx.Command(ctx, "give information"), in.ID, in.Body.Answer, version))
}

type withdrawInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		Reason terms.WithdrawalReason `json:"reason" maxLength:"60"`
		Note   string                 `json:"note,omitempty" maxLength:"4000"`
	}
}

func (x face) withdraw(ctx context.Context, in *withdrawInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(x.app.Withdraw(ctx, who(ctx), httpx.Command(ctx, "withdraw"), in.ID, in.Body.Reason, in.Body.Note, version))
}
