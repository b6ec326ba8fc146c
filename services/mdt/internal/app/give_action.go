package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// GiveInput is who does an action from now on.
type GiveInput struct {
	ID           string
	Version      int64
	PersonID     string
	Organisation string
}

// GiveAction gives an action to somebody else: by whoever works where it is owed, or for the organisation whose meeting agreed it, or holds
// the case. The database lets nobody else reach it.
func (a *App) GiveAction(ctx context.Context, by actor.Actor, cmd pg.Command, in GiveInput) (Done, error) {
	keys, err := a.actionKeys(ctx, by, in.ID)
	if err != nil {
		return Done{}, fmt.Errorf("give action: %w", err)
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		x, err := store.LockAction(ctx, tx, in.ID)
		if err != nil {
			return Done{}, err
		}
		if x.State != domain.ActionOpen {
			return Done{}, a.overtakenAction(ctx, tx, x)
		}
		was := x
		if err := x.Give(in.PersonID, in.Organisation, in.Version); err != nil {
			return Done{}, err
		}
		to := SomebodyInput{PersonID: in.PersonID, Organisation: in.Organisation}
		if _, err := a.roleOf(ctx, tx, to, mayAnybody, fault.Invalid("owner", "Select somebody from the list")); err != nil {
			return Done{}, err
		}
		if err := store.GiveAction(ctx, tx, x); err != nil {
			return Done{}, err
		}
		p := &mdt.ActionReassignedV1{
			PatientRef: x.PatientRef, ActionID: x.ID, CaseID: x.CaseID, MeetingID: x.MeetingID, OwnerPersonID: x.OwnerID, OwnerOrganisationID: x.OwnerOrg,
			WasPersonID: was.OwnerID, WasOrganisationID: was.OwnerOrg, DueOn: x.DueOn, AgreedAt: x.AgreedAt, By: by.Person.ID, At: now,
		}
		if x.What != "" {
			p.What = schemas.Seal(schemas.Narrative{Text: x.What})
		}
		if err := a.say(ctx, tx, x.PatientRef, p, keys); err != nil {
			return Done{}, err
		}
		a.hint(ctx, x.OrganisationID, was.OwnerOrg, x.OwnerOrg)
		a.hintPerson(ctx, was.OwnerID)
		a.hintPerson(ctx, x.OwnerID)
		return Done{ID: x.ID, Version: x.Version + 1}, acted(ctx, tx, "give away", "action", x.ID, x.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("give action: %w", err)
	}
	return done, nil
}

// actionKeys are those that words about an action's patient are sealed with.
func (a *App) actionKeys(ctx context.Context, by actor.Actor, id string) (*vault.Keys, error) {
	var patient string
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		x, err := store.Action(ctx, tx, id)
		patient = x.PatientRef
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.Vault.Keys(ctx, []string{patient}, vault.Narrative)
}

// takers are those whom an action that is open can be given to: whoever works where it is owed, and for the meeting; for the meeting's own
// organisation also everybody who was asked to it, for whom that is theirs to know.
func (a *App) takers(ctx context.Context, tx pgx.Tx, v ActionView) (people []who.Role, err error) {
	if v.State != domain.ActionOpen {
		return nil, nil
	}
	organisations := []string{v.OwnerOrg, v.OrganisationID}
	if v.Ours {
		organisations = append(organisations, v.Meeting.Invited...)
	}
	slices.Sort(organisations)
	for _, o := range slices.Compact(organisations) {
		some, err := who.People(ctx, tx, o, "", a.Now())
		if err != nil {
			return nil, err
		}
		people = append(people, some...)
	}
	return people, nil
}

// hasLeft tells whether the owner of an open action works no longer where it is owed, so that nobody does it.
func (a *App) hasLeft(ctx context.Context, tx pgx.Tx, x domain.Action) (bool, error) {
	if x.State != domain.ActionOpen {
		return false, nil
	}
	roles, err := who.RolesOf(ctx, tx, x.OwnerID, a.Now())
	return !slices.ContainsFunc(roles, func(r who.Role) bool { return r.OrganisationID == x.OwnerOrg }), err
}
