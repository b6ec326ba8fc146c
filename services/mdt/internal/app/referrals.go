package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// ReferralView is a referral that the organisation sent.
type ReferralView struct {
	domain.Referral
	Patient   domain.Patient
	Known     bool
	Steps     []store.Step
	Names     map[string]string
	Receivers map[string]directory.Receiver
	New       bool
	Case      store.Case
	Phone     string // of whoever is asked, where no e-mail reaches them
}

// ReferralByID reads its page.
func (a *App) ReferralByID(ctx context.Context, by actor.Actor, id string) (v ReferralView, err error) {
	v.Names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if v.Referral, err = store.Referral(ctx, tx, id); err != nil {
			return err
		}
		if v.Patient, err = store.Patient(ctx, tx, by.Organisation, v.PatientRef); err != nil && !errors.Is(err, domain.ErrNoPatient) {
			return err
		}
		v.Known = err == nil
		if v.Steps, err = store.Steps(ctx, tx, id); err != nil {
			return err
		}
		if v.Case, _, err = store.CaseOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		if v.Notice.Phone() {
			if v.Phone, err = directory.PhoneOf(ctx, tx, v.ReachedID); err != nil {
				return err
			}
		}
		ids, reached := []string{v.RequestedBy, v.EscalatedTo, v.WithdrawnBy, v.OrganisationID}, []string{v.ReachedID, v.ReceiverID}
		for _, s := range v.Steps {
			ids, reached = append(ids, s.By), append(reached, s.ReachedID)
		}
		if v.Receivers, err = receivers(ctx, tx, reached...); err != nil {
			return err
		}
		if err := a.addNames(ctx, tx, v.Names, ids...); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "referral", ObjectID: id, PatientRef: v.PatientRef})
	})
	return v, wrap("read referral", err)
}

// Referrals lists what the organisation sent; ask for one more than is shown.
func (a *App) Referrals(ctx context.Context, by actor.Actor, q store.ReferralQuery) (out []ReferralView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		all, err := store.Referrals(ctx, tx, q)
		if err != nil {
			return err
		}
		var refs, reached []string
		for _, r := range all {
			refs, reached = append(refs, r.PatientRef), append(reached, r.ReachedID, r.ReceiverID)
		}
		patients, err := store.Names(ctx, tx, refs, by.Organisation)
		if err != nil {
			return err
		}
		known, err := receivers(ctx, tx, reached...)
		if err != nil {
			return err
		}
		var shown []audit.Entry
		for _, r := range all {
			v := ReferralView{Referral: r, Receivers: known}
			v.Patient, v.Known = patients[r.PatientRef]
			out, shown = append(out, v), append(shown, sight("referral", r.ID, r.PatientRef))
		}
		return audit.WriteOnce(ctx, tx, shown...)
	})
	return out, wrap("list referrals", err)
}
