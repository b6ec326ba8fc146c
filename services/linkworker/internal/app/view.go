package app

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// What pages name of other services' facts, kept in our own copies of them.
type (
	Organisation    = who.Organisation
	Receiver        = directory.Receiver
	ServicePage     = directory.Page
	FoundService    = directory.Found
	Occurrence      = directory.Occurrence
	Service         = directory.Service
	ServiceCapacity = directory.Capacity
)

// OfferView is everything a page about one offer shows, tray and support alike.
type OfferView struct {
	Offer       domain.Offer
	Person      domain.Person
	Sender      who.Organisation // with no name when the register has not told of it
	Practice    who.Organisation // whom to ring in a crisis; with no id when no practice sent this person
	Contacts    []domain.Contact
	Failed      int
	Assessments []domain.Assessment
	Plans       []domain.Plan
	Onward      []domain.Referral
	Passed      []domain.Passed
	Crises      []domain.Crisis
	KeyWorkers  []domain.KeyWorker
	Actions     []domain.Action
	Others      []domain.Offer // about the same person, at this team
	Colleagues  []Colleague
	Names       map[string]string // of people and organisations
	Receivers   map[string]directory.Receiver
	LookedAt    time.Time // when who asks last looked; never is the zero time
}

// Name is what to call a person or organisation.
func (v OfferView) Name(id string) string { return nameIn(v.Names, id) }

func nameIn(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	if id == "" {
		return ""
	}
	return unknownName
}

// Offer shows one offer, and notes who saw it.
func (a *App) Offer(ctx context.Context, by actor.Actor, id string) (v OfferView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Offer, err = store.Offer(ctx, tx, id, false); err != nil {
			return err
		}
		if err := a.fill(ctx, tx, by, &v); err != nil {
			return err
		}
		if v.LookedAt, err = store.Look(ctx, tx, by.Person.ID, id, a.now()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "offer", ObjectID: id, PatientRef: v.Offer.PatientRef})
	})
	return v, err
}

func (a *App) fill(ctx context.Context, tx pgx.Tx, by actor.Actor, v *OfferView) (err error) {
	o := v.Offer
	if v.Person, err = store.Person(ctx, tx, o.PatientRef); err != nil && !errors.Is(err, domain.ErrNoPerson) {
		return err
	}
	if v.Contacts, err = store.Contacts(ctx, tx, o.ID); err != nil {
		return err
	}
	v.Failed = domain.Failed(v.Contacts)
	if v.Assessments, err = store.Assessments(ctx, tx, o.ID); err != nil {
		return err
	}
	if v.Plans, err = store.Plans(ctx, tx, o.ID); err != nil {
		return err
	}
	if v.Onward, err = store.Onward(ctx, tx, o.ID); err != nil {
		return err
	}
	if v.Passed, err = store.PassedOn(ctx, tx, o.ID); err != nil {
		return err
	}
	if err := aboutPerson(ctx, tx, o.PatientRef, &v.Crises, &v.KeyWorkers, &v.Actions, &v.Others); err != nil {
		return err
	}
	if v.Colleagues, err = a.colleagues(ctx, tx, by.Organisation); err != nil {
		return err
	}
	if v.Sender, err = organisation(ctx, tx, o.SenderOrganisationID); err != nil {
		return err
	}
	practice, err := a.practiceOf(ctx, tx, &o)
	if err != nil {
		return err
	}
	if v.Practice, err = organisation(ctx, tx, practice); err != nil {
		return err
	}
	if v.Names, err = who.Names(ctx, tx, v.people()...); err != nil {
		return err
	}
	v.Receivers, err = receivers(ctx, tx, v.Onward...)
	return err
}

func aboutPerson(ctx context.Context, tx pgx.Tx, ref string, crises *[]domain.Crisis, keyWorkers *[]domain.KeyWorker, actions *[]domain.Action, offers *[]domain.Offer) (err error) {
	if *crises, err = store.CrisesOf(ctx, tx, ref); err != nil {
		return err
	}
	if *keyWorkers, err = store.KeyWorkersOf(ctx, tx, ref); err != nil {
		return err
	}
	if *actions, err = store.ActionsOf(ctx, tx, ref); err != nil {
		return err
	}
	*offers, err = store.OffersOf(ctx, tx, ref)
	return err
}

func organisation(ctx context.Context, tx pgx.Tx, id string) (who.Organisation, error) {
	if id == "" {
		return who.Organisation{}, nil
	}
	o, err := who.OrganisationByID(ctx, tx, id)
	if errors.Is(err, who.ErrNoOrganisation) {
		return who.Organisation{ID: id}, nil
	}
	return o, err
}

