package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// ReferInput is a whole referral at once, as a program sends it. FlagsClear says that the red-flag questions were asked and all
// answered with no.
type ReferInput struct {
	PatientRef string
	FlagsClear bool
	Consent    domain.Consent
	domain.Draft
}

// Refer sends a referral in one step.
func (a *App) Refer(ctx context.Context, by actor.Actor, cmd pg.Command, in ReferInput) (Done, error) {
	if err := refersHere(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	d := domain.Draft{Kind: domain.DraftReferral, PatientRef: in.PatientRef, Consent: in.Consent, Overlap: in.Overlap}
	d.Consent.ID, d.Consent.AskedBy, d.Consent.AskedAt = a.NewID(), by.Person.ID, now
	if in.FlagsClear {
		d.FlagsClearAt = now
	}
	if err := d.Describe(in.Draft, now); err != nil {
		return Done{}, err
	}
	if err := d.CheckOverlap(); err != nil {
		return Done{}, err
	}
	if err := d.Consent.Check(a.today()); err != nil {
		return Done{}, err
	}
	if err := a.ready(d, now); err != nil {
		return Done{}, err
	}
	if err := a.takeIn(ctx, by, in.PatientRef); err != nil {
		return Done{}, fmt.Errorf("refer: %w", err)
	}
	keys, err := a.Vault.Keys(ctx, []string{in.PatientRef}, vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message)
	if err != nil {
		return Done{}, fmt.Errorf("refer: %w", err)
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) { return a.refer(ctx, tx, by, d, keys, now) })
	if err != nil {
		return done, fmt.Errorf("refer: %w", err)
	}
	return done, nil
}

// refer is the inside of Refer, for drafts too.
func (a *App) refer(ctx context.Context, tx pgx.Tx, by actor.Actor, d domain.Draft, keys *vault.Keys, now time.Time) (Done, error) {
	if err := mayRefer(ctx, tx, by); err != nil {
		return Done{}, err
	}
	sensitive, err := sensitive(ctx, tx, d)
	if err != nil {
		return Done{}, err
	}
	if err := who.MayRefer(ctx, tx, by, d.Need, sensitive, now); err != nil {
		return Done{}, err
	}
	if err := notRefused(ctx, tx, by, d, now); err != nil {
		return Done{}, err
	}
	p, err := store.Patient(ctx, tx, by.Organisation, d.PatientRef)
	if err != nil {
		return Done{}, err
	}
	if p.Removed() {
		return Done{}, domain.ErrRemoved
	}
	r := domain.Referral{
		ID: a.NewID(), OrganisationID: by.Organisation, PatientRef: d.PatientRef, Need: d.Need, Urgency: d.Urgency, Sensitive: sensitive, ReceiverKind: d.ReceiverKind, ReceiverID: d.ReceiverID,
		ConsentID: d.Consent.ID, Narrative: d.Narrative, Safeguarding: d.Safeguarding, Codes: d.Codes, Accessibility: d.Accessibility, RequestedBy: by.Person.ID, RequestedAt: now,
	}
	if err := a.addWithReference(ctx, tx, &r); err != nil {
		return Done{}, err
	}
	if err := store.AddConsent(ctx, tx, by.Organisation, r.PatientRef, d.Consent); err != nil {
		return Done{}, err
	}
	if err := store.AddStep(ctx, tx, r.OrganisationID, store.Step{ID: a.NewID(), ReferralID: r.ID, At: now, By: by.Person.ID, What: string(terms.ReferralRequested), Reason: string(d.Overlap.Reason), Message: d.Overlap.Note}); err != nil {
		return Done{}, err
	}
	if err := a.sayReferral(ctx, tx, by, r, d, p, keys); err != nil {
		return Done{}, err
	}
	a.hint(ctx, r.OrganisationID)
	return Done{ID: r.ID, Version: 1, Made: true}, acted(ctx, tx, "refer", "referral", r.ID, r.PatientRef)
}

// sensitive tells whether the need, or the service that was chosen, tells something that must not be learnt by accident.
func sensitive(ctx context.Context, tx pgx.Tx, d domain.Draft) (bool, error) {
	known, err := receivers(ctx, tx, d.ReceiverID)
	return d.Need.Sensitive() || known[d.ReceiverID].Sensitive, err
}

