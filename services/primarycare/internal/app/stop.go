package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/services/primarycare/internal/store"
)

// StopForOverlap says, for the count, that nothing was sent because somebody helps already. About whom is not said, and a form that is
// stopped twice counts once.
func (a *App) StopForOverlap(ctx context.Context, by actor.Actor, cmd pg.Command, id string) error {
	_, err := do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (DraftSaved, error) {
		d, err := store.Draft(ctx, tx, id, store.Read)
		if err != nil {
			return DraftSaved{}, err
		}
		e := &primarycare.OverlapStoppedV1{StopID: d.ID, OrganisationID: by.Organisation, At: a.now()}
		if !d.Need.Sensitive() {
			e.Need = d.Need
		}
		if _, err = a.Out.Append(ctx, tx, e.StopID, e, nil); err != nil {
			return DraftSaved{}, err
		}
		return DraftSaved{}, audit.Write(ctx, tx, audit.Entry{Verb: "stop", Object: "draft", ObjectID: d.ID, PatientRef: d.Ref})
	})
	return err
}
