package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// Home is what a practice's home page shows.
type Home struct {
	store.Counts
	Duty   domain.Duty
	Names  Names
	Feed   ReferralList
	MayNot error
}

// feedLength is how many changed referrals the home page shows.
const feedLength = 10

// Home reads what waits at the practice, and what changed since this person last looked.
func (a *App) Home(ctx context.Context, by actor.Actor) (h Home, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if h.Counts, err = store.Count(ctx, tx, by.Organisation, by.Person.ID, a.now(), a.Today()); err != nil {
			return err
		}
		if h.Duty, err = store.Duty(ctx, tx, by.Organisation, a.day(), store.Read); err != nil {
			return err
		}
		if h.Names, err = a.names(ctx, tx, []string{h.Duty.ClinicianID, h.Duty.DeputyID}, nil); err != nil {
			return err
		}
		h.MayNot = a.mayRefer(ctx, tx, by, "", false)
		if _, refused := fault.Of(h.MayNot); h.MayNot != nil && !refused {
			return h.MayNot
		}
		h.Feed, err = a.referrals(ctx, tx, by, Filter{Show: "new", Order: store.ByChange, Limit: feedLength})
		return err
	})
	return h, err
}
