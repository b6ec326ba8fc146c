package app

import (
	"context"
	"fmt"
	"slices"
	"time"

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

// Consent is what a patient was asked and said about sharing.
type Consent = store.Consent

// ConsentView is what a patient agrees to now.
type ConsentView struct {
	Case     domain.Case
	Patient  domain.Patient
	Sees     domain.Sees
	Standing []Consent
	Names    Names
	Now      time.Time
}

// Withdrawal is a patient's word that they no longer agree, as somebody heard it. It takes no version: it must never fail over one.
type Withdrawal struct {
	Command    pg.Command
	PatientRef string
	Purpose    terms.ConsentPurpose
	How        terms.ConsentHow
}

var (
	errMayNotWithdraw = fault.Forbidden("Recording what somebody said about sharing is for practices, link workers, meetings and the area's office")
	errNothingShared  = fault.NotFound("case").With("Nothing about this person has been shared that you have a part in. If a referral was sent just now, try again in a minute")
	errNoConsent      = fault.Conflict("no_consent_stands", "They do not agree to this already. Nothing was changed by you")
)

// SeeConsent reads what a patient agrees to, for somebody whose organisation has a part in their case.
func (a *App) SeeConsent(ctx context.Context, by actor.Actor, ref string) (v ConsentView, err error) {
	if v.Sees, err = domain.SeesCase(terms.Role(by.Role)); err != nil {
		return v, err
	}
	id, err := a.sharedCase(ctx, by, ref)
	if err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if v.Case, err = store.CaseByID(ctx, tx, id); err != nil {
			return err
		}
		if v.Patient, err = store.PatientOnCase(ctx, tx, v.Case.ID); err != nil {
			return err
		}
		if v.Standing, err = store.StandingConsents(ctx, tx, v.Case.PatientRef); err != nil {
			return err
		}
		var people []string
		for _, c := range v.Standing {
			people = append(people, c.AskedBy, c.By)
		}
		if v.Names, err = names(ctx, tx, people); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "consent", ObjectID: id, PatientRef: v.Case.PatientRef})
	})
	if err != nil {
		return ConsentView{}, fmt.Errorf("see consent: %w", err)
	}
	return v, nil
}

// sharedCase is the case of a patient that the actor's organisation has a part in.
func (a *App) sharedCase(ctx context.Context, by actor.Actor, ref string) (string, error) {
	if !domain.MayAsk(terms.Role(by.Role)) {
		return "", errMayNotWithdraw
	}
	id, err := a.CaseOfPatient(ctx, by, ref)
	if f, ok := fault.Of(err); ok && f.Meaning == fault.MeaningNotFound {
		return "", errNothingShared
	}
	return id, err
}

// WithdrawConsent records that a patient no longer agrees, ends what was shared because of it, and tells everybody who holds a copy to
// remove it.
func (a *App) WithdrawConsent(ctx context.Context, by actor.Actor, s Withdrawal) (CaseDone, error) {
	var f fault.Fields
	if s.Purpose != terms.ConsentShareToHelp && s.Purpose != terms.ConsentDiscussAtMDT {
		f.Add("purpose", "Select what they no longer agree to")
	}
	if !s.How.Known() {
		f.Add("how", "Select how they told you")
	}
	if err := f.Err(); err != nil {
		return CaseDone{}, err
	}
	id, err := a.sharedCase(ctx, by, s.PatientRef)
	if err != nil {
		return CaseDone{}, err
	}
	keys, err := a.Keys.Keys(ctx, []string{s.PatientRef}, Classes...)
	if err != nil {
		return CaseDone{}, fmt.Errorf("withdraw consent: %w", err)
	}
	done, err := pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (CaseDone, error) {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "withdraw", Object: "consent", ObjectID: id, PatientRef: s.PatientRef}); err != nil {
			return CaseDone{}, err
		}
		done := CaseDone{CaseID: id}
		err := store.AsMatcher(ctx, tx, func() error {
			w, known, err := a.lock(ctx, tx, s.PatientRef)
			if err != nil {
				return err
			}
			if !known {
				return errNothingShared
			}
			if err := w.withdrawConsent(ctx, by, s); err != nil {
				return err
			}
			done.Open, done.Version = w.c.Open, w.c.Version
			return nil
		})
		return done, err
	})
	if err != nil {
		return done, fmt.Errorf("withdraw consent: %w", err)
	}
	return done, nil
}

func (w *work) withdrawConsent(ctx context.Context, by actor.Actor, s Withdrawal) error {
	standing, err := store.StandingConsents(ctx, w.tx, w.patient.Ref)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(standing, func(c Consent) bool { return c.Purpose == string(s.Purpose) })
	if i < 0 {
		return errNoConsent
	}
	w.heard(domain.SharingAnswer{FirstRef: w.ref, At: w.now}, s.Purpose)
	if err := store.SaveConsent(ctx, w.tx, Consent{
		ID: w.app.NewID(), PatientRef: w.patient.Ref, FirstRef: w.ref, Purpose: string(s.Purpose), AskedBy: by.Person.ID, AskedAt: w.now, How: string(s.How), By: by.Organisation,
	}); err != nil {
		return err
	}
	if s.Purpose == terms.ConsentShareToHelp {
		e := domain.Event{Kind: domain.KindConsentWithdrawn, Organisation: by.Organisation}
		if err := w.endAll(ctx, e, happened{person: by.Person.ID, at: w.now}); err != nil {
			return err
		}
	}
	if w.last.ID == "" && w.c.ID != "" { // no referral's own line says so
		if err := w.note(ctx, store.Entry{What: string(domain.KindConsentWithdrawn), Person: by.Person.ID, Organisation: by.Organisation}); err != nil {
			return err
		}
	}
	if err := w.finish(ctx); err != nil {
		return err
	}
	w.app.Hint(ctx, "case."+w.c.ID, "cases")
	p := &coordination.ConsentWithdrawnV1{PatientRef: w.patient.Ref, ConsentID: standing[i].ID, Purpose: s.Purpose, How: s.How, By: by.Person.ID, At: w.now}
	event, err := w.app.Outbox.Append(ctx, w.tx, w.patient.Ref, p, nil)
	if err != nil {
		return err
	}
	return w.app.told(ctx, w.tx, event, w.patient.Ref, terms.RemovalConsentWithdrawn, w.now)
}

// endedMeanwhile tells whether a consent was withdrawn after it was asked, while what it was asked for was on its way.
func (w *work) endedMeanwhile(ctx context.Context, purpose terms.ConsentPurpose, askedAt time.Time) (bool, error) {
	return store.ConsentEnded(ctx, w.tx, w.patient.Ref, string(purpose), askedAt)
}
