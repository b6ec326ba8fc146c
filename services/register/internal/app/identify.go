package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// Identified is a person with every role they may act in today.
type Identified struct {
	domain.Identity
	Name  string
	Roles []IdentifiedRole
}

// IdentifiedRole is one of them.
type IdentifiedRole struct {
	domain.Role
	Organisation domain.Organisation
	Competency   []terms.Competency // of the person: what they may do in any role
}

// Identify finds who signs in with this subject at this issuer. Nobody is domain.ErrNoPerson. Nobody acts yet, so the
// matcher looks.
func (x *App) Identify(ctx context.Context, issuer, subject string) (Identified, error) {
	var found []Identified
	err := x.DB.InTx(ctx, actor.Machine(actor.Matcher), func(ctx context.Context, tx pgx.Tx) error {
		roles, err := store.RolesOf(ctx, tx, issuer, subject, x.today())
		if err != nil {
			return err
		}
		found, err = x.gather(ctx, tx, roles)
		return err
	})
	if err != nil {
		return Identified{}, fmt.Errorf("identify: %w", err)
	}
	if len(found) == 0 {
		return Identified{}, domain.ErrNoPerson
	}
	return found[0], nil
}

// Invented lists the people of the demonstration, for the page on which one chooses who to be.
func (x *App) Invented(ctx context.Context) (people []Identified, err error) {
	err = x.DB.InTx(ctx, actor.Machine(actor.Matcher), func(ctx context.Context, tx pgx.Tx) error {
		roles, err := store.SimulatedRoles(ctx, tx, x.today())
		if err != nil {
			return err
		}
		people, err = x.gather(ctx, tx, roles)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list invented people: %w", err)
	}
	return people, nil
}

// gather puts roles together by person, in their order, and adds organisations and competencies.
func (x *App) gather(ctx context.Context, tx pgx.Tx, roles []domain.Role) ([]Identified, error) {
	var people []Identified
	for _, r := range roles {
		o, err := store.Organisation(ctx, tx, r.OrganisationID)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(people, func(p Identified) bool { return p.PersonID == r.PersonID })
		if i < 0 {
			people = append(people, Identified{Identity: r.Identity, Name: r.Name})
			i = len(people) - 1
		}
		held, err := store.Competencies(ctx, tx, r.PersonID)
		if err != nil {
			return nil, err
		}
		one := IdentifiedRole{Role: r, Organisation: o}
		for _, k := range held {
			if k.Stands(x.today()) && !slices.Contains(one.Competency, k.Competency) {
				one.Competency = append(one.Competency, k.Competency)
			}
		}
		people[i].Roles = append(people[i].Roles, one)
	}
	return people, nil
}
