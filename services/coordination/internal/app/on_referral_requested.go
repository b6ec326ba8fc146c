package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// OnReferralRequested takes a request in: it opens or finds the one case, asks who this is and whether somebody asked for the
// same already, and only then offers.
func (a *App) OnReferralRequested(ctx context.Context, tx pgx.Tx, e *event.Event, p *primarycare.ReferralRequestedV1) error {
	var contact schemas.Contact
	if ok, err := p.Contact.Into(&contact); err != nil || !ok {
		return err // without the keys the patient was erased since it was said: there is nobody to help
	}
	w, ok, err := a.lockOrMake(ctx, tx, p.PatientRef)
	if err != nil || !ok {
		return err
	}
	if _, again := w.referral(p.ReferralID); again {
		return nil
	}
	if err := w.takePatient(ctx, contact, domain.Word{By: e.Speaker() + ":" + p.SenderOrganisationID, At: p.RequestedAt, Heard: p.ContactHeardAt}); err != nil {
		return err
	}
	if err := w.openCase(ctx, "referral_requested", e.ID); err != nil {
		return err
	}
	r, err := w.requested(p)
	if err != nil {
		return err
	}
	if ended, err := w.endedMeanwhile(ctx, p.Consent.Purpose, p.Consent.AskedAt); err != nil {
		return err
	} else if ended {
		r.ConsentGiven = false
	}
	if err := w.saveConsent(ctx, p.Consent, p.SenderOrganisationID); err != nil {
		return err
	}
	var note schemas.Message
	if _, err := p.SendNote.Into(&note); err != nil {
		return err
	}
	if err := w.arrive(ctx, r, note.Text); err != nil {
		return err
	}
	return w.finish(ctx)
}

// OnLinkWorkerRequested and OnMDTRequested take the same fact from the other two who say it.
func (a *App) OnLinkWorkerRequested(ctx context.Context, tx pgx.Tx, e *event.Event, p *linkworker.ReferralRequestedV1) error {
	return a.OnReferralRequested(ctx, tx, e, (*primarycare.ReferralRequestedV1)(p))
}

// OnMDTRequested is OnReferralRequested for mdt.
func (a *App) OnMDTRequested(ctx context.Context, tx pgx.Tx, e *event.Event, p *mdt.ReferralRequestedV1) error {
	return a.OnReferralRequested(ctx, tx, e, (*primarycare.ReferralRequestedV1)(p))
}

// arrive asks the two questions that come before any offer: who is this, and does somebody ask for the same already? note is what the
// sender wrote of others who help.
func (w *work) arrive(ctx context.Context, r domain.Referral, note string) error {
	began, err := domain.Decide(r, domain.Event{Kind: domain.KindRequested}, domain.Facts{Now: w.now, Due: w.app.due(w.now)})
	if err != nil {
		return err
	}
	if err := w.note(ctx, store.Entry{What: "requested", ReferralID: r.ID, FirstRef: r.FirstRef, Organisation: r.SenderOrganisation, Person: r.RequestedBy, At: r.RequestedAt, Class: classOf(note), Text: note}); err != nil {
		return err
	}
	if r.SignedBy != "" {
		if err := w.note(ctx, store.Entry{What: "signed_for_trainee", ReferralID: r.ID, FirstRef: r.FirstRef, Organisation: r.SenderOrganisation, Person: r.SignedBy, At: r.RequestedAt}); err != nil {
			return err
		}
	}
	if w.patient.Status == terms.PatientDied { // said by another, while this was on its way
		_, err := w.apply(ctx, began.Next, domain.Event{Kind: domain.KindPatientDied}, happened{})
		return err
	}
	alike, err := store.Alike(ctx, w.tx, w.patient, w.others)
	if err != nil {
		return err
	}
	if len(alike) == 0 { // but for who came in the same instant
		if err := store.LeaveLook(ctx, w.tx, w.patient.Ref, w.now, r.ID); err != nil {
			return err
		}
	}
	return w.identify(ctx, began.Next, alike)
}

// identify has a referral wait while its patient is, or may be, one of others; when there are none, the duplicate question is next.
func (w *work) identify(ctx context.Context, r domain.Referral, alike []domain.Match) error {
	if len(alike) == 0 {
		return w.check(ctx, r)
	}
	likeliest := alike[0]
	if _, err := w.apply(ctx, r, domain.Event{Kind: domain.KindMatchUnsure, Existing: likeliest.Ref}, happened{}); err != nil || likeliest.Is != domain.OnePerson {
		return err
	}
	w.app.wakeAfter(ctx, 1) // the clock makes them one: what is said then needs the other's keys too
	return store.LeaveOnePerson(ctx, w.tx, r.ID, likeliest.Ref, w.now)
}

