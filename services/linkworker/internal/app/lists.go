package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// What lists are made of; web and api see them under these names.
type (
	OfferPlace     = store.OfferPlace
	ListedOffer    = store.ListedOffer
	ListedReferral = store.ListedReferral
	FoundPerson    = store.FoundPerson
)

// ListQuery says which list of offers, and in what order.
type ListQuery struct {
	Show       string
	AssignedTo string // "me", a colleague's id, or "" for anybody
	Need       terms.Need
	Urgent     bool
	Order      string
	Descending bool
	After      *OfferPlace
	Limit      int
}

// OfferList is some of a list.
type OfferList struct {
	Offers     []ListedOffer // one more than the limit when there are more
	Total      int
	Counts     map[string]int // of every list, for whoever AssignedTo is
	Names      map[string]string
	Colleagues []Colleague
}

// Name is what to call a person or organisation.
func (l OfferList) Name(id string) string { return nameIn(l.Names, id) }

// Offers lists offers, and notes whose names were shown.
func (a *App) Offers(ctx context.Context, by actor.Actor, q ListQuery) (l OfferList, err error) {
	if !store.KnownList(q.Show) || !store.KnownOrder(q.Order) {
		return l, fault.NotFound("list")
	}
	sq := a.offerQuery(by, q)
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if l.Offers, l.Total, err = store.ListOffers(ctx, tx, sq); err != nil {
			return err
		}
		if l.Counts, err = store.CountOffers(ctx, tx, sq); err != nil {
			return err
		}
		if l.Colleagues, err = a.colleagues(ctx, tx, by.Organisation); err != nil {
			return err
		}
		var ids []string
		var shown []audit.Entry
		for _, o := range l.Offers {
			ids = append(ids, o.SenderOrganisationID, o.AssignedTo, o.AnsweredBy)
			shown = append(shown, audit.Entry{Verb: "read", Object: "list", ObjectID: o.Offer.ID, PatientRef: o.PatientRef})
		}
		if l.Names, err = who.Names(ctx, tx, real(ids)...); err != nil {
			return err
		}
		return audit.WriteOnce(ctx, tx, shown...)
	})
	return l, err
}

func (a *App) offerQuery(by actor.Actor, q ListQuery) store.OfferQuery {
	sq := store.OfferQuery{
		Show: q.Show, Me: by.Person.ID, AssignedTo: q.AssignedTo, Need: string(q.Need), Urgent: q.Urgent, Order: q.Order,
		Descending: q.Descending, After: q.After, Limit: q.Limit + 1, Now: a.now(), Today: a.today(), Tomorrow: a.tomorrow(),
	}
	if q.AssignedTo == "me" {
		sq.AssignedTo = by.Person.ID
	}
	return sq
}

// ReferralList is some of what we sent.
type ReferralList struct {
	Referrals []ListedReferral
	Total     int
	Counts    map[string]int
	Names     map[string]string // of people, organisations, services and teams
}

// Name is what to call somebody or something; "" when it is not known.
func (l ReferralList) Name(id string) string { return l.Names[id] }

// Referrals lists what our team sent.
func (a *App) Referrals(ctx context.Context, by actor.Actor, show string, after *OfferPlace, limit int) (l ReferralList, err error) {
	if !store.KnownReferralList(show) {
		return l, fault.NotFound("list")
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if l.Referrals, l.Total, err = store.ListReferrals(ctx, tx, show, by.Person.ID, after, limit+1); err != nil {
			return err
		}
		if l.Counts, err = store.CountReferrals(ctx, tx); err != nil {
			return err
		}
		var ids []string
		var plain []domain.Referral
		var shown []audit.Entry
		for _, r := range l.Referrals {
			ids = append(ids, r.RequestedBy, r.ReceiverOrganisationID)
			plain = append(plain, r.Referral)
			shown = append(shown, audit.Entry{Verb: "read", Object: "list", ObjectID: r.Referral.ID, PatientRef: r.PatientRef})
		}
		if err := audit.WriteOnce(ctx, tx, shown...); err != nil {
			return err
		}
		if l.Names, err = who.Names(ctx, tx, real(ids)...); err != nil {
			return err
		}
		of, err := receivers(ctx, tx, plain...)
		for id, r := range of {
			l.Names[id] = r.Name
		}
		return err
	})
	return l, err
}

// Home is what waits for somebody.
type Home struct {
	Mine, Team map[string]int // offers, by list
	Referrals  map[string]int
	Actions    []domain.Action    // agreed at meetings, mine
	KeyWorker  []domain.KeyWorker // for whom I stay in touch
	People     map[string]domain.Person
	TeamKnown  bool // the team has said what it does
}

// Home counts what waits for the actor and their team.
func (a *App) Home(ctx context.Context, by actor.Actor) (h Home, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if h.Mine, err = store.CountOffers(ctx, tx, a.offerQuery(by, ListQuery{AssignedTo: "me"})); err != nil {
			return err
		}
		if h.Team, err = store.CountOffers(ctx, tx, a.offerQuery(by, ListQuery{})); err != nil {
			return err
		}
		if h.Referrals, err = store.CountReferrals(ctx, tx); err != nil {
			return err
		}
		if err := a.agreed(ctx, tx, by, &h); err != nil {
			return err
		}
		t, err := store.Team(ctx, tx, by.Organisation, false)
		h.TeamKnown = t.Version > 0
		return err
	})
	return h, err
}

// agreed is what meetings gave to the actor, with the names of those it is about as far as we hold them.
func (a *App) agreed(ctx context.Context, tx pgx.Tx, by actor.Actor, h *Home) (err error) {
	if h.Actions, err = store.OpenActions(ctx, tx, by.Person.ID); err != nil {
		return err
	}
	if h.KeyWorker, err = store.KeyWorkerFor(ctx, tx, by.Person.ID); err != nil {
		return err
	}
	h.People = map[string]domain.Person{}
	refs := []string{}
	for _, x := range h.Actions {
		refs = append(refs, x.PatientRef)
	}
	for _, k := range h.KeyWorker {
		refs = append(refs, k.PatientRef)
	}
	for _, ref := range refs {
		if _, done := h.People[ref]; done {
			continue
		}
		p, err := store.Person(ctx, tx, ref)
		if err != nil && !isNoOrganisation(err) {
			return err
		}
		h.People[ref] = p
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "home", PatientRef: ref}); err != nil {
			return err
		}
	}
	return nil
}

// Found is what a search for people gave.
type Found struct {
	People []FoundPerson
	Asked  bool // something was typed
}

// FindPeople looks for somebody among the team's own people by name, NHS number or reference.
func (a *App) FindPeople(ctx context.Context, by actor.Actor, typed string) (f Found, err error) {
	if typed == "" {
		return f, nil
	}
	f.Asked = true
	q := store.PersonSearch{Name: typed}
	if number, err := nhsnumber.Parse(typed, nhsnumber.Policy{AllowTest: true}); err == nil {
		q = store.PersonSearch{NHSNumber: number}
	} else if reference, ok := terms.ReadReference(typed); ok {
		q.Reference = reference
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if f.People, err = store.FindPeople(ctx, tx, q); err != nil {
			return err
		}
		for _, p := range f.People {
			if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "search", PatientRef: p.Ref}); err != nil {
				return err
			}
		}
		return nil
	})
	return f, err
}
