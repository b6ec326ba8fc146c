package app

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Recognition is the office's answer to "who is this?".
type Recognition struct {
	Same  string             // the ref of the person it is, "" when it is none of those shown
	Apart domain.ApartReason // how they know that it is none
	Shown []string           // who was shown: of these, and no others, it is known
}

func (r Recognition) valid() error {
	switch {
	case r.Same == "" && !r.Apart.Known():
		return fault.Invalid("reason", "Select how you know that they are different people")
	case r.Same == "" && len(r.Shown) == 0, r.Same != "" && !slices.Contains(r.Shown, r.Same):
		return errNotAlike
	}
	return nil
}

var errNotAlike = fault.Invalid("same", "Select who it is of those on the page")

// Settle takes that answer: the same person as one of those it may be, or another. Then the duplicate question is asked anew, and
// the referral goes on or is held for its sender.
func (a *App) Settle(ctx context.Context, by actor.Actor, s Step, is Recognition) (Done, error) {
	if err := is.valid(); err != nil {
		return Done{}, err
	}
	r, err := a.officeSees(ctx, by, s.ReferralID)
	if err != nil {
		return Done{}, err
	}
	keys, err := a.keysOf(ctx, r.PatientRef, cmp.Or(is.Same, r.MayBe))
	if err != nil {
		return Done{}, err
	}
	return pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: s.Command.Verb, Object: "referral", ObjectID: r.ID, PatientRef: r.PatientRef}); err != nil {
			return Done{}, err
		}
		var then domain.Referral
		err := store.AsMatcher(ctx, tx, func() (err error) {
			then, err = a.settled(ctx, tx, by, s, r, is)
			return err
		})
		return Done{ReferralID: then.ID, CaseID: then.CaseID, State: then.State, Version: then.Version}, err
	})
}

func (a *App) officeSees(ctx context.Context, by actor.Actor, referralID string) (r domain.Referral, err error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
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

func (a *App) settled(ctx context.Context, tx pgx.Tx, by actor.Actor, s Step, seen domain.Referral, is Recognition) (domain.Referral, error) {
	// Two patients are locked in one order, whoever comes first.
	for _, ref := range ordered(seen.PatientRef, cmp.Or(is.Same, seen.MayBe)) {
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
	if err := is.among(ctx, tx, r); err != nil {
		return r, err
	}
	if is.Same != "" {
		w, err = w.mergeAndGoOn(ctx, is.Same, terms.MergeSamePerson, by)
	} else if err = w.keepApart(ctx, is, by); err == nil {
		err = w.recognised(ctx)
	}
	if err != nil {
		return r, err
	}
	then, _ := w.referral(r.ID)
	return then, nil
}

// among refuses who is not like the patient: what was on the page may have changed, and a program may name anybody.
func (r Recognition) among(ctx context.Context, tx pgx.Tx, held domain.Referral) error {
	if r.Same == "" {
		return nil
	}
	alike, err := candidates(ctx, tx, held)
	if err == nil && !slices.ContainsFunc(alike, func(m domain.Match) bool { return m.Ref == r.Same }) {
		err = errNotAlike
	}
	return err
}

// keepApart remembers of everybody who was shown that it is somebody else.
func (w *work) keepApart(ctx context.Context, is Recognition, by actor.Actor) error {
	for _, ref := range is.Shown {
		other, err := store.PatientByRef(ctx, w.tx, ref)
		if err == nil && slices.Contains(w.refs(), other.Ref) {
			continue // made one with this meanwhile
		}
		if err == nil {
			err = w.parted(ctx, other.Ref, is.Apart, by)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parted remembers that another is somebody else.
func (w *work) parted(ctx context.Context, other string, why domain.ApartReason, by actor.Actor) error {
	refs, err := store.RefsOf(ctx, w.tx, other)
	if err != nil {
		return err
	}
	if err := store.SettleLookalikes(ctx, w.tx, w.refs(), refs, false, by.Person.ID, w.now); err != nil {
		return err
	}
	return store.KeepApart(ctx, w.tx, w.patient.Ref, other, by.Person.ID, why, w.now)
}

// makeOne makes one of two records that agree in everything, or that one NHS number says are one person's, unless somebody was quicker or
// they agree no more.
func (w *work) makeOne(ctx context.Context, d store.Due) error {
	if err := store.DropErrand(ctx, w.tx, d); err != nil {
		return err
	}
	if r, open := w.referral(d.ReferralID); !open || r.HeldWhy != domain.HeldSamePerson || r.MayBe != d.MayBe {
		return nil
	}
	other, known, err := w.app.lock(ctx, w.tx, d.MayBe)
	if err != nil || !known || other.patient.Ref != d.MayBe || other.patient.Ref == w.patient.Ref {
		return err // of whom the other was merged into, the keys are not here either
	}
	if is, err := w.compared(ctx, other); err != nil || is != domain.OnePerson {
		return err // a person must look
	}
	return w.becomes(ctx, other)
}

// becomes makes this patient one with another.
func (w *work) becomes(ctx context.Context, other *work) error {
	why, number := terms.MergeIdentical, w.patient.Whole(w.others).NHSNumber
	if number != "" && number == other.patient.Whole(other.others).NHSNumber {
		why = terms.MergeSameNumber
	}
	_, err := w.mergeAndGoOn(ctx, other.patient.Ref, why, actor.Machine(actor.Clock))
	return err
}

func (w *work) mergeAndGoOn(ctx context.Context, into string, why terms.MergeReason, by actor.Actor) (*work, error) {
	is, err := w.merge(ctx, into, why, by)
	if err != nil {
		return w, err
	}
	return is, is.recognised(ctx)
}

// recognised has every referral that waits to know who this is go on: to the next who it may be, whom there is as well where two
// were made one and the other was not recognised yet, or to the question whether somebody asked for the same already.
func (w *work) recognised(ctx context.Context) error {
	if w.patient.Status == terms.PatientDied { // said of the other record: nobody is offered somebody who has died
		if err := w.endAll(ctx, domain.Event{Kind: domain.KindPatientDied}, happened{}); err != nil {
			return err
		}
		return w.endWithThem(ctx)
	}
	alike, err := store.Alike(ctx, w.tx, w.patient, w.others)
	if err != nil {
		return err
	}
	for _, held := range slices.Clone(w.all) {
		if held.State != domain.Held || held.HeldWhy != domain.HeldSamePerson {
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
