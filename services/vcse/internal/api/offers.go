package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

func (x API) offers(api huma.API) {
	only := httpx.Only(provider...)
	huma.Register(api, huma.Operation{OperationID: "list-offers", Method: http.MethodGet, Path: "/offers", Summary: "List your provider's offers", Metadata: only}, x.listOffers)
	huma.Register(api, huma.Operation{OperationID: "get-offer", Method: http.MethodGet, Path: "/offers/{id}", Summary: "Read an offer, with what can be done with it now", Metadata: only}, x.getOffer)
	for _, op := range []struct {
		id, path, summary string
	}{
		{"accept-offer", "/offers/{id}/accept", "Accept an offer, also from the waiting list"},
		{"waitlist-offer", "/offers/{id}/waitlist", "Put the person on the waiting list"},
		{"bounce-offer", "/offers/{id}/bounce", "Refuse an offer with a coded reason, or release a person from the waiting list"},
		{"ask-about-offer", "/offers/{id}/ask", "Ask the sender something before answering"},
		{"assign-offer", "/offers/{id}/assign", "Give an offer to a colleague"},
		{"stand-down", "/offers/{id}/stand-down", "Say that nobody here goes on with it"},
		{"record-attendance", "/offers/{id}/attendance", "Record whether the person came to a session"},
		{"end-support", "/offers/{id}/end", "End support with an outcome"},
	} {
		o := huma.Operation{OperationID: op.id, Method: http.MethodPost, Path: op.path, Summary: op.summary, Metadata: only}
		switch op.id {
		case "accept-offer":
			huma.Register(api, o, x.accept)
		case "waitlist-offer":
			huma.Register(api, o, x.waitlist)
		case "bounce-offer":
			huma.Register(api, o, x.bounce)
		case "ask-about-offer":
			huma.Register(api, o, x.ask)
		case "assign-offer":
			huma.Register(api, o, x.assign)
		case "stand-down":
			huma.Register(api, o, x.standDown)
		case "record-attendance":
			huma.Register(api, o, x.attend)
		case "end-support":
			huma.Register(api, o, x.end)
		}
	}
}

// OfferSummary is an offer in a list: who it is about stands in the offer itself.
type OfferSummary struct {
	ID               string           `json:"id"`
	Reference        string           `json:"reference"`
	ServiceID        string           `json:"service_id"`
	State            terms.OfferState `json:"state"`
	Receipt          domain.Receipt   `json:"receipt,omitempty" doc:"sent, confirmed or refused, once there is an answer"`
	Urgency          terms.Urgency    `json:"urgency"`
	OfferedAt        time.Time        `json:"offered_at"`
	DueAt            *time.Time       `json:"due_at,omitempty" doc:"By when your provider owes the next step"`
	AssignedTo       string           `json:"assigned_to,omitempty"`
	AvailableActions []domain.Action  `json:"available_actions" nullable:"false"`
	Version          int64            `json:"version"`
}

func summary(o domain.Offer) OfferSummary {
	actions := o.Actions()
	if actions == nil {
		actions = []domain.Action{}
	}
	return OfferSummary{o.ID, o.Reference, o.ServiceID, o.State, o.Receipt, o.Urgency, o.OfferedAt, moment(o.Due()), o.AssignedTo, actions, o.Version}
}

type messageView struct {
	Kind string    `json:"kind" enum:"question,answer,bounce,end"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"`
}

type attendanceView struct {
	SessionOn string                 `json:"session_on"`
	Result    terms.AttendanceResult `json:"result"`
}

