package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// AgreedList is what meetings agreed that the practice does.
type AgreedList struct {
	Agreed   []domain.Agreed
	Patients map[string]domain.Patient
	Names    Names
}

// Agreed lists what a practice still has to do for meetings.
func (a *App) Agreed(ctx context.Context, by actor.Actor) (l AgreedList, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if l.Agreed, err = store.AgreedActions(ctx, tx, by.Organisation, nil); err != nil {
			return err
		}
		var refs, people []string
		for _, x := range l.Agreed {
			refs, people = append(refs, x.Ref), append(people, x.OwnerID)
		}
		if l.Patients, err = store.PatientNames(ctx, tx, by.Organisation, refs); err != nil {
			return err
		}
		if l.Names, err = a.names(ctx, tx, people, nil); err != nil {
			return err
		}
		return readAll(ctx, tx, "agreed_action", refs)
	})
	return l, err
}
