package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// say appends one fact about the patient.
func (w *work) say(ctx context.Context, p event.Payload) error {
	if _, err := w.app.Outbox.Append(ctx, w.tx, w.patient.Ref, p, nil); err != nil {
		return err
	}
	return nil
}

// tell says what a decision has coordination say, and hints to open pages.
func (w *work) tell(ctx context.Context, was domain.Referral, e domain.Event, d domain.Decision, h happened) error {
	for _, f := range d.Say {
		p, err := w.payload(was, e, d, f, h)
		if err != nil {
			return err
		}
		if err := w.say(ctx, p); err != nil {
			return err
		}
	}
	w.app.Hint(ctx, "case."+w.c.ID, "cases")
	if d.Changed {
		return w.tellJoined(ctx, d.Next)
	}
	return nil
}

// tellJoined tells whoever joined the referral how it goes on: as the progress of what they sent themselves, which stays joined
// and has as its reason where the other stands, or how that ended. Who helps they see in the shared case.
func (w *work) tellJoined(ctx context.Context, carries domain.Referral) error {
	for _, r := range slices.Clone(w.all) {
		reason := standing(carries)
		if r.State != domain.Joined || r.DuplicateOf != carries.ID || r.Reason == reason {
			continue
		}
		is := r
		is.Reason = reason
		is.Version++
		w.keep(is)
		if err := store.Save(ctx, w.tx, store.Changes{Now: w.now, Was: r, Is: is}); err != nil {
			return err
		}
		if err := w.say(ctx, w.progressed(is, domain.Event{}, happened{})); err != nil {
			return err
		}
		if err := w.tellJoined(ctx, is); err != nil {
			return err
		}
	}
	return nil
}

// standing is where a referral stands, for those who joined it; of one that was joined itself, where the one stands that carries it.
func standing(r domain.Referral) string {
	switch {
	case r.State == domain.Closed && r.Outcome != "":
		return r.Outcome
	case r.State == domain.Joined && terms.ReferralState(r.Reason).Known():
		return r.Reason
	}
	return string(r.State)
}

func (w *work) payload(was domain.Referral, e domain.Event, d domain.Decision, f domain.Fact, h happened) (event.Payload, error) {
	r := d.Next
	ref := w.patient.Ref
	switch f.Name {
	case domain.SayHeld:
		return &coordination.ReferralHeldV1{
			PatientRef: ref, ReferralID: r.ID, CaseID: r.CaseID, ExistingReferralID: r.DuplicateOf, Why: f.Why,
			SenderOrganisationID: r.SenderOrganisation, DueAt: r.DueAt, At: w.now,
		}, nil
	case domain.SayJoined:
		p := &coordination.ReferralJoinedV1{PatientRef: ref, ReferralID: r.ID, IntoReferralID: f.Why, CaseID: r.CaseID, By: h.person, At: w.now}
		if e.Kind == domain.KindOverlapJoined { // whoever helps already sees it where they work; nothing sensitive comes here
			p.WorkerID, p.Need, p.SenderOrganisationID = e.Worker.Person, r.Need, r.SenderOrganisation
			p.WorkerOrganisationID = e.Worker.Organisation
		}
		return p, nil
	case domain.SayConfirmed:
		return &coordination.ReferralConfirmedV1{PatientRef: ref, ReferralID: r.ID, CaseID: r.CaseID, Reason: terms.SendReason(f.Why), By: h.person, At: w.now}, nil
	case domain.SayOffered:
		return w.offered(r, *r.Offer(f.OfferID)), nil
	case domain.SayOfferTaken:
		return &coordination.OfferWithdrawnV1{PatientRef: ref, OfferID: f.OfferID, ReferralID: r.ID, Reason: terms.OfferWithdrawalReason(f.Why), StandDown: f.StandDown, At: w.now}, nil
	case domain.SayOfferExpired:
		return &coordination.OfferExpiredV1{PatientRef: ref, OfferID: f.OfferID, ReferralID: r.ID, At: w.now}, nil
	case domain.SayAnswerRefused:
		return &coordination.OfferAnswerRefusedV1{
			PatientRef: ref, OfferID: f.OfferID, ReferralID: was.ID, Answer: answerOf[e.Kind], Why: terms.AnswerRefusal(f.Why),
			StandDownDueAt: w.app.due(w.now)(terms.ClockStandDown, was.Urgency, e.Organisation), At: w.now,
		}, nil
	case domain.SayEscalated:
		return &coordination.ReferralEscalatedV1{
			PatientRef: ref, ReferralID: r.ID, CaseID: r.CaseID, ToPersonID: r.Owes.Person, ToOrganisationID: r.Owes.Organisation,
			Why: terms.EscalationReason(f.Why), DueAt: r.DueAt, At: w.now,
		}, nil
	case domain.SayClosed:
		return &coordination.ReferralClosedV1{PatientRef: ref, ReferralID: r.ID, CaseID: r.CaseID, Outcome: terms.Outcome(f.Why), At: w.now}, nil
	case domain.SayPhoned:
		return &coordination.ProviderPhonedV1{
			PatientRef: ref, OfferID: f.OfferID, ReferralID: r.ID, Result: e.Result, NoticeVersion: h.notice, PhonedAt: e.CallAt,
			OrganisationID: e.Organisation, By: h.person, At: w.now,
		}, nil
	case domain.SayProgressed:
		p := w.progressed(r, e, h)
		p.Returned = terms.ReturnWay(f.Why)
		return p, nil
	}
	return nil, fmt.Errorf("say %s: there are no words for it", f.Name)
}

