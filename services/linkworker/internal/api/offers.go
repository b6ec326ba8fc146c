package api

import (
	"context"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// OfferSummary is an offer in a list: who it is about stands in the offer itself.
type OfferSummary struct {
	ID               string           `json:"id"`
	Reference        string           `json:"reference"`
	State            terms.OfferState `json:"state"`
	Confirmed        bool             `json:"confirmed" doc:"Whether coordination has confirmed the answer"`
	Urgency          terms.Urgency    `json:"urgency"`
	OfferedAt        time.Time        `json:"offered_at"`
	AnswerDueAt      time.Time        `json:"answer_due_at"`
	FirstContactDue  *time.Time       `json:"first_contact_due_at,omitempty"`
	ReviewOn         string           `json:"review_on,omitempty"`
	StandDownDue     *time.Time       `json:"stand_down_due_at,omitempty"`
	AssignedTo       string           `json:"assigned_to,omitempty"`
	AvailableActions []string         `json:"available_actions" nullable:"false"`
	Version          int64            `json:"version"`
}

func summary(o domain.Offer) OfferSummary {
	s := OfferSummary{
		ID: o.ID, Reference: o.Reference, State: o.State, Confirmed: !o.ConfirmedAt.IsZero(), Urgency: o.Urgency, OfferedAt: o.OfferedAt,
		AnswerDueAt: o.AnswerDueAt, FirstContactDue: moment(o.FirstContactDueAt), ReviewOn: o.ReviewOn, AssignedTo: o.AssignedTo,
		AvailableActions: o.Actions(), Version: o.Version,
	}
	if o.MustStandDown() {
		s.StandDownDue = moment(o.StandDownDueAt)
	}
	return s
}

type listInput struct {
	httpx.ListInput
	Show       string `query:"show" enum:"waiting,overdue,asked,sent,stand-down,over,people,first-contact,review,passed,ended" default:"waiting"`
	AssignedTo string `query:"assigned_to" doc:"me, or a colleague's id" maxLength:"36" pattern:"^(me|[0-9a-f-]{36})?$"`
	Sort       string `query:"sort" enum:"due,offered,since,next,ended" default:"due"`
}

func (x face) offers(ctx context.Context, in *listInput) (*struct{ Body httpx.List[OfferSummary] }, error) {
	q := app.ListQuery{Show: in.Show, AssignedTo: in.AssignedTo, Order: in.Sort, Limit: in.Limit}
	var at app.OfferPlace
	if ok, err := in.After(ctx, &at); err != nil {
		return nil, err
	} else if ok {
		q.After = &at
	}
	l, err := x.app.Offers(ctx, who(ctx), q)
	if err != nil {
		return nil, err
	}
	page := httpx.ListBody(ctx, in.ListInput, l.Offers, func(o app.ListedOffer) any { return o.Place })
	out := httpx.List[OfferSummary]{Items: []OfferSummary{}, Next: page.Next}
	for _, o := range page.Items {
		out.Items = append(out.Items, summary(o.Offer))
	}
	return &struct{ Body httpx.List[OfferSummary] }{out}, nil
}

type personView struct {
	GivenName   string   `json:"given_name"`
	FamilyName  string   `json:"family_name"`
	DateOfBirth string   `json:"date_of_birth,omitempty"`
	NHSNumber   string   `json:"nhs_number,omitempty"`
	Phone       string   `json:"phone,omitempty" doc:"Absent where it is not safe to ring or text"`
	Email       string   `json:"email,omitempty" doc:"Absent where it is not safe to write there"`
	Address     string   `json:"address,omitempty"`
	Postcode    string   `json:"postcode,omitempty"`
	Safe        []string `json:"safe_ways" nullable:"false" doc:"phone, text, email, letter; none: do not contact them"`
	SafeNote    string   `json:"safe_note,omitempty"`
}

type contactView struct {
	ID     string              `json:"id"`
	How    terms.ContactHow    `json:"how"`
	Result terms.ContactResult `json:"result"`
	Note   string              `json:"note,omitempty"`
	By     string              `json:"by"`
	At     time.Time           `json:"at"`
}

type offerView struct {
	OfferSummary
	ReferralID     string                `json:"referral_id"`
	CaseID         string                `json:"case_id"`
	PatientRef     string                `json:"patient_ref"`
	SenderID       string                `json:"sender_organisation_id"`
	SenderName     string                `json:"sender_name,omitempty"`
	Need           terms.Need            `json:"need,omitempty"`
	Sensitive      bool                  `json:"sensitive"`
	Narrative      string                `json:"narrative,omitempty"`
	Safeguarding   string                `json:"safeguarding,omitempty"`
	Accessibility  []terms.Accessibility `json:"accessibility,omitempty"`
	Question       string                `json:"question,omitempty"`
	Reply          string                `json:"reply,omitempty"`
	BounceReason   terms.BounceReason    `json:"bounce_reason,omitempty"`
	Outcome        terms.Outcome         `json:"outcome,omitempty"`
	Person         *personView           `json:"person,omitempty" doc:"Absent once it was removed"`
	FailedAttempts int                   `json:"failed_attempts"`
	Contacts       []contactView         `json:"contacts" nullable:"false"`
	Referrals      []ReferralSummary     `json:"onward_referrals" nullable:"false"`
}

func (x face) offer(ctx context.Context, in *OfferInput) (*httpx.One[offerView], error) {
	v, err := x.app.Offer(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	o := v.Offer
	out := offerView{
		OfferSummary: summary(o), ReferralID: o.ReferralID, CaseID: o.CaseID, PatientRef: o.PatientRef, SenderID: o.SenderOrganisationID,
		SenderName: v.Sender.Name, Need: o.Need, Sensitive: o.Sensitive, Narrative: o.Narrative, Safeguarding: o.Safeguarding, Accessibility: o.Accessibility,
		Question: o.Question, Reply: o.Reply, BounceReason: o.Bounce.Reason, Outcome: o.Outcome, FailedAttempts: v.Failed, Contacts: []contactView{}, Referrals: []ReferralSummary{},
	}
	if p := v.Person; p.RemovedAt.IsZero() && p.Ref != "" {
		phone, email := p.Reachable()
		out.Person = &personView{p.GivenName, p.FamilyName, p.DateOfBirth, p.NHSNumber, phone, email, p.Address, p.Postcode, safe(p), p.SafeNote}
	}
	for _, c := range v.Contacts {
		out.Contacts = append(out.Contacts, contactView{c.ID, c.How, c.Result, c.Note, c.By, c.At})
	}
	for _, r := range v.Onward {
		out.Referrals = append(out.Referrals, referralSummary(r))
	}
	return &httpx.One[offerView]{ETag: httpx.ETag(o.Version), Body: out}, nil
}

func safe(p domain.Person) []string {
	ways := []string{}
	for _, w := range []struct {
		ok   bool
		name string
	}{{p.SafePhone, "phone"}, {p.SafeText, "text"}, {p.SafeEmail, "email"}, {p.SafeLetter, "letter"}} {
		if w.ok {
			ways = append(ways, w.name)
		}
	}
	return ways
}

type acceptInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		AssignTo       string `json:"assign_to,omitempty" format:"uuid" doc:"A colleague; absent is you"`
		FirstContactBy string `json:"first_contact_by_on,omitempty" format:"date"`
	}
}

