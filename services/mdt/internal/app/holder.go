package app

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// SomebodyInput names a person in a role for the case of an item.
type SomebodyInput struct {
	ItemID       string
	PersonID     string
	Organisation string
}

// roleOf finds the role in which somebody may do a part: the first of theirs there that may is enough. may refuses the others; none is the
// refusal of somebody who has no role there.
func (a *App) roleOf(ctx context.Context, tx pgx.Tx, in SomebodyInput, may func(who.Role) error, none error) (terms.Role, error) {
	roles, err := who.RolesOf(ctx, tx, in.PersonID, a.Now())
	if err != nil {
		return "", err
	}
	var refused error
	for _, r := range roles {
		if r.OrganisationID != in.Organisation {
			continue
		}
		err := may(r)
		if err == nil {
			return r.Role, nil
		}
		refused = cmp.Or(refused, err)
	}
	return "", cmp.Or(refused, none)
}

func holds(r terms.Role) bool { info, _ := terms.RoleByCode(r); return info.Holds }

func mayHold(r who.Role) error {
	if !holds(r.Role) {
		return domain.ErrMayNotHold
	}
	return nil
}

func mayAnybody(who.Role) error { return nil }

// openCase is the case of an item's patient, which must be open and known.
func openCase(ctx context.Context, tx pgx.Tx, patient string) (store.Case, error) {
	c, ok, err := store.CaseOf(ctx, tx, patient)
	switch {
	case err != nil:
		return c, err
	case !ok || c.Reference == "":
		return c, domain.ErrCaseNotKnown
	case !c.Open:
		return c, domain.ErrCaseNotOpen
	}
	return c, nil
}

// AskToHold asks somebody to hold a case. Whoever holds it goes on until they have said yes.
func (a *App) AskToHold(ctx context.Context, by actor.Actor, cmd pg.Command, in SomebodyInput) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		if err := store.HoldChair(ctx, tx, in.ItemID); err != nil {
			return Done{}, err
		}
		i, _, err := a.lockItem(ctx, tx, by, in.ItemID, 0, false)
		if err != nil {
			return Done{}, err
		}
		c, err := openCase(ctx, tx, i.PatientRef)
		if err != nil {
			return Done{}, err
		}
		role, err := a.roleOf(ctx, tx, in, mayHold, domain.ErrMayNotHold)
		if err != nil {
			return Done{}, err
		}
		h, err := store.Holders(ctx, tx, c.ID)
		if err != nil {
			return Done{}, err
		}
		if err := h.Ask(domain.Holding{
			ID: a.NewID(), CaseID: c.ID, PatientRef: i.PatientRef, PersonID: in.PersonID, OrganisationID: in.Organisation, Role: role, ItemID: i.ID,
			AskedBy: by.Person.ID, AskedByOrg: by.Organisation, AskedAt: now, DueAt: a.due(now, terms.ClockCaseHolder, in.Organisation),
		}); err != nil {
			return Done{}, err
		}
		if err := store.SaveHolding(ctx, tx, *h.Asked); err != nil {
			if pg.Violates(err, "case_holder_asked") { // somebody else asked in the same moment
				return Done{}, domain.ErrAsked
			}
			return Done{}, err
		}
		if err := store.LetSee(ctx, tx, i.PatientRef, in.PersonID); err != nil {
			return Done{}, err
		}
		if err := a.say(ctx, tx, i.PatientRef, &mdt.CaseHolderOfferedV1{PatientRef: i.PatientRef, CaseID: c.ID, PersonID: in.PersonID, OrganisationID: in.Organisation, Role: role, By: by.Person.ID, At: now}, nil); err != nil {
			return Done{}, err
		}
		a.hintItem(ctx, i)
		a.hintPerson(ctx, in.PersonID)
		return Done{ID: h.Asked.ID, Version: 1, Made: true}, acted(ctx, tx, "ask to hold", "case", c.ID, i.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("ask to hold case: %w", err)
	}
	return done, nil
}

// HoldingChange says which asking, and from which version. WhyNot is for a no.
type HoldingChange struct {
	ID      string
	Version int64
	WhyNot  string
}

// answer loads the asking and everybody in the case's chair, in that order, and lets step decide.
func (a *App) answer(ctx context.Context, by actor.Actor, cmd pg.Command, in HoldingChange, verb string,
	step func(ctx context.Context, tx pgx.Tx, asked domain.Holding, h *domain.Holders, now time.Time) error,
) (Done, error) {
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		asked, err := store.Holding(ctx, tx, in.ID)
		if err != nil {
			return Done{}, err
		}
		if err := store.HoldChairOf(ctx, tx, asked.PatientRef); err != nil {
			return Done{}, err
		}
		h, err := store.Holders(ctx, tx, asked.CaseID)
		if err != nil {
			return Done{}, err
		}
		if h.Asked == nil || h.Asked.ID != asked.ID {
			return Done{}, domain.ErrAnswered
		}
		if h.Asked.Version != in.Version {
			return Done{}, domain.ErrChanged
		}
		if err := step(ctx, tx, *h.Asked, &h, now); err != nil {
			return Done{}, err
		}
		a.hint(ctx, asked.AskedByOrg, asked.OrganisationID)
		a.hintPerson(ctx, asked.PersonID)
		return Done{ID: asked.ID, Version: asked.Version + 1}, acted(ctx, tx, verb, "case", asked.CaseID, asked.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("%s case: %w", verb, err)
	}
	return done, nil
}

