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
	With     []string // the organisations that have something of them in hand, as far as may be seen
	Names    Names
	Now      time.Time
}

// Withdrawal is a patient's word that they no longer agree, as somebody heard it. It takes no version: it must never fail over one.
type Withdrawal struct {
	Command    pg.Command
	PatientRef string
	Purpose    terms.ConsentPurpose
	How        terms.ConsentHow
	With       []string // the organisations that it is about; none: everybody
}

var (
	errMayNotWithdraw = fault.Forbidden("Recording what somebody said about sharing is for practices, link workers, meetings and the area's office")
	errNothingShared  = fault.NotFound("case").With("Nothing about this person has been shared that you have a part in. If a referral was sent just now, try again in a minute")
	errNoConsent      = fault.Conflict("no_consent_stands", "They do not agree to this already. Nothing was changed by you")
)

// SeeConsent reads what a patient agrees to, for somebody whose organisation has a part in their case.
func (a *App) SeeConsent(ctx context.Context, by actor.Actor, ref string) (ConsentView, error) {
	return a.seeConsent(ctx, by, ref, func(context.Context, pgx.Tx, ConsentView) error { return nil })
}

// seeConsent reads also what else belongs to it, in the same transaction.
func (a *App) seeConsent(ctx context.Context, by actor.Actor, ref string, also func(ctx context.Context, tx pgx.Tx, v ConsentView) error) (v ConsentView, err error) {
	if v.Sees, err = domain.SeesCase(terms.Role(by.Role)); err != nil {
		return v, err
	}
	id, err := a.sharedCase(ctx, by, ref)
	if err != nil {
		return v, err
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if err := v.read(ctx, tx, id); err != nil {
			return err
		}
		return also(ctx, tx, v)
	})
	if err != nil {
		return ConsentView{}, fmt.Errorf("see consent: %w", err)
	}
	return v, nil
}

// read fills in a case's patient, what stands, and with whom it is shared, and writes down that it was looked at.
func (v *ConsentView) read(ctx context.Context, tx pgx.Tx, id string) (err error) {
	if v.Case, err = store.CaseByID(ctx, tx, id); err != nil {
		return err
	}
	if v.Patient, v.Sees, err = personOn(ctx, tx, v.Case, v.Sees); err != nil {
		return err
	}
	if v.Standing, err = store.StandingConsents(ctx, tx, v.Case.PatientRef); err != nil {
		return err
	}
	referrals, err := store.ReferralsOf(ctx, tx, v.Case.ID)
	if err != nil {
		return err
	}
	for _, r := range referrals {
		if o := r.Live(); o != nil && !slices.Contains(v.With, o.Receiver.Organisation) {
			v.With = append(v.With, o.Receiver.Organisation)
		}
	}
	people := slices.Clone(v.With)
	for _, c := range v.Standing {
		people = append(append(people, c.AskedBy, c.By), c.Organisations...)
	}
	if v.Names, err = names(ctx, tx, people); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "consent", ObjectID: id, PatientRef: v.Case.PatientRef})
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
	if len(s.With) > 0 && s.Purpose != terms.ConsentShareToHelp {
		f.Add("organisation", "Organisations can be named for sharing with those who help only")
	}
	if !domain.MayBeWithdrawn(s.Purpose) {
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
	return w.endConsent(ctx, standing[i], ending{reason: terms.ConsentSaidSo, by: by.Person.ID, organisation: by.Organisation, how: s.How, with: s.With})
}

// ending is how consent came to an end.
type ending struct {
	reason       terms.ConsentEnd
	by           string // who heard it; of one that expired, who had asked
	organisation string
	how          terms.ConsentHow
	with         []string // the organisations that it is about; none: everybody
}

// line is what the timeline says of it, where no referral's own line does.
func (e ending) line() string {
	if e.reason == terms.ConsentExpired {
		return "consent_expired"
	}
	return string(domain.KindConsentWithdrawn)
}

// endConsent ends a consent that stands, and what was shared because of it, and tells everybody who holds a copy to remove it.
func (w *work) endConsent(ctx context.Context, c Consent, s ending) error {
	purpose := terms.ConsentPurpose(c.Purpose)
	at := w.now
	if at.Before(c.AskedAt) { // the clock of whoever asked was ahead, and a no counts all the same
		at = c.AskedAt
	}
	if len(s.with) == 0 {
		w.heard(domain.SharingAnswer{FirstRef: w.ref, At: at}, purpose)
	}
	if err := store.SaveConsent(ctx, w.tx, Consent{
		ID: w.app.NewID(), PatientRef: w.patient.Ref, FirstRef: w.ref, Purpose: c.Purpose, AskedBy: s.by, AskedAt: at, How: string(s.how),
		Organisations: s.with, By: s.organisation,
	}, store.Ending{}); err != nil {
		return err
	}
	if err := w.refuse(ctx, s.with); err != nil {
		return err
	}
	if err := w.endWhatRestsOn(ctx, purpose, s); err != nil {
		return err
	}
	// Where no referral's own line says so, one of the case does: but not of what is sensitive, which only its own referral may tell of.
	if (w.last.ID == "" || len(s.with) > 0 || s.reason == terms.ConsentExpired) && w.c.ID != "" && purpose != terms.ConsentShareSensitive {
		if err := w.note(ctx, store.Entry{What: s.line(), Person: s.by, Organisation: s.organisation}); err != nil {
			return err
		}
	}
	if err := w.finish(ctx); err != nil {
		return err
	}
	w.app.Hint(ctx, "case."+w.c.ID, "cases")
	p := &coordination.ConsentWithdrawnV1{PatientRef: w.patient.Ref, ConsentID: c.ID, Purpose: purpose, OrganisationIDs: s.with, How: s.how, By: s.by, At: at}
	if s.reason != terms.ConsentSaidSo {
		p.Reason = s.reason
	}
	return w.sayWithdrawn(ctx, p)
}

