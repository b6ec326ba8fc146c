package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// AcceptInput is a yes, and to whom in the team the person goes. Without a day, first contact is due by the area's clock.
type AcceptInput struct {
	OfferID        string
	Version        int64
	AssignTo       string
	FirstContactBy string // 2006-01-02
}

// Accept takes the person on. It is sent until coordination confirms it.
func (a *App) Accept(ctx context.Context, by actor.Actor, cmd pg.Command, in AcceptInput) (Done, error) {
	return a.onOffer(ctx, by, cmd, in.OfferID, nil, func(ctx context.Context, tx pgx.Tx, o *domain.Offer, ref string, _ *vault.Keys) (Done, error) {
		now := a.now()
		due := a.due(terms.ClockFirstContact, now, *o)
		if in.FirstContactBy != "" {
			day, err := endOf(in.FirstContactBy)
			if err != nil || in.FirstContactBy < a.today() {
				return Done{}, fault.Invalid("first_contact_by", "Enter a date that is not in the past")
			}
			due = day
		}
		if err := o.Accept(by.Person.ID, in.AssignTo, in.Version, due, now); err != nil {
			return Done{}, err
		}
		if err := a.colleague(ctx, tx, o.OrganisationID, in.AssignTo); err != nil {
			return Done{}, err
		}
		if err := a.mayTake(ctx, tx, by, *o, in.AssignTo); err != nil {
			return Done{}, err
		}
		if err := store.SaveOffer(ctx, tx, *o); err != nil {
			return Done{}, err
		}
		if in.AssignTo != by.Person.ID {
			p := domain.Passed{ID: a.NewID(), OrganisationID: o.OrganisationID, OfferID: o.ID, To: in.AssignTo, By: by.Person.ID, At: now}
			if err := store.AddPassed(ctx, tx, p); err != nil {
				return Done{}, err
			}
		}
		_, err := a.Out.Append(ctx, tx, ref, &linkworker.OfferAcceptedV1{
			PatientRef: ref, OfferID: o.ID, ReferralID: o.ReferralID, OrganisationID: o.OrganisationID,
			FirstContactByOn: due.In(clock.London).Format(time.DateOnly), By: by.Person.ID, At: now,
		}, nil)
		return Done{o.ID}, err
	})
}

// endOf is half past five in London on a day, when a working day ends.
func endOf(day string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, clock.London)
	if err != nil {
		return t, err
	}
	return t.Add(17*time.Hour + 30*time.Minute).UTC(), nil
}
