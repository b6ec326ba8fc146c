package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// PatientView is somebody as the actor's organisation knows them.
type PatientView struct {
	domain.Patient
	Case      store.Case
	Consents  []domain.Consent
	Items     []Line
	Actions   []domain.Action
	Referrals []domain.Referral
	Holder    *domain.Holding
	Names     map[string]string
	Receivers map[string]directory.Receiver
	Meetings  []domain.Meeting // to come, that they can be put on
}

// PatientByRef reads a patient's page. Somebody the organisation has to do with is taken in first.
func (a *App) PatientByRef(ctx context.Context, by actor.Actor, patient string) (v PatientView, err error) {
	if err := a.takeIn(ctx, by, patient); err != nil && !errors.Is(err, domain.ErrRemoved) { // a removed one has a page that says so
		return v, wrap("read patient", err)
	}
	v.Names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if v.Patient, err = store.Patient(ctx, tx, by.Organisation, patient); err != nil {
			return err
		}
		if v.Case, _, err = store.CaseOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		if v.Consents, err = store.Consents(ctx, tx, by.Organisation, v.PatientRef); err != nil {
			return err
		}
		items, err := store.ItemsOf(ctx, tx, v.PatientRef)
		if err != nil {
			return err
		}
		for _, i := range items {
			l := Line{Item: i}
			if l.Meeting, err = store.Meeting(ctx, tx, i.MeetingID); err != nil && !errors.Is(err, domain.ErrNoMeeting) {
				return err
			}
			v.Items = append(v.Items, l)
		}
		if v.Actions, err = store.ActionsOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		if v.Referrals, err = store.ReferralsOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		if v.Case.ID != "" {
			h, err := store.ShownHolders(ctx, tx, v.Case.ID)
			if err != nil {
				return err
			}
			v.Holder = h.Current
		}
		if v.Meetings, err = store.Meetings(ctx, tx, store.MeetingQuery{Now: a.now(), Limit: 20}); err != nil {
			return err
		}
		return a.patientNames(ctx, tx, &v)
	})
	return v, wrap("read patient", err)
}

func (a *App) patientNames(ctx context.Context, tx pgx.Tx, v *PatientView) (err error) {
	ids := []string{v.AddedBy}
	for _, c := range v.Consents {
		ids = append(ids, c.AskedBy)
	}
	for _, x := range v.Actions {
		ids = append(ids, x.OwnerID, x.OwnerOrg)
	}
	for _, m := range v.Meetings {
		ids = append(ids, m.OrganisationID)
	}
	if v.Holder != nil {
		ids = append(ids, v.Holder.PersonID, v.Holder.OrganisationID)
	}
	var reached []string
	for _, r := range v.Referrals {
		reached = append(reached, r.ReachedID, r.ReceiverID)
	}
	if v.Receivers, err = receivers(ctx, tx, reached...); err != nil {
		return err
	}
	if err := a.addNames(ctx, tx, v.Names, ids...); err != nil {
		return err
	}
	return looked(ctx, tx, "patient", v.PatientRef, v.PatientRef)
}
