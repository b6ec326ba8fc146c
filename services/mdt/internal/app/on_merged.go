package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// OnPatientMerged makes two patients one: the older case's holder stays, and the other case goes on the next agenda.
func (a *App) OnPatientMerged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PatientMergedV1) error {
	if p.FromRef == p.IntoRef {
		return nil
	}
	if err := store.HoldChairOf(ctx, tx, p.FromRef, p.IntoRef); err != nil {
		return err
	}
	if err := store.AddAlias(ctx, tx, p.FromRef, p.IntoRef, p.At); err != nil {
		return err
	}
	from, knowFrom, err := store.CaseOf(ctx, tx, p.FromRef)
	if err != nil {
		return err
	}
	into, knowInto, err := store.CaseOf(ctx, tx, p.IntoRef)
	if err != nil {
		return err
	}
	other, err := store.ItemsOf(ctx, tx, p.FromRef)
	if err != nil {
		return err
	}
	if knowFrom && knowInto && from.ID != into.ID {
		if err := store.SaveCase(ctx, tx, store.Case{ID: from.ID, PatientRef: p.FromRef, Outcome: string(terms.CaseMerged), At: p.At}); err != nil {
			return err
		}
		if err := a.mergeHolders(ctx, tx, from, into, p); err != nil {
			return err
		}
		if err := a.mergeKeyWorkers(ctx, tx, from, into, p); err != nil {
			return err
		}
	}
	if err := store.MoveHolders(ctx, tx, p.FromRef, p.IntoRef); err != nil {
		return err
	}
	if err := store.MoveRows(ctx, tx, p.FromRef, p.IntoRef); err != nil {
		return err
	}
	if err := a.putMerged(ctx, tx, p.IntoRef, other); err != nil {
		return err
	}
	return a.hintPatient(ctx, tx, p.IntoRef)
}

// mergeHolders puts whoever holds the older case on the one that stays, and releases the other in the same transaction. Where both are one
// person nothing is said of a release: whoever heard it would take them off the case that they hold.
func (a *App) mergeHolders(ctx context.Context, tx pgx.Tx, from, into store.Case, p *coordination.PatientMergedV1) error {
	f, err := store.Holders(ctx, tx, from.ID)
	if err != nil {
		return err
	}
	i, err := store.Holders(ctx, tx, into.ID)
	if err != nil {
		return err
	}
	if f.Asked != nil {
		back, err := f.TakeBack(p.At)
		if err != nil {
			return err
		}
		if i.Current != nil && i.Current.PersonID == back.PersonID {
			err = store.ChangeHolding(ctx, tx, *back)
		} else {
			err = a.notHeld(ctx, tx, *back, orBy(p.By, back.PersonID), p.At)
		}
		if err != nil {
			return err
		}
	}
	if f.Current == nil {
		return nil
	}
	stays, goes := f.Current, i.Current
	if i.Current != nil && !from.OpenedAt.IsZero() && !from.OpenedAt.Before(into.OpenedAt) {
		stays, goes = i.Current, f.Current
	}
	if goes != nil {
		goes.State, goes.ReleasedAt, goes.HandedTo = domain.HoldingReleased, p.At, stays.PersonID
		goes.Version++
		if goes.PersonID == stays.PersonID {
			err = store.ChangeHolding(ctx, tx, *goes)
		} else {
			err = a.release(ctx, tx, *goes, orBy(p.By, stays.PersonID), p.At)
		}
		if err != nil {
			return err
		}
	}
	if stays != f.Current {
		return nil
	}
	stays.CaseID, stays.PatientRef = into.ID, into.PatientRef
	stays.Version++
	if err := store.ChangeHolding(ctx, tx, *stays); err != nil {
		return err
	}
	return a.say(ctx, tx, into.PatientRef, &mdt.CaseHolderAcceptedV1{
		PatientRef: into.PatientRef, CaseID: into.ID, PersonID: stays.PersonID, OrganisationID: stays.OrganisationID, Role: stays.Role,
		By: orBy(p.By, stays.PersonID), At: p.At,
	}, nil)
}

// mergeKeyWorkers keeps the one of the case that stays; only without one does the other's move over.
func (a *App) mergeKeyWorkers(ctx context.Context, tx pgx.Tx, from, into store.Case, p *coordination.PatientMergedV1) error {
	f, err := store.KeyWorker(ctx, tx, from.ID)
	if err != nil || f == nil {
		return err
	}
	i, err := store.KeyWorker(ctx, tx, into.ID)
	if err != nil {
		return err
	}
	if i != nil && i.PersonID == f.PersonID {
		return store.ReleaseKeyWorker(ctx, tx, f.ID, p.At)
	}
	if i != nil {
		return a.releaseKeyWorker(ctx, tx, *f, orBy(p.By, f.PersonID), p.At)
	}
	if err := store.MoveKeyWorker(ctx, tx, f.ID, into.ID, into.PatientRef); err != nil {
		return err
	}
	return a.say(ctx, tx, into.PatientRef, &mdt.KeyWorkerAssignedV1{PatientRef: into.PatientRef, CaseID: into.ID, PersonID: f.PersonID, OrganisationID: f.OrganisationID, Role: f.Role, By: orBy(p.By, f.PersonID), At: p.At}, nil)
}

// putMerged puts the person on the next agenda of every series that the other case was in.
func (a *App) putMerged(ctx context.Context, tx pgx.Tx, patient string, other []domain.Item) error {
	done := map[string]bool{}
	for _, o := range other {
		if done[o.SeriesID] || o.Withdrawn() {
			continue
		}
		done[o.SeriesID] = true
		next, err := store.NextMeeting(ctx, tx, o.SeriesID, a.now())
		if errors.Is(err, domain.ErrNoMeeting) {
			continue
		}
		if err != nil {
			return err
		}
		i := domain.Item{
			ID: a.NewID(), MeetingID: next.ID, OrganisationID: next.OrganisationID, SeriesID: next.SeriesID, PatientRef: patient, Reason: terms.MDTMergedCase, Need: o.Need, Why: domain.WhyMerged,
			PutByOrg: next.OrganisationID, PutAt: a.now(), State: domain.ItemWaiting, Invited: next.Invited, People: o.People, ChangedAt: a.now(), Narrative: o.Narrative,
		}
		added, err := store.AddItem(ctx, tx, i)
		if err != nil {
			return err
		}
		if added {
			if err := acted(ctx, tx, "bring back", "item", i.ID, patient); err != nil {
				return err
			}
		}
	}
	return nil
}

// OnPatientMergeUndone gives what was recorded under the first ref back to it. Who holds which case is for the next meeting.
func (a *App) OnPatientMergeUndone(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PatientMergeUndoneV1) error {
	if err := store.HoldChairOf(ctx, tx, p.FromRef, p.IntoRef); err != nil {
		return err
	}
	if err := store.DropAlias(ctx, tx, p.FromRef, p.IntoRef); err != nil {
		return err
	}
	if err := store.MoveBack(ctx, tx, p.FromRef, p.IntoRef); err != nil {
		return err
	}
	c, known, err := store.CaseOf(ctx, tx, p.IntoRef)
	if err != nil || !known || !c.Open {
		return err
	}
	return a.holdAgain(ctx, tx, c, p.By, p.At) // where the other's holder had taken their place
}