// endWhatRestsOn ends the referrals that a purpose was asked for. What a meeting has it ends itself.
func (w *work) endWhatRestsOn(ctx context.Context, purpose terms.ConsentPurpose, s ending) error {
	e, h := domain.Event{Kind: domain.KindConsentWithdrawn, Organisation: s.organisation}, happened{person: s.by, at: w.now}
	switch purpose {
	case terms.ConsentShareToHelp:
		return w.endUnwanted(ctx, e, h, s.with)
	case terms.ConsentShareSensitive:
		return w.endSensitive(ctx, e, h)
	}
	return nil
}

// endSensitive ends what is sensitive and leaves the rest. What waits for another ends before that one, which would let it go on.
func (w *work) endSensitive(ctx context.Context, e domain.Event, h happened) error {
	for _, held := range []bool{true, false} {
		for _, r := range slices.Clone(w.all) {
			now, ok := w.referral(r.ID)
			if !ok || !now.State.Open() || !now.Sensitive || held && now.State != domain.Held {
				continue
			}
			if _, err := w.apply(ctx, now, e, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// sayWithdrawn tells everybody who may hold a copy, and waits for each to say that it has removed what it must.
func (w *work) sayWithdrawn(ctx context.Context, p *coordination.ConsentWithdrawnV1) error {
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

// refuse keeps that the person said no, and to whom.
func (w *work) refuse(ctx context.Context, organisations []string) error {
	w.patient.SaidNo = true
	for _, o := range organisations {
		if !slices.Contains(w.patient.NotWith, o) {
			w.patient.NotWith = append(w.patient.NotWith, o)
		}
	}
	return store.SaveRefusals(ctx, w.tx, w.patient)
}

// welcome takes back that the person does not want organisations to know of them, once they have said yes to those by name, and no no later. It
// tells whether there was something to take back.
func (w *work) welcome(ctx context.Context, organisations []string, asked time.Time) (bool, error) {
	if !slices.ContainsFunc(organisations, func(o string) bool { return slices.Contains(w.patient.NotWith, o) }) {
		return false, nil
	}
	again, err := store.RefusedAfter(ctx, w.tx, w.patient.Ref, asked)
	if err != nil {
		return false, err
	}
	left := slices.DeleteFunc(slices.Clone(w.patient.NotWith), func(o string) bool { return slices.Contains(organisations, o) && !slices.Contains(again, o) })
	if len(left) == len(w.patient.NotWith) {
		return false, nil
	}
	w.patient.NotWith = left
	return true, store.SaveRefusals(ctx, w.tx, w.patient)
}

// endUnwanted ends what rests on consent that is gone: everything, or what is in the hands of organisations that were named.
func (w *work) endUnwanted(ctx context.Context, e domain.Event, h happened, with []string) error {
	if len(with) == 0 {
		return w.endAll(ctx, e, h)
	}
	for _, r := range slices.Clone(w.all) {
		now, ok := w.referral(r.ID) // it may have ended with its parent
		if !ok || !now.State.Open() || !now.Unwanted(with) {
			continue
		}
		if _, err := w.apply(ctx, now, e, h); err != nil {
			return err
		}
	}
	return nil
}

// agree works out anew which parts in the person's cases rest on something that they agree to. Of those who never said no, all do.
func (w *work) agree(ctx context.Context) error {
	if !w.patient.SaidNo {
		return nil
	}
	return w.agreeAnew(ctx)
}

// agreeAnew is agree also for who never said no: a merge that was undone may have left them another's.
func (w *work) agreeAnew(ctx context.Context) error {
	answers, err := store.Answers(ctx, w.tx, w.patient.Ref)
	if err != nil {
		return err
	}
	parts, err := store.PartsOf(ctx, w.tx, w.refs())
	if err != nil {
		return err
	}
	var changed []store.PartHeld
	for _, p := range parts {
		is := p
		is.Agreed, is.Refused = domain.Agreed(p.Part, p.Organisation, answers, w.patient.NotWith), slices.Contains(w.patient.NotWith, p.Organisation)
		if is != p {
			changed = append(changed, is)
		}
	}
	return store.SaveAgreed(ctx, w.tx, changed...)
}

// wanted leaves those with whom the person agreed to share, and who are not refused by name.
func (w *work) wanted(r domain.Referral, all []domain.Candidate) []domain.Candidate {
	return slices.DeleteFunc(consented(r, all), func(c domain.Candidate) bool { return slices.Contains(w.patient.NotWith, c.Organisation) })
}
