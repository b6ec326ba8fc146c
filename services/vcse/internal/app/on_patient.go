package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// Reactions to what coordination says of a patient.

// OnContactPreferencesChanged keeps how to reach the people we are dealing with. By which ways not to, it keeps for those as well with whom
// we have done: their number is still on the page.
func (a *App) OnContactPreferencesChanged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ContactPreferencesChangedV1) error {
	var c domain.Contact
	var reach schemas.Reach
	whole, err1 := p.Contact.Into(&c)
	ways, err2 := p.Reach.Into(&reach)
	if err := errors.Join(err1, err2); err != nil || !whole && !ways {
		return err
	}
	all, err := store.OfPatient(ctx, tx, p.PatientRef)
	if err != nil {
		return fmt.Errorf("change contact: %w", err)
	}
	for _, o := range all {
		if !o.RemovedAt.IsZero() || !ways && !o.State.Open() {
			continue
		}
		if whole {
			o.Contact = c
		}
		if ways {
			o.Contact.SafeWays, o.Contact.SafeNote = domain.SafeWays(reach.SafeWays), terms.NoteOf(o.Contact.SafeNote, reach.Notes)
		}
		if err := store.SaveOffer(ctx, tx, o); err != nil {
			return fmt.Errorf("change contact: %w", err)
		}
		a.hint(ctx, o.Organisation)
	}
	return nil
}

// OnConsentWithdrawn removes what may no longer be held, and says how much that was; also when it was nothing.
func (a *App) OnConsentWithdrawn(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ConsentWithdrawnV1) error {
	mustGo := func(o domain.Offer) bool {
		if len(p.OrganisationIDs) > 0 && !slices.Contains(p.OrganisationIDs, o.Organisation) {
			return false
		}
		return p.Purpose == terms.ConsentShareToHelp || p.Purpose == terms.ConsentShareSensitive && o.Sensitive
	}
	return a.remove(ctx, tx, e, p.PatientRef, terms.RemovalConsentWithdrawn, mustGo)
}

// OnPatientErased removes everything that names the person.
func (a *App) OnPatientErased(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.PatientErasedV1) error {
	pg.AfterCommit(ctx, func() { a.Vault.Evict(p.PatientRef) })
	return a.remove(ctx, tx, e, p.PatientRef, terms.RemovalPatientErased, func(domain.Offer) bool { return true })
}

func (a *App) remove(ctx context.Context, tx pgx.Tx, e *event.Event, ref string, why terms.RemovalCause, mustGo func(domain.Offer) bool) error {
	all, err := store.OfPatient(ctx, tx, ref)
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	now := a.now()
	var gone []string
	for _, o := range all {
		if !mustGo(o) {
			continue
		}
		gone = append(gone, o.ID)
		o.Remove(now, why)
		if err := store.SaveOffer(ctx, tx, o); err != nil {
			return fmt.Errorf("remove: %w", err)
		}
		if _, err := a.settleNotices(ctx, tx, o, domain.DeliveryOvertaken); err != nil {
			return fmt.Errorf("remove: %w", err)
		}
		a.hint(ctx, o.Organisation)
	}
	messages, err := store.ForgetMessages(ctx, tx, gone)
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return a.say(ctx, tx, ref, &vcse.RemovalAcknowledgedV1{PatientRef: ref, Because: why, BecauseEvent: e.ID, Removed: len(gone) + messages, At: now}, nil)
}

// OnPatientMerged notes that two refs are one person's. What is here keeps the ref it came with.
func (a *App) OnPatientMerged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PatientMergedV1) error {
	return store.AddAlias(ctx, tx, p.FromRef, p.IntoRef, p.At)
}

// OnPatientMergeUndone undoes it.
func (a *App) OnPatientMergeUndone(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PatientMergeUndoneV1) error {
	return store.DropAlias(ctx, tx, p.FromRef, p.IntoRef)
}