func (x face) accept(ctx context.Context, in *acceptInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	to := in.Body.AssignTo
	if to == "" {
		to = who(ctx).Person.ID
	}
	return changed(x.app.Accept(ctx, who(ctx), httpx.Command(ctx, "accept"), app.AcceptInput{OfferID: in.ID, Version: version, AssignTo: to, FirstContactBy: in.Body.FirstContactBy}))
}

type askInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		Question string `json:"question" minLength:"1" maxLength:"4000"`
	}
}

func (x face) ask(ctx context.Context, in *askInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(x.app.Ask(ctx, who(ctx), httpx.Command(ctx, "ask"), app.AskInput{OfferID: in.ID, Version: version, Question: in.Body.Question}))
}

type bounceInput struct {
	httpx.ChangeInput
	OfferInput
	Body struct {
		Reason    terms.BounceReason `json:"reason" maxLength:"60"`
		Criterion string             `json:"criterion,omitempty" maxLength:"300"`
		UntilOn   string             `json:"until_on,omitempty" format:"date"`
		WhoseRole terms.Role         `json:"whose_role,omitempty" maxLength:"60"`
		Detail    string             `json:"detail,omitempty" maxLength:"4000"`
	}
}

func (x face) bounce(ctx context.Context, in *bounceInput) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	if b.WhoseRole != "" && !b.WhoseRole.Known() {
		return nil, unknown("whose_role")
	}
	return changed(x.app.Bounce(ctx, who(ctx), httpx.Command(ctx, "bounce"), app.BounceInput{
		OfferID: in.ID, Version: version,
		Bounce: domain.Bounce{Reason: b.Reason, Criterion: b.Criterion, UntilOn: b.UntilOn, WhoseRole: b.WhoseRole, Detail: b.Detail},
	}))
}

type crisisInput struct {
	httpx.WriteInput
	OfferInput
	Body struct {
		WhomRung terms.CrisisRung `json:"whom_rung" maxLength:"60"`
		RungAt   *time.Time       `json:"rung_at,omitempty"`
		Note     string           `json:"note" minLength:"1" maxLength:"4000"`
		Bounce   bool             `json:"bounce,omitempty" doc:"Also give the offer back, when it still waits for an answer"`
	}
}

func (x face) crisis(ctx context.Context, in *crisisInput) (*struct{ Body doneView }, error) {
	c := app.CrisisInput{OfferID: in.ID, Rung: in.Body.WhomRung, Note: in.Body.Note, Bounce: in.Body.Bounce}
	if in.Body.RungAt != nil {
		c.RungAt = in.Body.RungAt.UTC()
	}
	return changed(x.app.ReportCrisis(ctx, who(ctx), httpx.Command(ctx, "report crisis"), c))
}

type plainChange struct {
	httpx.ChangeInput
	OfferInput
}

func (x face) standDown(ctx context.Context, in *plainChange) (*struct{ Body doneView }, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return changed(x.app.StandDown(ctx, who(ctx), httpx.Command(ctx, "stand down"), in.ID, version))
}
