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

// EndRole ends a role now, whatever its last day was. version is the one the actor looked at. A lead can not end the last
// lead's role, their own included; a coordinator can.
func (x *App) EndRole(ctx context.Context, a actor.Actor, c pg.Command, roleID string, version int64) error {
	_, err := pg.Do(ctx, x.DB, a, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
		seen, err := store.Role(ctx, tx, roleID)
		if err != nil {
			return "", err
		}
		if err := refuse(a, domain.ActEndRole, domain.What{Organisation: seen.OrganisationID, Role: seen.Role}); err != nil {
			return "", err
		}
		others, err := x.otherLeads(ctx, tx, a, seen)
		if err != nil {
			return "", err
		}
		r, err := store.LockRole(ctx, tx, roleID)
		if err != nil {
			return "", err
		}
		ended, err := r.End(x.now(), a.Person.ID)
		if err != nil {
			return "", err
		}
		if err := check(r.Version, version); err != nil {
			return "", err
		}
		if others == 0 {
			return "", domain.ErrLastLead
		}
		return r.ID, x.end(ctx, tx, ended)
	})
	if err != nil {
		return fmt.Errorf("end role: %w", err)
	}
	return nil
}

// otherLeads counts who could still add staff, where that matters; otherwise it is more than nought.
func (x *App) otherLeads(ctx context.Context, tx pgx.Tx, a actor.Actor, r domain.Role) (int, error) {
	if r.Role != terms.RoleServiceLead || terms.Role(a.Role) != terms.RoleServiceLead {
		return 1, nil
	}
	return store.LockLeads(ctx, tx, r.OrganisationID, x.today(), r.ID)
}

// end writes the end of a role and says it; sessions in that role end after the commit.
func (x *App) end(ctx context.Context, tx pgx.Tx, r domain.Role) error {
	if err := store.EndRole(ctx, tx, r); err != nil {
		return err
	}
	_, err := x.Outbox.Append(ctx, tx, r.PersonID, &register.PersonRoleEndedV1{
		PersonID: r.PersonID, OrganisationID: r.OrganisationID, Role: r.Role, By: r.EndedBy, At: r.EndedAt,
	}, nil)
	if err != nil {
		return err
	}
	if x.Ended != nil {
		pg.AfterCommit(ctx, func() { x.Ended(context.WithoutCancel(ctx), r) })
	}
	return write(ctx, tx, "end", "role", r.ID)
}
