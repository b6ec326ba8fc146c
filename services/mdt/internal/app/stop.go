package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/services/mdt/internal/store"
)

// StopForOverlap says, for the count, that nothing was sent because somebody helps already. About whom is not said, and a form that is
// stopped twice counts once.
func (a *App) StopForOverlap(ctx context.Context, by actor.Actor, cmd pg.Command, id string) error {
	_, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		d, err := store.Draft(ctx, tx, id, a.now())
		if err != nil {
			return Done{}, err
		}
		e := &mdt.OverlapStoppedV1{StopID: d.ID, OrganisationID: by.Organisation, At: a.now()}
		if !d.Need.Sensitive() {
			e.Need = d.Need
		}
		if err := a.say(ctx, tx, e.StopID, e, nil); err != nil {
			return Done{}, err
		}
		return Done{ID: d.ID}, audit.Write(ctx, tx, audit.Entry{Verb: "stop", Object: string(d.Kind), ObjectID: d.ID, PatientRef: d.PatientRef})
	})
	return wrap("stop", err)
}
