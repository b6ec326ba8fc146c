package app

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// onSent changes a referral that we sent; one of somebody else's is none of our business.
func (a *App) onSent(ctx context.Context, tx pgx.Tx, id string, change func(r *domain.Referral)) error {
	r, err := store.Referral(ctx, tx, id, true)
	if errors.Is(err, domain.ErrNoReferral) {
		return nil
	}
	if err != nil {
		return err
	}
	change(&r)
	r.Version++
	a.changed(ctx, r.OrganisationID, r.ID, r.ParentOfferID)
	return store.SaveReferral(ctx, tx, r)
}

// OnReferralHeld says that ours may be a duplicate: a person chooses, on the case's page. referral_progressed says the state as well.
func (a *App) OnReferralHeld(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralHeldV1) error {
	return a.onSent(ctx, tx, p.ReferralID, func(r *domain.Referral) {
		r.CaseID = p.CaseID
		if r.Progress == 0 {
			r.State, r.DueAt, r.Owes, r.ChangedAt = terms.ReferralHeld, p.DueAt, terms.PartySender, p.At
		}
	})
}

// OnReferralJoined says into which referral ours went.
func (a *App) OnReferralJoined(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralJoinedV1) error {
	if err := a.askAlso(ctx, tx, p); err != nil {
		return err
	}
	return a.onSent(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.JoinedInto, r.CaseID, r.ChangedAt = p.IntoReferralID, p.CaseID, p.At })
}

// askAlso shows in our own lists what somebody whom we help, or with whom one of us stays in touch, is to be helped with too.
func (a *App) askAlso(ctx context.Context, tx pgx.Tx, p *coordination.ReferralJoinedV1) error {
	switch {
	case p.Need == "":
		return nil
	case p.WorkerID != "":
		a.changed(ctx, p.WorkerOrganisationID)
		return store.AskKeyWorker(ctx, tx, p.CaseID, p.WorkerID, p.Need)
	}
	asked, err := store.AskAlso(ctx, tx, p.IntoReferralID, p.Need, p.At)
	for _, organisation := range asked {
		a.changed(ctx, organisation)
	}
	return err
}

// OnReferralConfirmed says that ours is no duplicate; where it goes then, referral_progressed says.
func (a *App) OnReferralConfirmed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralConfirmedV1) error {
	return a.onSent(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.CaseID, r.ChangedAt = p.CaseID, p.At })
}

// OnReferralEscalated says who must find a way.
func (a *App) OnReferralEscalated(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralEscalatedV1) error {
	return a.onSent(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.EscalatedTo, r.CaseID = p.ToPersonID, p.CaseID })
}

// OnReferralClosed ends ours, and confirms the end of our support.
func (a *App) OnReferralClosed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralClosedV1) error {
	offers, err := store.OffersOfReferral(ctx, tx, p.ReferralID)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if o.State != terms.OfferEnded || !o.ClosedAt.IsZero() {
			continue
		}
		o.ClosedAt = p.At
		if err := store.SaveOffer(ctx, tx, o); err != nil {
			return err
		}
		a.changed(ctx, o.OrganisationID, o.ID)
	}
	return a.onSent(ctx, tx, p.ReferralID, func(r *domain.Referral) {
		r.Outcome, r.ChangedAt = p.Outcome, p.At
		if r.State.Open() {
			r.State, r.Owes, r.DueAt = terms.ReferralClosed, terms.PartyNobody, time.Time{}
		}
	})
}