// notRefused refuses to send a team a need of which it says "not here", in the neighbourhood of who sends.
func notRefused(ctx context.Context, tx pgx.Tx, by actor.Actor, d domain.Draft, now time.Time) error {
	if d.ReceiverKind != terms.ReceiverTeam || d.ReceiverID == "" {
		return nil
	}
	t, err := directory.TeamFor(ctx, tx, d.ReceiverID, by.Organisation, now)
	if errors.Is(err, directory.ErrNoTeam) {
		return nil // coordination says what becomes of it
	}
	if err != nil {
		return err
	}
	if why, refuses := t.Refuses(d.Need); refuses {
		return fault.Invalid("receiver", directory.NotHere(t.Name, why))
	}
	return nil
}

// OutOfScope tells whether somebody was refused for what their role or training does not reach.
func OutOfScope(err error) bool {
	f, refused := fault.Of(err)
	return refused && f.Code == who.CodeScope
}

// hindered puts onto a draft's page what keeps a referral from being sent: the chosen team does not do that here, or this person may not.
func (a *App) hindered(ctx context.Context, tx pgx.Tx, by actor.Actor, v *DraftView) error {
	if v.Kind != domain.DraftReferral || v.Need == "" {
		return nil
	}
	sensitive, err := sensitive(ctx, tx, v.Draft)
	if err != nil {
		return err
	}
	v.NotHere = notRefused(ctx, tx, by, v.Draft, a.now())
	if _, refused := fault.Of(v.NotHere); v.NotHere != nil && !refused {
		return v.NotHere
	}
	v.MayNot = who.MayRefer(ctx, tx, by, v.Need, sensitive, a.now())
	if v.MayNot != nil && !OutOfScope(v.MayNot) {
		return v.MayNot
	}
	return nil
}

// addWithReference keeps the referral under a reference that nobody has; a double is rare, several in a row mean a broken source of chance.
func (a *App) addWithReference(ctx context.Context, tx pgx.Tx, r *domain.Referral) error {
	for range 8 {
		chance := make([]byte, 8)
		a.Random(chance)
		r.Reference = terms.Reference(chance)
		if added, err := store.AddReferral(ctx, tx, *r); err != nil || added {
			return err
		}
	}
	return errors.New("no free reference was found")
}

func (a *App) sayReferral(ctx context.Context, tx pgx.Tx, by actor.Actor, r domain.Referral, d domain.Draft, patient domain.Patient, keys outbox.Sealer) error {
	p := &mdt.ReferralRequestedV1{
		PatientRef: r.PatientRef, ReferralID: r.ID, Reference: r.Reference, SenderOrganisationID: r.OrganisationID, SenderKind: terms.OrganisationKind(by.OrganisationKind),
		RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt, Urgency: r.Urgency, Sensitive: r.Sensitive, Consent: consentOf(d.Consent),
		Contact: schemas.Seal(patient.Contact), ContactHeardAt: new(patient.HeardAt.UTC()), Narrative: schemas.Seal(schemas.Narrative{Text: r.Narrative}), Accessibility: r.Accessibility,
		SeenHelping: d.Overlap.Helping, SendReason: d.Overlap.Reason, SeenOverlaps: d.Overlap.Shown, OverlapChoice: d.Overlap.Sent(), JoinReferralID: d.Overlap.With, JoinPersonID: d.Overlap.Worker,
	}
	if d.Overlap.Note != "" {
		p.SendNote = schemas.Seal(schemas.Message{Text: d.Overlap.Note})
	}
	var receivers []schemas.Receiver
	if r.ReceiverID != "" {
		receivers = []schemas.Receiver{{Kind: r.ReceiverKind, ID: r.ReceiverID}}
	}
	if r.Sensitive {
		p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: r.Need, Receivers: receivers})
	} else {
		p.Need, p.Receivers = r.Need, receivers
	}
	if r.Safeguarding != "" {
		p.Safeguarding = schemas.Seal(schemas.Safeguarding{Text: r.Safeguarding, Codes: r.Codes})
	}
	return a.say(ctx, tx, r.PatientRef, p, keys)
}

// ReferralChange says which referral, and from which version.
type ReferralChange struct {
	ID      string
	Version int64
}

