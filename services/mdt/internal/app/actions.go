package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// AgreeInput is an action with its owner and day.
type AgreeInput struct {
	SomebodyInput
	DueOn string
	What  string
}

// AgreeAction records that somebody does something by a day. It comes back to every next agenda until it is done.
func (a *App) AgreeAction(ctx context.Context, by actor.Actor, cmd pg.Command, in AgreeInput) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	keys, err := a.narrativeKeys(ctx, by, in.ItemID)
	if err != nil {
		return Done{}, fmt.Errorf("agree action: %w", err)
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		i, m, err := a.lockItem(ctx, tx, by, in.ItemID, 0, false)
		if err != nil {
			return Done{}, err
		}
		if i.Withdrawn() {
			return Done{}, domain.ErrNotDiscussed
		}
		if i.State == domain.ItemRemoved {
			return Done{}, domain.ErrItemGone
		}
		c, _, err := store.CaseOf(ctx, tx, i.PatientRef)
		if err != nil {
			return Done{}, err
		}
		x := domain.Action{
			ID: a.NewID(), ItemID: i.ID, MeetingID: m.ID, OrganisationID: m.OrganisationID, SeriesID: m.SeriesID, PatientRef: i.PatientRef, CaseID: c.ID, CaseReference: c.Reference,
			OwnerID: in.PersonID, OwnerOrg: in.Organisation, DueOn: in.DueOn, What: in.What, AgreedBy: by.Person.ID, AgreedAt: now,
		}
		if err := x.Check(a.today()); err != nil {
			return Done{}, err
		}
		if _, err := a.roleOf(ctx, tx, in.SomebodyInput, mayAnybody, fault.Invalid("owner", "Select somebody from the list")); err != nil {
			return Done{}, err
		}
		if err := store.AddAction(ctx, tx, x); err != nil {
			return Done{}, err
		}
		if err := a.say(ctx, tx, i.PatientRef, &mdt.ActionAgreedV1{
			PatientRef: i.PatientRef, ActionID: x.ID, CaseID: c.ID, MeetingID: m.ID, OwnerPersonID: x.OwnerID, OwnerOrganisationID: x.OwnerOrg,
			DueOn: x.DueOn, What: schemas.Seal(schemas.Narrative{Text: x.What}), By: by.Person.ID, At: now,
		}, keys); err != nil {
			return Done{}, err
		}
		a.hintItem(ctx, i)
		a.hint(ctx, x.OwnerOrg)
		a.hintPerson(ctx, x.OwnerID)
		return Done{ID: x.ID, Version: 1, Made: true}, acted(ctx, tx, "agree", "action", x.ID, x.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("agree action: %w", err)
	}
	return done, nil
}

// EndInput is how an action ended.
type EndInput struct {
	ID      string
	Version int64
	Result  terms.ActionResult
	Note    string
}

// EndAction records that an action is done or no longer needed, by its owner's organisation or the meeting's.
func (a *App) EndAction(ctx context.Context, by actor.Actor, cmd pg.Command, in EndInput) (Done, error) {
	keys, err := a.actionKeys(ctx, by, in.ID)
	if err != nil {
		return Done{}, fmt.Errorf("end action: %w", err)
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
		if err := x.End(in.Result, in.Note, in.Version, by.Person.ID, now); err != nil {
			return Done{}, err
		}
		if err := store.SaveAction(ctx, tx, x); err != nil {
			return Done{}, err
		}
		p := &mdt.ActionDoneV1{PatientRef: x.PatientRef, ActionID: x.ID, CaseID: x.CaseID, Result: in.Result, By: by.Person.ID, At: now}
		if x.Note != "" {
			p.Note = schemas.Seal(schemas.Narrative{Text: x.Note})
		}
		if err := a.say(ctx, tx, x.PatientRef, p, keys); err != nil {
			return Done{}, err
		}
		a.hint(ctx, x.OrganisationID, x.OwnerOrg)
		a.hintPerson(ctx, x.OwnerID)
		return Done{ID: x.ID, Version: x.Version + 1}, acted(ctx, tx, "end", "action", x.ID, x.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("end action: %w", err)
	}
	return done, nil
}

// overtakenAction names who ended it.
func (a *App) overtakenAction(ctx context.Context, tx pgx.Tx, x domain.Action) error {
	did := "said that this is done"
	if x.State == domain.ActionDropped {
		did = "said that this is no longer needed"
	}
	if err := a.overtaken(ctx, tx, x.EndedBy, did, x.EndedAt); err != nil {
		if f, ok := fault.Of(err); ok {
			return domain.ErrActionEnded.With(f.Message)
		}
		return err
	}
	return nil
}
