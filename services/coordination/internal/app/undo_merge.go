package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Merge is two refs that were found to be one person.
type Merge = store.Merge

// Undoing is the office's word that two records which were made one are two people's. It takes no version: a merge that stands does
// not change.
type Undoing struct {
	Command pg.Command
	MergeID string
	Note    string // how they know
}

// Undone is what it came to: the open case of each, "" for who has none.
type Undone struct {
	MergeID  string
	FromRef  string
	IntoRef  string
	FromCase string
	IntoCase string
}

// UndoMerge makes two people of one again: each has what came under their own ref, also what came since, and what was joined to a
// referral that is another person's is taken up again.
func (a *App) UndoMerge(ctx context.Context, by actor.Actor, s Undoing) (Undone, error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
		return Undone{}, errOfficeOnly
	}
	if s.Note == "" {
		return Undone{}, domain.ErrNoUndoNote
	}
	m, err := a.mergeToUndo(ctx, by, s.MergeID)
	if err != nil {
		return Undone{}, fmt.Errorf("undo merge: %w", err)
	}
	keys, err := a.keysOf(ctx, m.From, m.Into)
	if err != nil {
		return Undone{}, fmt.Errorf("undo merge: %w", err)
	}
	done, err := pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (Undone, error) {
		for _, ref := range []string{m.Into, m.From} {
			if err := audit.Write(ctx, tx, audit.Entry{Verb: s.Command.Verb, Object: "merge", ObjectID: m.ID, PatientRef: ref}); err != nil {
				return Undone{}, err
			}
		}
		var done Undone
		err := store.AsMatcher(ctx, tx, func() (err error) {
			done, err = a.undoMerge(ctx, tx, by, m, s.Note)
			return err
		})
		return done, err
	})
	if err != nil {
		return Undone{}, fmt.Errorf("undo merge: %w", err)
	}
	return done, nil
}

// mergeToUndo reads which two it is about, before the keys of both are fetched.
func (a *App) mergeToUndo(ctx context.Context, by actor.Actor, id string) (m Merge, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		return store.AsMatcher(ctx, tx, func() error {
			m, err = store.MergeByID(ctx, tx, id)
			return err
		})
	})
	return m, err
}

func (a *App) undoMerge(ctx context.Context, tx pgx.Tx, by actor.Actor, m Merge, note string) (Undone, error) {
	// Two patients are locked in one order, whoever comes first.
	for _, ref := range ordered(m.From, m.Into) {
		if _, _, err := store.LockPatient(ctx, tx, ref); err != nil {
			return Undone{}, err
		}
	}
	stays, err := a.lockToStep(ctx, tx, m.Into)
	if err != nil {
		return Undone{}, err
	}
	if m, err = store.MergeByID(ctx, tx, m.ID); err != nil {
		return Undone{}, err
	}
	switch {
	case !m.UndoneAt.IsZero():
		return Undone{}, domain.ErrMergeUndone
	case !domain.Undoable(m.At, stays.now):
		return Undone{}, domain.ErrMergeOld
	case stays.patient.Ref != m.Into:
		return Undone{}, domain.ErrMergedOn
	}
	m.UndoneAt, m.UndoneBy = stays.now, by.Person.ID
	if err := store.SaveUndone(ctx, tx, m); err != nil {
		return Undone{}, err
	}
	limited := stays.anyLimited()
	goes, err := stays.partRecords(ctx, m)
	if err != nil {
		return Undone{}, err
	}
	event, err := sayUndone(ctx, stays, goes, m)
	if err != nil {
		return Undone{}, err
	}
	if err := stays.partCases(ctx, goes, m, event); err != nil {
		return Undone{}, err
	}
	if limited { // each has its own ways again
		if err := errors.Join(stays.sayWays(ctx), goes.sayWays(ctx)); err != nil {
			return Undone{}, err
		}
	}
	if err := goes.sayNo(ctx, m); err != nil {
		return Undone{}, err
	}
	if err := stays.goOnAlone(ctx, by, m, goes.patient.Status, note, event); err != nil {
		return Undone{}, err
	}
	if err := goes.goOnAlone(ctx, by, m, stays.patient.Status, note, event); err != nil {
		return Undone{}, err
	}
	return Undone{MergeID: m.ID, FromRef: m.From, IntoRef: m.Into, FromCase: goes.openID(), IntoCase: stays.openID()}, nil
}

