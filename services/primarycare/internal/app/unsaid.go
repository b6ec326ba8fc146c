package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// unsaidAtOnce is how many records are looked at in one go.
const unsaidAtOnce = 100

// SayUnsaid says of people whose case was opened through another door what a practice here had written down of how not to reach them: until then
// nobody shared them, and nothing was kept of it. It is the clock's work; what fails is tried again next time.
func (a *App) SayUnsaid(ctx context.Context) error {
	var all []store.Unsaid
	err := a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = store.ListUnsaid(ctx, tx, unsaidAtOnce)
		return err
	})
	if err != nil {
		return fmt.Errorf("say how not to reach somebody: %w", err)
	}
	var failed []error
	for _, u := range all {
		if err := a.sayOne(ctx, u); err != nil {
			failed = append(failed, fmt.Errorf("say how not to reach %s: %w", u.Ref, err))
		}
	}
	return errors.Join(failed...)
}

func (a *App) sayOne(ctx context.Context, u store.Unsaid) error {
	keys, err := a.Vault.Keys(ctx, []string{u.Ref}, vault.Contact)
	if err != nil {
		return err
	}
	return a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		ok, err := store.TakeUnsaid(ctx, tx, u)
		if err != nil || !ok {
			return err
		}
		p, err := store.Patient(ctx, tx, u.PracticeID, u.Ref, store.Change)
		switch {
		case errors.Is(err, domain.ErrNoPatient):
			return nil
		case err != nil:
			return err
		case !p.ErasedAt.IsZero() || p.Status != terms.PatientActive: // moved away: what this practice knows of them would end their case
			return nil
		}
		switch err := a.sayDetails(ctx, tx, p, keys); {
		case errors.Is(err, vault.ErrErased):
			return nil
		case err != nil:
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "say how to reach", Object: "patient", ObjectID: u.Ref, PatientRef: u.Ref})
	})
}
