package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/services/mdt/internal/store"
)

// keepHappened is how long what happened to somebody on no agenda is kept, so that a first discussion has something to go on.
const keepHappened = 12 * 7 * 24 * time.Hour

// Tick does what time alone brings: next agendas are filled up, pages learn that an action is overdue, drafts and old lines go.
// Several copies of the service may tick at once: everything in it can be done twice.
func (a *App) Tick(ctx context.Context) error {
	now := a.now()
	return a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		next, err := store.NextMeetings(ctx, tx, now)
		if err != nil {
			return fmt.Errorf("tick: %w", err)
		}
		for _, m := range next {
			if _, err := a.carry(ctx, tx, m, now); err != nil {
				return fmt.Errorf("tick: %w", err)
			}
		}
		overdue, err := store.TakeOverdue(ctx, tx, a.today())
		if err != nil {
			return fmt.Errorf("tick: %w", err)
		}
		for _, x := range overdue {
			a.hint(ctx, x.OrganisationID, x.OwnerOrg)
			a.hintPerson(ctx, x.OwnerID)
		}
		if _, err := store.DropExpired(ctx, tx, now); err != nil {
			return fmt.Errorf("tick: %w", err)
		}
		if _, err := store.ForgetHappened(ctx, tx, now.Add(-keepHappened)); err != nil {
			return fmt.Errorf("tick: %w", err)
		}
		return nil
	})
}