// requested makes the domain's referral of the fact. What is sensitive comes sealed.
func (w *work) requested(p *primarycare.ReferralRequestedV1) (domain.Referral, error) {
	r := domain.Referral{
		ID: p.ReferralID, CaseID: w.c.ID, PatientRef: w.patient.Ref, FirstRef: w.ref, Reference: p.Reference, State: domain.New,
		SenderOrganisation: p.SenderOrganisationID, SenderKind: p.SenderKind, RequestedBy: p.RequestedBy, RequestedAt: p.RequestedAt,
		Need: p.Need, Urgency: p.Urgency, Accessibility: p.Accessibility, Sensitive: p.Sensitive,
		ConsentID: p.Consent.ConsentID, ConsentGiven: p.Consent.Given, ConsentWith: p.Consent.OrganisationIDs,
		SeenHelping: p.SeenHelping, SendReason: string(p.SendReason), SeenOverlaps: p.SeenOverlaps, OverlapChoice: p.OverlapChoice, JoinWith: p.JoinReferralID, JoinPerson: p.JoinPersonID, SignedBy: p.SignedBy, ParentID: p.ParentReferralID, Root: true,
	}
	var secret schemas.SensitiveReferral
	if _, err := p.Hidden.Into(&secret); err != nil {
		return r, err
	}
	if r.Need == "" {
		r.Need, r.Sensitive = secret.Need, true
	}
	for _, x := range append(secret.Receivers, p.Receivers...) {
		r.Wanted = append(r.Wanted, domain.Receiver{Kind: x.Kind, ID: x.ID})
	}
	var narrative schemas.Narrative
	if _, err := p.Narrative.Into(&narrative); err != nil {
		return r, err
	}
	var safe schemas.Safeguarding
	if _, err := p.Safeguarding.Into(&safe); err != nil {
		return r, err
	}
	r.Narrative, r.Safeguarding = narrative.Text, safe.Text
	for _, c := range safe.Codes {
		r.SafeguardingCodes = append(r.SafeguardingCodes, string(c))
	}
	// An onward referral whose parent has ended, or that we do not know, stands for itself.
	if parent, ok := w.referral(r.ParentID); ok && parent.State.Open() {
		r.Root, r.FirstRef = false, parent.FirstRef // it came of that one, and stays with it
	}
	return r, nil
}

func (w *work) takePatient(ctx context.Context, c schemas.Contact, said domain.Word) error {
	record := w.record()
	was := *record
	is, again := takeContact(was, leftOut(c, was), said, w.now)
	*record = is
	if w.patient.Status != terms.PatientDied {
		w.record().Said, w.patient.Status = terms.PatientActive, terms.PatientActive
	}
	if err := w.savePatient(ctx); err != nil {
		return err
	}
	return w.sayReach(ctx, was, again)
}

// saveConsent keeps what somebody said about sharing as a sender asked them. A yes after a no is said to everybody: they may still have the no.
func (w *work) saveConsent(ctx context.Context, c schemas.Consent, by string) error {
	again, err := w.agreesAgain(ctx, c)
	if err != nil {
		return err
	}
	w.heard(domain.SharingAnswer{FirstRef: w.ref, At: c.AskedAt, Given: c.Given, With: c.OrganisationIDs}, c.Purpose)
	if c.Given {
		welcome, err := w.welcome(ctx, c.OrganisationIDs, c.AskedAt)
		if err != nil {
			return err
		}
		if again || welcome {
			if err := w.sayAgain(ctx, c); err != nil {
				return err
			}
		}
	} else if err := w.refuse(ctx, nil); err != nil {
		return err
	}
	said := store.Consent{
		ID: c.ConsentID, PatientRef: w.patient.Ref, FirstRef: w.ref, Purpose: string(c.Purpose), Given: c.Given,
		AskedBy: c.AskedBy, AskedAt: c.AskedAt, How: string(c.How), Organisations: c.OrganisationIDs, By: by,
	}
	if c.Given {
		said.UntilOn = c.UntilOn
	}
	return store.SaveConsent(ctx, w.tx, said, w.app.endsOf(said))
}

// agreesAgain tells whether somebody says yes who said no before. Of a first yes the request tells, and it is nobody else's.
func (w *work) agreesAgain(ctx context.Context, c schemas.Consent) (bool, error) {
	if !c.Given || !w.patient.SaidNo {
		return false, nil
	}
	answers, err := store.Answers(ctx, w.tx, w.patient.Ref)
	return err == nil && domain.AgreesAgain(c.Purpose, c.AskedAt, answers), err
}

func (w *work) sayAgain(ctx context.Context, c schemas.Consent) error {
	return w.say(ctx, &coordination.ConsentGivenV1{
		PatientRef: w.patient.Ref, ConsentID: c.ConsentID, Purpose: c.Purpose, OrganisationIDs: c.OrganisationIDs, UntilOn: c.UntilOn, How: c.How, By: c.AskedBy, At: c.AskedAt,
	})
}
