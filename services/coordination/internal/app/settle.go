package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Settle is the office's answer to "who is this?": the same person as the one it may be, or another. Then the duplicate
// question is asked anew, and the referral goes on or is held for its sender.
func (a *App) Settle(ctx context.Context, by actor.Actor, s Step, same bool) (Done, error) {
	r, err := a.officeSees(ctx, by, s.ReferralID)
	if err != nil {
		return Done{}, err
	}
	keys, err := a.Keys.Keys(ctx, []string{r.PatientRef, r.MayBe}, Classes...)
	if err != nil {
		return Done{}, err
	}
	return pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: s.Command.Verb, Object: "referral", ObjectID: r.ID, PatientRef: r.PatientRef}); err != nil {
			return Done{}, err
		}
		var is domain.Referral
		err := store.AsMatcher(ctx, tx, func() (err error) {
			is, err = a.settled(ctx, tx, by, s, r, same)
			return err
		})
		return Done{ReferralID: is.ID, CaseID: is.CaseID, State: is.State, Version: is.Version}, err
	})
}

func (a *App) officeSees(ctx context.Context, by actor.Actor, referralID string) (r domain.Referral, err error) {
	if terms.Role(by.Role) != terms.RoleCoordinator {
		return r, errOfficeOnly
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		r, err = store.ReferralByID(ctx, tx, referralID)
		return err
	})
	if err == nil && r.HeldWhy != domain.HeldSamePerson {
		err = errSettled
	}
	return r, err
}

var errSettled = fault.Conflict("already_settled", "Somebody has already said who this is. Nothing was changed by you")

func (a *App) settled(ctx context.Context, tx pgx.Tx, by actor.Actor, s Step, seen domain.Referral, same bool) (domain.Referral, error) {
	// Two patients are locked in one order, whoever comes first.
	for _, ref := range ordered(seen.PatientRef, seen.MayBe) {
		if _, _, err := store.LockPatient(ctx, tx, ref); err != nil {
			return seen, err
		}
	}
	w, err := a.lockToStep(ctx, tx, seen.PatientRef)
	if err != nil {
		return seen, err
	}
	r, ok := w.referral(seen.ID)
	switch {
	case !ok || r.HeldWhy != domain.HeldSamePerson:
		return r, errSettled
	case int64(r.Version) != s.Version:
		return r, w.stale(ctx, r)
	}
	if same {
		w, err = w.mergeAndGoOn(ctx, r, terms.MergeSamePerson, by)
	} else if err = store.KeepApart(ctx, tx, r.PatientRef, r.MayBe, by.Person.ID, w.now); err == nil {
		err = w.recognised(ctx, r.MayBe)
	}
	if err != nil {
		return r, err
	}
	is, _ := w.referral(r.ID)
	return is, nil
}

// makeOne makes one of two records that agree in everything, unless somebody was quicker or they agree no more.
func (w *work) makeOne(ctx context.Context, d store.Due) error {
	if err := store.DropErrand(ctx, w.tx, d); err != nil {
		return err
	}
	r, open := w.referral(d.ReferralID)
	if !open || r.HeldWhy != domain.HeldSamePerson || r.MayBe != d.MayBe {
		return nil
	}
	other, known, err := store.LockPatient(ctx, w.tx, r.MayBe)
	if err != nil || !known || other.Ref != d.MayBe || domain.Compare(w.patient, other) != domain.OnePerson {
		return err // a person must look; of whom the other was merged into, the keys are not here either
	}
	_, err = w.mergeAndGoOn(ctx, r, terms.MergeIdentical, actor.Machine(actor.Clock))
	return err
}

func (w *work) mergeAndGoOn(ctx context.Context, r domain.Referral, why terms.MergeReason, by actor.Actor) (*work, error) {
	is, err := w.merge(ctx, r.MayBe, why, by)
	if err != nil {
		return w, err
	}
	return is, is.recognised(ctx, r.MayBe)
}

// recognised has every referral that waited for this answer go on: to the next who this may be, whom there is as well where two
// were made one and the other was not recognised yet, or to the question whether somebody asked for the same already.
func (w *work) recognised(ctx context.Context, mayBe string) error {
	alike, err := store.Alike(ctx, w.tx, w.patient)
	if err != nil {
		return err
	}
	for _, held := range append([]domain.Referral{}, w.all...) {
		if held.State != domain.Held || held.HeldWhy != domain.HeldSamePerson || held.MayBe != mayBe {
			continue
		}
		if err := w.identify(ctx, held, alike); err != nil {
			return err
		}
	}
	return w.finish(ctx)
}

func ordered(a, b string) []string {
	if a < b {
		return []string{a, b}
	}
	return []string{b, a}
}

// merge puts everything of this patient under the other ref, and says so on both. Nothing was offered yet under the one that
// goes, so no receiver has to be told of more than the ref.
func (w *work) merge(ctx context.Context, into string, why terms.MergeReason, by actor.Actor) (*work, error) {
	other, known, err := w.app.lock(ctx, w.tx, into)
	if err != nil || !known || other.patient.Ref == w.patient.Ref {
		return w, errors.Join(err, errUnknownOther(known))
	}
	if err := w.moveInto(ctx, other, by); err != nil {
		return w, err
	}
	from := w.patient
	from.MergedInto = other.patient.Ref
	if err := store.SavePatient(ctx, w.tx, from); err != nil {
		return w, err
	}
	other.patient = merged(other.patient, from)
	if err := store.SavePatient(ctx, w.tx, other.patient); err != nil {
		return w, err
	}
	for _, one := range []*work{w, other} {
		p := &coordination.PatientMergedV1{PatientRef: one.patient.Ref, FromRef: from.Ref, IntoRef: other.patient.Ref, Why: why, By: by.Person.ID, At: w.now}
		if err := one.say(ctx, p); err != nil {
			return w, err
		}
	}
	if err := other.load(ctx); err != nil {
		return w, err
	}
	return other, other.note(ctx, store.Entry{What: "patient_merged", Person: by.Person.ID, Organisation: by.Organisation})
}

// moveInto puts this case's work into the other's case; where that patient has none open, the case itself changes its ref.
func (w *work) moveInto(ctx context.Context, other *work, by actor.Actor) error {
	if other.c.ID == "" {
		return store.MovePatient(ctx, w.tx, w.c, other.patient.Ref)
	}
	if err := store.MoveCase(ctx, w.tx, w.c, other.c, w.now); err != nil {
		return err
	}
	w.all = nil // they are the other's now
	return w.closeCase(ctx, terms.CaseMerged, by.Person.ID)
}

func errUnknownOther(known bool) error {
	if known {
		return nil
	}
	return domain.ErrNoCase
}

// merged keeps what the one that stays has, and takes an NHS number from the one that goes.
func merged(stays, goes domain.Patient) domain.Patient {
	if goes.ContactAt.After(stays.ContactAt) {
		number := stays.NHSNumber
		ref, into := stays.Ref, stays.MergedInto
		stays = goes
		stays.Ref, stays.MergedInto = ref, into
		if stays.NHSNumber == "" {
			stays.NHSNumber = number
		}
	}
	if stays.NHSNumber == "" {
		stays.NHSNumber = goes.NHSNumber
	}
	return stays
}
