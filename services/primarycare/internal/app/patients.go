package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// PatientAdded is the answer to AddPatient. Existing tells that the practice had them already.
type PatientAdded struct {
	Ref      string `json:"ref"`
	Version  int64  `json:"version"`
	Existing bool   `json:"existing"`
}

// CheckDetails tells everything that is wrong with details, and changes nothing.
func (a *App) CheckDetails(d domain.Details) error {
	_, err := a.checked(d)
	return err
}

func (a *App) checked(d domain.Details) (domain.Details, error) {
	return d.Checked(a.Today().AddDate(0, 0, 1), a.Numbers)
}

// AddPatient adds somebody to the practice's patients, or finds who has the same NHS number. anyway adds one whose name and
// date of birth another patient without a number to tell them apart has too.
func (a *App) AddPatient(ctx context.Context, by actor.Actor, cmd pg.Command, d domain.Details, anyway bool) (PatientAdded, error) {
	if err := atDesk(by); err != nil {
		return PatientAdded{}, err
	}
	d, err := a.checked(d)
	if err != nil {
		return PatientAdded{}, err
	}
	ref, err := a.refFor(ctx, d)
	if err != nil {
		return PatientAdded{}, fmt.Errorf("add patient: %w", err)
	}
	keys, err := a.Vault.Keys(ctx, []string{ref}, vault.Contact)
	if err != nil {
		return PatientAdded{}, fmt.Errorf("add patient: %w", err)
	}
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (PatientAdded, error) {
		now := a.now()
		if d.NHSNumber == "" && !anyway {
			if other, err := store.SameName(ctx, tx, by.Organisation, d); err != nil || other != "" {
				return PatientAdded{}, orConflict(err, domain.ErrSamePerson)
			}
		}
		p := domain.Patient{
			PracticeID: by.Organisation, Ref: ref, Details: d, Status: terms.PatientActive, Version: 1,
			AddedBy: by.Person.ID, AddedAt: now, ChangedBy: by.Person.ID, ChangedAt: now,
		}
		added, err := store.AddPatient(ctx, tx, p)
		if err != nil {
			return PatientAdded{}, err
		}
		if !added {
			return a.existing(ctx, tx, by, ref, d)
		}
		if err := store.KeepChange(ctx, tx, a.NewID(), p, domain.Change{At: now, By: by.Person.ID, Fields: []string{"added"}}); err != nil {
			return PatientAdded{}, err
		}
		if err := a.sayDetails(ctx, tx, p, keys); err != nil {
			return PatientAdded{}, err
		}
		return PatientAdded{Ref: ref, Version: 1}, audit.Write(ctx, tx, audit.Entry{Verb: "add", Object: "patient", ObjectID: ref, PatientRef: ref})
	})
}

func orConflict(err error, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// existing finds whom an insert met: the same ref, or the same number under a ref from before the number was known. A number that the
// practice has typed for somebody else is refused: nobody's record is opened as another's.
func (a *App) existing(ctx context.Context, tx pgx.Tx, by actor.Actor, ref string, d domain.Details) (PatientAdded, error) {
	p, err := store.Patient(ctx, tx, by.Organisation, ref, store.Read)
	if errors.Is(err, domain.ErrNoPatient) {
		p, err = store.PatientByNumber(ctx, tx, by.Organisation, d.NHSNumber)
		if err == nil && p.Holder().Mark() != d.Holder().Mark() {
			err = domain.ErrNumberTaken
		}
	}
	if err != nil {
		return PatientAdded{}, err
	}
	return PatientAdded{Ref: p.Ref, Version: p.Version, Existing: true}, audit.Write(ctx, tx, audit.Entry{Verb: "find", Object: "patient", ObjectID: p.Ref, PatientRef: p.Ref})
}

func (a *App) refFor(ctx context.Context, d domain.Details) (string, error) {
	if d.NHSNumber == "" {
		return a.Vault.NewRef(ctx)
	}
	return a.Vault.RefForNumber(ctx, d.NHSNumber, d.Holder())
}

func (a *App) sayDetails(ctx context.Context, tx pgx.Tx, p domain.Patient, keys outbox.Sealer) error {
	_, err := a.Out.Append(ctx, tx, p.Ref, &primarycare.PatientDetailsChangedV1{
		PatientRef: p.Ref, PracticeID: p.PracticeID, Contact: schemas.Seal(contact(p)), Status: p.Status, ChangedBy: p.ChangedBy, ChangedAt: p.ChangedAt,
		ContactHeardAt: new(p.HeardAt.UTC()),
	}, keys)
	return err
}

// ChangePatient writes new details and status of a patient, made from a version.
func (a *App) ChangePatient(ctx context.Context, by actor.Actor, cmd pg.Command, ref string, version int64, change func(domain.Patient) domain.Patient) (PatientAdded, error) {
	if err := atDesk(by); err != nil {
		return PatientAdded{}, err
	}
	keys, err := a.Vault.Keys(ctx, []string{ref}, vault.Contact)
	if err != nil {
		return PatientAdded{}, fmt.Errorf("change patient: %w", err)
	}
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (PatientAdded, error) {
		was, err := store.Patient(ctx, tx, by.Organisation, ref, store.Change)
		if err != nil {
			return PatientAdded{}, err
		}
		if !was.ErasedAt.IsZero() {
			return PatientAdded{}, domain.ErrErased
		}
		if was.Version != version {
			return PatientAdded{}, a.stale(ctx, tx, by, "record", was.ChangedBy, was.ChangedAt)
		}
		is := change(was)
		if is.Details, err = a.checked(is.Details); err != nil {
			return PatientAdded{}, err
		}
		return a.keepPatient(ctx, tx, by, was, is, keys)
	})
}

