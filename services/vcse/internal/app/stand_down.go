package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/vcse/internal/domain"
)

// StandDown is a person saying that nobody here goes on with an offer that was not theirs after all.
func (a *App) StandDown(ctx context.Context, by actor.Actor, cmd pg.Command, in OfferChange) (Done, error) {
	now := a.now()
	done, err := a.change(ctx, by, cmd, in, step{
		verb:   "stand down",
		decide: func(_ context.Context, _ pgx.Tx, o *domain.Offer) error { return o.StandDown(by.Person.ID, now) },
	})
	if err != nil {
		return done, fmt.Errorf("stand down: %w", err)
	}
	return done, nil
}