// AcceptCase makes the person who was asked the case-holder, and releases the one before in the same transaction.
func (a *App) AcceptCase(ctx context.Context, by actor.Actor, cmd pg.Command, in HoldingChange) (Done, error) {
	return a.answer(ctx, by, cmd, in, "accept", func(ctx context.Context, tx pgx.Tx, asked domain.Holding, h *domain.Holders, now time.Time) error {
		released, err := h.Accept(by.Person.ID, now)
		if err != nil {
			return err
		}
		still := SomebodyInput{PersonID: by.Person.ID, Organisation: asked.OrganisationID} // they may have left since they were asked
		if _, err := a.roleOf(ctx, tx, still, mayHold, domain.ErrMayNotHold); err != nil {
			return err
		}
		if c, ok, err := store.CaseByID(ctx, tx, asked.CaseID); err != nil || ok && !c.Open {
			return cmpErr(err, domain.ErrCaseNotOpen)
		}
		if released != nil {
			if err := store.ChangeHolding(ctx, tx, *released); err != nil {
				return err
			}
		}
		if err := store.ChangeHolding(ctx, tx, *h.Current); err != nil {
			return err
		}
		x := h.Current
		if released != nil && released.PersonID == x.PersonID { // the same person, elsewhere now: what is said last counts
			if err := a.say(ctx, tx, x.PatientRef, released1(*released, by.Person.ID, now), nil); err != nil {
				return err
			}
			released = nil
		}
		if err := a.say(ctx, tx, x.PatientRef, &mdt.CaseHolderAcceptedV1{PatientRef: x.PatientRef, CaseID: x.CaseID, PersonID: x.PersonID, OrganisationID: x.OrganisationID, Role: x.Role, By: by.Person.ID, At: now}, nil); err != nil {
			return err
		}
		if released == nil {
			return nil
		}
		a.hint(ctx, released.OrganisationID)
		a.hintPerson(ctx, released.PersonID)
		if err := store.TakeSight(ctx, tx, x.PatientRef, released.PersonID); err != nil {
			return err
		}
		return a.say(ctx, tx, x.PatientRef, released1(*released, by.Person.ID, now), nil)
	})
}

func cmpErr(err, or error) error {
	if err != nil {
		return err
	}
	return or
}

func released1(h domain.Holding, by string, at time.Time) *mdt.CaseHolderReleasedV1 {
	return &mdt.CaseHolderReleasedV1{PatientRef: h.PatientRef, CaseID: h.CaseID, PersonID: h.PersonID, OrganisationID: h.OrganisationID, Role: h.Role, HandedTo: h.HandedTo, By: by, At: at}
}

// notHeld writes that an asking came to nothing, and says so: whoever was asked must lose sight of the shared case too.
func (a *App) notHeld(ctx context.Context, tx pgx.Tx, h domain.Holding, by string, at time.Time) error {
	at = latest(at, h.AskedAt)
	if err := store.ChangeHolding(ctx, tx, h); err != nil {
		return err
	}
	if err := store.TakeSight(ctx, tx, h.PatientRef, h.PersonID); err != nil {
		return err
	}
	a.hintPerson(ctx, h.PersonID)
	p := released1(h, by, at)
	p.NeverHeld = true
	return a.say(ctx, tx, h.PatientRef, p, nil)
}

// latest keeps what ends from having ended before it began: a fact of another service may tell of a time before what it crossed.
func latest(at, began time.Time) time.Time {
	if at.Before(began) {
		return began
	}
	return at
}

// RefuseCase is the person's no, with a reason for the meeting.
func (a *App) RefuseCase(ctx context.Context, by actor.Actor, cmd pg.Command, in HoldingChange) (Done, error) {
	return a.answer(ctx, by, cmd, in, "refuse", func(ctx context.Context, tx pgx.Tx, _ domain.Holding, h *domain.Holders, now time.Time) error {
		x, err := h.Refuse(by.Person.ID, in.WhyNot, now)
		if err != nil {
			return err
		}
		return a.notHeld(ctx, tx, *x, by.Person.ID, now)
	})
}

// TakeBackAsking ends an asking that was not answered, by the organisation that asked.
func (a *App) TakeBackAsking(ctx context.Context, by actor.Actor, cmd pg.Command, in HoldingChange) (Done, error) {
	return a.answer(ctx, by, cmd, in, "take back", func(ctx context.Context, tx pgx.Tx, asked domain.Holding, h *domain.Holders, now time.Time) error {
		if asked.AskedByOrg != by.Organisation {
			return domain.ErrNoHolding
		}
		x, err := h.TakeBack(now)
		if err != nil {
			return err
		}
		return a.notHeld(ctx, tx, *x, by.Person.ID, now)
	})
}

