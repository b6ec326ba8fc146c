package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/services/linkworker/internal/domain"
)

// mayTake asks of whoever will support the person whether their role and training are for this need. Whoever answers for a colleague needs
// no training themselves.
func (a *App) mayTake(ctx context.Context, tx pgx.Tx, by actor.Actor, o domain.Offer, person string) error {
	if person == by.Person.ID {
		return who.MayTake(ctx, tx, by, o.Need, o.Sensitive, a.Now())
	}
	return who.MayGive(ctx, tx, "assign_to", person, o.OrganisationID, o.Need, o.Sensitive, a.Now())
}
