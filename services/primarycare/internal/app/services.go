package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
	"example.org/waypost/services/primarycare/internal/store"
)

// What the directory gives, under names that the pages may use.
type (
	// Service is what the directory has of a service.
	Service = directory.Service
	// FoundService is a service that fits, and why.
	FoundService = directory.Found
	// Team is what a link worker team does.
	Team = directory.Team
	// Occurrence is one time that a session is on.
	Occurrence = directory.Occurrence
	// Note is what somebody who knows a service says of it.
	Note = directory.Note
	// ServicePlace is where a page of services ended.
	ServicePlace = directory.Cursor
	// Warning is that a reason recurs on the way from the practice to a receiver.
	Warning = directory.Warning
	// Capacity is how much room there is, as far as that can be believed.
	Capacity = directory.Capacity
)

// ServiceQuery says what is looked for. It holds codes and the first half of a postcode, and Text, which a person typed:
// with it Needs only rank, so that what no source told a need of is found too.
type ServiceQuery struct {
	Needs         []terms.Need
	District      string
	WithinKm      float64
	Age           *int
	Weekday       terms.Weekday
	Accessibility []terms.Accessibility
	Language      string
	OnlyReferable bool
	Sensitive     bool
	Text          string
	After         *ServicePlace
	Limit         int
}

// ServicesFound is a page of services and the teams that serve the practice.
type ServicesFound struct {
	Services []FoundService
	Teams    []Team
	Total    int
	Loose    bool
	Next     *ServicePlace
	Measured bool // distances are from where the person lives
	Warnings Warnings
}

// Warnings is what a sender must know of services and teams before sending: which reason recurs on the way there, by their id.
type Warnings map[string]Warning

// warnings reads what recurs on the ways from this practice with a need. What is sensitive is never counted.
func (a *App) warnings(ctx context.Context, tx pgx.Tx, by actor.Actor, need terms.Need, ids ...string) (Warnings, error) {
	return directory.Warnings(ctx, tx, need, by.Organisation, a.Now(), ids...)
}

// FindServices searches the practice's own copy of the directory.
func (a *App) FindServices(ctx context.Context, by actor.Actor, q ServiceQuery) (found ServicesFound, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		found, err = a.findServices(ctx, tx, by, q)
		return err
	})
	return found, err
}

func (a *App) findServices(ctx context.Context, tx pgx.Tx, by actor.Actor, q ServiceQuery) (found ServicesFound, err error) {
	page, err := directory.Find(ctx, tx, directory.Query{
		Needs: q.Needs, Text: q.Text, Postcode: q.District, WithinKm: q.WithinKm, Age: q.Age, Weekday: q.Weekday, Accessibility: q.Accessibility,
		Language: q.Language, OnlyReferable: q.OnlyReferable, Sensitive: q.Sensitive, Limit: q.Limit, After: q.After, Now: a.Now(),
	})
	if err != nil {
		return found, err
	}
	found = ServicesFound{Services: page.Found, Total: page.Total, Loose: page.Loose, Next: page.Next, Measured: page.From != nil}
	tq := directory.TeamQuery{PracticeID: by.Organisation, Now: a.Now()}
	if len(q.Needs) == 1 {
		tq.Need = q.Needs[0]
	}
	if found.Teams, err = directory.Teams(ctx, tx, tq); err != nil || tq.Need == "" {
		return found, err
	}
	var ids []string
	for _, s := range found.Services {
		ids = append(ids, s.ID)
	}
	for _, t := range found.Teams {
		ids = append(ids, t.ID)
	}
	found.Warnings, err = a.warnings(ctx, tx, by, tq.Need, ids...)
	return found, err
}

// ServicesFor searches for a draft: from the district where the patient lives, for their age, accessibility needs and language.
func (a *App) ServicesFor(ctx context.Context, by actor.Actor, d DraftPage, q ServiceQuery) (found ServicesFound, err error) {
	if d.Need != "" {
		q.Needs = []terms.Need{d.Need}
	}
	// The person has this need: a service whose name tells it is what they look for.
	q.Sensitive = d.Need.Sensitive()
	age := ageAt(d.Patient.DateOfBirth, a.Today())
	q.Age, q.District, q.Accessibility, q.Language = &age, d.Patient.Postcode, d.Patient.Accessibility, ""
	if d.Patient.InterpreterNeeded {
		q.Language = d.Patient.Language
	}
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		found, err = a.findServices(ctx, tx, by, q)
		if err != nil && q.District != "" {
			// A real postcode whose district is not on the map: search without distance rather than not at all.
			q.District = ""
			found, err = a.findServices(ctx, tx, by, q)
		}
		return err
	})
	return found, err
}

func ageAt(born, today time.Time) int {
	years := today.Year() - born.Year()
	if today.Month() < born.Month() || today.Month() == born.Month() && today.Day() < born.Day() {
		years--
	}
	return max(years, 0)
}

// ServicePage is a service with what people say of it.
type ServicePage struct {
	Service
	Notes []Note
}

// Service reads what the directory has of a service.
func (a *App) Service(ctx context.Context, by actor.Actor, id string) (page ServicePage, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if page.Service, err = directory.ServiceByID(ctx, tx, id, a.Now()); err != nil {
			return err
		}
		page.Notes, err = directory.Notes(ctx, tx, id, 10)
		return err
	})
	return page, err
}

// RecordConsent records what a patient said about sharing, as a program sends it.
func (a *App) RecordConsent(ctx context.Context, by actor.Actor, cmd pg.Command, c domain.Consent) (ReferralSent, error) {
	if err := c.CheckUntil(a.day()); err != nil {
		return ReferralSent{}, err
	}
	return do(ctx, a, by, cmd, func(ctx context.Context, tx pgx.Tx) (ReferralSent, error) {
		if _, err := store.Patient(ctx, tx, by.Organisation, c.Ref, store.Read); err != nil {
			return ReferralSent{}, err
		}
		c.ID, c.Purpose, c.AskedBy = a.NewID(), terms.ConsentShareToHelp, by.Person.ID
		if c.AskedAt.IsZero() || c.AskedAt.After(a.now()) {
			c.AskedAt = a.now()
		}
		if err := store.KeepConsent(ctx, tx, by.Organisation, c); err != nil {
			return ReferralSent{}, err
		}
		return ReferralSent{ID: c.ID, Version: 1}, audit.Write(ctx, tx, audit.Entry{Verb: "record", Object: "consent", ObjectID: c.ID, PatientRef: c.Ref})
	})
}