// openID is the open case's, "" when there is none.
func (w *work) openID() string {
	if w.c.Open {
		return w.c.ID
	}
	return ""
}

// partRecords takes the records of the one who goes from those of the one who stays, and remembers that they are two people.
func (w *work) partRecords(ctx context.Context, m Merge) (goes *work, err error) {
	theirs, err := store.RefsOf(ctx, w.tx, m.From)
	if err != nil {
		return nil, err
	}
	goes = &work{app: w.app, tx: w.tx, now: w.now, ref: m.From}
	apart := w.newest().Later(w.now) // whoever heard of both as one has heard of nothing newer
	var ours []domain.Patient
	for _, o := range w.others {
		switch {
		case o.Ref == m.From:
			goes.patient = o
		case slices.Contains(theirs, o.Ref):
			goes.others = append(goes.others, o)
		default:
			ours = append(ours, o)
		}
	}
	w.others = ours
	goes.patient.MergedInto = ""
	for _, x := range []*work{w, goes} {
		x.patient.Status = domain.StatusOf(x.records()...) // it may have been the other who died, or moved away
		x.patient.WaysAt = apart
		x.joinReach()
		for _, o := range x.others {
			if err := store.SavePatient(ctx, w.tx, o); err != nil {
				return nil, err
			}
		}
		if x.patient.OneSince, err = x.lastMerge(ctx); err != nil {
			return nil, err
		}
		if err := store.SavePatient(ctx, w.tx, x.patient, x.others...); err != nil {
			return nil, err
		}
	}
	if err := store.MoveConsentsBack(ctx, w.tx, theirs, m.From, m.Into); err != nil {
		return nil, err
	}
	if err := partRefusals(ctx, w, goes); err != nil {
		return nil, err
	}
	return goes, store.KeepApart(ctx, w.tx, m.From, m.Into, m.UndoneBy, domain.ApartUndone, w.now)
}

// partRefusals gives each of two people the refusals that they said under their own refs, while they were one too.
func partRefusals(ctx context.Context, stays, goes *work) error {
	kept, _, err := stays.refused(ctx)
	if err != nil {
		return err
	}
	gone, saidNo, err := goes.refused(ctx)
	if err != nil {
		return err
	}
	stays.patient.NotWith = slices.DeleteFunc(stays.patient.NotWith, func(o string) bool { return slices.Contains(gone, o) && !slices.Contains(kept, o) })
	goes.patient.NotWith = gone // a yes to one of them may have come while they were one
	goes.patient.SaidNo = goes.patient.SaidNo || saidNo
	return errors.Join(store.SaveRefusals(ctx, stays.tx, stays.patient), store.SaveRefusals(ctx, goes.tx, goes.patient))
}

// refused is with whom a person does not want to share, by what they said under their own refs, and whether they said no at all.
func (w *work) refused(ctx context.Context) (organisations []string, saidNo bool, err error) {
	answers, err := store.Answers(ctx, w.tx, w.patient.Ref)
	for _, a := range slices.Backward(answers) { // the newest comes first
		if a.Purpose == terms.ConsentHousehold {
			continue
		}
		organisations = slices.DeleteFunc(organisations, func(o string) bool { return slices.Contains(a.With, o) })
		if !a.Given {
			organisations, saidNo = append(organisations, a.With...), true
		}
	}
	return organisations, saidNo, err
}

// lastMerge is when the last of the patient's further records was found to be theirs.
func (w *work) lastMerge(ctx context.Context) (time.Time, error) {
	if len(w.others) == 0 {
		return time.Time{}, nil
	}
	merges, err := store.MergesOf(ctx, w.tx, w.refs())
	if err != nil || len(merges) == 0 {
		return time.Time{}, err
	}
	return merges[0].At, nil
}

func sayUndone(ctx context.Context, stays, goes *work, m Merge) (event string, err error) {
	for _, w := range []*work{stays, goes} {
		p := &coordination.PatientMergeUndoneV1{PatientRef: w.patient.Ref, FromRef: m.From, IntoRef: m.Into, By: m.UndoneBy, At: m.UndoneAt}
		if event, err = w.app.Outbox.Append(ctx, w.tx, w.patient.Ref, p, nil); err != nil {
			return "", err
		}
	}
	return event, nil
}

