package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// OnCaseOpened keeps which case a patient has, for the link to the shared case.
func (a *App) OnCaseOpened(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.CaseOpenedV1) error {
	if err := store.LeaveUnsaid(ctx, tx, p.PatientRef, p.At); err != nil {
		return err
	}
	return store.KeepCase(ctx, tx, p.PatientRef, p.CaseID, p.Reference, p.At)
}

// ours loads and locks a referral that was sent from here; ok is false for other senders' referrals.
func ours(ctx context.Context, tx pgx.Tx, id string) (r domain.Referral, ok bool, err error) {
	r, err = store.Referral(ctx, tx, id, store.Change)
	if errors.Is(err, domain.ErrNoReferral) {
		return r, false, nil
	}
	return r, err == nil, err
}

// OnReferralProgressed shows the sender what became of a referral. What is older than what was heard already changes nothing.
func (a *App) OnReferralProgressed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralProgressedV1) error {
	r, ok, err := ours(ctx, tx, p.ReferralID)
	if err != nil || !ok {
		return err
	}
	var message schemas.Message
	if _, err := p.Text.Into(&message); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	progress := domain.Progress{
		Heard: p.Version, CaseID: p.CaseID, State: p.State, Reason: p.Reason, Owes: p.Owes.Party, OwesOrg: p.Owes.OrganisationID, OwesPerson: p.Owes.PersonID,
		OfferID: p.OfferID, Bounces: p.Bounces, QuestionID: p.QuestionID, Message: message.Text, Actions: p.AvailableActions,
	}
	if p.DueAt != nil {
		progress.DueAt = *p.DueAt
	}
	if p.Receiver != nil {
		progress.Receiver = domain.Receiver{Kind: p.Receiver.Kind, ID: p.Receiver.ServiceID}
		if p.Receiver.Kind == terms.ReceiverTeam {
			progress.Receiver.ID = p.Receiver.TeamID
		}
		progress.ReceiverOf = p.Receiver.OrganisationID
	}
	r, steps, changed := r.Progressed(progress, p.At)
	if !changed {
		return nil
	}
	if progress.State == terms.ReferralClosed && terms.Outcome(p.Reason).Known() && r.Outcome == "" {
		r.Outcome = terms.Outcome(p.Reason)
	}
	if err := store.SaveReferral(ctx, tx, r); err != nil {
		return err
	}
	if p.Returned != "" {
		steps = append(steps, domain.Step{At: p.At, What: domain.StepCameBack, Reason: string(p.Returned)})
	}
	for _, s := range steps {
		s.ID = a.NewID()
		if err := store.KeepStep(ctx, tx, r, s); err != nil {
			return err
		}
	}
	a.changed(ctx, r.PracticeID)
	return nil
}

// detail adds to one of our referrals what progress alone does not say. It moves nothing: progress does.
func (a *App) detail(ctx context.Context, tx pgx.Tx, id string, add func(*domain.Referral)) error {
	r, ok, err := ours(ctx, tx, id)
	if err != nil || !ok {
		return err
	}
	add(&r)
	r.Version++
	if err := store.SaveReferral(ctx, tx, r); err != nil {
		return err
	}
	a.changed(ctx, r.PracticeID)
	return nil
}

// OnReferralHeld keeps which referral it may be a duplicate of.
func (a *App) OnReferralHeld(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralHeldV1) error {
	return a.detail(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.ExistingReferral, r.CaseID = p.ExistingReferralID, p.CaseID })
}

// OnReferralJoined keeps which referral it was joined to.
func (a *App) OnReferralJoined(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralJoinedV1) error {
	return a.detail(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.JoinedInto, r.CaseID = p.IntoReferralID, p.CaseID })
}

// OnReferralConfirmed keeps that somebody said it is no duplicate, and why.
func (a *App) OnReferralConfirmed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralConfirmedV1) error {
	r, ok, err := ours(ctx, tx, p.ReferralID)
	if err != nil || !ok {
		return err
	}
	return store.KeepStep(ctx, tx, r, domain.Step{ID: a.NewID(), At: p.At, By: p.By, What: "confirmed", Reason: string(p.Reason)})
}

// OnReferralEscalated keeps who is finding a way.
func (a *App) OnReferralEscalated(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralEscalatedV1) error {
	return a.detail(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.EscalatedTo = p.ToPersonID })
}

// OnReferralClosed keeps how it ended.
func (a *App) OnReferralClosed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralClosedV1) error {
	return a.detail(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.Outcome = p.Outcome })
}

