package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
	"example.org/waypost/services/register/internal/store"
)

// RegisterOrganisation writes down an organisation that no import brings: a provider, a link worker team, a trust.
// A new one is open, and may refer when it is of a kind that does. It returns the organisation's id.
func (x *App) RegisterOrganisation(ctx context.Context, a actor.Actor, c pg.Command, o domain.Organisation) (string, error) {
	if err := refuse(a, domain.ActRegisterOrganisation, domain.What{}); err != nil {
		return "", err
	}
	o.ID, o.Version, o.Status, o.Simulated = x.NewID(), 1, terms.OrganisationActive, false
	o.MayRefer = o.Kind != terms.KindProvider
	o.ODSCode = strings.ToUpper(strings.TrimSpace(o.ODSCode))
	if code, err := geo.ParsePostcode(o.Postcode); err == nil {
		o.Postcode = code.String()
	}
	if err := o.CheckTyped(); err != nil {
		return "", err
	}
	made, err := pg.Do(ctx, x.DB, a, c, func(ctx context.Context, tx pgx.Tx) (string, error) {
		if o.ODSCode != "" {
			if _, err := store.OrganisationByODS(ctx, tx, o.ODSCode); !errors.Is(err, domain.ErrNoOrganisation) {
				return "", errors.Join(err, domain.ErrKnownCode)
			}
		}
		if err := x.saveAndSay(ctx, tx, nil, []domain.Organisation{o}); err != nil {
			if pg.Violates(err, "organisation_ods_code") {
				return "", domain.ErrKnownCode // somebody else was a moment earlier
			}
			return "", err
		}
		return o.ID, write(ctx, tx, "register", "organisation", o.ID)
	})
	if err != nil {
		return "", fmt.Errorf("register organisation: %w", err)
	}
	return made, nil
}
