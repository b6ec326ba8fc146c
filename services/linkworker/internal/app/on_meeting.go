package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// ours tells whether an organisation is, or may be, a link worker team: one the register has not told of yet may be.
func ours(ctx context.Context, tx pgx.Tx, organisation string) (bool, error) {
	o, err := who.OrganisationByID(ctx, tx, organisation)
	if errors.Is(err, who.ErrNoOrganisation) {
		return true, nil
	}
	return o.Kind == terms.KindLinkWorkerTeam, err
}

// OnKeyWorkerAssigned keeps that somebody of ours stays in touch with the patient of a case.
func (a *App) OnKeyWorkerAssigned(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.KeyWorkerAssignedV1) error {
	if ok, err := ours(ctx, tx, p.OrganisationID); err != nil || !ok {
		return err
	}
	a.changed(ctx, p.OrganisationID)
	return store.AssignKeyWorker(ctx, tx, domain.KeyWorker{CaseID: p.CaseID, PatientRef: p.PatientRef, PersonID: p.PersonID, OrganisationID: p.OrganisationID, At: p.At})
}

// OnKeyWorkerReleased ends it.
func (a *App) OnKeyWorkerReleased(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.KeyWorkerReleasedV1) error {
	if ok, err := ours(ctx, tx, p.OrganisationID); err != nil || !ok {
		return err
	}
	a.changed(ctx, p.OrganisationID)
	return store.ReleaseKeyWorker(ctx, tx, domain.KeyWorker{CaseID: p.CaseID, PatientRef: p.PatientRef, PersonID: p.PersonID, OrganisationID: p.OrganisationID, At: p.At})
}

// OnActionAgreed keeps what somebody of ours is to do.
func (a *App) OnActionAgreed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.ActionAgreedV1) error {
	if ok, err := ours(ctx, tx, p.OwnerOrganisationID); err != nil || !ok {
		return err
	}
	var what schemas.Narrative
	if _, err := p.What.Into(&what); err != nil {
		return fmt.Errorf("read action: %w", err)
	}
	a.changed(ctx, p.OwnerOrganisationID)
	return store.AgreeAction(ctx, tx, domain.Action{
		ID: p.ActionID, OrganisationID: p.OwnerOrganisationID, PersonID: p.OwnerPersonID, PatientRef: p.PatientRef,
		CaseID: p.CaseID, MeetingID: p.MeetingID, DueOn: p.DueOn, What: what.Text, By: p.By, At: p.At,
	})
}

// OnActionReassigned moves an action between people of ours, takes it from us, or brings us one that somebody else was to do.
func (a *App) OnActionReassigned(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.ActionReassignedV1) error {
	if p.WasOrganisationID != p.OwnerOrganisationID {
		if err := store.GiveAction(ctx, tx, p.ActionID); err != nil {
			return err
		}
		a.changed(ctx, p.WasOrganisationID)
	}
	return a.OnActionAgreed(ctx, tx, e, &mdt.ActionAgreedV1{
		PatientRef: p.PatientRef, ActionID: p.ActionID, CaseID: p.CaseID, MeetingID: p.MeetingID, OwnerPersonID: p.OwnerPersonID,
		OwnerOrganisationID: p.OwnerOrganisationID, DueOn: p.DueOn, What: p.What, By: p.By, At: p.AgreedAt,
	})
}

// OnActionDone ends an action of ours. The meeting's page is where it is said.
func (a *App) OnActionDone(ctx context.Context, tx pgx.Tx, _ *event.Event, p *mdt.ActionDoneV1) error {
	organisation, err := store.FinishAction(ctx, tx, domain.Action{ID: p.ActionID, DoneAt: p.At, Result: p.Result})
	if err == nil && organisation != "" {
		a.changed(ctx, organisation)
	}
	return err
}