func (a *App) keepPatient(ctx context.Context, tx pgx.Tx, by actor.Actor, was, is domain.Patient, keys outbox.Sealer) (PatientAdded, error) {
	fields := domain.Changes(was.Details, is.Details)
	if was.Status != is.Status {
		fields = append(fields, "status")
	}
	if len(fields) == 0 {
		return PatientAdded{}, domain.ErrNoChange
	}
	if is.NHSNumber != "" && is.NHSNumber != was.NHSNumber {
		if _, err := store.PatientByNumber(ctx, tx, by.Organisation, is.NHSNumber); !errors.Is(err, domain.ErrNoPatient) {
			return PatientAdded{}, orConflict(err, domain.ErrNumberTaken)
		}
	}
	is.Version, is.ChangedBy, is.ChangedAt = was.Version+1, by.Person.ID, a.now()
	if err := store.SavePatient(ctx, tx, is); err != nil {
		if pg.Violates(err, "patient_number") {
			return PatientAdded{}, domain.ErrNumberTaken
		}
		return PatientAdded{}, err
	}
	if err := store.KeepChange(ctx, tx, a.NewID(), is, domain.Change{At: is.ChangedAt, By: by.Person.ID, Fields: fields}); err != nil {
		return PatientAdded{}, err
	}
	if err := a.sayDetails(ctx, tx, is, keys); err != nil {
		return PatientAdded{}, err
	}
	a.changed(ctx, by.Organisation)
	return PatientAdded{Ref: is.Ref, Version: is.Version}, audit.Write(ctx, tx, audit.Entry{Verb: "change", Object: "patient", ObjectID: is.Ref, PatientRef: is.Ref})
}

// Search is what somebody typed to find a patient: a name, an NHS number, a reference, and perhaps a date of birth.
type Search struct {
	Text string
	Born time.Time
}

// Found is what a search found.
type Found struct {
	Nothing    bool // nothing was looked for
	ByNumber   bool // a whole NHS number was looked for
	ByRef      bool // a referral's reference was looked for
	Patients   []domain.Patient
	More       bool   // there are more than are shown
	ReferralID string // the referral whose reference was typed
	Elsewhere  bool   // text that looks like a reference or number but names nothing here
}

// mostFound is how many patients a search shows: with more than that, one types more.
const mostFound = 50

// FindPatients looks among the practice's own patients.
func (a *App) FindPatients(ctx context.Context, by actor.Actor, s Search) (found Found, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		found, err = a.search(ctx, tx, by, s)
		if err != nil {
			return err
		}
		for _, p := range found.Patients {
			if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "patient", ObjectID: p.Ref, PatientRef: p.Ref}); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

func (a *App) search(ctx context.Context, tx pgx.Tx, by actor.Actor, s Search) (found Found, err error) {
	text := strings.TrimSpace(s.Text)
	if text == "" && s.Born.IsZero() {
		return Found{Nothing: true}, nil
	}
	if number, err := nhsnumber.Parse(text, nhsnumber.Policy{AllowTest: true}); err == nil {
		found.ByNumber = true
		return found.one(store.PatientByNumber(ctx, tx, by.Organisation, number))
	}
	if ref, ok := terms.ReadReference(text); ok {
		r, err := store.ReferralByReference(ctx, tx, ref)
		if err == nil {
			found, err = Found{ByRef: true, ReferralID: r.ID}.one(store.Patient(ctx, tx, r.PracticeID, r.Ref, store.Read))
			return found, err
		}
		if !errors.Is(err, domain.ErrNoReferral) {
			return found, err
		}
		found.ByRef = strings.ContainsAny(ref, "234679") // names have no digits
	} else if digits := strings.Count(strings.Map(digit, text), "0"); digits >= 5 {
		return Found{ByNumber: true}, nil // a number that was typed wrong
	}
	words := strings.Fields(strings.ReplaceAll(strings.ToLower(text), "-", " "))
	list, err := store.Patients(ctx, tx, store.PatientQuery{PracticeID: by.Organisation, Words: words[:min(len(words), 6)], Born: s.Born, Limit: mostFound + 1})
	if len(list) > mostFound {
		list, found.More = list[:mostFound], true
	}
	found.Patients = list
	return found, err
}

func digit(r rune) rune {
	if r >= '0' && r <= '9' {
		return '0'
	}
	return -1
}

func (f Found) one(p domain.Patient, err error) (Found, error) {
	if errors.Is(err, domain.ErrNoPatient) {
		return f, nil
	}
	if err == nil {
		f.Patients = []domain.Patient{p}
	}
	return f, err
}