type offerView struct {
	OfferSummary
	ReferralID       string                `json:"referral_id"`
	CaseID           string                `json:"case_id"`
	PatientRef       string                `json:"patient_ref"`
	Sender           string                `json:"sender_organisation_id"`
	SenderName       string                `json:"sender_name,omitempty"`
	Need             terms.Need            `json:"need,omitempty"`
	Sensitive        bool                  `json:"sensitive"`
	Accessibility    []terms.Accessibility `json:"accessibility,omitempty"`
	Contact          *domain.Contact       `json:"contact,omitempty" doc:"Absent once it was removed; without a number or an address that it is not safe to use"`
	Safeguarding     *domain.Safeguarding  `json:"safeguarding,omitempty"`
	Reason           string                `json:"reason,omitempty"`
	PlaceKeptUntil   *time.Time            `json:"place_kept_until,omitempty"`
	WaitingPosition  int                   `json:"waiting_position,omitempty"`
	FirstContactByOn string                `json:"first_contact_by_on,omitempty"`
	StandDownDueAt   *time.Time            `json:"stand_down_due_at,omitempty"`
	Outcome          terms.Outcome         `json:"outcome,omitempty"`
	Messages         []messageView         `json:"messages" nullable:"false"`
	Attendance       []attendanceView      `json:"attendance" nullable:"false"`
}

func view(v app.OfferView) offerView {
	out := offerView{
		OfferSummary: summary(v.Offer), ReferralID: v.ReferralID, CaseID: v.CaseID, PatientRef: v.PatientRef,
		Sender: v.SenderOrganisation, SenderName: v.Names[v.SenderOrganisation], Need: v.Need, Sensitive: v.Sensitive, Accessibility: v.Needs(),
		Reason: v.Reason, PlaceKeptUntil: moment(v.KeptUntil), WaitingPosition: v.Position, FirstContactByOn: v.FirstContactByOn,
		StandDownDueAt: moment(v.StandDownDueAt), Outcome: v.Outcome, Messages: []messageView{}, Attendance: []attendanceView{},
	}
	if v.Contact.Known() {
		c := v.Contact.Reachable()
		out.Contact = &c
	}
	if !v.Safeguarding.Empty() {
		out.Safeguarding = &v.Safeguarding
	}
	for _, m := range v.Messages {
		out.Messages = append(out.Messages, messageView{m.Kind, m.Text, m.At})
	}
	for _, s := range v.Sessions {
		out.Attendance = append(out.Attendance, attendanceView{s.On, s.Result})
	}
	return out
}

type listOffersInput struct {
	httpx.ListInput
	Show    app.Show `query:"show" enum:"waiting,overdue,asked,sent,waitlist,people,record,bounced,stand-down,over,all" default:"all"`
	Sort    app.Sort `query:"sort" enum:"due,newest,oldest" default:"due"`
	Service string   `query:"service" format:"uuid"`
}

func (x API) listOffers(ctx context.Context, in *listOffersInput) (*struct{ Body httpx.List[OfferSummary] }, error) {
	var at app.TimePlace
	ok, err := in.After(ctx, &at)
	if err != nil {
		return nil, err
	}
	q := app.OffersQuery{Show: in.Show, Sort: in.Sort, Service: in.Service, Limit: in.Limit + 1, Quiet: true} // the list names nobody
	if ok {
		q.After = &at
	}
	all, err := x.App.Offers(ctx, who(ctx), q)
	if err != nil {
		return nil, err
	}
	list := httpx.ListBody(ctx, in.ListInput, all, func(o app.OfferRow) any { return app.TimePlace{At: o.At, ID: o.ID} })
	out := httpx.List[OfferSummary]{Items: make([]OfferSummary, len(list.Items)), Next: list.Next}
	for i, o := range list.Items {
		out.Items[i] = summary(o.Offer)
	}
	return &struct{ Body httpx.List[OfferSummary] }{out}, nil
}

func (x API) getOffer(ctx context.Context, in *IDInput) (*httpx.One[offerView], error) {
	v, err := x.App.Offer(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &httpx.One[offerView]{ETag: tag(v.Version), Body: view(v)}, nil
}

func change(in httpx.ChangeInput, id string) (app.OfferChange, error) {
	version, err := in.Version()
	return app.OfferChange{OfferID: id, Version: version}, err
}
