package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// HouseholdAnswer is what a patient said about the people they live with: whether whoever helps those may be told that help is there.
type HouseholdAnswer struct {
	Command    pg.Command
	PatientRef string
	Given      bool
	How        terms.ConsentHow
}

var errHow = fault.Invalid("how", "Select how they were asked")

// AnswerHousehold records it. Nobody else holds anything because of it, so nothing is said: the panel asks the newest answer each time.
func (a *App) AnswerHousehold(ctx context.Context, by actor.Actor, s HouseholdAnswer) (CaseDone, error) {
	if !s.How.Known() || s.Given && !domain.HouseholdHow(s.How) {
		return CaseDone{}, errHow
	}
	id, err := a.sharedCase(ctx, by, s.PatientRef)
	if err != nil {
		return CaseDone{}, err
	}
	done, err := pg.Do(ctx, a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (CaseDone, error) {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "record household", Object: "consent", ObjectID: id, PatientRef: s.PatientRef}); err != nil {
			return CaseDone{}, err
		}
		err := store.AsMatcher(ctx, tx, func() error {
			w, known, err := a.lock(ctx, tx, s.PatientRef)
			if err != nil {
				return err
			}
			if !known {
				return errNothingShared
			}
			return w.answerHousehold(ctx, by, s)
		})
		return CaseDone{CaseID: id}, err
	})
	if err != nil {
		return done, fmt.Errorf("record household: %w", err)
	}
	return done, nil
}

func (w *work) answerHousehold(ctx context.Context, by actor.Actor, s HouseholdAnswer) error {
	err := store.SaveConsent(ctx, w.tx, store.Consent{
		ID: w.app.NewID(), PatientRef: w.patient.Ref, FirstRef: w.ref, Purpose: string(terms.ConsentHousehold), Given: s.Given,
		AskedBy: by.Person.ID, AskedAt: w.now, How: string(s.How), By: by.Organisation,
	}, store.Ending{})
	if err != nil || w.c.ID == "" {
		return err
	}
	what := "household_refused"
	if s.Given {
		what = "household_agreed"
	}
	return w.note(ctx, store.Entry{What: what, Person: by.Person.ID, Organisation: by.Organisation})
}

// HouseholdView is what a patient said about the people they live with, and what may be told of them.
type HouseholdView struct {
	ConsentView
	Helps []string // the services that help at the same address, where everybody concerned has agreed that it is told
}

// Agreed is their answer, where it is a yes.
func (v HouseholdView) Agreed() (Consent, bool) {
	i := slices.IndexFunc(v.Standing, func(c Consent) bool { return c.Purpose == string(terms.ConsentHousehold) })
	if i < 0 {
		return Consent{}, false
	}
	return v.Standing[i], true
}

// SeeHousehold reads it for somebody whose organisation has a part in the patient's case.
func (a *App) SeeHousehold(ctx context.Context, by actor.Actor, ref string) (v HouseholdView, err error) {
	v.ConsentView, err = a.seeConsent(ctx, by, ref, func(ctx context.Context, tx pgx.Tx, c ConsentView) error {
		return store.AsMatcher(ctx, tx, func() (err error) {
			if c.Sees.NotWanted {
				return nil
			}
			v.Helps, err = household(ctx, tx, c.Case.PatientRef)
			return err
		})
	})
	if err != nil {
		return HouseholdView{}, fmt.Errorf("see household: %w", err)
	}
	return v, nil
}

// household names who helps somebody that lives with a patient, where both have agreed that this may be told: it is nobody's otherwise, and
// the answer does not tell whether somebody lives there. Run it as the matcher.
func household(ctx context.Context, tx pgx.Tx, ref string) ([]string, error) {
	if agreed, err := agreedHousehold(ctx, tx, ref); err != nil || !agreed {
		return nil, err
	}
	p, err := store.PatientByRef(ctx, tx, ref)
	if err != nil || p.Home() == "" {
		return nil, err
	}
	own, err := openReferrals(ctx, tx, ref)
	if err != nil || !domain.MayTellHousehold(own) {
		return nil, err
	}
	there, err := store.WithPostcode(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	var helping []string
	for _, other := range there {
		if other.Home() != p.Home() {
			continue
		}
		if agreed, err := agreedHousehold(ctx, tx, other.Ref); err != nil {
			return nil, err
		} else if !agreed {
			continue
		}
		all, err := openReferrals(ctx, tx, other.Ref)
		if err != nil {
			return nil, err
		}
		for _, r := range domain.HelpsAtHome(all) {
			helping = append(helping, r.ID)
		}
	}
	if len(helping) == 0 {
		return nil, nil
	}
	called, err := names(ctx, tx, slices.Clone(helping))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, id := range helping {
		if name := called[id]; name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

func agreedHousehold(ctx context.Context, tx pgx.Tx, ref string) (bool, error) {
	standing, err := store.StandingConsents(ctx, tx, ref)
	return slices.ContainsFunc(standing, func(c store.Consent) bool {
		return c.Purpose == string(terms.ConsentHousehold) && domain.HouseholdHow(terms.ConsentHow(c.How))
	}), err
}

// openReferrals reads everything of the open case, also what has ended in it.
func openReferrals(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Referral, error) {
	c, err := store.OpenCaseOf(ctx, tx, ref)
	if errors.Is(err, domain.ErrNoCase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return store.ReferralsOf(ctx, tx, c.ID)
}
