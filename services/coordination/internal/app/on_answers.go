package app

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/domain"
)

// answer lets something happen to one referral of the patient's open case. A referral we do not know, or of a case that is
// closed, is not there to be changed; but who answers an offer of it must be told to stand down, so it is read by itself.
func (a *App) answer(ctx context.Context, tx pgx.Tx, ref, referralID string, e domain.Event, h happened) error {
	w, r, ok, err := a.about(ctx, tx, ref, referralID)
	if err != nil || !ok {
		return err
	}
	if e.Existing == "" && e.Kind == domain.KindBounced {
		e.Existing = w.helpedBy(r, e.Organisation)
	}
	if _, err := w.apply(ctx, r, e, h); err != nil {
		return err
	}
	return w.finish(ctx)
}

// about locks whom an answer is about, and reads the referral. One that crossed the undoing of a merge names the other of the two: it is about
// whom the referral is of now.
func (a *App) about(ctx context.Context, tx pgx.Tx, ref, referralID string) (w *work, r domain.Referral, ok bool, err error) {
	for range 2 {
		var known bool
		if w, known, err = a.lock(ctx, tx, ref); err != nil || !known {
			return w, r, false, err
		}
		if r, ok = w.referral(referralID); ok {
			return w, r, true, nil
		}
		if r, ok, err = w.ended(ctx, referralID); err != nil || ok || r.PatientRef == "" {
			return w, r, ok, err
		}
		ref = r.PatientRef
	}
	return w, r, false, nil
}

// helpedBy finds another open referral of the case, of the same need, that this organisation has accepted.
func (w *work) helpedBy(r domain.Referral, organisation string) string {
	for _, o := range w.all {
		if taken := o.Taken(); o.ID != r.ID && o.Need == r.Need && taken != nil && taken.Receiver.Organisation == organisation {
			return o.ID
		}
	}
	return ""
}

// said is what came with an answer.
func said(by string, at time.Time, text *schemas.Sealed) (happened, error) {
	h := happened{person: by, at: at, text: text}
	var m schemas.Message
	_, err := text.Into(&m)
	h.words = m.Text
	return h, err
}

// byDay is the end of a day that a receiver named, or the zero time.
func byDay(c *clock.Calendar, on string) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, on, clock.London)
	if err != nil {
		return time.Time{}
	}
	if c.WorkingDay(day) {
		return c.AddWorkingDays(day, 0)
	}
	return day.Add(24*time.Hour - time.Second).UTC()
}

// OnOfferAccepted hears that a provider accepted.
func (a *App) OnOfferAccepted(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.OfferAcceptedV1) error {
	e := domain.Event{Kind: domain.KindAccepted, OfferID: p.OfferID, Organisation: p.OrganisationID, DueAt: byDay(a.Times.Calendar(), p.FirstContactByOn)}
	return a.answer(ctx, tx, p.PatientRef, p.ReferralID, e, happened{person: p.By, at: p.At, detail: map[string]string{"first_contact_by": p.FirstContactByOn}})
}

// OnLinkWorkerAccepted hears that a link worker team accepted.
func (a *App) OnLinkWorkerAccepted(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.OfferAcceptedV1) error {
	return a.OnOfferAccepted(ctx, tx, e, (*vcse.OfferAcceptedV1)(p))
}

// OnOfferWaitlisted hears that a provider put the person on its waiting list.
func (a *App) OnOfferWaitlisted(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.OfferWaitlistedV1) error {
	e := domain.Event{Kind: domain.KindWaitlisted, OfferID: p.OfferID, Organisation: p.OrganisationID, DueAt: byDay(a.Times.Calendar(), p.ExpectedByOn)}
	return a.answer(ctx, tx, p.PatientRef, p.ReferralID, e, happened{person: p.By, at: p.At, detail: map[string]string{"expected_by": p.ExpectedByOn}})
}

// OnOfferBounced hears a refusal with its reason.
func (a *App) OnOfferBounced(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.OfferBouncedV1) error {
	h, err := saidOfBounce(p)
	if err != nil {
		return err
	}
	if p.Suggested != nil {
		h.suggested = &domain.Receiver{Kind: p.Suggested.Kind, ID: p.Suggested.ID}
	}
	return a.answer(ctx, tx, p.PatientRef, p.ReferralID, domain.Event{Kind: domain.KindBounced, OfferID: p.OfferID, Organisation: p.OrganisationID, Reason: string(p.Reason)}, h)
}

