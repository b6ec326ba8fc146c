package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// CapacityInput is a report of room. Version 0 is for the first one, or for a program that does not mind what stood before.
type CapacityInput struct {
	ServiceID    string
	Version      int64
	AnyVersion   bool
	Status       terms.CapacityStatus
	PlacesFree   *int
	Waiting      *int
	NextReviewOn string
	Simulated    bool
}

// ReportCapacity says how much room a service of the actor's provider has.
func (a *App) ReportCapacity(ctx context.Context, by actor.Actor, cmd pg.Command, in CapacityInput) (Done, error) {
	if in.NextReviewOn != "" && in.NextReviewOn < a.today() {
		return Done{}, fault.Invalid("next_review", "Enter today or a later day")
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		c, err := a.ownCapacity(ctx, tx, by, in.ServiceID)
		if err != nil {
			return Done{}, err
		}
		if !in.AnyVersion && in.Version != c.Version {
			return Done{}, domain.ErrChanged
		}
		c.Status, c.PlacesFree, c.Waiting, c.NextReviewOn, c.Simulated, c.UntilOn = in.Status, in.PlacesFree, in.Waiting, in.NextReviewOn, in.Simulated, ""
		if err := c.Check(); err != nil {
			return Done{}, err
		}
		return a.report(ctx, tx, by, c)
	})
	if err != nil {
		return done, fmt.Errorf("report capacity: %w", err)
	}
	return done, nil
}

// ConfirmCapacity says that the last report still holds.
func (a *App) ConfirmCapacity(ctx context.Context, by actor.Actor, cmd pg.Command, service string) (Done, error) {
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		c, err := a.ownCapacity(ctx, tx, by, service)
		if err != nil {
			return Done{}, err
		}
		if c.Version == 0 {
			return Done{}, fault.Conflict("nothing_to_confirm", "Nobody has said how much room there is yet. Say it first")
		}
		return a.report(ctx, tx, by, c)
	})
	if err != nil {
		return done, fmt.Errorf("confirm capacity: %w", err)
	}
	return done, nil
}

// ownCapacity locks the service and its report, an empty one when there is none yet.
func (a *App) ownCapacity(ctx context.Context, tx pgx.Tx, by actor.Actor, service string) (domain.Capacity, error) {
	if _, err := ours(ctx, tx, by, service); err != nil {
		return domain.Capacity{}, err
	}
	c, err := store.LockCapacity(ctx, tx, service)
	if err != nil {
		return domain.Capacity{}, err
	}
	if c == nil {
		return domain.Capacity{ServiceID: service, Organisation: by.Organisation}, nil
	}
	return *c, nil
}

func (a *App) report(ctx context.Context, tx pgx.Tx, by actor.Actor, c domain.Capacity) (Done, error) {
	c.ReportedBy, c.ReportedAt = by.Person.ID, a.now()
	if err := store.SaveCapacity(ctx, tx, c); err != nil {
		return Done{}, err
	}
	if err := a.sayCapacity(ctx, tx, c); err != nil {
		return Done{}, err
	}
	a.hint(ctx, c.Organisation)
	return Done{ID: c.ServiceID, Version: c.Version + 1}, acted(ctx, tx, "report capacity", "service", c.ServiceID, "")
}

// noRoomUntil takes a bounce for want of room at its word: from now on every search shows the service without room until that day, so
// that the next person is not sent to a closed door.
func (a *App) noRoomUntil(ctx context.Context, tx pgx.Tx, by actor.Actor, o domain.Offer, until string) error {
	c, err := store.LockCapacity(ctx, tx, o.ServiceID)
	if err != nil {
		return err
	}
	if c == nil {
		c = &domain.Capacity{ServiceID: o.ServiceID, Organisation: o.Organisation}
	}
	c.Fill(until)
	_, err = a.report(ctx, tx, by, *c)
	return err
}

func (a *App) sayCapacity(ctx context.Context, tx pgx.Tx, c domain.Capacity) error {
	return a.say(ctx, tx, c.ServiceID, &vcse.CapacityReportedV1{
		ReceiverKind: terms.ReceiverService, ReceiverID: c.ServiceID, Status: c.Status,
		PlacesFree: c.PlacesFree, Waiting: c.Waiting, NextReviewOn: c.NextReviewOn, UntilOn: c.UntilOn, ReportedBy: c.ReportedBy, ReportedAt: c.ReportedAt,
		Simulated: c.Simulated,
	}, nil)
}

