package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Breaking is the word of somebody that they must see a person's case now. Either names the person: a ref that they know, or a
// reference that was read out. It takes no version: an emergency must never fail over one.
type Breaking struct {
	Command    pg.Command
	PatientRef string
	Reference  string
	Reason     domain.GlassReason
	Words      string
}

// Broken is what it came to: which case, and until when. It is kept beside the idempotency key.
type Broken struct {
	GrantID string
	CaseID  string
	Until   time.Time
}

// reviewedWithin is how long the privacy officer has to review a look.
var reviewedWithin = clock.Span{WorkingDays: 3}

// errNoCaseOf is for who looks in an emergency and names nobody that is known.
var errNoCaseOf = fault.Invalid("reference", "No case or referral has this reference. Check it, or ask who read it out")

// BreakGlass lets somebody who has no part in a case see it for an hour, leaves a line on it that everybody on the case sees, and
// puts it before the privacy officer. Who has an hour already is given the same one.
func (a *App) BreakGlass(ctx context.Context, by actor.Actor, s Breaking) (Broken, error) {
	if !domain.May(terms.Role(by.Role), domain.MayBreakGlass) {
		return Broken{}, domain.ErrMayNotBreakGlass
	}
	if _, err := domain.BreakGlass(a.viewer(by, nil), domain.Case{}, s.Reason, s.Words); err != nil {
		return Broken{}, err
	}
	if s.PatientRef == "" && s.Reference == "" {
		return Broken{}, fault.Invalid("reference", "Enter the reference of one of their cases or referrals")
	}
	c, err := a.caseInEmergency(ctx, by, s)
	if err != nil {
		return Broken{}, fmt.Errorf("look in an emergency: %w", err)
	}
	done, err := pg.Do(ctx, a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (Broken, error) {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "break glass", Object: "case", ObjectID: c.ID, PatientRef: c.PatientRef}); err != nil {
			return Broken{}, err
		}
		var g domain.Grant
		err := store.AsMatcher(ctx, tx, func() (err error) {
			g, err = a.breakGlass(ctx, tx, by, s, c)
			return err
		})
		return Broken{g.ID, g.CaseID, g.Until}, err
	})
	if err != nil {
		return Broken{}, fmt.Errorf("look in an emergency: %w", err)
	}
	return done, nil
}

// caseInEmergency finds the case that it is about, whoever may see it.
func (a *App) caseInEmergency(ctx context.Context, by actor.Actor, s Breaking) (c domain.Case, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		return store.AsMatcher(ctx, tx, func() (err error) {
			ref := s.PatientRef
			if ref == "" {
				caseRef, _ := domain.ParseReference(s.Reference)
				referralRef, _ := terms.ReadReference(s.Reference)
				id, err := store.CaseFinding(ctx, tx, caseRef, referralRef)
				if errors.Is(err, domain.ErrNoCase) {
					return errNoCaseOf
				}
				if err != nil {
					return err
				}
				ref = id
			}
			if ref, err = store.PatientOfThing(ctx, tx, ref); err != nil {
				return err
			}
			if ref == "" {
				return domain.ErrNoCase
			}
			c, err = store.LastCaseOf(ctx, tx, ref)
			return err
		})
	})
	return c, err
}

func (a *App) breakGlass(ctx context.Context, tx pgx.Tx, by actor.Actor, s Breaking, c domain.Case) (domain.Grant, error) {
	w, known, err := a.lock(ctx, tx, c.PatientRef)
	if err != nil {
		return domain.Grant{}, err
	}
	if w.erased() {
		return domain.Grant{}, errErased
	}
	if !known {
		return domain.Grant{}, domain.ErrNoCase
	}
	if c, err = store.LastCaseOf(ctx, tx, w.patient.Ref); err != nil { // a merge may have moved it meanwhile
		return domain.Grant{}, err
	}
	who := a.viewer(by, nil)
	who.Now = w.now
	if g, err := store.StandingGrantFor(ctx, tx, who, w.patient.Ref); err != nil {
		return domain.Grant{}, err
	} else if g != nil {
		return *g, nil
	}
	g, err := domain.BreakGlass(who, c, s.Reason, s.Words)
	if err != nil {
		return g, err
	}
	g.ID, g.ReviewDueAt = a.NewID(), a.Times.Calendar().Due(g.Until, reviewedWithin)
	if err := store.AddGrant(ctx, tx, g); err != nil {
		return g, err
	}
	w.c = c
	for _, ref := range w.refs() { // whoever knows one of the person's records learns of it
		x := store.Entry{What: "seen_in_emergency", FirstRef: ref, Person: by.Person.ID, Organisation: by.Organisation, Detail: map[string]string{"reason": string(g.Reason)}}
		if err := w.note(ctx, x); err != nil {
			return g, err
		}
	}
	a.Hint(ctx, "case."+c.ID)
	return g, nil
}

// KnowsPatient tells whether there is anybody under a ref, for who would look in an emergency.
func (a *App) KnowsPatient(ctx context.Context, by actor.Actor, ref string) error {
	if !domain.May(terms.Role(by.Role), domain.MayBreakGlass) {
		return domain.ErrMayNotBreakGlass
	}
	return a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		return store.AsMatcher(ctx, tx, func() error {
			found, err := store.PatientOfThing(ctx, tx, ref)
			if err == nil && found == "" {
				err = domain.ErrNoCase
			}
			return err
		})
	})
}

