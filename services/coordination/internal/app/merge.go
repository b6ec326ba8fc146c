package app

import (
	"context"
	"errors"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// merge puts everything of this patient under the other ref, and says so on both. Nothing was offered yet under the one that
// goes, so no receiver has to be told of more than the ref. Each record keeps what was said under its own ref.
func (w *work) merge(ctx context.Context, into string, why terms.MergeReason, by actor.Actor) (*work, error) {
	other, known, err := w.app.lock(ctx, w.tx, into)
	if err != nil || !known || other.patient.Ref == w.patient.Ref {
		return w, errors.Join(err, errUnknownOther(known))
	}
	m := store.Merge{ID: w.app.NewID(), From: w.patient.Ref, Into: other.patient.Ref, Why: why, By: by.Person.ID, At: w.now}
	if m.EndedCase, err = w.moveInto(ctx, other, by); err != nil {
		return w, err
	}
	if err := w.joinRecords(ctx, other, m); err != nil {
		return w, err
	}
	for _, one := range []*work{w, other} {
		p := &coordination.PatientMergedV1{PatientRef: one.patient.Ref, FromRef: m.From, IntoRef: m.Into, Why: why, By: m.By, At: m.At}
		if err := one.say(ctx, p); err != nil {
			return w, err
		}
	}
	if err := errors.Join(other.loadRecords(ctx), other.load(ctx)); err != nil {
		return w, err
	}
	other.parts = true
	if other.anyLimited() {
		if err := other.sayWays(ctx); err != nil {
			return w, err
		}
	}
	return other, other.noteMerged(ctx, m.From, by)
}

// joinRecords writes that the one record is of the other person.
func (w *work) joinRecords(ctx context.Context, other *work, m store.Merge) error {
	from := w.patient
	from.MergedInto = m.Into
	first := append([]domain.Patient{from}, w.others...)
	other.others = append(other.others, first...)
	other.joinReach()
	for i, o := range other.others {
		var others []domain.Patient
		if i == len(other.others)-len(first) {
			others = w.others
		}
		if err := store.SavePatient(ctx, w.tx, o, others...); err != nil {
			return err
		}
	}
	if from.Status == terms.PatientDied {
		other.patient.Status = from.Status
	}
	other.patient.OneSince = m.At
	if err := store.SavePatient(ctx, w.tx, other.patient, other.others...); err != nil {
		return err
	}
	if err := store.MoveConsents(ctx, w.tx, m.From, m.Into); err != nil {
		return err
	}
	if from.SaidNo { // a no stays a no, whichever record it was said under
		if err := other.refuse(ctx, from.NotWith); err != nil {
			return err
		}
	}
	refs := other.refs()
	if err := errors.Join(store.ForgetApart(ctx, w.tx, refs), store.SettleLookalikes(ctx, w.tx, refs, refs, true, m.By, m.At)); err != nil {
		return err
	}
	if err := store.LeaveLook(ctx, w.tx, m.Into, m.At); err != nil { // with what is known of both, they may be a third
		return err
	}
	return store.AddMerge(ctx, w.tx, m)
}

// moveInto puts this case's work into the other's case, and names the case that ended with it; where that patient has none open,
// the case itself changes its ref.
func (w *work) moveInto(ctx context.Context, other *work, by actor.Actor) (ended string, err error) {
	if w.c.ID == "" { // the one who goes has none
		return "", nil
	}
	if other.c.ID == "" {
		return "", store.MovePatient(ctx, w.tx, w.c, other.patient.Ref)
	}
	if err := store.MoveCase(ctx, w.tx, w.c, other.c, w.now); err != nil {
		return "", err
	}
	if w.c.WithMDT && !other.c.WithMDT { // it waits for a person, as the one that ends did
		other.c.WithMDT, other.c.Version = true, other.c.Version+1
		if err := store.SaveCase(ctx, w.tx, other.c); err != nil {
			return "", err
		}
	}
	w.all = nil // they are the other's now
	return w.c.ID, w.closeCase(ctx, terms.CaseMerged, by.Person.ID)
}

// noteMerged adds a line to the timeline for those who know the one record, and one for those who know the other.
func (w *work) noteMerged(ctx context.Context, from string, by actor.Actor) error {
	for _, ref := range []string{w.patient.Ref, from} {
		if err := w.note(ctx, store.Entry{What: "patient_merged", FirstRef: ref, Person: by.Person.ID, Organisation: by.Organisation}); err != nil {
			return err
		}
	}
	return nil
}

func errUnknownOther(known bool) error {
	if known {
		return nil
	}
	return domain.ErrNoCase
}
