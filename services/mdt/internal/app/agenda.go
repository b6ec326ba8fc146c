package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// PutInput puts a patient on an agenda. The person was asked first: without consent nothing is written down.
type PutInput struct {
	MeetingID    string
	PatientRef   string
	Consent      domain.Consent
	Reason       terms.MDTReason
	Need         terms.Need
	Narrative    string
	Safeguarding string
	Codes        []terms.SafeguardingCode
}

// PutOnAgenda puts a patient on a meeting's agenda and asks coordination for the case. Somebody who is on it already stays as they are.
func (a *App) PutOnAgenda(ctx context.Context, by actor.Actor, cmd pg.Command, in PutInput) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	d := domain.Draft{Kind: domain.DraftAgenda, MeetingID: in.MeetingID, PatientRef: in.PatientRef, Consent: in.Consent}
	if d.Consent.ID == "" {
		d.Consent.ID = a.NewID()
	}
	now := a.now()
	d.Consent.AskedBy, d.Consent.AskedAt = by.Person.ID, now
	if err := d.Consent.Check(a.today()); err != nil {
		return Done{}, err
	}
	if err := d.Describe(domain.Draft{Reason: in.Reason, Need: in.Need, Narrative: in.Narrative, Safeguarding: in.Safeguarding, Codes: in.Codes}, now); err != nil {
		return Done{}, err
	}
	if err := a.ready(d, now); err != nil {
		return Done{}, err
	}
	if err := a.takeIn(ctx, by, in.PatientRef); err != nil {
		return Done{}, fmt.Errorf("put on agenda: %w", err)
	}
	keys, err := a.Vault.Keys(ctx, []string{in.PatientRef}, vault.Contact, vault.Narrative, vault.Safeguarding)
	if err != nil {
		return Done{}, fmt.Errorf("put on agenda: %w", err)
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) { return a.put(ctx, tx, by, d, keys, now) })
	if err != nil {
		return done, fmt.Errorf("put on agenda: %w", err)
	}
	return done, nil
}

// put is the inside of PutOnAgenda, for drafts too.
func (a *App) put(ctx context.Context, tx pgx.Tx, by actor.Actor, d domain.Draft, keys *vault.Keys, now time.Time) (Done, error) {
	m, err := store.Meeting(ctx, tx, d.MeetingID)
	if err != nil {
		return Done{}, err
	}
	if !m.Planned() {
		return Done{}, domain.ErrMeetingOver
	}
	there, ok, err := store.OnAgenda(ctx, tx, m.ID, d.PatientRef)
	switch {
	case err != nil:
		return Done{}, err
	case ok:
		return Done{ID: there.ID, Version: there.Version}, acted(ctx, tx, "find", "item", there.ID, d.PatientRef)
	}
	p, err := store.Patient(ctx, tx, by.Organisation, d.PatientRef)
	if err != nil {
		return Done{}, err
	}
	if p.Removed() {
		return Done{}, domain.ErrRemoved
	}
	i := domain.Item{
		ID: a.NewID(), MeetingID: m.ID, OrganisationID: m.OrganisationID, SeriesID: m.SeriesID, PatientRef: d.PatientRef, Reason: d.Reason, Need: d.Need, Why: domain.WhyPerson,
		PutBy: by.Person.ID, PutByOrg: by.Organisation, PutAt: now, RequestID: a.NewID(), State: domain.ItemWaiting, Invited: m.Invited,
		ChangedBy: by.Person.ID, ChangedAt: now, Did: "put this on the agenda", Narrative: d.Narrative,
	}
	if i.People, err = a.alreadyIn(ctx, tx, d.PatientRef); err != nil {
		return Done{}, err
	}
	added, err := store.AddItem(ctx, tx, i)
	if err != nil {
		return Done{}, err
	}
	if !added { // somebody put them there in the same moment
		return Done{}, domain.ErrOnAgenda
	}
	if m.OrganisationID != by.Organisation {
		p.OrganisationID, p.AddedBy, p.AddedAt = m.OrganisationID, by.Person.ID, now
		if err := store.AddPatient(ctx, tx, p); err != nil {
			return Done{}, err
		}
	}
	if err := store.AddConsent(ctx, tx, by.Organisation, d.PatientRef, d.Consent); err != nil {
		return Done{}, err
	}
	if err := a.sayRequested(ctx, tx, by, m, i, d, p, keys, now); err != nil {
		return Done{}, err
	}
	a.hintItem(ctx, i)
	return Done{ID: i.ID, Version: 1, Made: true}, acted(ctx, tx, "put on agenda", "item", i.ID, i.PatientRef)
}

// alreadyIn is who holds the case, as far as the actor may know it: they see it on this agenda too.
func (a *App) alreadyIn(ctx context.Context, tx pgx.Tx, patient string) (people []string, err error) {
	all, err := store.HoldingsOf(ctx, tx, patient)
	for _, h := range all {
		if h.State == domain.HoldingHolds || h.State == domain.HoldingOffered {
			people = append(people, h.PersonID)
		}
	}
	return people, err
}