// CaseToShow finds the case of a patient's ref as far as the person may see it, also in an emergency that they declared.
func (a *App) CaseToShow(ctx context.Context, by actor.Actor, ref string) (id string, err error) {
	id, err = a.CaseOfPatient(ctx, by, ref)
	if !errors.Is(err, domain.ErrNoCase) || !domain.May(terms.Role(by.Role), domain.MayBreakGlass) {
		return id, err
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		_, grant, err := a.carry(ctx, tx, by, ref)
		if err != nil {
			return err
		}
		if grant == nil {
			return domain.ErrNoCase
		}
		c, err := store.LastCaseOf(ctx, tx, grant.PatientRef)
		id = c.ID
		return err
	})
	return id, err
}

// GlassesView is who looked in an emergency, those first that wait for a review.
type GlassesView struct {
	Grants     []domain.Grant
	References map[string]string // by case
	Names      Names
	Now        time.Time
}

// GlassView is one look, and what was opened under it.
type GlassView struct {
	Grant     domain.Grant
	Reference string
	Looks     []Look
	Names     Names
	Now       time.Time
}

const (
	mostGlasses = 200
	mostLooks   = 200
)

// guardsPrivacy refuses who is not a privacy officer at the area's office.
func (a *App) guardsPrivacy(ctx context.Context, by actor.Actor) error {
	if err := a.MayErase(ctx, by); errors.Is(err, errMayNotErase) {
		return errMayNotReview
	} else if err != nil {
		return err
	}
	return nil
}

var errMayNotReview = fault.Forbidden("Reviewing who looked in an emergency is for the privacy officer of the area's office. Ask them")

// SeeGlasses lists the looks in an emergency, for the privacy officer.
func (a *App) SeeGlasses(ctx context.Context, by actor.Actor) (v GlassesView, err error) {
	if err := a.guardsPrivacy(ctx, by); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Grants, err = store.Grants(ctx, tx, mostGlasses); err != nil {
			return err
		}
		var ids []string
		for _, g := range v.Grants {
			ids = append(ids, g.Person, g.Organisation, g.ReviewedBy)
		}
		if v.Names, err = names(ctx, tx, ids); err != nil {
			return err
		}
		if v.References, err = references(ctx, tx, v.Grants...); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "list of looks in an emergency"})
	})
	if err != nil {
		return GlassesView{}, fmt.Errorf("see looks in an emergency: %w", err)
	}
	return v, nil
}

// references are how people call the cases; the privacy officer does not see the cases themselves.
func references(ctx context.Context, tx pgx.Tx, grants ...domain.Grant) (out map[string]string, err error) {
	var ids []string
	for _, g := range grants {
		ids = append(ids, g.CaseID)
	}
	err = store.AsMatcher(ctx, tx, func() error {
		out, err = store.CaseReferences(ctx, tx, ids)
		return err
	})
	return out, err
}

// SeeGlass reads one look and what was opened under it.
func (a *App) SeeGlass(ctx context.Context, by actor.Actor, id string) (v GlassView, err error) {
	if err := a.guardsPrivacy(ctx, by); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Grant, err = store.GrantByID(ctx, tx, id); err != nil {
			return err
		}
		if v.Looks, err = audit.LooksUnder(ctx, tx, id, mostLooks); err != nil {
			return err
		}
		if v.Names, err = names(ctx, tx, []string{v.Grant.Person, v.Grant.Organisation, v.Grant.ReviewedBy}); err != nil {
			return err
		}
		known, err := references(ctx, tx, v.Grant)
		if err != nil {
			return err
		}
		v.Reference = known[v.Grant.CaseID]
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "look in an emergency", ObjectID: id, PatientRef: v.Grant.PatientRef})
	})
	if err != nil {
		return GlassView{}, fmt.Errorf("see look in an emergency: %w", err)
	}
	return v, nil
}

// Reviewing is what a privacy officer found of a look.
type Reviewing struct {
	Command pg.Command
	GrantID string
	Outcome domain.GlassOutcome
	Note    string
}

// Reviewed is what it came to.
type Reviewed struct {
	GrantID string
	Outcome domain.GlassOutcome
}

// ReviewGlass keeps what the privacy officer found. It is said once; the line on the case stays as it is.
func (a *App) ReviewGlass(ctx context.Context, by actor.Actor, s Reviewing) (Reviewed, error) {
	if err := a.guardsPrivacy(ctx, by); err != nil {
		return Reviewed{}, err
	}
	done, err := pg.Do(ctx, a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (Reviewed, error) {
		g, err := store.GrantByID(ctx, tx, s.GrantID)
		if err != nil {
			return Reviewed{}, err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "review", Object: "look in an emergency", ObjectID: g.ID, PatientRef: g.PatientRef}); err != nil {
			return Reviewed{}, err
		}
		err = store.AsMatcher(ctx, tx, func() error {
			if g, err = store.LockGrant(ctx, tx, s.GrantID); err != nil {
				return err
			}
			if g, err = g.Review(by.Person.ID, s.Outcome, s.Note, a.Now().UTC().Truncate(time.Microsecond)); err != nil {
				return err
			}
			return store.SaveReview(ctx, tx, g)
		})
		return Reviewed{g.ID, g.Outcome}, err
	})
	if err != nil {
		return Reviewed{}, fmt.Errorf("review look in an emergency: %w", err)
	}
	return done, nil
}
