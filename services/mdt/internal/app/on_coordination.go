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
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// OnCaseOpened keeps which case a patient has.
func (a *App) OnCaseOpened(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.CaseOpenedV1) error {
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	c := store.Case{ID: p.CaseID, PatientRef: patient, Reference: p.Reference, Open: true, OpenedAt: p.At, At: p.At}
	if err := store.SaveCase(ctx, tx, c); err != nil {
		return err
	}
	if err := store.NameCase(ctx, tx, c); err != nil {
		return err
	}
	return a.hintPatient(ctx, tx, patient)
}

// hintPatient refreshes the pages that show a patient.
func (a *App) hintPatient(ctx context.Context, tx pgx.Tx, patient string) error {
	all, err := store.ItemsOf(ctx, tx, patient)
	for _, i := range all {
		a.hintItem(ctx, i)
	}
	return err
}

// OnCaseReopened notes that the case goes on: whoever held it holds it again, and it is on the next agenda.
func (a *App) OnCaseReopened(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.CaseReopenedV1) error {
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	if err := store.HoldChairOf(ctx, tx, patient); err != nil {
		return err
	}
	if err := store.SaveCase(ctx, tx, store.Case{ID: p.CaseID, PatientRef: patient, Open: true, At: p.At}); err != nil {
		return err
	}
	c, _, err := store.CaseByID(ctx, tx, p.CaseID)
	if err != nil || !c.Open { // closed again since
		return err
	}
	if err := store.NoteReopened(ctx, tx, p.CaseID, p.At); err != nil {
		return err
	}
	if err := a.holdAgain(ctx, tx, c, p.By, p.At); err != nil {
		return err
	}
	return a.onNextAgendas(ctx, tx, patient)
}

// OnCaseClosed ends who holds the case and who is key worker: only now may it be without.
func (a *App) OnCaseClosed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.CaseClosedV1) error {
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	if err := store.HoldChairOf(ctx, tx, patient); err != nil {
		return err
	}
	if err := store.SaveCase(ctx, tx, store.Case{ID: p.CaseID, PatientRef: patient, Open: false, Outcome: string(p.Outcome), At: p.At}); err != nil {
		return err
	}
	c, _, err := store.CaseByID(ctx, tx, p.CaseID)
	if err != nil || c.Open || p.Outcome == terms.CaseMerged { // opened again since, or the merge moves who holds it
		return err
	}
	h, err := store.Holders(ctx, tx, p.CaseID)
	if err != nil {
		return err
	}
	released, back := h.Close(p.At)
	if back != nil {
		if err := a.notHeld(ctx, tx, *back, orBy(p.By, back.PersonID), p.At); err != nil {
			return err
		}
	}
	if released != nil {
		if err := a.release(ctx, tx, *released, orBy(p.By, released.PersonID), p.At); err != nil {
			return err
		}
	}
	k, err := store.KeyWorker(ctx, tx, p.CaseID)
	if err != nil {
		return err
	}
	if k != nil {
		if err := a.releaseKeyWorker(ctx, tx, *k, orBy(p.By, k.PersonID), p.At); err != nil {
			return err
		}
	}
	return a.hintPatient(ctx, tx, patient)
}

func orBy(by, person string) string {
	if by != "" {
		return by
	}
	return person
}

// release writes and says that somebody no longer holds a case.
func (a *App) release(ctx context.Context, tx pgx.Tx, h domain.Holding, by string, at time.Time) error {
	at = latest(at, h.AnsweredAt)
	h.ReleasedAt = at
	if err := store.ChangeHolding(ctx, tx, h); err != nil {
		return err
	}
	if err := store.TakeSight(ctx, tx, h.PatientRef, h.PersonID); err != nil {
		return err
	}
	a.hintPerson(ctx, h.PersonID)
	a.hint(ctx, h.OrganisationID)
	return a.say(ctx, tx, h.PatientRef, released1(h, by, at), nil)
}

// OnReferralProgressed takes the feedback to a referral of ours, and notes for the meeting what happened to anybody's.
func (a *App) OnReferralProgressed(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ReferralProgressedV1) error {
	if err := a.happenedTo(ctx, tx, e, p); err != nil {
		return err
	}
	r, err := store.LockReferral(ctx, tx, p.ReferralID)
	if errors.Is(err, domain.ErrNoReferral) {
		return nil // somebody else's
	}
	if err != nil {
		return err
	}
	var text struct{ Text string }
	if _, err := p.Text.Into(&text); err != nil {
		return err
	}
	progress := domain.Progress{Heard: p.Version, CaseID: p.CaseID, State: p.State, Reason: p.Reason, Owes: p.Owes.Party, OfferID: p.OfferID, Bounces: p.Bounces, QuestionID: p.QuestionID, Message: text.Text}
	if p.DueAt != nil {
		progress.DueAt = *p.DueAt
	}
	if x := p.Receiver; x != nil {
		progress.ReachedKind, progress.ReachedID = x.Kind, x.ServiceID
		if x.Kind == terms.ReceiverTeam {
			progress.ReachedID = x.TeamID
		}
	}
	was := r
	if !r.Take(progress, p.At) {
		return nil
	}
	if err := store.SaveReferral(ctx, tx, r); err != nil {
		return err
	}
	if was.State != r.State || was.Bounces != r.Bounces || was.OfferID != r.OfferID || r.State == terms.ReferralJoined {
		what := string(r.State)
		if r.Bounces > was.Bounces {
			what = "bounced"
		}
		if err := store.AddStep(ctx, tx, r.OrganisationID, store.Step{ID: a.NewID(), ReferralID: r.ID, At: p.At, What: what, Reason: r.Reason, ReachedKind: r.ReachedKind, ReachedID: r.ReachedID, Message: r.Message}); err != nil {
			return err
		}
	}
	a.hint(ctx, r.OrganisationID)
	return nil
}

