// Package audit writes who did or saw what, in the transaction that does or shows it.
package audit

import (
	"cmp"
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
	c := event.CauseOf(ctx)
	return pg.Later(ctx, tx, "write audit", `insert into audit (id, at, person_id, organisation_id, role, purpose, grant_id, machine, verb, object, object_id, patient_ref, outcome, correlation_id, traceparent)
		values ($1, clock_timestamp(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id.New(), null(a.Person.ID), null(a.Organisation), null(a.Role), null(a.Purpose), null(a.BreakGlass), null(a.Machine),
		e.Verb, e.Object, null(e.ObjectID), null(e.PatientRef), cmp.Or(e.Outcome, "done"), null(c.Correlation), null(c.Traceparent))
}

// WriteOnce adds one row about each person whom the entries name, the first of theirs: who shows three lines about somebody has looked at
// them once. An entry about nobody leaves none.
func WriteOnce(ctx context.Context, tx pgx.Tx, all ...Entry) error {
	seen := map[string]bool{"": true}
	for _, e := range all {
		if seen[e.PatientRef] {
			continue
		}
		seen[e.PatientRef] = true
		if err := Write(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// Heard is an event of another service that a reaction here heard, or that was parked. Who said it stands in the trail of its speaker,
// under the same correlation.
type Heard struct {
	EventID     string
	Object      string // "vcse offer_accepted"
	PatientRef  string
	Correlation string
	Traceparent string
	Outcome     string // "" means done
}

// WriteHeard adds one row for each, all at once.
func WriteHeard(ctx context.Context, tx pgx.Tx, all []Heard) error {
	a, ok := actor.From(ctx)
	if !ok {
		return errors.New("write audit: nobody acts")
	}
	n := len(all)
	ids, events, objects, outcomes := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	refs, correlations, traces := make([]any, n), make([]any, n), make([]any, n)
	for i, h := range all {
		ids[i], events[i], objects[i], outcomes[i] = id.New(), h.EventID, h.Object, cmp.Or(h.Outcome, "done")
		refs[i], correlations[i], traces[i] = null(h.PatientRef), null(h.Correlation), null(h.Traceparent)
	}
	return pg.Later(ctx, tx, "write audit", `insert into audit (id, at, machine, verb, object, object_id, patient_ref, outcome, correlation_id, traceparent)
		select u.id, clock_timestamp(), $1, 'hear', u.object, u.event, u.ref, u.outcome, u.correlation, u.trace
		from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[]) as u(id, object, event, ref, outcome, correlation, trace)`,
		a.Machine, ids, objects, events, refs, outcomes, correlations, traces)
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
