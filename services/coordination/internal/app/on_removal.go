package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/coordination/internal/store"
)

// OnRemovalAcknowledged hears that a holder has removed what it was told to.
func (a *App) OnRemovalAcknowledged(ctx context.Context, tx pgx.Tx, e *event.Event, p *primarycare.RemovalAcknowledgedV1) error {
	return store.Removed(ctx, tx, p.BecauseEvent, e.Speaker(), p.Removed, p.At)
}

// OnLinkWorkerRemoved is OnRemovalAcknowledged for linkworker.
func (a *App) OnLinkWorkerRemoved(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.RemovalAcknowledgedV1) error {
	return a.OnRemovalAcknowledged(ctx, tx, e, (*primarycare.RemovalAcknowledgedV1)(p))
}

// OnProviderRemoved is OnRemovalAcknowledged for vcse.
func (a *App) OnProviderRemoved(ctx context.Context, tx pgx.Tx, e *event.Event, p *vcse.RemovalAcknowledgedV1) error {
	return a.OnRemovalAcknowledged(ctx, tx, e, (*primarycare.RemovalAcknowledgedV1)(p))
}

// OnMDTRemoved is OnRemovalAcknowledged for mdt.
func (a *App) OnMDTRemoved(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.RemovalAcknowledgedV1) error {
	return a.OnRemovalAcknowledged(ctx, tx, e, (*primarycare.RemovalAcknowledgedV1)(p))
}
