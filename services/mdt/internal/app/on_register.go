package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/register"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// OnPersonRoleEnded keeps who is who. A case-holder who leaves stays on paper until somebody else has said yes, and the case goes on
// the next agenda; whoever was asked is asked no more, and a key worker is released.
func (a *App) OnPersonRoleEnded(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.PersonRoleEndedV1) error {
	if err := who.OnPersonRoleEnded(ctx, tx, e, p); err != nil {
		return err
	}
	return a.sitAnew(ctx, tx, p.OrganisationID, p.PersonID, false, orBy(p.By, p.PersonID), p.At)
}

// OnPersonRoleGranted keeps who is who. A case-holder who comes back before anybody else has the case holds it as before.
func (a *App) OnPersonRoleGranted(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.PersonRoleGrantedV1) error {
	if err := who.OnPersonRoleGranted(ctx, tx, e, p); err != nil {
		return err
	}
	return a.sitAnew(ctx, tx, p.OrganisationID, p.PersonID, true, p.PersonID, p.At)
}

// OnOrganisationClosed is OnPersonRoleEnded for everybody there.
func (a *App) OnOrganisationClosed(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.OrganisationClosedV1) error {
	if err := who.OnOrganisationClosed(ctx, tx, e, p); err != nil {
		return err
	}
	return a.sitAnew(ctx, tx, p.OrganisationID, "", false, "", e.Time)
}

// OnOrganisationRegistered is OnPersonRoleGranted for everybody there: it opens what was closed.
func (a *App) OnOrganisationRegistered(ctx context.Context, tx pgx.Tx, e *event.Event, p *register.OrganisationRegisteredV1) error {
	if err := who.OnOrganisationRegistered(ctx, tx, e, p); err != nil {
		return err
	}
	return a.sitAnew(ctx, tx, p.OrganisationID, "", true, "", e.Time)
}

// sitAnew looks, for everybody of an organisation or one person there, whether they still may have the part they have in a case.
// back is that somebody may have come back: then only those are looked at who have left.
func (a *App) sitAnew(ctx context.Context, tx pgx.Tx, organisation, person string, back bool, by string, at time.Time) error {
	chairs, err := store.Chairs(ctx, tx, organisation, person, back)
	if err != nil {
		return err
	}
	refs := make([]string, len(chairs))
	for i, c := range chairs {
		refs[i] = c.PatientRef
	}
	if err := store.HoldChairOf(ctx, tx, refs...); err != nil {
		return err
	}
	for _, c := range chairs {
		roles, err := who.RolesOf(ctx, tx, c.Person, a.Now())
		if err != nil {
			return err
		}
		stands := slices.ContainsFunc(roles, func(r who.Role) bool {
			return r.OrganisationID == c.Organisation && (c.KeyWorker || holds(r.Role))
		})
		switch {
		case stands && back:
			err = a.comeBack(ctx, tx, c)
		case !stands && !back:
			err = a.leave(ctx, tx, c, orBy(by, c.Person), at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leave lets somebody go from the part they have in a case, and puts the case on the next agendas.
func (a *App) leave(ctx context.Context, tx pgx.Tx, c store.Chair, by string, at time.Time) error {
	if c.KeyWorker {
		k, err := store.KeyWorker(ctx, tx, c.CaseID)
		if err != nil || k == nil || k.PersonID != c.Person {
			return err
		}
		return a.releaseKeyWorker(ctx, tx, *k, by, at)
	}
	h, err := store.Holders(ctx, tx, c.CaseID)
	if err != nil {
		return err
	}
	left, takenBack := h.Leave(c.Person, c.Organisation, at)
	if takenBack != nil {
		if err := a.notHeld(ctx, tx, *takenBack, by, at); err != nil {
			return err
		}
	}
	if left == nil {
		return nil
	}
	if err := store.ChangeHolding(ctx, tx, *left); err != nil {
		return err
	}
	if err := store.TakeSight(ctx, tx, left.PatientRef, left.PersonID); err != nil {
		return err
	}
	if err := acted(ctx, tx, "note that the holder left", "case", left.CaseID, left.PatientRef); err != nil {
		return err
	}
	a.hintPerson(ctx, left.PersonID)
	a.hint(ctx, left.OrganisationID)
	return a.onNextAgendas(ctx, tx, left.PatientRef)
}

// comeBack ends leave for a case-holder.
func (a *App) comeBack(ctx context.Context, tx pgx.Tx, c store.Chair) error {
	h, err := store.Holders(ctx, tx, c.CaseID)
	if err != nil {
		return err
	}
	back := h.ComeBack(c.Person, c.Organisation)
	if back == nil {
		return nil
	}
	if err := store.ChangeHolding(ctx, tx, *back); err != nil {
		return err
	}
	if err := store.LetSee(ctx, tx, back.PatientRef, back.PersonID); err != nil {
		return err
	}
	a.hintPerson(ctx, back.PersonID)
	return a.hintPatient(ctx, tx, back.PatientRef)
}

// onNextAgendas fills up the next agenda of every series that the patient is in: what the rules bring back is there at once.
func (a *App) onNextAgendas(ctx context.Context, tx pgx.Tx, patient string) error {
	series, err := store.SeriesOf(ctx, tx, patient)
	if err != nil {
		return err
	}
	for _, s := range series {
		next, err := store.NextMeeting(ctx, tx, s, a.now())
		if errors.Is(err, domain.ErrNoMeeting) {
			continue // the one that is scheduled next brings it
		}
		if err != nil {
			return err
		}
		if _, err := a.carry(ctx, tx, next, a.now()); err != nil {
			return err
		}
	}
	return a.hintPatient(ctx, tx, patient)
}

// holdAgain gives a case that is open again to whoever held it when it was closed, so that it is not without; the next meeting decides.
func (a *App) holdAgain(ctx context.Context, tx pgx.Tx, c store.Case, by string, at time.Time) error {
	last, ok, err := store.LastHolding(ctx, tx, c.ID)
	if err != nil || !ok {
		return err
	}
	h, err := store.Holders(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	roles, err := who.RolesOf(ctx, tx, last.PersonID, a.Now())
	if err != nil {
		return err
	}
	there := slices.ContainsFunc(roles, func(r who.Role) bool {
		return r.OrganisationID == last.OrganisationID && holds(r.Role)
	})
	last.PatientRef = c.PatientRef
	again := h.Reopen(last, a.NewID(), !there, at)
	if again == nil {
		return nil
	}
	if err := store.SaveHolding(ctx, tx, *again); err != nil {
		return err
	}
	if there {
		if err := store.LetSee(ctx, tx, again.PatientRef, again.PersonID); err != nil {
			return err
		}
	}
	a.hintPerson(ctx, again.PersonID)
	return a.say(ctx, tx, again.PatientRef, &mdt.CaseHolderAcceptedV1{
		PatientRef: again.PatientRef, CaseID: again.CaseID, PersonID: again.PersonID, OrganisationID: again.OrganisationID, Role: again.Role,
		By: orBy(by, again.PersonID), At: at,
	}, nil)
}