// OnLinkWorkerBounced is OnOfferBounced for a link worker team.
func (a *App) OnLinkWorkerBounced(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.OfferBouncedV1) error {
	return a.OnOfferBounced(ctx, tx, e, (*vcse.OfferBouncedV1)(p))
}

// OnInformationAsked moves the clock to the sender, and passes the question on.
func (a *App) OnInformationAsked(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.InformationAskedV1) error {
	h, err := said(p.By, p.At, p.Question)
	if err != nil {
		return err
	}
	return a.answer(ctx, tx, p.PatientRef, p.ReferralID, domain.Event{Kind: domain.KindInformationAsked, OfferID: p.OfferID, Organisation: p.OrganisationID, QuestionID: p.QuestionID}, h)
}

// OnLinkWorkerAsked is OnInformationAsked for a link worker team.
func (a *App) OnLinkWorkerAsked(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.InformationAskedV1) error {
	return a.OnInformationAsked(ctx, tx, e, (*vcse.InformationAskedV1)(p))
}

// OnInformationGiven gives the clock back to the receiver, and passes the answer on. The fact names no organisation: a
// service speaks for the senders that it serves.
func (a *App) OnInformationGiven(ctx context.Context, tx pgx.Tx, _ *event.Event, p *primarycare.InformationGivenV1) error {
	h, err := said(p.By, p.At, p.Answer)
	if err != nil {
		return err
	}
	w, known, err := a.lock(ctx, tx, p.PatientRef)
	if err != nil || !known {
		return err
	}
	r, ok := w.referral(p.ReferralID)
	if !ok {
		return nil
	}
	e := domain.Event{Kind: domain.KindInformationGiven, By: domain.Sender, Organisation: r.SenderOrganisation, OfferID: p.OfferID, QuestionID: p.QuestionID}
	_, err = w.apply(ctx, r, e, h)
	return err
}

// OnLinkWorkerGave is OnInformationGiven for a link worker team.
func (a *App) OnLinkWorkerGave(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.InformationGivenV1) error {
	return a.OnInformationGiven(ctx, tx, e, (*primarycare.InformationGivenV1)(p))
}

// OnMDTGave is OnInformationGiven for mdt.
func (a *App) OnMDTGave(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.InformationGivenV1) error {
	return a.OnInformationGiven(ctx, tx, e, (*primarycare.InformationGivenV1)(p))
}

// OnReferralWithdrawn takes it back from whoever has it in hand.
func (a *App) OnReferralWithdrawn(ctx context.Context, tx pgx.Tx, _ *event.Event, p *primarycare.ReferralWithdrawnV1) error {
	h, err := said(p.By, p.At, p.Note)
	if err != nil {
		return err
	}
	return a.answer(ctx, tx, p.PatientRef, p.ReferralID, domain.Event{Kind: domain.KindWithdraw, By: domain.Sender, Organisation: p.SenderOrganisationID, Reason: string(p.Reason)}, h)
}

// OnLinkWorkerWithdrew is OnReferralWithdrawn for a link worker team.
func (a *App) OnLinkWorkerWithdrew(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.ReferralWithdrawnV1) error {
	return a.OnReferralWithdrawn(ctx, tx, e, (*primarycare.ReferralWithdrawnV1)(p))
}

// OnMDTWithdrew is OnReferralWithdrawn for mdt.
func (a *App) OnMDTWithdrew(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.ReferralWithdrawnV1) error {
	return a.OnReferralWithdrawn(ctx, tx, e, (*primarycare.ReferralWithdrawnV1)(p))
}

// OnSupportEnded hears how it ended.
func (a *App) OnSupportEnded(ctx context.Context, tx pgx.Tx, _ *event.Event, p *vcse.SupportEndedV1) error {
	h, err := said(p.By, p.At, p.Note)
	if err != nil {
		return err
	}
	if len(p.TriedOn) > 0 {
		h.detail = map[string]string{"tried": strings.Join(p.TriedOn, " ")}
		h.text = schemas.Seal(schemas.Message{Text: strings.TrimSpace(h.words + triedText(p.TriedOn))})
	}
	return a.answer(ctx, tx, p.PatientRef, p.ReferralID, domain.Event{Kind: domain.KindSupportEnded, OfferID: p.OfferID, Organisation: p.OrganisationID, Outcome: string(p.Outcome)}, h)
}

// OnLinkWorkerEnded is OnSupportEnded for a link worker team.
func (a *App) OnLinkWorkerEnded(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.SupportEndedV1) error {
	return a.OnSupportEnded(ctx, tx, e, (*vcse.SupportEndedV1)(p))
}
