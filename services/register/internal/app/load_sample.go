package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// LoadPeople writes down the invented people of the demonstration, as the importer. Roles and competencies that are there
// already stay as they are, ended ones too, so that it can be run at every start. It returns how many roles are new.
func (x *App) LoadPeople(ctx context.Context, roles []domain.Role, competencies []domain.Competency) (n int, err error) {
	err = x.DB.InTx(ctx, actor.Machine(actor.Importer), func(ctx context.Context, tx pgx.Tx) error {
		n = 0
		for _, r := range roles {
			switch _, err := store.Role(ctx, tx, r.ID); {
			case err == nil:
				continue
			case gone(err, nil) != nil:
				return err
			}
			o, err := open(ctx, tx, r.OrganisationID)
			if err != nil {
				return fmt.Errorf("role %s: %w", r.ID, err)
			}
			r.PersonID, r.GrantedAt, r.Simulated, r.Version = PersonID(r.Issuer, r.Subject), x.now(), true, 1
			if err := r.Check(o.Kind, x.today()); err != nil {
				return fmt.Errorf("role %s: %w", r.ID, err)
			}
			if err := x.grant(ctx, tx, r); err != nil {
				return err
			}
			n++
		}
		return x.loadCompetencies(ctx, tx, competencies)
	})
	if err != nil {
		return 0, fmt.Errorf("load people: %w", err)
	}
	return n, nil
}

func (x *App) loadCompetencies(ctx context.Context, tx pgx.Tx, list []domain.Competency) error {
	for _, k := range list {
		held, err := store.Competencies(ctx, tx, k.PersonID)
		if err != nil {
			return err
		}
		known := false
		for _, h := range held {
			known = known || h.ID == k.ID
		}
		if known {
			continue
		}
		k.RecordedAt = x.now()
		if err := x.record(ctx, tx, k); err != nil {
			return err
		}
	}
	return nil
}
