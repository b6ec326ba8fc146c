package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// PatientPage is everything that the practice's page of a patient shows.
type PatientPage struct {
	domain.Patient
	Now       string // the ref that stands for the person now, for the shared case
	CaseID    string
	Reference string // of the case
	Others    []domain.Patient
	Flags     []domain.Flag
	Drafts    []domain.Draft
	Referrals []store.Listed
	Signposts []domain.Signpost
	Agreed    []domain.Agreed
	Consents  []domain.Consent
	Changes   []domain.Change
	Names     Names
}

// Patient reads a patient's page.
func (a *App) Patient(ctx context.Context, by actor.Actor, ref string) (page PatientPage, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		page, err = a.patientPage(ctx, tx, by, ref)
		return err
	})
	return page, err
}

func (a *App) patientPage(ctx context.Context, tx pgx.Tx, by actor.Actor, ref string) (page PatientPage, err error) {
	if page.Patient, err = store.Patient(ctx, tx, by.Organisation, ref, store.Read); err != nil {
		return page, err
	}
	refs, err := store.SamePerson(ctx, tx, ref)
	if err != nil {
		return page, err
	}
	of := by.Organisation
	steps := []func() error{
		func() error { page.Now, err = store.Resolve(ctx, tx, ref); return err },
		func() error { page.CaseID, page.Reference, err = store.CaseOf(ctx, tx, refs); return err },
		func() error {
			page.Flags, err = store.Flags(ctx, tx, store.FlagQuery{PracticeID: of, Refs: refs, Limit: 20})
			return err
		},
		func() error {
			page.Drafts, err = store.Drafts(ctx, tx, store.DraftQuery{PracticeID: of, Refs: refs, Limit: 20, Now: a.now()})
			return err
		},
		func() error {
			page.Referrals, _, err = store.Referrals(ctx, tx, store.ReferralQuery{PracticeID: of, Refs: refs, NewFor: by.Person.ID, Order: store.BySent, Limit: 50, Now: a.now()}, false)
			return err
		},
		func() error {
			page.Signposts, err = store.Signposts(ctx, tx, store.SignpostQuery{PracticeID: of, Refs: refs, Limit: 50})
			return err
		},
		func() error { page.Agreed, err = store.AgreedActions(ctx, tx, of, refs); return err },
		func() error { page.Consents, err = store.Consents(ctx, tx, of, refs); return err },
		func() error { page.Changes, err = store.Changes(ctx, tx, of, ref); return err },
		func() error { page.Others, err = a.others(ctx, tx, of, ref, refs); return err },
		func() error { page.Names, err = a.namesOn(ctx, tx, page); return err },
		func() error {
			return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "patient", ObjectID: ref, PatientRef: ref})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return page, err
		}
	}
	for i := range page.Flags {
		page.Flags[i], _ = page.Flags[i].At(a.now())
	}
	return page, nil
}

// others are further records that this practice has of the same person.
func (a *App) others(ctx context.Context, tx pgx.Tx, practice, ref string, refs []string) ([]domain.Patient, error) {
	if len(refs) == 1 {
		return nil, nil
	}
	known, err := store.PatientNames(ctx, tx, practice, refs)
	var out []domain.Patient
	for r, p := range known {
		if r != ref {
			out = append(out, p)
		}
	}
	return out, err
}

func (a *App) namesOn(ctx context.Context, tx pgx.Tx, page PatientPage) (Names, error) {
	var more []string
	for _, f := range page.Flags {
		more = append(more, f.RaisedBy, f.ActedBy, f.DutyID, f.DeputyID)
	}
	for _, d := range page.Drafts {
		more = append(more, d.StartedBy)
	}
	for _, x := range page.Agreed {
		more = append(more, x.OwnerID)
	}
	for _, c := range page.Consents {
		more = append(more, c.AskedBy)
	}
	for _, c := range page.Changes {
		more = append(more, c.By)
	}
	n, err := a.nameAll(ctx, tx, page.Referrals, more...)
	if err != nil {
		return n, err
	}
	var services, people []string
	for _, s := range page.Signposts {
		services, people = append(services, s.ServiceID), append(people, s.By, s.FollowedBy)
	}
	also, err := a.names(ctx, tx, people, services)
	for id, r := range also.Receivers {
		n.Receivers[id] = r
	}
	for id, name := range also.Of {
		n.Of[id] = name
	}
	return n, err
}

// PatientRecord reads one patient alone, for forms and programs.
func (a *App) PatientRecord(ctx context.Context, by actor.Actor, ref string) (p domain.Patient, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if p, err = store.Patient(ctx, tx, by.Organisation, ref, store.Read); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "patient", ObjectID: ref, PatientRef: ref})
	})
	return p, err
}