// told are the states worth a line in "since last time".
var told = []terms.ReferralState{terms.ReferralAccepted, terms.ReferralWaitlisted, terms.ReferralUnderWay, terms.ReferralEscalated, terms.ReferralJoined, terms.ReferralWithdrawn, terms.ReferralClosed}

func (a *App) happenedTo(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ReferralProgressedV1) error {
	code := string(p.State)
	switch {
	case p.State == terms.ReferralJoined && terms.ReferralState(p.Reason).Known():
		return nil // how the one goes on that carries it: that one says so itself
	case slices.Contains(told, p.State):
	case p.State == terms.ReferralOffered && p.Bounces > 0:
		code = "bounced"
	default:
		return nil
	}
	organisation := ""
	if p.Receiver != nil {
		organisation = p.Receiver.OrganisationID
	}
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "referral_progressed", Code: code, ReferralID: p.ReferralID, Organisation: organisation, At: p.At})
}

// heard keeps a line for "since last time" under the ref the patient goes by now.
func (a *App) heard(ctx context.Context, tx pgx.Tx, h store.Happened) (err error) {
	if h.PatientRef, err = ref(ctx, tx, h.PatientRef); err != nil {
		return err
	}
	return store.AddHappened(ctx, tx, h)
}

// OnReferralHeld notes that a referral may be a duplicate.
func (a *App) OnReferralHeld(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ReferralHeldV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "referral_held", ReferralID: p.ReferralID, Organisation: p.SenderOrganisationID, At: p.At})
}

// onReferral changes what else coordination said of a referral of ours.
func (a *App) onReferral(ctx context.Context, tx pgx.Tx, id string, take func(*domain.Referral)) error {
	r, err := store.LockReferral(ctx, tx, id)
	if errors.Is(err, domain.ErrNoReferral) {
		return nil
	}
	if err != nil {
		return err
	}
	take(&r)
	r.Version++
	a.hint(ctx, r.OrganisationID)
	return store.SaveReferral(ctx, tx, r)
}

// OnReferralJoined notes which referral carries ours.
func (a *App) OnReferralJoined(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralJoinedV1) error {
	if p.Need != "" && p.WorkerID != "" {
		if err := store.AskKeyWorker(ctx, tx, p.CaseID, p.WorkerID, p.Need); err != nil {
			return err
		}
		a.hintPerson(ctx, p.WorkerID)
	}
	return a.onReferral(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.JoinedInto = p.IntoReferralID })
}

// OnReferralConfirmed notes that somebody said it is no duplicate.
func (a *App) OnReferralConfirmed(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ReferralConfirmedV1) error {
	return a.heard(ctx, tx, store.Happened{EventID: e.ID, PatientRef: p.PatientRef, Fact: "referral_confirmed", Code: string(p.Reason), ReferralID: p.ReferralID, Person: p.By, At: p.At})
}

// OnReferralEscalated notes who finds a way.
func (a *App) OnReferralEscalated(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralEscalatedV1) error {
	return a.onReferral(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.EscalatedTo = p.ToPersonID })
}

// OnReferralClosed notes the outcome.
func (a *App) OnReferralClosed(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ReferralClosedV1) error {
	return a.onReferral(ctx, tx, p.ReferralID, func(r *domain.Referral) { r.Outcome = p.Outcome })
}

// OnContactPreferencesChanged keeps how to reach the people we know.
func (a *App) OnContactPreferencesChanged(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ContactPreferencesChangedV1) error {
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	var c domain.Contact
	var told schemas.Contact
	var reach schemas.Reach
	whole, err1 := p.Contact.Into(&c)
	_, err2 := p.Contact.Into(&told)
	ways, err3 := p.Reach.Into(&reach)
	if err := errors.Join(err1, err2, err3); err != nil || !whole && !ways {
		return err
	}
	if !ways {
		reach = schemas.ReachOf(told)
	}
	asOf := p.At
	if p.AsOf != nil {
		asOf = *p.AsOf
	}
	if err := a.keepReach(ctx, tx, patient, reach, p.At, asOf); err != nil || !whole {
		return err
	}
	organisations, err := store.TakeContact(ctx, tx, patient, "", c, p.At, &asOf)
	a.hint(ctx, organisations...)
	return err
}

