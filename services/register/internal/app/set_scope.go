package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// Scope lists every line of what roles may do and take that the area's office has written.
func (x *App) Scope(ctx context.Context, a actor.Actor) (own []domain.ScopeLine, err error) {
	if err := refuse(a, domain.ActSeeScope, domain.What{}); err != nil {
		return nil, err
	}
	err = x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		own, err = store.Scope(ctx, tx)
		return err
	})
	return own, err
}

// ScopeLine finds one of them.
func (x *App) ScopeLine(ctx context.Context, a actor.Actor, id string) (l domain.ScopeLine, err error) {
	err = x.DB.InTx(ctx, a, func(ctx context.Context, tx pgx.Tx) error {
		l, err = store.ScopeLine(ctx, tx, id)
		return err
	})
	return l, err
}

var errOnlyOffice = domain.ErrMayNot.With("Only the coordinators at the area's office say what roles may do. Ask them to change it")

// SetScope writes a line of what a role may do, from a day on. It returns the line's id.
func (x *App) SetScope(ctx context.Context, a actor.Actor, c pg.Command, in terms.ScopeLine) (string, error) {
	if err := refuse(a, domain.ActSetScope, domain.What{}); err != nil {
		return "", errOnlyOffice
	}
	l := domain.ScopeLine{ScopeLine: in, SetBy: a.Person.ID, SetAt: x.now(), ChangedBy: a.Person.ID, ChangedAt: x.now(), Version: 1}
	l.ID, l.Door = x.NewID(), strings.TrimSpace(in.Door)
	if l.From == "" {
		l.From = x.today()
	}
	if err := l.Check(x.today()); err != nil {
		return "", err
	}
	made, err := pg.Do(ctx, x.DB, a, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
		if err := store.AddScopeLine(ctx, tx, l); err != nil {
			return "", err
		}
		return l.ID, x.sayScope(ctx, tx, "set", l)
	})
	if err != nil {
		return "", fmt.Errorf("set role scope: %w", err)
	}
	return made, nil
}

// EndScope gives a line its last day. version is the one the actor looked at.
func (x *App) EndScope(ctx context.Context, a actor.Actor, c pg.Command, id string, version int64, until string) error {
	if err := refuse(a, domain.ActSetScope, domain.What{}); err != nil {
		return errOnlyOffice
	}
	_, err := pg.Do(ctx, x.DB, a, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
		l, err := store.LockScopeLine(ctx, tx, id)
		if err != nil {
			return "", err
		}
		if err := check(l.Version, version); err != nil {
			return "", err
		}
		if l, err = l.End(until, x.today(), a.Person.ID, x.now()); err != nil {
			return "", err
		}
		if err := store.EndScopeLine(ctx, tx, l); err != nil {
			return "", err
		}
		return l.ID, x.sayScope(ctx, tx, "end", l)
	})
	if err != nil {
		return fmt.Errorf("end role scope: %w", err)
	}
	return nil
}

func (x *App) sayScope(ctx context.Context, tx pgx.Tx, verb string, l domain.ScopeLine) error {
	_, err := x.Outbox.Append(ctx, tx, l.ID, &register.RoleScopeSetV1{
		LineID: l.ID, Role: l.Role, Act: l.Act, Of: l.Of, Allowed: l.Allowed, Competency: l.Competency, Tier: l.Tier, Door: l.Door,
		FromOn: l.From, UntilOn: l.Until, By: l.ChangedBy, At: l.ChangedAt, Version: l.Version,
	}, nil)
	if err != nil {
		return err
	}
	return write(ctx, tx, verb, "role_scope", l.ID)
}