// lockReferral loads a referral that is to be changed, and names who was first when the copy is old.
func (a *App) lockReferral(ctx context.Context, tx pgx.Tx, in ReferralChange) (domain.Referral, error) {
	r, err := store.LockReferral(ctx, tx, in.ID)
	if err != nil || r.Version == in.Version {
		return r, err
	}
	return r, a.overtaken(ctx, tx, r.ChangedBy, r.Did, r.ChangedAt)
}

// messageKeys seal what is written about a referral.
func (a *App) messageKeys(ctx context.Context, by actor.Actor, id string) (*vault.Keys, error) {
	var patient string
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		r, err := store.Referral(ctx, tx, id)
		patient = r.PatientRef
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.Vault.Keys(ctx, []string{patient}, vault.Message)
}

// Answer gives the information that somebody asked for.
func (a *App) Answer(ctx context.Context, by actor.Actor, cmd pg.Command, in ReferralChange, text string) (Done, error) {
	return a.changeReferral(ctx, by, cmd, in, "answer", func(ctx context.Context, tx pgx.Tx, r *domain.Referral, keys *vault.Keys, now time.Time) error {
		if err := r.Answer(text, in.Version, by.Person.ID, now); err != nil {
			return err
		}
		if err := store.AddStep(ctx, tx, r.OrganisationID, store.Step{ID: a.NewID(), ReferralID: r.ID, At: now, By: by.Person.ID, What: "answered", Message: text}); err != nil {
			return err
		}
		return a.say(ctx, tx, r.PatientRef, &mdt.InformationGivenV1{
			PatientRef: r.PatientRef, ReferralID: r.ID, OfferID: r.OfferID, QuestionID: r.QuestionID,
			Answer: schemas.Seal(schemas.Message{Text: text}), By: by.Person.ID, At: now,
		}, keys)
	})
}

// Withdraw takes the referral back.
func (a *App) Withdraw(ctx context.Context, by actor.Actor, cmd pg.Command, in ReferralChange, reason terms.WithdrawalReason, note string) (Done, error) {
	return a.changeReferral(ctx, by, cmd, in, "withdraw", func(ctx context.Context, tx pgx.Tx, r *domain.Referral, keys *vault.Keys, now time.Time) error {
		if err := r.Withdraw(reason, note, in.Version, by.Person.ID, now); err != nil {
			return err
		}
		if err := store.AddStep(ctx, tx, r.OrganisationID, store.Step{ID: a.NewID(), ReferralID: r.ID, At: now, By: by.Person.ID, What: string(terms.ReferralWithdrawn), Reason: string(reason), Message: note}); err != nil {
			return err
		}
		p := &mdt.ReferralWithdrawnV1{PatientRef: r.PatientRef, ReferralID: r.ID, SenderOrganisationID: r.OrganisationID, Reason: reason, By: by.Person.ID, At: now}
		if note != "" {
			p.Note = schemas.Seal(schemas.Message{Text: note})
		}
		return a.say(ctx, tx, r.PatientRef, p, keys)
	})
}

func (a *App) changeReferral(ctx context.Context, by actor.Actor, cmd pg.Command, in ReferralChange, verb string,
	step func(ctx context.Context, tx pgx.Tx, r *domain.Referral, keys *vault.Keys, now time.Time) error,
) (Done, error) {
	keys, err := a.messageKeys(ctx, by, in.ID)
	if err != nil {
		return Done{}, fmt.Errorf("%s referral: %w", verb, err)
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		r, err := a.lockReferral(ctx, tx, in)
		if err != nil {
			return Done{}, err
		}
		if err := step(ctx, tx, &r, keys, now); err != nil {
			return Done{}, err
		}
		r.Version++
		if err := store.SaveReferral(ctx, tx, r); err != nil {
			return Done{}, err
		}
		a.hint(ctx, r.OrganisationID)
		return Done{ID: r.ID, Version: r.Version}, acted(ctx, tx, verb, "referral", r.ID, r.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("%s referral: %w", verb, err)
	}
	return done, nil
}

// AnswerBy is when a service that is asked now owes its answer.
func (a *App) AnswerBy(asked time.Time, u terms.Urgency) time.Time {
	return a.Times.Due(asked, string(terms.ClockOffer), string(u), "")
}
