package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// RecordCompetency is what a lead writes down of a training.
type RecordCompetency struct {
	Organisation string // where the lead and the person both work
	Person       string
	Competency   terms.Competency
	Tier         terms.Tier
	From, Until  string
}

// RecordCompetency writes down what somebody was trained in. It counts wherever they work. It returns the record's id.
func (x *App) RecordCompetency(ctx context.Context, a actor.Actor, c pg.Command, in RecordCompetency) (string, error) {
	if err := refuse(a, domain.ActRecordCompetency, domain.What{Organisation: in.Organisation}); err != nil {
		return "", err
	}
	k := domain.Competency{
		ID: x.NewID(), PersonID: in.Person, Competency: in.Competency, Tier: in.Tier, From: in.From, Until: in.Until,
		OrganisationID: in.Organisation, RecordedBy: a.Person.ID, RecordedAt: x.now(),
	}
	if err := k.Check(x.today()); err != nil {
		return "", err
	}
	made, err := pg.Do(ctx, x.DB, a, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
		roles, err := store.Staff(ctx, tx, StaffQuery{Organisation: in.Organisation, Person: in.Person, Limit: 1})
		if err != nil {
			return "", err
		}
		if len(roles) == 0 {
			return "", domain.ErrNoPerson
		}
		return k.ID, x.record(ctx, tx, k)
	})
	if err != nil {
		return "", fmt.Errorf("record competency: %w", err)
	}
	return made, nil
}

// record writes a competency and says it.
func (x *App) record(ctx context.Context, tx pgx.Tx, k domain.Competency) error {
	if err := store.AddCompetency(ctx, tx, k); err != nil {
		return err
	}
	_, err := x.Outbox.Append(ctx, tx, k.PersonID, &register.CompetencyRecordedV1{
		PersonID: k.PersonID, Competency: k.Competency, Tier: k.Tier, FromOn: k.From, UntilOn: k.Until, By: k.RecordedBy, At: k.RecordedAt,
	}, nil)
	if err != nil {
		return err
	}
	return write(ctx, tx, "record", "competency", k.ID)
}
