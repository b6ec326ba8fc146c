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
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// Erasing is the word that everything about a patient is to be destroyed. It takes no version: nobody's step may stand before it.
type Erasing struct {
	Command    pg.Command
	PatientRef string
	Why        terms.ErasureReason
	rule       domain.RetentionCode // that ended it; "" when somebody asks
}

// ErasureAsked is what it came to: nothing is readable here any more, and everybody else is being told.
type ErasureAsked struct {
	PatientRef string
	Removed    int
}

var (
	errMayNotErase = fault.Forbidden("Erasing a person's record is for the privacy officer of the area's office, because it ends what every organisation holds. Ask them")
	errNobody      = fault.NotFound("person")
	errErased      = fault.Conflict("patient_erased", "This person's record was erased before. Nothing was changed by you")
)

// MayErase tells whether somebody is a privacy officer at the area's office: where those work who answer for the area.
func (a *App) MayErase(ctx context.Context, by actor.Actor) error {
	if terms.Role(by.Role) != terms.RolePrivacyOfficer {
		return errMayNotErase
	}
	return a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		return store.AsMatcher(ctx, tx, func() error {
			people, err := a.coordinators(ctx, tx)
			if err == nil && !slices.ContainsFunc(people, func(n domain.Named) bool { return n.Organisation == by.Organisation }) {
				err = errMayNotErase
			}
			return err
		})
	})
}

// RefOfReference finds whom a reference is about that was read out to a privacy officer: a case's or a referral's.
func (a *App) RefOfReference(ctx context.Context, by actor.Actor, typed string) (ref string, err error) {
	if err := a.MayErase(ctx, by); err != nil {
		return "", err
	}
	caseRef, _ := domain.ParseReference(typed)
	referralRef, _ := terms.ReadReference(typed)
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		return store.AsMatcher(ctx, tx, func() error {
			id, err := store.CaseFinding(ctx, tx, caseRef, referralRef)
			if err != nil {
				return err
			}
			c, err := store.CaseByID(ctx, tx, id)
			ref = c.PatientRef
			return err
		})
	})
	return ref, err
}

// Erase ends everything that is open about a patient and clears what we hold. The keys are destroyed after the commit, by the
// clock, and then everybody is told: who hears of it finds no key any more that could open a copy on its way.
func (a *App) Erase(ctx context.Context, by actor.Actor, s Erasing) (ErasureAsked, error) {
	if !s.Why.Known() {
		return ErasureAsked{}, fault.Invalid("why", "Select why the record is erased")
	}
	if err := a.MayErase(ctx, by); err != nil {
		return ErasureAsked{}, err
	}
	if known, err := a.Keys.Knows(ctx, s.PatientRef); err != nil || !known {
		return ErasureAsked{}, errors.Join(err, errUnlessKnown(known || err != nil))
	}
	keys, err := a.Keys.KeysToOpen(ctx, []string{s.PatientRef}, Classes...)
	if err != nil {
		return ErasureAsked{}, fmt.Errorf("erase patient: %w", err)
	}
	done, err := pg.Do(outbox.WithKeys(ctx, keys), a.DB, by, s.Command, func(ctx context.Context, tx pgx.Tx) (ErasureAsked, error) {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "erase", Object: "patient", ObjectID: s.PatientRef, PatientRef: s.PatientRef}); err != nil {
			return ErasureAsked{}, err
		}
		done := ErasureAsked{PatientRef: s.PatientRef}
		err := store.AsMatcher(ctx, tx, func() (err error) {
			done.Removed, err = a.erase(ctx, tx, by, s)
			return err
		})
		return done, err
	})
	if err != nil {
		return done, fmt.Errorf("erase patient: %w", err)
	}
	return done, nil
}

func errUnlessKnown(known bool) error {
	if known {
		return nil
	}
	return errNobody
}