// takePlace uses a place for an accepted offer: what was kept for it, or a free one. The report's time stays: nobody counted anew.
func (a *App) takePlace(ctx context.Context, tx pgx.Tx, o domain.Offer, at time.Time) error {
	// Looked at first without the lock: where no places are counted, nobody waits for another's yes.
	c, err := store.Capacity(ctx, tx, o.ServiceID)
	if err != nil || c == nil {
		return err
	}
	if c.PlacesFree == nil {
		_, err := a.releasePlace(ctx, tx, o, terms.PlaceAnswered, at)
		return err
	}
	if c, err = store.LockCapacity(ctx, tx, o.ServiceID); err != nil || c == nil {
		return err
	}
	kept, err := a.releasePlace(ctx, tx, o, terms.PlaceAnswered, at)
	if err != nil {
		return err
	}
	if !kept && !c.Room() {
		return nil // the others' places stay theirs; the provider has said yes beyond what it counted
	}
	if !c.Take() {
		return nil
	}
	if err := store.SaveCapacity(ctx, tx, *c); err != nil {
		return err
	}
	if _, err := store.TookPlace(ctx, tx, o.ID, true); err != nil {
		return err
	}
	return a.sayCapacity(ctx, tx, *c)
}

// givePlace makes the place free that the person used, if they used one that was counted.
func (a *App) givePlace(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
	took, err := store.TookPlace(ctx, tx, o.ID, false)
	if err != nil || !took {
		return err
	}
	c, err := store.LockCapacity(ctx, tx, o.ServiceID)
	if err != nil || c == nil || !c.Give() {
		return err
	}
	if err := store.SaveCapacity(ctx, tx, *c); err != nil {
		return err
	}
	return a.sayCapacity(ctx, tx, *c)
}

// reservePlace keeps a place for an offer that came in, if the service counts places and one is free.
func (a *App) reservePlace(ctx context.Context, tx pgx.Tx, o domain.Offer, at time.Time) error {
	// Looked at first without the lock: workers that apply many offers at once would wait for each other in a circle.
	c, err := store.Capacity(ctx, tx, o.ServiceID)
	if err != nil || c == nil || !c.Room() {
		return err
	}
	if c, err = store.LockCapacity(ctx, tx, o.ServiceID); err != nil || c == nil || !c.Room() {
		return err
	}
	r := store.Reservation{ID: a.NewID(), ServiceID: o.ServiceID, Organisation: o.Organisation, OfferID: o.ID, Until: a.due(at, terms.ClockReservation, o)}
	if err := store.Reserve(ctx, tx, r, at); err != nil {
		return err
	}
	return a.say(ctx, tx, o.ServiceID, &vcse.PlaceReservedV1{ReservationID: r.ID, OfferID: o.ID, ServiceID: o.ServiceID, Until: r.Until}, nil)
}

// releasePlace gives back the place kept for an offer; kept tells whether there was one.
// The service's capacity is locked first, here as everywhere, so that no two wait for each other; if none is kept, it is not.
func (a *App) releasePlace(ctx context.Context, tx pgx.Tx, o domain.Offer, why terms.PlaceRelease, at time.Time) (kept bool, err error) {
	if until, err := store.KeptUntil(ctx, tx, o.ID); err != nil || until.IsZero() {
		return false, err
	}
	if _, err := store.LockCapacity(ctx, tx, o.ServiceID); err != nil {
		return false, err
	}
	r, err := store.Release(ctx, tx, o.ID, why, at)
	if err != nil || r == nil {
		return false, err
	}
	return true, a.say(ctx, tx, r.ServiceID, &vcse.PlaceReleasedV1{ReservationID: r.ID, OfferID: r.OfferID, ServiceID: r.ServiceID, Reason: why, At: at}, nil)
}

// ExpireReservations gives back places that were kept long enough, and tells how many. It is run by a clock, as the machine.
func (a *App) ExpireReservations(ctx context.Context) (n int, err error) {
	now := a.now()
	err = a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		n = 0
		late, err := store.Overdue(ctx, tx, now, 200)
		if err != nil {
			return err
		}
		for _, r := range late {
			released, err := a.releasePlace(ctx, tx, domain.Offer{ID: r.OfferID, ServiceID: r.ServiceID}, terms.PlaceExpired, now)
			if err != nil {
				return err
			}
			if released {
				n++
				if err := acted(ctx, tx, "give back", "place", r.ID, ""); err != nil {
					return err
				}
				a.hint(ctx, r.Organisation)
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("expire reservations: %w", err)
	}
	return n, nil
}