// OnContactPreferencesChanged takes over how somebody said elsewhere that they want to be contacted. Names, dates and numbers
// stay the practice's own. It says nothing on: coordination knows already.
func (a *App) OnContactPreferencesChanged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ContactPreferencesChangedV1) error {
	refs, err := store.SamePerson(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
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
	if whole {
		changed, err := store.Prefer(ctx, tx, refs, store.Preferences{
			Phone: c.Phone, Email: c.Email, Language: c.Language, InterpreterNeeded: c.InterpreterNeeded, Safe: domain.SafeWays(c.SafeWays), SafeNote: c.SafeNote,
		}, p.At, p.AsOf)
		if err != nil {
			return err
		}
		for _, patient := range changed {
			if err := a.reachChanged(ctx, tx, patient, p.At); err != nil {
				return err
			}
		}
		if p.AsOf == nil {
			return nil
		}
	}
	return a.keepReach(ctx, tx, refs, p, reach)
}

// keepReach keeps by which ways not to contact somebody, also in records that take nothing else over because the practice's own word is newer. What
// the practice changed since stays forbidden if it said so.
func (a *App) keepReach(ctx context.Context, tx pgx.Tx, refs []string, p *coordination.ContactPreferencesChangedV1, reach schemas.Reach) error {
	all, err := store.LockCopies(ctx, tx, refs)
	if err != nil {
		return err
	}
	for _, is := range all {
		if p.AsOf != nil && p.AsOf.Before(is.HeardAt) {
			continue
		}
		was := is
		is.Safe = domain.SafeWays(reach.For(schemas.SafeWays(is.Safe), is.ChangedBy != "" && !is.ChangedAt.Before(p.At)))
		is.SafeNote = terms.NoteOf(is.SafeNote, reach.Notes)
		if p.AsOf != nil {
			if err := store.Hear(ctx, tx, is, *p.AsOf); err != nil {
				return err
			}
		}
		if is.Safe == was.Safe && is.SafeNote == was.SafeNote {
			continue
		}
		is.Version++
		if err := store.SavePatient(ctx, tx, is); err != nil {
			return err
		}
		if err := a.reachChanged(ctx, tx, is, p.At); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) reachChanged(ctx context.Context, tx pgx.Tx, p domain.Patient, at time.Time) error {
	a.changed(ctx, p.PracticeID)
	return store.KeepChange(ctx, tx, a.NewID(), p, domain.Change{At: at, Fields: []string{"safe_ways"}})
}

// OnConsentGiven keeps that somebody agrees again, as they said elsewhere: until now the record says that they do not.
func (a *App) OnConsentGiven(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ConsentGivenV1) error {
	return a.eachPractice(ctx, tx, p.PatientRef, func(practice, own string) error {
		if len(p.OrganisationIDs) > 0 && !slices.Contains(p.OrganisationIDs, practice) {
			return nil
		}
		return store.KeepConsent(ctx, tx, practice, domain.Consent{ID: p.ConsentID, Ref: own, Purpose: p.Purpose, Given: true, How: p.How, AskedBy: p.By, AskedAt: p.At, UntilOn: p.UntilOn})
	})
}

func (a *App) eachPractice(ctx context.Context, tx pgx.Tx, ref string, fn func(practice, own string) error) error {
	refs, err := store.SamePerson(ctx, tx, ref)
	if err != nil {
		return err
	}
	practices, own, err := store.PracticesOf(ctx, tx, refs)
	if err != nil {
		return err
	}
	for i, practice := range practices {
		if err := fn(practice, own[i]); err != nil {
			return err
		}
		a.changed(ctx, practice)
	}
	return nil
}

// OnConsentWithdrawn marks the consent, and removes what was begun in order to be shared. The practice's own record stays. A no to others leaves a
// practice's own as it is.
func (a *App) OnConsentWithdrawn(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ConsentWithdrawnV1) error {
	refs, err := store.SamePerson(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	practices, err := store.WithdrawConsent(ctx, tx, refs, string(p.Purpose), p.OrganisationIDs, p.At)
	if err != nil {
		return err
	}
	removed := 0
	if p.Purpose == terms.ConsentShareToHelp {
		if removed, err = store.DropDrafts(ctx, tx, refs, p.OrganisationIDs, p.At); err != nil {
			return err
		}
	}
	for _, practice := range practices {
		a.changed(ctx, practice)
	}
	return a.acknowledge(ctx, tx, p.PatientRef, terms.RemovalConsentWithdrawn, e.ID, removed)
}

// OnPatientErased clears every column that holds personal data of the patient.
func (a *App) OnPatientErased(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.PatientErasedV1) error {
	refs, err := store.SamePerson(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	removed, err := store.Erase(ctx, tx, refs, p.At)
	if err != nil {
		return err
	}
	pg.AfterCommit(ctx, func() {
		for _, ref := range refs {
			a.Vault.Evict(ref)
		}
	})
	return a.acknowledge(ctx, tx, p.PatientRef, terms.RemovalPatientErased, e.ID, removed)
}

func (a *App) acknowledge(ctx context.Context, tx pgx.Tx, ref string, because terms.RemovalCause, event string, removed int) error {
	_, err := a.Out.Append(ctx, tx, ref, &primarycare.RemovalAcknowledgedV1{PatientRef: ref, Because: because, BecauseEvent: event, Removed: removed, At: a.now()}, nil)
	if err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Verb: "remove", Object: "patient", ObjectID: ref, PatientRef: ref})
}

// OnPatientMerged keeps that two refs are one person.
func (a *App) OnPatientMerged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PatientMergedV1) error {
	if err := store.Merge(ctx, tx, p.FromRef, p.IntoRef, p.At); err != nil {
		return err
	}
	return a.eachPractice(ctx, tx, p.IntoRef, func(string, string) error { return nil })
}

// OnPatientMergeUndone takes that back.
func (a *App) OnPatientMergeUndone(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.PatientMergeUndoneV1) error {
	return store.UndoMerge(ctx, tx, p.FromRef, p.IntoRef)
}
