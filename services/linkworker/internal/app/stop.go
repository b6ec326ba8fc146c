package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

// StopForOverlap says, for the count, that nothing was sent because somebody helps already. About whom is not said.
func (a *App) StopForOverlap(ctx context.Context, by actor.Actor, cmd pg.Command, offer string, need terms.Need) error {
	_, err := a.onOffer(ctx, by, cmd, offer, nil, func(ctx context.Context, tx pgx.Tx, _ *domain.Offer, _ string, _ *vault.Keys) (Done, error) {
		e := &linkworker.OverlapStoppedV1{StopID: a.NewID(), OrganisationID: by.Organisation, At: a.now()}
		if !need.Sensitive() {
			e.Need = need
		}
		_, err := a.Out.Append(ctx, tx, e.StopID, e, nil)
		return Done{e.StopID}, err
	})
	return err
}
