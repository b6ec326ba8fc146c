package app

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Call is what somebody says of phoning a provider whom no e-mail about an offer reached. At zero: just now.
type Call struct {
	OfferID string
	Result  terms.ContactResult
	At      time.Time
}

// RecordCall takes the word of whoever owes the call, or of the area's office in its stead. Who was reached ends it; without an answer it is owed
// again from then on.
func (a *App) RecordCall(ctx context.Context, by actor.Actor, s Step, c Call) (Done, error) {
	return a.step(ctx, by, s, func(ctx context.Context, w *work, r domain.Referral, part domain.Party) (domain.Referral, error) {
		if err := w.openWith(ctx, r); err != nil {
			return r, err
		}
		n, err := store.LockNotice(ctx, w.tx, c.OfferID)
		if err != nil {
			return r, err
		}
		if c.At.IsZero() {
			c.At = w.now
		}
		if o := r.Offer(c.OfferID); o != nil { // the next word about the e-mail may have come since it was read
			o.NoticeKind, o.Notice, o.NoticeAt = n.Kind, n.State, n.At
			if c.At, err = o.CallAt(c.At, w.now); err != nil {
				return r, err
			}
		}
		return w.phoned(ctx, r, domain.Event{Kind: domain.KindProviderPhoned, By: part, Organisation: by.Organisation, OfferID: c.OfferID, Result: c.Result, CallAt: c.At}, n, by.Person.ID)
	})
}

// openWith takes up the case of a referral, when it is closed already: a call may be owed after the end.
func (w *work) openWith(ctx context.Context, r domain.Referral) (err error) {
	if r.CaseID == w.c.ID {
		return nil
	}
	if w.c, err = store.CaseByID(ctx, w.tx, r.CaseID); err != nil {
		return err
	}
	w.all, err = store.ReferralsOf(ctx, w.tx, r.CaseID)
	return err
}

// phoned is apply for a call, from which nothing follows for others on the case.
func (w *work) phoned(ctx context.Context, r domain.Referral, e domain.Event, n store.Notice, person string) (domain.Referral, error) {
	d, err := domain.Decide(r, e, domain.Facts{Now: w.now})
	if err != nil {
		return r, err
	}
	h := happened{person: person, notice: n.Version}
	if err := w.save(ctx, r, e, d, h); err != nil {
		return r, err
	}
	if domain.Reaches(e.Result) {
		n.State, n.At = d.Next.Offer(e.OfferID).Notice, d.Next.Offer(e.OfferID).NoticeAt
		err = store.EndCall(ctx, w.tx, n)
	} else {
		err = w.app.owesCall(ctx, w.tx, e.OfferID, r.SenderOrganisation, later(e.CallAt, n.At))
	}
	if err != nil {
		return r, err
	}
	return d.Next, w.tell(ctx, r, e, d, h)
}