func (a *App) sayRequested(ctx context.Context, tx pgx.Tx, by actor.Actor, m domain.Meeting, i domain.Item, d domain.Draft, patient domain.Patient, keys *vault.Keys, now time.Time) error {
	p := &mdt.CaseRequestedV1{
		PatientRef: i.PatientRef, RequestID: i.RequestID, OrganisationID: by.Organisation, OrganisationKind: terms.OrganisationKind(by.OrganisationKind),
		MeetingID: m.ID, Reason: i.Reason, Consent: consentOf(d.Consent), Contact: schemas.Seal(patient.Contact), ContactHeardAt: new(patient.HeardAt.UTC()), Narrative: schemas.Seal(schemas.Narrative{Text: i.Narrative}), By: by.Person.ID, At: now,
	}
	if !i.Need.Sensitive() {
		p.Need = i.Need
	}
	if d.Safeguarding != "" {
		p.Safeguarding = schemas.Seal(schemas.Safeguarding{Text: d.Safeguarding, Codes: d.Codes})
	}
	return a.say(ctx, tx, i.PatientRef, p, keys)
}

func consentOf(c domain.Consent) schemas.Consent {
	return schemas.Consent{ConsentID: c.ID, Purpose: c.Purpose, Given: c.Given, AskedBy: c.AskedBy, AskedAt: c.AskedAt, How: c.How, UntilOn: c.UntilOn}
}

// takeIn makes sure that the actor's organisation knows the patient: from what it was told, when it has to do with them. The keys
// are fetched and the contact opened before any transaction that writes.
func (a *App) takeIn(ctx context.Context, by actor.Actor, patient string) error {
	var k store.Known
	found := false
	err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		p, err := store.Patient(ctx, tx, by.Organisation, patient)
		if err == nil && p.Removed() {
			return domain.ErrRemoved
		}
		if !errors.Is(err, domain.ErrNoPatient) {
			return err
		}
		if k, found, err = store.KnownBy(ctx, tx, by.Organisation, patient); err != nil {
			return err
		}
		if !found {
			return domain.ErrNoPatient
		}
		return nil
	})
	if err != nil || !found {
		return err
	}
	c, err := a.open(ctx, k)
	if err != nil {
		return err
	}
	return a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if err := store.AddPatient(ctx, tx, domain.Patient{OrganisationID: by.Organisation, PatientRef: patient, Contact: c, AddedBy: by.Person.ID, AddedAt: a.now()}); err != nil {
			return err
		}
		return acted(ctx, tx, "take in", "patient", patient, patient)
	})
}

// open reads the contact of an event that was kept sealed.
func (a *App) open(ctx context.Context, k store.Known) (c domain.Contact, err error) {
	payload, field := carrier(k.EventType)
	if payload == nil {
		return c, fmt.Errorf("open contact of %s: unknown type", k.EventType)
	}
	if err := json.Unmarshal(k.Sealed, payload); err != nil {
		return c, fmt.Errorf("open contact: the kept event can not be read")
	}
	keys, err := a.Vault.KeysToOpen(ctx, []string{k.PatientRef}, vault.Contact)
	if err != nil {
		return c, fmt.Errorf("open contact: %w", err)
	}
	if err := keys.OpenPayload(k.PatientRef, k.EventID, payload); err != nil {
		return c, fmt.Errorf("open contact: %w", err)
	}
	ok, err := field().Into(&c)
	if err == nil && !ok {
		return c, domain.ErrRemoved
	}
	return c, err
}

// carrier makes an empty payload of a type whose contact is kept, and finds the field in it.
func carrier(eventType string) (event.Payload, func() *schemas.Sealed) {
	switch eventType {
	case primarycare.TypePatientDetailsChangedV1:
		p := &primarycare.PatientDetailsChangedV1{}
		return p, func() *schemas.Sealed { return p.Contact }
	case primarycare.TypeReferralRequestedV1:
		p := &primarycare.ReferralRequestedV1{}
		return p, func() *schemas.Sealed { return p.Contact }
	case linkworker.TypeReferralRequestedV1:
		p := &linkworker.ReferralRequestedV1{}
		return p, func() *schemas.Sealed { return p.Contact }
	case coordination.TypeReferralOfferedV1:
		p := &coordination.ReferralOfferedV1{}
		return p, func() *schemas.Sealed { return p.Contact }
	}
	return nil, nil
}

// RemoveFromAgenda takes a case off an agenda before it was discussed.
func (a *App) RemoveFromAgenda(ctx context.Context, by actor.Actor, cmd pg.Command, item string, version int64) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		i, m, err := a.lockItem(ctx, tx, by, item, version, true)
		if err != nil {
			return Done{}, err
		}
		if err := i.Remove(m, version, by.Person.ID, now); err != nil {
			return Done{}, err
		}
		if err := store.SaveItem(ctx, tx, i); err != nil {
			return Done{}, err
		}
		a.hintItem(ctx, i)
		return Done{ID: i.ID, Version: i.Version + 1}, acted(ctx, tx, "remove", "item", i.ID, i.PatientRef)
	})
	if err != nil {
		return done, fmt.Errorf("remove from agenda: %w", err)
	}
	return done, nil
}

// lockItem loads a case on an agenda that the actor wants to change. Only the meeting's organisation records; whoever put a case
// there may take it off again. A version of 0 is not compared.
func (a *App) lockItem(ctx context.Context, tx pgx.Tx, by actor.Actor, id string, version int64, orPutBy bool) (i domain.Item, m domain.Meeting, err error) {
	if i, err = store.LockItem(ctx, tx, id); err != nil {
		return i, m, err
	}
	if i.OrganisationID != by.Organisation && !(orPutBy && i.PutByOrg == by.Organisation) {
		return i, m, domain.ErrNoItem
	}
	if version != 0 && version != i.Version {
		return i, m, a.overtaken(ctx, tx, i.ChangedBy, i.Did, i.ChangedAt)
	}
	m, err = store.Meeting(ctx, tx, i.MeetingID)
	return i, m, err
}
