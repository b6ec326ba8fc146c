// Package audit writes who did or saw what, in the transaction that does or shows it.
package audit

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
)

// Entry names the act: verb "accept", object "offer". Identifiers only; a read of a patient's data has verb "read".
type Entry struct {
	Verb       string
	Object     string
	ObjectID   string
	PatientRef string
	Outcome    string // "" means done; "refused" is worth a row too
}

// Write adds one row for the actor of ctx. Its time is the database's, so that rows of one machine do not depend on the clock of another.
func Write(ctx context.Context, tx pgx.Tx, e Entry) error {
	a, ok := actor.From(ctx)
	if !ok {
		return errors.New("write audit: nobody acts")
	}
	outcome := e.Outcome
	if outcome == "" {
		outcome = "done"
	}
	c := event.CauseOf(ctx)
	return pg.Later(ctx, tx, "write audit", `insert into audit (id, at, person_id, organisation_id, role, purpose, grant_id, machine, verb, object, object_id, patient_ref, outcome, correlation_id, traceparent)
		values ($1, clock_timestamp(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id.New(), null(a.Person.ID), null(a.Organisation), null(a.Role), null(a.Purpose), null(a.BreakGlass), null(a.Machine),
		e.Verb, e.Object, null(e.ObjectID), null(e.PatientRef), outcome, null(c.Correlation), null(c.Traceparent))
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