// partCases gives each of the two what came under their own refs, in every case that had some of both.
func (w *work) partCases(ctx context.Context, goes *work, m Merge, event string) error {
	cases, err := store.CasesOf(ctx, w.tx, w.patient.Ref)
	if err != nil {
		return err
	}
	var theirs domain.Case // of the one who goes
	if m.EndedCase != "" {
		if theirs, err = store.CaseByID(ctx, w.tx, m.EndedCase); err != nil {
			return err
		}
	}
	for _, c := range cases {
		if slices.Contains(goes.refs(), c.FirstRef) {
			err = w.giveCase(ctx, goes, c, event)
		} else {
			theirs, err = w.giveOf(ctx, goes, c, theirs, m, event)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// giveCase gives back a case that moved as it was. What came into it since, of the one who stays, gets a case of its own.
func (w *work) giveCase(ctx context.Context, goes *work, c domain.Case, event string) error {
	mixed, err := store.HasOf(ctx, w.tx, c.ID, w.refs())
	if err != nil {
		return err
	}
	if err := store.MovePatient(ctx, w.tx, c, goes.patient.Ref); err != nil || !mixed {
		return err
	}
	own, err := w.caseFor(ctx, domain.Case{}, c.Open, event)
	if err != nil {
		return err
	}
	return store.MoveOf(ctx, w.tx, c.ID, own, w.refs(), w.now)
}

// giveOf takes what came under the refs of the one who goes from a case of the one who stays.
func (w *work) giveOf(ctx context.Context, goes *work, c, theirs domain.Case, m Merge, event string) (domain.Case, error) {
	some, err := store.HasOf(ctx, w.tx, c.ID, goes.refs())
	if err != nil || !some {
		return theirs, err
	}
	own := domain.Own{Since: m.At, Status: goes.patient.Status}
	open := c.Open || theirs.WithMDT && own.ClosedByAnother(c, w.patient.Status) // it had ended with the merge, and nothing of it was open since
	if theirs, err = goes.caseFor(ctx, theirs, open, event); err != nil {
		return theirs, err
	}
	return theirs, store.MoveOf(ctx, w.tx, c.ID, theirs, goes.refs(), w.now)
}

// caseFor is the case that what moves goes into: the one given, opened again if what moves is open, or a new one.
func (w *work) caseFor(ctx context.Context, c domain.Case, open bool, event string) (domain.Case, error) {
	switch {
	case c.ID == "" && !open:
		return w.closedCase(ctx, event)
	case c.ID == "":
		w.c = domain.Case{}
		return w.c, w.openCase(ctx, reopenedByUndo, event)
	case c.Open || !open:
		return c, nil
	}
	reopened, err := c.Reopen(reopenedByUndo, false)
	if err != nil {
		return c, err
	}
	w.c = reopened
	if err := errors.Join(store.SaveCase(ctx, w.tx, w.c), store.LeaveReleased(ctx, w.tx, w.c.ID, w.now)); err != nil {
		return c, err
	}
	if err := w.note(ctx, store.Entry{What: "case_reopened"}); err != nil {
		return c, err
	}
	return w.c, w.say(ctx, &coordination.CaseReopenedV1{PatientRef: w.patient.Ref, CaseID: w.c.ID, Reason: reopenedByUndo, At: w.now})
}

// closedCase is a case for what has ended. It was never open, since the patient may have one that is, and nobody hears of it as their case.
func (w *work) closedCase(ctx context.Context, event string) (domain.Case, error) {
	one := &work{app: w.app, tx: w.tx, now: w.now, ref: w.ref, patient: w.patient}
	c, err := one.newCase(ctx)
	if err != nil {
		return c, err
	}
	if one.c, err = c.Close(terms.CaseWorkDone, nil, w.now); err != nil {
		return c, err
	}
	if err := store.AddCase(ctx, w.tx, one.c, reopenedByUndo, event); err != nil {
		return c, err
	}
	return one.c, one.note(ctx, store.Entry{What: "case_closed", Detail: map[string]string{"outcome": string(terms.CaseWorkDone)}})
}

const reopenedByUndo = "patient_merge_undone"