// AssignKeyWorker makes somebody the one who stays in touch; whoever was it before is released in the same transaction.
func (a *App) AssignKeyWorker(ctx context.Context, by actor.Actor, cmd pg.Command, in SomebodyInput, version int64) (Done, error) {
	return a.keyWorker(ctx, by, cmd, in.ItemID, version, func(ctx context.Context, tx pgx.Tx, i domain.Item, c store.Case, was *domain.KeyWorker, now time.Time) error {
		if was != nil && was.PersonID == in.PersonID {
			return domain.ErrKeyWorkerSame
		}
		role, err := a.roleOf(ctx, tx, in, func(r who.Role) error {
			return who.MayStay(ctx, tx, "person", r, i.Need, i.Need.Sensitive(), now)
		}, fault.Invalid("person", "Select somebody from the list"))
		if err != nil {
			return err
		}
		if was != nil {
			if err := a.releaseKeyWorker(ctx, tx, *was, by.Person.ID, now); err != nil {
				return err
			}
		}
		k := domain.KeyWorker{ID: a.NewID(), CaseID: c.ID, PatientRef: i.PatientRef, PersonID: in.PersonID, OrganisationID: in.Organisation, Role: role, AssignedBy: by.Person.ID, AssignedByOrg: by.Organisation, AssignedAt: now}
		if err := store.AddKeyWorker(ctx, tx, k); err != nil {
			if pg.Violates(err, "key_worker_one") {
				return domain.ErrChanged
			}
			return err
		}
		a.hintPerson(ctx, k.PersonID)
		if err := store.LetSee(ctx, tx, i.PatientRef, k.PersonID); err != nil {
			return err
		}
		return a.say(ctx, tx, i.PatientRef, &mdt.KeyWorkerAssignedV1{PatientRef: i.PatientRef, CaseID: c.ID, PersonID: k.PersonID, OrganisationID: k.OrganisationID, Role: role, By: by.Person.ID, At: now}, nil)
	})
}

// ReleaseKeyWorker ends it; a case may be without one.
func (a *App) ReleaseKeyWorker(ctx context.Context, by actor.Actor, cmd pg.Command, item string, version int64) (Done, error) {
	return a.keyWorker(ctx, by, cmd, item, version, func(ctx context.Context, tx pgx.Tx, _ domain.Item, _ store.Case, was *domain.KeyWorker, now time.Time) error {
		if was == nil {
			return domain.ErrNoKeyWorker
		}
		return a.releaseKeyWorker(ctx, tx, *was, by.Person.ID, now)
	})
}

func (a *App) releaseKeyWorker(ctx context.Context, tx pgx.Tx, k domain.KeyWorker, by string, now time.Time) error {
	now = latest(now, k.AssignedAt)
	if err := store.ReleaseKeyWorker(ctx, tx, k.ID, now); err != nil {
		return err
	}
	if err := store.TakeSight(ctx, tx, k.PatientRef, k.PersonID); err != nil {
		return err
	}
	a.hintPerson(ctx, k.PersonID)
	return a.say(ctx, tx, k.PatientRef, &mdt.KeyWorkerReleasedV1{PatientRef: k.PatientRef, CaseID: k.CaseID, PersonID: k.PersonID, OrganisationID: k.OrganisationID, Role: k.Role, By: by, At: now}, nil)
}

// keyWorker lets step change who stays in touch. version is of who does now, as KeyWorkerByItem gave it.
func (a *App) keyWorker(ctx context.Context, by actor.Actor, cmd pg.Command, item string, version int64,
	step func(ctx context.Context, tx pgx.Tx, i domain.Item, c store.Case, was *domain.KeyWorker, now time.Time) error,
) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		if err := store.HoldChair(ctx, tx, item); err != nil {
			return Done{}, err
		}
		i, _, err := a.lockItem(ctx, tx, by, item, 0, false)
		if err != nil {
			return Done{}, err
		}
		c, err := openCase(ctx, tx, i.PatientRef)
		if err != nil {
			return Done{}, err
		}
		was, is, err := store.LockKeyWorker(ctx, tx, c.ID)
		if err != nil {
			return Done{}, err
		}
		if is != version {
			return Done{}, a.keyWorkerChanged(ctx, tx, was)
		}
		if err := step(ctx, tx, i, c, was, now); err != nil {
			return Done{}, err
		}
		a.hintItem(ctx, i)
		if _, is, err = store.LockKeyWorker(ctx, tx, c.ID); err != nil {
			return Done{}, err
		}
		return Done{ID: i.ID, Version: is}, acted(ctx, tx, "change key worker", "case", c.ID, i.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("change key worker: %w", err)
	}
	return done, nil
}

func (a *App) keyWorkerChanged(ctx context.Context, tx pgx.Tx, is *domain.KeyWorker) error {
	if is == nil {
		return domain.ErrChanged
	}
	return a.overtaken(ctx, tx, is.AssignedBy, "chose a key worker", is.AssignedAt)
}
