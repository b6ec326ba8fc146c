package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// StaffQuery says whose roles are listed.
type StaffQuery = store.StaffQuery

// StaffPlace is where a page of the list ended.
type StaffPlace = store.StaffPlace

// Staff lists the roles at an organisation: all of them for those who work there, its service leads for a coordinator.
func (x *App) Staff(ctx context.Context, a actor.Actor, q StaffQuery) (o domain.Organisation, list []domain.Role, err error) {
	err = x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		if o, err = store.Organisation(ctx, tx, q.Organisation); err != nil {
			return err
		}
		if !domain.May(who(a), domain.ActSeeStaff, domain.What{Organisation: o.ID, Role: terms.RoleServiceLead}) {
			return domain.ErrMayNot.With("Only people who work at this organisation can see its staff")
		}
		list, err = store.Staff(ctx, tx, q)
		return err
	})
	return o, list, err
}

// Colleague is one person at one organisation.
type Colleague struct {
	Organisation domain.Organisation
	domain.Identity
	Name         string
	Roles        []domain.Role
	Competencies []domain.Competency
}

// mostRoles bounds what a page shows of one person's history.
const mostRoles = 100

// Colleague finds one person with their roles at the organisation, ended ones too, and what they were trained in.
func (x *App) Colleague(ctx context.Context, a actor.Actor, organisation, person string) (c Colleague, err error) {
	err = x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		if c.Organisation, err = store.Organisation(ctx, tx, organisation); err != nil {
			return err
		}
		c.Roles, err = store.Staff(ctx, tx, StaffQuery{Organisation: organisation, Person: person, Ended: true, Limit: mostRoles})
		if err != nil {
			return err
		}
		if len(c.Roles) == 0 {
			return domain.ErrNoPerson
		}
		c.Identity, c.Name = c.Roles[0].Identity, c.Roles[0].Name
		c.Competencies, err = store.Competencies(ctx, tx, person)
		return err
	})
	return c, err
}

// Role finds a role that the actor may see, with its organisation.
func (x *App) Role(ctx context.Context, a actor.Actor, id string) (o domain.Organisation, r domain.Role, err error) {
	err = x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		if r, err = store.Role(ctx, tx, id); err != nil {
			return err
		}
		o, err = store.Organisation(ctx, tx, r.OrganisationID)
		return err
	})
	return o, r, err
}