// people are all who are named on the page.
func (v OfferView) people() []string {
	o := v.Offer
	ids := []string{o.RequestedBy, o.AnsweredBy, o.AssignedTo, o.StoodDownBy, o.EndedBy}
	for _, c := range v.Contacts {
		ids = append(ids, c.By)
	}
	for _, x := range v.Assessments {
		ids = append(ids, x.By)
	}
	for _, p := range v.Plans {
		ids = append(ids, p.By)
	}
	for _, p := range v.Passed {
		ids = append(ids, p.From, p.To, p.By)
	}
	for _, c := range v.Crises {
		ids = append(ids, c.By)
	}
	for _, k := range v.KeyWorkers {
		ids = append(ids, k.PersonID)
	}
	for _, x := range v.Actions {
		ids = append(ids, x.PersonID)
	}
	for _, r := range v.Onward {
		ids = append(ids, r.RequestedBy)
	}
	return real(ids)
}

func real(ids []string) []string {
	out := []string{}
	for _, id := range ids {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}

// receivers names whom referrals went to: services from the directory, teams from what they say here.
func receivers(ctx context.Context, tx pgx.Tx, referrals ...domain.Referral) (map[string]directory.Receiver, error) {
	var ids []string
	for _, r := range referrals {
		ids = append(ids, r.ReceiverID)
		for _, to := range r.Receivers {
			ids = append(ids, to.ID)
		}
	}
	ids = real(ids)
	of, err := directory.Receivers(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, known := of[id]; known {
			continue
		}
		t, err := store.Team(ctx, tx, id, false)
		if err != nil {
			return nil, err
		}
		if t.Version > 0 {
			of[id] = directory.Receiver{Kind: terms.ReceiverTeam, ID: id, Name: t.Name, OrganisationID: id, OrganisationName: t.Name, Phone: t.Phone}
		}
	}
	return of, nil
}

// PersonView is somebody as our team knows them.
type PersonView struct {
	Person     domain.Person
	Offers     []domain.Offer
	Crises     []domain.Crisis
	KeyWorkers []domain.KeyWorker
	Actions    []domain.Action
	Names      map[string]string
}

// Name is what to call a person of staff.
func (v PersonView) Name(id string) string { return nameIn(v.Names, id) }

// Person shows somebody by their ref, and notes who saw it.
func (a *App) Person(ctx context.Context, by actor.Actor, ref string) (v PersonView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Person, err = store.Person(ctx, tx, ref); err != nil {
			return err
		}
		if err := aboutPerson(ctx, tx, ref, &v.Crises, &v.KeyWorkers, &v.Actions, &v.Offers); err != nil {
			return err
		}
		var ids []string
		for _, k := range v.KeyWorkers {
			ids = append(ids, k.PersonID)
		}
		for _, x := range v.Actions {
			ids = append(ids, x.PersonID)
		}
		for _, o := range v.Offers {
			ids = append(ids, o.AssignedTo, o.SenderOrganisationID)
		}
		for _, c := range v.Crises {
			ids = append(ids, c.By)
		}
		if v.Names, err = who.Names(ctx, tx, real(ids)...); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "person", PatientRef: v.Person.Ref})
	})
	return v, err
}

// ReferralView is everything the page about a referral that we sent shows.
type ReferralView struct {
	Referral  domain.Referral
	Person    domain.Person
	Steps     []domain.ReferralStep
	Names     map[string]string
	Receivers map[string]directory.Receiver
	LookedAt  time.Time
	Phone     string // of whoever is asked, where no e-mail reaches them
}

// Name is what to call a person or organisation.
func (v ReferralView) Name(id string) string { return nameIn(v.Names, id) }

// Referral shows a referral that we sent, and notes who saw it.
func (a *App) Referral(ctx context.Context, by actor.Actor, id string) (v ReferralView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Referral, err = store.Referral(ctx, tx, id, false); err != nil {
			return err
		}
		if v.Person, err = store.Person(ctx, tx, v.Referral.PatientRef); err != nil && !errors.Is(err, domain.ErrNoPerson) {
			return err
		}
		if v.Steps, err = store.Steps(ctx, tx, id); err != nil {
			return err
		}
		r := v.Referral
		if v.Names, err = who.Names(ctx, tx, real([]string{
			r.RequestedBy, r.OwesPersonID, r.OwesOrganisationID, r.AnsweredBy, r.WithdrawnBy,
			r.EscalatedTo, r.ReceiverOrganisationID,
		})...); err != nil {
			return err
		}
		with := []domain.Referral{r}
		for _, s := range v.Steps {
			with = append(with, domain.Referral{ReceiverID: s.ReceiverID})
		}
		if v.Receivers, err = receivers(ctx, tx, with...); err != nil {
			return err
		}
		if r.Notice.Phone() {
			if v.Phone, err = directory.PhoneOf(ctx, tx, r.ReceiverID); err != nil {
				return err
			}
		}
		if v.LookedAt, err = store.Look(ctx, tx, by.Person.ID, id, a.now()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "referral", ObjectID: id, PatientRef: r.PatientRef})
	})
	return v, err
}
