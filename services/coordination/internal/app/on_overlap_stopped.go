package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/services/coordination/internal/store"
)

// OnOverlapStopped counts that somebody was shown help that is there and sent nothing.
func (a *App) OnOverlapStopped(ctx context.Context, tx pgx.Tx, _ *event.Event, p *primarycare.OverlapStoppedV1) error {
	return store.KeepStop(ctx, tx, p.StopID, p.OrganisationID, p.Need, p.At)
}

// OnLinkWorkerStopped and OnMDTStopped take the same fact from the other two who say it.
func (a *App) OnLinkWorkerStopped(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.OverlapStoppedV1) error {
	return a.OnOverlapStopped(ctx, tx, e, (*primarycare.OverlapStoppedV1)(p))
}

// OnMDTStopped is OnOverlapStopped for mdt.
func (a *App) OnMDTStopped(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.OverlapStoppedV1) error {
	return a.OnOverlapStopped(ctx, tx, e, (*primarycare.OverlapStoppedV1)(p))
}
