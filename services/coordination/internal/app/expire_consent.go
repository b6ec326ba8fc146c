package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Consent that was given until a day ends with that day, exactly as if it had been withdrawn then.

// endsOf is when consent ends, and by when its asker is to ask again.
func (a *App) endsOf(c Consent) store.Ending {
	ends := domain.Ends(c.UntilOn, clock.London)
	if ends.IsZero() {
		return store.Ending{}
	}
	due := func(from time.Time) time.Time { return a.Times.Due(from, string(terms.ClockConsent), "", c.By) }
	return store.Ending{At: ends, AskBy: domain.AskBy(c.AskedAt, ends, clock.London, due)}
}

// ExpireConsents ends what has expired, until nothing is left. Any number of copies may do so at once; what fails is tried again next
// time, and one failure does not stop the others.
func (a *App) ExpireConsents(ctx context.Context) error {
	for ctx.Err() == nil {
		var due []store.DueConsent
		err := a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) (err error) {
			due, err = store.ConsentsEnded(ctx, tx, a.Now(), atOnce)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		var failed []error
		ended := 0
		for _, d := range due {
			ok, err := a.expireConsent(ctx, d)
			if err != nil {
				failed = append(failed, fmt.Errorf("expire consent %s: %w", d.ID, err))
			}
			if ok {
				ended++
			}
		}
		if ended == 0 || len(failed) > 0 {
			return errors.Join(failed...)
		}
	}
	return ctx.Err()
}

// expireConsent is one of them, in a transaction of its own. ok is false when another copy has the patient, or something was said since.
func (a *App) expireConsent(ctx context.Context, d store.DueConsent) (ok bool, err error) {
	keys, err := a.keysOf(ctx, d.PatientRef)
	if err != nil {
		return false, err
	}
	err = a.DB.InTx(outbox.WithKeys(ctx, keys), actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		if ok, err = store.TakeDue(ctx, tx, store.Due{PatientRef: d.PatientRef}); err != nil || !ok {
			return err
		}
		w, known, err := a.lock(ctx, tx, d.PatientRef)
		if err != nil || !known {
			ok = false
			return err
		}
		standing, err := store.StandingConsents(ctx, tx, w.patient.Ref)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(standing, func(c Consent) bool { return c.ID == d.ID })
		if i < 0 {
			ok = false
			return nil
		}
		c := standing[i]
		w.ref = c.FirstRef
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "expire", Object: "consent", ObjectID: c.ID, PatientRef: w.patient.Ref}); err != nil {
			return err
		}
		return w.endConsent(ctx, c, ending{reason: terms.ConsentExpired, by: c.AskedBy, organisation: c.By, how: terms.ConsentHow(c.How)})
	})
	return ok && err == nil, err
}