var answerOf = map[domain.Kind]terms.Answer{
	domain.KindAccepted: terms.AnswerAccepted, domain.KindWaitlisted: terms.AnswerWaitlisted,
	domain.KindBounced: terms.AnswerBounced, domain.KindInformationAsked: terms.AnswerAsked,
}

// hidden tells whether even the code of what is asked for, and of whom, travels sealed only: for a sensitive need, and for an ordinary one that its
// sender put to a service whose name alone tells something. It stays so when that service could not help.
func hidden(r domain.Referral) bool {
	need, ok := terms.NeedByCode(r.Need)
	return r.Sensitive || ok && need.Sensitive
}

// telling tells whether who was asked gives the need away: a service does, a link worker team takes every need.
func telling(to domain.Receiver) bool { return to.Kind == terms.ReceiverService }

// offered is what the receiver gets: what it needs to make contact and keep people safe, and no more.
func (w *work) offered(r domain.Referral, o domain.Offer) *coordination.ReferralOfferedV1 {
	p := &coordination.ReferralOfferedV1{
		PatientRef: w.patient.Ref, OfferID: o.ID, ReferralID: r.ID, CaseID: r.CaseID, Reference: r.Reference, Attempt: o.Attempt,
		ReceiverKind: o.Receiver.Kind, ReceiverOrganisationID: o.Receiver.Organisation, SenderOrganisationID: r.SenderOrganisation,
		SenderKind: r.SenderKind, RequestedBy: r.RequestedBy, Need: r.Need, Urgency: r.Urgency, Sensitive: r.Sensitive, AnswerDueAt: o.AnswerDueAt,
		Contact: schemas.Seal(contactFor(w.as(r, o.Receiver.Organisation), o.Receiver.Kind)), Accessibility: r.Accessibility, ParentReferralID: r.ParentID, At: w.now, AsOf: w.asOf(),
	}
	if o.Receiver.Kind == terms.ReceiverTeam {
		p.TeamID = o.Receiver.ID
		if r.Narrative != "" {
			p.Narrative = schemas.Seal(schemas.Narrative{Text: r.Narrative})
		}
	} else {
		p.ServiceID = o.Receiver.ID
	}
	if r.Safeguarding != "" || len(r.SafeguardingCodes) > 0 {
		p.Safeguarding = schemas.Seal(safeguardingOf(r))
	}
	if hidden(r) {
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: r.Need, Receivers: []schemas.Receiver{{Kind: o.Receiver.Kind, ID: o.Receiver.ID}}})
		p.Need = ""
		if telling(o.Receiver) {
			p.ReceiverOrganisationID, p.ServiceID = "", ""
		}
	}
	return p
}

func safeguardingOf(r domain.Referral) schemas.Safeguarding {
	s := schemas.Safeguarding{Text: r.Safeguarding}
	for _, c := range r.SafeguardingCodes {
		s.Codes = append(s.Codes, terms.SafeguardingCode(c))
	}
	return s
}

// contactFor leaves out what a provider does not need to make contact.
func contactFor(p domain.Patient, kind terms.ReceiverKind) schemas.Contact {
	c := contactOf(p.Careful())
	if kind == terms.ReceiverService {
		c.NHSNumber, c.NextOfKin, c.Sex = "", "", ""
	}
	return c
}

// progressed is the feedback to the sender at every step, and to a receiver the confirmation of its answer. When it follows
// from an answer it is about that offer, and its text is what was written with it.
func (w *work) progressed(r domain.Referral, e domain.Event, h happened) *coordination.ReferralProgressedV1 {
	p := &coordination.ReferralProgressedV1{
		PatientRef: w.patient.Ref, ReferralID: r.ID, CaseID: r.CaseID, SenderOrganisationID: r.SenderOrganisation, State: r.State, Reason: r.Reason,
		Owes:  schemas.Owes{Party: r.Owes.Party, OrganisationID: r.Owes.Organisation, PersonID: r.Owes.Person},
		DueAt: orNil(r.DueAt), OfferID: e.OfferID, Bounces: r.Bounces, QuestionID: questionOf(r, e), Text: h.text.Anew(),
		ParentReferralID: r.ParentID, At: w.now, Version: r.Version,
	}
	for _, a := range domain.AvailableActions(r, domain.Sender) {
		if a != domain.ActionCall { // that comes and goes with an e-mail, without a word of this fact
			p.AvailableActions = append(p.AvailableActions, string(a))
		}
	}
	if p.Reason == "" && r.State == domain.Closed {
		p.Reason = r.Outcome
	}
	o := r.Live()
	if o == nil {
		o = r.Offer(e.OfferID)
	}
	if o == nil {
		return p
	}
	if hidden(r) && telling(o.Receiver) {
		if r.Owes.Party == domain.ReceiverSide {
			p.Owes.OrganisationID = ""
		}
		return p
	}
	if p.OfferID == "" {
		p.OfferID = o.ID
	}
	p.Receiver = &schemas.Reached{Kind: o.Receiver.Kind, OrganisationID: o.Receiver.Organisation, ServiceID: o.Receiver.ID}
	if o.Receiver.Kind == terms.ReceiverTeam {
		p.Receiver.ServiceID, p.Receiver.TeamID = "", o.Receiver.ID
	}
	return p
}

// questionOf is the question that waits for the sender, or the one that was just answered.
func questionOf(r domain.Referral, e domain.Event) string {
	if e.Kind == domain.KindInformationGiven {
		return e.QuestionID
	}
	for _, o := range r.Offers {
		if o.QuestionID != "" && r.State.Open() {
			return o.QuestionID
		}
	}
	return ""
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
