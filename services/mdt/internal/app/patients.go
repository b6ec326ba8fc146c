package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// AddPatientInput is somebody new to the organisation. Another says that a person of the same name and birthday is somebody else.
type AddPatientInput struct {
	Contact domain.Contact
	Another bool
}

// AddPatient writes down a patient; with an NHS number that is known here it finds them.
func (a *App) AddPatient(ctx context.Context, by actor.Actor, cmd pg.Command, in AddPatientInput) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	c, err := in.Contact.Checked(now, a.Numbers)
	if err != nil {
		return Done{}, err
	}
	patient, err := a.refFor(ctx, by, c, in.Another)
	if err != nil {
		return Done{}, fmt.Errorf("add patient: %w", err)
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		p, err := store.LockPatient(ctx, tx, by.Organisation, patient)
		switch {
		case errors.Is(err, domain.ErrNoPatient):
			p = domain.Patient{OrganisationID: by.Organisation, PatientRef: patient, Contact: c, AddedBy: by.Person.ID, AddedAt: now}
			if err := store.AddPatient(ctx, tx, p); err != nil {
				return Done{}, err
			}
			return Done{ID: patient, Version: 1, Made: true}, acted(ctx, tx, "add", "patient", patient, patient)
		case err != nil:
			return Done{}, err
		}
		if !p.Removed() { // whoever adds them has not seen what is not safe: nothing is opened
			c.SafeWays = domain.SafeWays(schemas.SafeWays(c.SafeWays).And(schemas.SafeWays(p.Contact.SafeWays)))
			c.SafeNote = terms.BothNotes(p.Contact.SafeNote, c.SafeNote)
		}
		p.Contact, p.ChangedAt, p.HeardAt = c, now, time.Time{}
		if err := store.SavePatient(ctx, tx, p); err != nil {
			return Done{}, err
		}
		return Done{ID: patient, Version: p.Version + 1}, acted(ctx, tx, "change", "patient", patient, patient)
	})
	if err != nil {
		return done, fmt.Errorf("add patient: %w", err)
	}
	return done, nil
}

// refFor is the ref of a new patient: by number the same for every service; without one a new ref, unless the same name is here.
func (a *App) refFor(ctx context.Context, by actor.Actor, c domain.Contact, another bool) (patient string, err error) {
	if c.NHSNumber == "" {
		if !another {
			if err := a.sameName(ctx, by, c); err != nil {
				return "", err
			}
		}
		return a.Vault.NewRef(ctx)
	}
	if patient, err = a.Vault.RefForNumber(ctx, c.NHSNumber, c.Holder()); err != nil {
		return "", err
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if patient, err = ref(ctx, tx, patient); err != nil {
			return err
		}
		return notAnothers(ctx, tx, by.Organisation, patient, c)
	})
	return patient, err
}

// notAnothers refuses a number that the organisation has typed for somebody else.
func notAnothers(ctx context.Context, tx pgx.Tx, organisation, patient string, c domain.Contact) error {
	has, err := store.FindPatients(ctx, tx, organisation, c.NHSNumber, "", 20)
	if err == nil && slices.ContainsFunc(has, func(p domain.Patient) bool {
		return p.PatientRef != patient && p.Contact.Holder().Mark() != c.Holder().Mark()
	}) {
		return domain.ErrNumberTaken
	}
	return err
}

func (a *App) sameName(ctx context.Context, by actor.Actor, c domain.Contact) error {
	return a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		same, err := store.Born(ctx, tx, by.Organisation, c)
		if err == nil && len(same) > 0 {
			return domain.ErrSamePerson
		}
		return err
	})
}

// ChangePatient writes details that were put right.
func (a *App) ChangePatient(ctx context.Context, by actor.Actor, cmd pg.Command, patient string, version int64, c domain.Contact) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	c, err := c.Checked(now, a.Numbers)
	if err != nil {
		return Done{}, err
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		p, err := store.LockPatient(ctx, tx, by.Organisation, patient)
		if err != nil {
			return Done{}, err
		}
		if p.Removed() {
			return Done{}, domain.ErrRemoved
		}
		if p.Version != version {
			return Done{}, domain.ErrChanged
		}
		c.NHSNumber = p.Contact.NHSNumber // the number is who they are: another number is another patient
		p.Contact, p.ChangedAt = c, now
		if err := store.SavePatient(ctx, tx, p); err != nil {
			return Done{}, err
		}
		a.hint(ctx, by.Organisation)
		return Done{ID: patient, Version: version + 1}, acted(ctx, tx, "change", "patient", patient, patient)
	})
	if err != nil {
		return done, fmt.Errorf("change patient: %w", err)
	}
	return done, nil
}

// Found is the answer to a search. Why there is nothing is for the page to say.
type Found struct {
	Patients  []domain.Patient
	Referrals []domain.Referral
	Number    string // the NHS number that was searched for, when it is one
	NotNumber error  // why what looks like a number is none
}

// Find looks for a name, an NHS number or a referral's reference among what the organisation has.
func (a *App) Find(ctx context.Context, by actor.Actor, typed string) (f Found, err error) {
	typed = strings.Join(strings.Fields(typed), " ")
	if typed == "" {
		return f, nil
	}
	name := typed
	if digits := strings.NewReplacer(" ", "", "-", "").Replace(typed); digits != "" && !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		name = ""
		f.Number, f.NotNumber = nhsnumber.Parse(typed, a.Numbers)
	}
	var refs []string // of whom the number was typed for, anywhere
	if f.Number != "" {
		if refs, err = a.Vault.RefsOfNumber(ctx, f.Number); err != nil {
			return f, fmt.Errorf("find: %w", err)
		}
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if f.Patients, err = store.FindPatients(ctx, tx, by.Organisation, f.Number, name, 20); err != nil {
			return err
		}
		if len(f.Patients) == 0 { // somebody we have to do with, whose details are still sealed
			for _, numbered := range refs {
				if k, ok, err := store.KnownBy(ctx, tx, by.Organisation, numbered); err != nil {
					return err
				} else if ok {
					f.Patients = append(f.Patients, domain.Patient{OrganisationID: by.Organisation, PatientRef: k.PatientRef})
				}
			}
		}
		if reference, ok := readReference(typed); ok {
			if f.Referrals, err = store.ReferralByReference(ctx, tx, reference); err != nil {
				return err
			}
		}
		var shown []audit.Entry
		for _, p := range f.Patients {
			shown = append(shown, sight("patient", p.PatientRef, p.PatientRef))
		}
		for _, r := range f.Referrals {
			shown = append(shown, sight("referral", r.ID, r.PatientRef))
		}
		return audit.WriteOnce(ctx, tx, shown...)
	})
	if err != nil {
		return f, fmt.Errorf("find: %w", err)
	}
	for i, p := range f.Patients {
		if p.Contact.FamilyName != "" {
			continue
		}
		if err := a.takeIn(ctx, by, p.PatientRef); err != nil {
			return f, fmt.Errorf("find: %w", err)
		}
		if err := a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
			f.Patients[i], err = store.Patient(ctx, tx, by.Organisation, p.PatientRef)
			return err
		}); err != nil {
			return f, fmt.Errorf("find: %w", err)
		}
	}
	f.Patients = slices.DeleteFunc(f.Patients, domain.Patient.Removed)
	return f, nil
}

func readReference(typed string) (string, bool) { return terms.ReadReference(typed) }