// keepReach keeps by which ways not to contact somebody. It may be newer than the rest of what is told with it. What an organisation wrote since
// stays forbidden if it said so.
func (a *App) keepReach(ctx context.Context, tx pgx.Tx, patient string, reach schemas.Reach, at, asOf time.Time) error {
	all, err := store.LockReach(ctx, tx, patient)
	if err != nil {
		return err
	}
	for _, x := range all {
		if asOf.Before(x.HeardAt) {
			continue
		}
		x.SafeWays = domain.SafeWays(reach.For(schemas.SafeWays(x.SafeWays), x.Own && !x.ChangedAt.Before(at)))
		x.SafeNote, x.HeardAt = terms.NoteOf(x.SafeNote, reach.Notes), asOf
		if err := store.SaveReach(ctx, tx, x); err != nil {
			return err
		}
		a.hint(ctx, x.OrganisationID)
	}
	return nil
}

// OnConsentWithdrawn removes what rested on what the person no longer agrees to, and says how much that was; also when it was nothing. Whoever no
// longer agrees to be discussed is off every agenda. A no to somebody by name leaves nothing there; one that is heard after a newer yes takes nothing.
func (a *App) OnConsentWithdrawn(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.ConsentWithdrawnV1) error {
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	again, err := store.EndConsents(ctx, tx, patient, p.Purpose, p.OrganisationIDs, p.At)
	if err != nil {
		return err
	}
	gone := store.Gone{Organisations: p.OrganisationIDs, Purpose: p.Purpose, Why: terms.RemovalConsentWithdrawn, At: a.now()}
	switch {
	case again:
		return a.acknowledge(ctx, tx, e, p.PatientRef, gone.Why, 0)
	case len(p.OrganisationIDs) > 0:
		gone.Purpose = ""
	case p.Purpose != terms.ConsentShareToHelp && p.Purpose != terms.ConsentShareSensitive && p.Purpose != terms.ConsentDiscussAtMDT:
		return a.acknowledge(ctx, tx, e, p.PatientRef, gone.Why, 0) // nothing here rests on it
	}
	if gone.Purpose == "" || gone.Purpose == terms.ConsentDiscussAtMDT {
		if err := a.hintPatient(ctx, tx, patient); err != nil { // while it still stands on the agendas
			return err
		}
		if err := store.EndDiscussion(ctx, tx, patient, p.OrganisationIDs, p.At, a.now()); err != nil {
			return err
		}
	}
	return a.remove(ctx, tx, e, p.PatientRef, patient, gone)
}

// OnConsentGiven hears that somebody agrees again to be discussed, as they said elsewhere: the rules hold for them again, so what was to be discussed is on
// the next agenda where it still is. Words that were removed stay so.
func (a *App) OnConsentGiven(ctx context.Context, tx pgx.Tx, _ *event.Event, p *coordination.ConsentGivenV1) error {
	if p.Purpose != terms.ConsentDiscussAtMDT {
		return nil
	}
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	where, err := store.AgreesAgain(ctx, tx, patient, p.OrganisationIDs, p.At, a.now())
	if err != nil || len(where) == 0 {
		return err
	}
	for _, organisation := range where {
		c := domain.Consent{ID: a.NewID(), Purpose: p.Purpose, Given: true, How: p.How, AskedBy: p.By, AskedAt: p.At, UntilOn: p.UntilOn}
		if err := store.HearConsent(ctx, tx, organisation, patient, c); err != nil {
			return err
		}
	}
	if err := a.onNextAgendas(ctx, tx, patient); err != nil {
		return err
	}
	return a.hintPatient(ctx, tx, patient)
}

// OnPatientErased removes everything that names or describes the person.
func (a *App) OnPatientErased(ctx context.Context, tx pgx.Tx, e *event.Event, p *coordination.PatientErasedV1) error {
	patient, err := ref(ctx, tx, p.PatientRef)
	if err != nil {
		return err
	}
	pg.AfterCommit(ctx, func() { a.Vault.Evict(p.PatientRef) })
	return a.remove(ctx, tx, e, p.PatientRef, patient, store.Gone{Why: terms.RemovalPatientErased, At: a.now()})
}

func (a *App) remove(ctx context.Context, tx pgx.Tx, e *event.Event, said, patient string, gone store.Gone) error {
	n, where, err := store.Remove(ctx, tx, patient, gone)
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	a.hint(ctx, where...)
	if err := a.hintPatient(ctx, tx, patient); err != nil {
		return err
	}
	return a.acknowledge(ctx, tx, e, said, gone.Why, n)
}

func (a *App) acknowledge(ctx context.Context, tx pgx.Tx, e *event.Event, patient string, why terms.RemovalCause, n int) error {
	if err := audit.Write(ctx, tx, audit.Entry{Verb: "remove", Object: "patient", ObjectID: patient, PatientRef: patient}); err != nil {
		return err
	}
	return a.say(ctx, tx, patient, &mdt.RemovalAcknowledgedV1{PatientRef: patient, Because: why, BecauseEvent: e.ID, Removed: n, At: a.now()}, nil)
}
