package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// OnContactPreferencesChanged keeps how somebody may be reached now, for every team that holds a copy.
func (a *App) OnContactPreferencesChanged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ContactPreferencesChangedV1) error {
	holders, err := store.Holders(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	if err := a.keepReach(ctx, tx, holders, p); err != nil {
		return err
	}
	for _, h := range holders {
		if err := keepContact(ctx, tx, h[0], h[1], p.Contact, p); err != nil {
			return err
		}
		a.changed(ctx, h[0])
	}
	return nil
}

// keepReach keeps by which ways not to contact somebody. It may be newer than the rest of what is told with it, which is as old as its sender's word.
func (a *App) keepReach(ctx context.Context, tx pgx.Tx, holders [][2]string, p *coordination.ContactPreferencesChangedV1) error {
	var c schemas.Contact
	var reach schemas.Reach
	whole, err1 := p.Contact.Into(&c)
	ways, err2 := p.Reach.Into(&reach)
	if err := errors.Join(err1, err2); err != nil || !whole && !ways {
		return err
	}
	if !ways {
		reach = schemas.ReachOf(c)
	}
	asOf := asOf(p.AsOf, p.At)
	for _, h := range holders {
		person, err := store.HeldBy(ctx, tx, h[0], h[1])
		if err != nil {
			return err
		}
		if asOf.Before(person.WaysAt) {
			continue
		}
		person = person.Reached(domain.SafeWays(reach.SafeWays), terms.NoteOf(person.SafeNote, reach.Notes))
		person.WaysAt = asOf
		if err := store.SaveReach(ctx, tx, person); err != nil {
			return err
		}
	}
	return nil
}

// asOf is as of when the safe ways are that are told; what was said before coordination told it is as of when it was said.
func asOf(told *time.Time, said time.Time) time.Time {
	if told == nil {
		return said
	}
	return *told
}

// OnConsentWithdrawn removes what was shared with us. What we wrote ourselves about the help we gave stays our record, without
// a name; what needs consent for a meeting only is its words about actions.
func (a *App) OnConsentWithdrawn(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ConsentWithdrawnV1) error {
	removed := 0
	remove := map[terms.ConsentPurpose]func(context.Context, pgx.Tx, string, []string, time.Time) (int, error){
		terms.ConsentShareToHelp: store.RemoveShared, terms.ConsentShareSensitive: store.RemoveSensitive,
	}[p.Purpose]
	if remove != nil {
		holders, err := store.Holders(ctx, tx, p.PatientRef)
		if err != nil {
			return err
		}
		if removed, err = remove(ctx, tx, p.PatientRef, p.OrganisationIDs, p.At); err != nil {
			return err
		}
		for _, h := range holders {
			if len(p.OrganisationIDs) == 0 || slices.Contains(p.OrganisationIDs, h[0]) {
				a.changed(ctx, h[0])
			}
		}
	}
	return a.acknowledge(ctx, tx, e, p.PatientRef, terms.RemovalConsentWithdrawn, removed)
}

// OnPatientErased clears everything about a person, what we wrote included, and forgets their keys.
func (a *App) OnPatientErased(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.PatientErasedV1) error {
	holders, err := store.Holders(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	removed, err := store.Erase(ctx, tx, p.PatientRef, p.At)
	if err != nil {
		return err
	}
	pg.AfterCommit(ctx, func() { a.Vault.Evict(p.PatientRef) })
	for _, h := range holders {
		a.changed(ctx, h[0])
	}
	return a.acknowledge(ctx, tx, e, p.PatientRef, terms.RemovalPatientErased, removed)
}

func (a *App) acknowledge(ctx context.Context, tx pgx.Tx, e *event.Event, ref string, because terms.RemovalCause, removed int) error {
	_, err := a.Out.Append(ctx, tx, ref, &linkworker.RemovalAcknowledgedV1{PatientRef: ref, Because: because, BecauseEvent: e.ID, Removed: removed, At: a.now()}, nil)
	return err
}

// OnPatientMerged makes two refs one person. Rows keep the ref they came with, so that the merge can be undone.
func (a *App) OnPatientMerged(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.PatientMergedV1) error {
	if err := store.Merge(ctx, tx, p.FromRef, p.IntoRef, p.At); err != nil {
		return err
	}
	holders, err := store.Holders(ctx, tx, p.IntoRef)
	if err != nil {
		return err
	}
	for _, h := range holders {
		a.changed(ctx, h[0])
	}
	return a.acknowledge(ctx, tx, e, p.PatientRef, terms.RemovalPatientMerged, 0)
}

// OnPatientMergeUndone makes them two people again.
func (a *App) OnPatientMergeUndone(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PatientMergeUndoneV1) error {
	return store.Unmerge(ctx, tx, p.FromRef, p.IntoRef, p.At)
}
