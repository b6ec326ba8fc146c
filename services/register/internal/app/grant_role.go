package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// GrantRole is what a lead writes down of somebody new.
type GrantRole struct {
	Organisation string
	Name         string
	Issuer       string
	Subject      string
	Role         terms.Role
	From         string // "" is today
	Until        string
}

// Granted is what was made.
type Granted struct {
	RoleID   string `json:"role_id"`
	PersonID string `json:"person_id"`
}

// PersonID is the same wherever somebody with this sign-in is given a role, so that nobody has to look across organisations.
func PersonID(issuer, subject string) string { return id.FromName("person", issuer+" "+subject) }

// GrantRole gives a person a role at an organisation. It can be used at once, when its first day has come.
func (x *App) GrantRole(ctx context.Context, a actor.Actor, c pg.Command, in GrantRole) (Granted, error) {
	if err := refuse(a, domain.ActGrantRole, domain.What{Organisation: in.Organisation, Role: in.Role}); err != nil {
		return Granted{}, err
	}
	r := domain.Role{
		ID: x.NewID(), Name: strings.TrimSpace(in.Name), OrganisationID: in.Organisation, Role: in.Role, From: in.From, Until: in.Until,
		GrantedBy: a.Person.ID, GrantedAt: x.now(), Version: 1,
		Identity: domain.Identity{Issuer: in.Issuer, Subject: strings.ToLower(strings.TrimSpace(in.Subject))},
	}
	if r.From == "" {
		r.From = x.today()
	}
	r.PersonID = PersonID(r.Issuer, r.Subject)
	made, err := pg.Do(ctx, x.DB, a, c, func(ctx context.Context, tx pgx.Tx) (Granted, error) {
		o, err := open(ctx, tx, in.Organisation)
		if err != nil {
			return Granted{}, err
		}
		if err := r.Check(o.Kind, x.today()); err != nil {
			return Granted{}, err
		}
		return Granted{r.ID, r.PersonID}, x.grant(ctx, tx, r)
	})
	if err != nil {
		return Granted{}, fmt.Errorf("grant role: %w", err)
	}
	return made, nil
}

// grant writes a role and says it.
func (x *App) grant(ctx context.Context, tx pgx.Tx, r domain.Role) error {
	if err := store.AddRole(ctx, tx, r); err != nil {
		return err
	}
	_, err := x.Outbox.Append(ctx, tx, r.PersonID, &register.PersonRoleGrantedV1{
		PersonID: r.PersonID, Issuer: r.Issuer, Subject: r.Subject, DisplayName: r.Name, OrganisationID: r.OrganisationID, Role: r.Role,
		FromOn: r.From, UntilOn: r.Until, Simulated: r.Simulated, By: r.GrantedBy, At: r.GrantedAt,
	}, nil)
	if err != nil {
		return err
	}
	return write(ctx, tx, "grant", "role", r.ID)
}