func (a *App) erase(ctx context.Context, tx pgx.Tx, by actor.Actor, s Erasing) (removed int, err error) {
	if err := store.HaveRow(ctx, tx, s.PatientRef); err != nil {
		return 0, err
	}
	w, _, err := a.lock(ctx, tx, s.PatientRef)
	if err != nil {
		return 0, err
	}
	if !w.patient.ErasedAt.IsZero() {
		return 0, errErased
	}
	if err := w.endErased(ctx, by); err != nil {
		return 0, err
	}
	refs, err := store.RefsOf(ctx, tx, w.patient.Ref)
	if err != nil {
		return 0, err
	}
	if removed, err = store.Erase(ctx, tx, refs, w.now); err != nil {
		return 0, err
	}
	if err := store.ForgetLooks(ctx, tx, refs); err != nil {
		return 0, err
	}
	pg.AfterCommit(ctx, a.Wake)
	a.Hint(ctx, "cases", "case."+w.c.ID)
	return removed, store.AddErasures(ctx, tx, refs, store.Erasure{Why: s.Why, By: by.Person.ID, AskedAt: w.now, Removed: removed, Rule: s.rule})
}

// endErased ends what is open on the case, and the case.
func (w *work) endErased(ctx context.Context, by actor.Actor) error {
	if w.c.ID == "" {
		return nil
	}
	if err := w.endAll(ctx, domain.Event{Kind: domain.KindPatientErased, Organisation: by.Organisation}, happened{person: by.Person.ID, at: w.now}); err != nil {
		return err
	}
	if w.last.ID == "" { // no referral is open: nothing else would end it
		return w.closeCase(ctx, terms.CasePatientErased, by.Person.ID)
	}
	return w.finish(ctx)
}

// WorkErasures destroys keys and tells everybody, until nothing waits. Any number of copies may do so at once: keys are
// destroyed once however often it is asked for, and one of them says so.
func (a *App) WorkErasures(ctx context.Context) error {
	var waiting []store.Erasure
	err := a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) (err error) {
		waiting, err = store.ErasuresWaiting(ctx, tx, atOnce)
		return err
	})
	if err != nil {
		return fmt.Errorf("work erasures: %w", err)
	}
	var failed []error
	for _, e := range waiting {
		if err := a.Keys.Destroy(ctx, e.Ref); err != nil && !errors.Is(err, vault.ErrNoKey) { // without the ref there is no key either
			failed = append(failed, fmt.Errorf("work erasures: %w", err))
			continue
		}
		if err := a.tellErased(ctx, e); err != nil {
			failed = append(failed, fmt.Errorf("work erasures: %w", err))
		}
	}
	return errors.Join(failed...)
}

func (a *App) tellErased(ctx context.Context, e store.Erasure) error {
	return a.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
		if ok, err := store.TakeErasure(ctx, tx, e.Ref); err != nil || !ok {
			return err
		}
		now := a.Now().UTC().Truncate(time.Microsecond)
		event, err := a.Outbox.Append(ctx, tx, e.Ref, &coordination.PatientErasedV1{PatientRef: e.Ref, Why: e.Why, By: e.By, At: now}, nil)
		if err != nil {
			return err
		}
		if err := a.told(ctx, tx, event, e.Ref, terms.RemovalPatientErased, now); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "destroy keys", Object: "patient", ObjectID: e.Ref, PatientRef: e.Ref}); err != nil {
			return err
		}
		return store.Told(ctx, tx, e.Ref, now)
	})
}

// holders are the services that hear what is to be removed. All of them answer, also when there was nothing.
var holders = hearing("coordination")

func hearing(speaker string) (services []string) {
	for service, speakers := range schemas.Listens {
		if slices.Contains(speakers, speaker) {
			services = append(services, service)
		}
	}
	slices.Sort(services)
	return services
}

// told notes what every holder was told to remove.
func (a *App) told(ctx context.Context, tx pgx.Tx, event, ref string, because terms.RemovalCause, now time.Time) error {
	r := store.Removal{BecauseEvent: event, PatientRef: ref, Because: because, ToldAt: now, DueAt: a.Times.Due(now, string(terms.ClockRemoval), "", "")}
	return store.AddRemoval(ctx, tx, r, holders)
}

// RemovalsView is who was told to remove what, and who has.
type RemovalsView struct {
	Removals []store.Removal
	Now      time.Time
}

// Removal is what every holder was told to remove.
type Removal = store.Removal

// RemovalBy is what one holder said of it.
type RemovalBy = store.RemovalBy

// mostRemovals bounds the page: those with somebody missing come first.
const mostRemovals = 200

// SeeRemovals lists what was to be removed in the area, and by whom it was.
func (a *App) SeeRemovals(ctx context.Context, by actor.Actor) (v RemovalsView, err error) {
	if err := a.MayErase(ctx, by); err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Removals, err = store.Removals(ctx, tx, mostRemovals); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "list of removals"})
	})
	return v, err
}
