// Package app is what can be done in the register: each exported method is one transaction, and says what it did.
package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// App does what the register can do.
type App struct {
	DB     *pg.DB
	Outbox *outbox.Outbox
	Now    func() time.Time
	NewID  func() string

	// Ended is told, after the commit, whose access has ended, so that their sessions end too. What it misses is caught
	// by RoleStands, which every request asks. Nil: nobody is told.
	Ended func(ctx context.Context, r domain.Role)
}

// today is the day in London.
func (x *App) today() string { return x.Now().In(clock.London).Format(time.DateOnly) }

// Yesterday is the day before Today.
func (x *App) Yesterday() string {
	return x.Now().In(clock.London).AddDate(0, 0, -1).Format(time.DateOnly)
}

// Today is the day in London on which is measured what stands.
func (x *App) Today() string { return x.today() }

// now is cut to what Postgres keeps.
func (x *App) now() time.Time { return x.Now().UTC().Truncate(time.Microsecond) }

// who is the part of the actor that the rules look at.
func who(a actor.Actor) domain.Who {
	return domain.Who{Role: terms.Role(a.Role), Organisation: a.Organisation}
}

// refuse says no when the rules do.
func refuse(a actor.Actor, act domain.Act, what domain.What) error {
	if a.IsPerson() && domain.May(who(a), act, what) {
		return nil
	}
	return domain.ErrMayNot
}

// check refuses a change made from an old copy.
func check(version int, have int64) error {
	if int64(version) != have {
		return domain.ErrStale
	}
	return nil
}

func write(ctx context.Context, tx pgx.Tx, verb, object, objectID string) error {
	return audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: object, ObjectID: objectID})
}

// RoleStands tells whether the actor still has the role they act in. Every request of every page asks it.
func (x *App) RoleStands(ctx context.Context, a actor.Actor) (ok bool, err error) {
	err = x.DB.InTx(ctx, actor.Machine(actor.Matcher), func(ctx context.Context, tx pgx.Tx) error {
		ok, err = store.RoleStands(ctx, tx, a.Person.ID, a.Organisation, a.Role, x.today())
		return err
	})
	if err != nil {
		return false, fmt.Errorf("does the role stand: %w", err)
	}
	return ok, nil
}

// gone turns what row-level security hides into what the person may know of it.
func gone(err, as error) error {
	if f, ok := fault.Of(err); ok && f.Meaning == fault.MeaningNotFound {
		return as
	}
	return err
}
