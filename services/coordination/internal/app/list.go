package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// ListView is a page of referrals that wait for somebody.
type ListView struct {
	Name   string
	Rows   []store.Listing // one more than asked for, when there are more
	Counts map[string]int
	Names  Names
	Now    time.Time
}

// SeeList reads a list and how much is on the others.
func (a *App) SeeList(ctx context.Context, by actor.Actor, name string, after *store.ListCursor, limit int) (v ListView, err error) {
	if _, err := domain.SeesCase(terms.Role(by.Role)); err != nil {
		return v, err
	}
	v = ListView{Name: name, Now: a.Now()}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Counts, err = store.Counts(ctx, tx, v.Now); err != nil {
			return err
		}
		if v.Rows, err = store.List(ctx, tx, name, v.Now, after, limit+1); err != nil {
			return err
		}
		one, shown := CaseView{}, []*domain.Referral{}
		for i := range v.Rows {
			shown = append(shown, &v.Rows[i].Referral)
		}
		if err := hideUnseen(ctx, tx, shown...); err != nil {
			return err
		}
		for _, r := range v.Rows {
			one.Referrals = append(one.Referrals, r.Referral)
		}
		if v.Names, err = names(ctx, tx, one.ids()); err != nil {
			return err
		}
		return wroteList(ctx, tx, v.Rows[:min(len(v.Rows), limit)])
	})
	if err != nil {
		return ListView{}, fmt.Errorf("see list: %w", err)
	}
	return v, nil
}

// wroteList leaves a row about each person whose referral is listed, once, so that their own list of who looked is whole.
func wroteList(ctx context.Context, tx pgx.Tx, rows []store.Listing) error {
	shown := make([]audit.Entry, len(rows))
	for i, r := range rows {
		shown[i] = audit.Entry{Verb: "read", Object: "list", ObjectID: r.Referral.ID, PatientRef: r.Referral.PatientRef}
	}
	return audit.WriteOnce(ctx, tx, shown...)
}

// FindCase finds a case by a reference that was read out: the case's own, or a referral's.
func (a *App) FindCase(ctx context.Context, by actor.Actor, typed string) (id string, err error) {
	caseRef, _ := domain.ParseReference(typed)
	referralRef, _ := terms.ReadReference(typed)
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		id, err = store.CaseFinding(ctx, tx, caseRef, referralRef)
		return err
	})
	return id, err
}

// Listing is one line of a list.
type Listing = store.Listing

// ListCursor is where a page of a list ended.
type ListCursor = store.ListCursor

// Can is what a person may do with a referral.
func Can(by actor.Actor, r domain.Referral) []domain.Action {
	return domain.AvailableActions(r, partOf(by, r))
}

// Entry is one line of a case's timeline.
type Entry = store.Entry

// The lists by name.
const (
	ListEscalated = store.ListEscalated
	ListWho       = store.ListWho
	ListHeld      = store.ListHeld
	ListOverdue   = store.ListOverdue
	ListOurs      = store.ListOurs
	ListPhone     = store.ListPhone
	ListOpen      = store.ListOpen
)

// Listed tells whether there is a list of this name.
func Listed(name string) bool { return store.Listed(name) }

// MaySee tells whether a person may see a case, without reading it: nothing of it is shown.
func (a *App) MaySee(ctx context.Context, by actor.Actor, caseID string) error {
	if _, err := domain.SeesCase(terms.Role(by.Role)); err != nil {
		return err
	}
	return a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		_, err := store.CaseByID(ctx, tx, caseID)
		return err
	})
}

// CaseOfPatient finds the case of a patient's ref, as far as the person may see it: the open one, or the last.
func (a *App) CaseOfPatient(ctx context.Context, by actor.Actor, ref string) (id string, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		err := store.AsMatcher(ctx, tx, func() error {
			aliases, err := store.Aliases(ctx, tx, []string{ref})
			if into := aliases[ref]; into != "" {
				ref = into
			}
			return err
		})
		if err != nil {
			return err
		}
		c, err := store.LastCaseOf(ctx, tx, ref)
		id = c.ID
		return err
	})
	return id, err
}

// CasePerson is the case-holder or key worker of a case, or who is asked to be.
type CasePerson = store.CasePerson

// Action is something that a meeting agreed.
type Action = store.Action
