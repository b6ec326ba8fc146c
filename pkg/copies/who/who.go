// Package who is a service's own copy of who is who: organisations, people, their roles and competency, as the register said it.
//
// A service installs Tables beside its own, lets its inbox keep them with Register, and asks here. Work identities only: every
// person of the service may read all of it, and only the inbox writes.
package who

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/register"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Tables is given to pg.Migrate: organisation, person_role, competency, training and role_scope. The register itself does not install it.
var Tables = func() pg.Set {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return pg.Set{Name: "who", Files: files}
}()

// Register has the reader keep the copy; it must listen to the register. A service that does more on one of the facts names
// its type in except, and calls our reaction from its own.
func Register(r *inbox.Reader, except ...string) {
	keep(r, except, register.TypeOrganisationRegisteredV1, OnOrganisationRegistered)
	keep(r, except, register.TypeOrganisationClosedV1, OnOrganisationClosed)
	keep(r, except, register.TypePersonRoleGrantedV1, OnPersonRoleGranted)
	keep(r, except, register.TypePersonRoleEndedV1, OnPersonRoleEnded)
	keep(r, except, register.TypeCompetencyRecordedV1, OnCompetencyRecorded)
	keep(r, except, register.TypeCompetencyExpiredV1, OnCompetencyExpired)
	keep(r, except, register.TypeRoleScopeSetV1, OnRoleScopeSet)
}

// Check is what authn asks on each request: does the role that the session acts in still stand?
func Check(db *pg.DB, now func() time.Time) func(ctx context.Context, a actor.Actor) (bool, error) {
	return func(ctx context.Context, a actor.Actor) (ok bool, err error) {
		err = db.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
			ok, err = Active(ctx, tx, a, now())
			return err
		})
		return ok, err
	}
}

// day is the English day of t: roles and competency begin and end with days.
func day(t time.Time) string { return t.In(clock.London).Format(time.DateOnly) }
