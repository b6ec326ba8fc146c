package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// Reach is how an organisation is reached: where it is told of offers, and whom one rings when no e-mail arrives. "" is none.
type Reach struct{ Email, Phone string }

// ChangeReach changes it. version is the one the actor looked at.
func (x *App) ChangeReach(ctx context.Context, a actor.Actor, c pg.Command, organisation string, version int64, to Reach) error {
	if err := refuse(a, domain.ActChangeReach, domain.What{Organisation: organisation}); err != nil {
		return fmt.Errorf("change reach: %w", err)
	}
	_, err := pg.Do(ctx, x.DB, a, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
		known, err := store.LockOrganisations(ctx, tx, []string{organisation})
		if err != nil {
			return "", err
		}
		o, ok := known[organisation]
		switch {
		case !ok:
			return "", domain.ErrNoOrganisation
		case o.Status == terms.OrganisationClosed:
			return "", domain.ErrClosed
		}
		if err := check(o.Version, version); err != nil {
			return "", err
		}
		o.Email, o.Phone, o.Version = strings.TrimSpace(to.Email), strings.TrimSpace(to.Phone), o.Version+1
		if err := o.CheckReach(); err != nil {
			return "", err
		}
		if err := store.SaveReach(ctx, tx, o, x.now()); err != nil {
			return "", err
		}
		if _, err := x.Outbox.Append(ctx, tx, o.ID, registered(o), nil); err != nil {
			return "", err
		}
		return o.ID, write(ctx, tx, "change reach", "organisation", o.ID)
	})
	if err != nil {
		return fmt.Errorf("change reach: %w", err)
	}
	return nil
}
