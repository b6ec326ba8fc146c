package app

import (
	"context"
	"errors"
	"fmt"

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

// CaseStep is a person's step on a whole case, made from what they saw of it.
type CaseStep struct {
	Command pg.Command
	CaseID  string
	Version int64
}

// CaseDone is what it came to.
type CaseDone struct {
	CaseID  string
	Open    bool
	Version int
}

// CloseCase ends a case that a meeting has taken; one of referrals alone ends with the last of them. Nobody may owe anything.
func (a *App) CloseCase(ctx context.Context, by actor.Actor, s CaseStep, outcome terms.CaseOutcome) (CaseDone, error) {
	return a.caseStep(ctx, by, s, func(ctx context.Context, w *work) error {
		if !w.c.Open || w.c.ID != s.CaseID {
			return domain.ErrCaseClosed
		}
		owed, err := allDebts(ctx, w.tx, w.c.ID, w.all)
		if err != nil {
			return err
		}
		if err := w.c.MayClose(outcome, owed); err != nil {
			if !errors.Is(err, domain.ErrStillOwed) {
				return err
			}
			n, err := debtNames(ctx, w.tx, owed)
			if err != nil {
				return err
			}
			return domain.ErrStillOwed.With(owedWords(owed, n))
		}
		return w.closeCase(ctx, outcome, by.Person.ID)
	})
}

// ReopenCase opens a closed case again, with a note why.
func (a *App) ReopenCase(ctx context.Context, by actor.Actor, s CaseStep, note string) (CaseDone, error) {
	return a.caseStep(ctx, by, s, func(ctx context.Context, w *work) (err error) {
		other := w.c.Open && w.c.ID != s.CaseID
		closed, err := store.CaseByID(ctx, w.tx, s.CaseID)
		if err != nil {
			return err
		}
		if w.c, err = closed.Reopen(note, other); err != nil {
			return err
		}
		if w.c.PatientRef != w.patient.Ref { // it is of who they were found to be since
			if err := store.MovePatient(ctx, w.tx, closed, w.patient.Ref); err != nil {
				return err
			}
			w.c.PatientRef = w.patient.Ref
		}
		w.c.WithMDT = true // it waits for a person from now on
		if err := errors.Join(store.SaveCase(ctx, w.tx, w.c), store.LeaveReleased(ctx, w.tx, w.c.ID, w.now)); err != nil {
			return err
		}
		x := store.Entry{What: "case_reopened", Person: by.Person.ID, Organisation: by.Organisation, Class: "narrative", Text: note}
		if err := w.note(ctx, x); err != nil {
			return err
		}
		return w.say(ctx, &coordination.CaseReopenedV1{PatientRef: w.patient.Ref, CaseID: w.c.ID, Reason: reopenedByPerson, By: by.Person.ID, At: w.now})
	})
}

// reopenedByPerson is the code that travels; the note itself stays on the timeline.
const reopenedByPerson = "person_asked"

var errMayNotEnd = fault.Forbidden("Closing a case, or opening it again, is for those who may hold it, link workers and coordinators. Ask one of them")

// MayEnd tells whether a person's role may close a case or open it again.
func MayEnd(by actor.Actor) bool { return domain.May(terms.Role(by.Role), domain.MayEndCase) }

// caseStep is step for a whole case.
func (a *App) caseStep(ctx context.Context, by actor.Actor, s CaseStep, do func(ctx context.Context, w *work) error) (CaseDone, error) {
	if !MayEnd(by) {
		return CaseDone{}, errMayNotEnd
	}
	var ref string
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		c, err := store.CaseByID(ctx, tx, s.CaseID)
		ref = c.PatientRef
		return err
	})
	if err != nil {
		return CaseDone{}, err
	}
	keys, err := a.Keys.Keys(ctx, []string{ref}, Classes...)
	if err != nil {
		return CaseDone{}, fmt.Errorf("%s: %w", s.Command.Verb, err)
	}
	done, err := pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (CaseDone, error) {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: s.Command.Verb, Object: "case", ObjectID: s.CaseID, PatientRef: ref}); err != nil {
			return CaseDone{}, err
		}
		var w *work
		err := store.AsMatcher(ctx, tx, func() (err error) {
			if w, err = a.lockToStep(ctx, tx, ref); err != nil {
				return err
			}
			c, err := store.CaseByID(ctx, tx, s.CaseID)
			if err != nil {
				return err
			}
			if int64(c.Version) != s.Version {
				return fault.Stale("Somebody changed this case since you opened it. Nothing was changed by you")
			}
			return do(ctx, w)
		})
		if err != nil {
			return CaseDone{}, err
		}
		return CaseDone{CaseID: w.c.ID, Open: w.c.Open, Version: w.c.Version}, nil
	})
	if err != nil {
		return CaseDone{}, fmt.Errorf("%s: %w", s.Command.Verb, err)
	}
	return done, nil
}
