package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// What a list is asked for with, as store has it; the web and the API know it by these names.
type (
	// Show is one list of offers.
	Show = store.Show
	// Sort is the order of a list.
	Sort = store.Sort
	// TimePlace is where a page of offers ended.
	TimePlace = store.TimePlace
	// ClaimPlace is where a page of claims ended.
	ClaimPlace = store.ClaimPlace
	// NamePlace is where a list by name ended.
	NamePlace = store.NamePlace
	// Message is what sender and receiver tell each other about an offer.
	Message = store.Message
	// Session is an attendance that was recorded.
	Session = store.Session
)

// The lists and orders.
const (
	ShowWaiting   = store.ShowWaiting
	ShowOverdue   = store.ShowOverdue
	ShowAsked     = store.ShowAsked
	ShowSent      = store.ShowSent
	ShowWaitlist  = store.ShowWaitlist
	ShowPeople    = store.ShowPeople
	ShowRecord    = store.ShowRecord
	ShowBounced   = store.ShowBounced
	ShowStandDown = store.ShowStandDown
	ShowOver      = store.ShowOver
	ShowAlso      = store.ShowAlso
	ShowAll       = store.ShowAll
	SortDue       = store.SortDue
	SortNewest    = store.SortNewest
	SortOldest    = store.SortOldest
)

// Home is what waits for a provider's people.
type Home struct {
	Counts  map[Show]int
	Confirm []OwnService // services whose room nobody has confirmed for a week
	Claims  int          // that this person may decide
}

// OwnService is a service of the actor's provider with its report.
type OwnService struct {
	domain.Service
	Capacity *domain.Capacity
}

// Stale tells whether somebody should say how much room there is.
func (s OwnService) Stale(now time.Time) bool {
	if s.Status != terms.ServiceActive || !s.AcceptsReferrals {
		return false
	}
	return s.Capacity == nil || s.Capacity.Freshness(now) != terms.FreshnessFresh
}

// Home reads what waits.
func (a *App) Home(ctx context.Context, by actor.Actor) (h Home, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		h = Home{}
		if Office(by) {
			claims, err := store.Claims(ctx, tx, store.ClaimQuery{OnlyAsked: true, Limit: 500})
			h.Claims = len(claims)
			if err != nil {
				return err
			}
		}
		var err error
		if h.Counts, err = store.Counts(ctx, tx, a.now()); err != nil {
			return err
		}
		own, err := a.own(ctx, tx, by)
		for _, s := range own {
			if s.Stale(a.Now()) {
				h.Confirm = append(h.Confirm, s)
			}
		}
		return err
	})
	if err != nil {
		return h, fmt.Errorf("read home: %w", err)
	}
	return h, nil
}

func (a *App) own(ctx context.Context, tx pgx.Tx, by actor.Actor) ([]OwnService, error) {
	all, err := store.Services(ctx, tx, store.ServiceQuery{Provider: by.Organisation, Limit: 500})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.ID
	}
	room, err := store.Capacities(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]OwnService, len(all))
	for i, s := range all {
		out[i].Service = s
		if c, ok := room[s.ID]; ok {
			out[i].Capacity = &c
		}
	}
	return out, nil
}

// OwnServices lists the services of the actor's provider by name.
func (a *App) OwnServices(ctx context.Context, by actor.Actor) (out []OwnService, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		out, err = a.own(ctx, tx, by)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list own services: %w", err)
	}
	return out, nil
}

// OffersQuery says which offers are listed, and how.
type OffersQuery struct {
	Show     Show
	Sort     Sort
	Service  string
	Assigned string
	After    *TimePlace
	Limit    int
	Quiet    bool // a page that fetches itself again: its reader was written down when it was opened
}

// OfferRow is a line of a list.
type OfferRow struct {
	store.Listed
	Service  string
	Sender   string
	Assigned string
	New      bool // changed since this person last looked at it
}

// Offers lists the provider's offers, and writes down who saw whom.
func (a *App) Offers(ctx context.Context, by actor.Actor, q OffersQuery) (out []OfferRow, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		all, err := store.Offers(ctx, tx, store.OfferQuery{Show: q.Show, Sort: q.Sort, Service: q.Service, Assigned: q.Assigned, After: q.After, Limit: q.Limit, Now: a.now()})
		if err != nil {
			return err
		}
		out, err = a.rows(ctx, tx, by, all)
		if err != nil || q.Quiet {
			return err
		}
		shown := make([]domain.Offer, len(out))
		for i, o := range out {
			shown[i] = o.Offer
		}
		return looked(ctx, tx, shown...)
	})
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	return out, nil
}

func (a *App) rows(ctx context.Context, tx pgx.Tx, by actor.Actor, all []store.Listed) ([]OfferRow, error) {
	var ids, services, people []string
	for _, o := range all {
		ids = append(ids, o.ID)
		services = append(services, o.ServiceID)
		people = append(people, o.SenderOrganisation)
		if o.AssignedTo != "" {
			people = append(people, o.AssignedTo)
		}
	}
	names, err := who.Names(ctx, tx, people...)
	if err != nil {
		return nil, err
	}
	called, err := store.ServiceNames(ctx, tx, services)
	if err != nil {
		return nil, err
	}
	seen, err := store.Seen(ctx, tx, by.Person.ID, ids)
	if err != nil {
		return nil, err
	}
	out := make([]OfferRow, len(all))
	for i, o := range all {
		out[i] = OfferRow{o, called[o.ServiceID], names[o.SenderOrganisation], names[o.AssignedTo], o.Version > seen[o.ID]}
	}
	return out, nil
}

// Find looks for a person among the provider's offers by reference, NHS number or name, and writes down who was found.
func (a *App) Find(ctx context.Context, by actor.Actor, typed string) (out []OfferRow, err error) {
	reference, _ := terms.ReadReference(typed)
	number := ""
	if n, err := nhsnumber.Parse(typed, nhsnumber.Policy{AllowTest: true}); err == nil {
		number = n
	}
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		found, err := store.FindOffers(ctx, tx, reference, number, typed, 50)
		if err != nil {
			return err
		}
		all := make([]store.Listed, len(found))
		for i, o := range found {
			all[i].Offer = o
		}
		if out, err = a.rows(ctx, tx, by, all); err != nil {
			return err
		}
		return looked(ctx, tx, found...)
	})
	if err != nil {
		return nil, fmt.Errorf("find offers: %w", err)
	}
	return out, nil
}

// Colleague is somebody an offer can be given to, with what they have already.
type Colleague struct {
	ID, Name string
	Load     int
}

// OfferView is everything a page shows of an offer.
type OfferView struct {
	domain.Offer
	Service    domain.Service
	Names      map[string]string // of the people and organisations in it
	Messages   []Message
	Sessions   []Session
	KeptUntil  time.Time // a place is kept until then; zero when none is
	Position   int       // on the waiting list, from 1; 0 when it is not on it
	Colleagues []Colleague
	CurrentRef string // whom the shared case knows by
}

// Offer reads one offer for its page and writes down who looked.
func (a *App) Offer(ctx context.Context, by actor.Actor, id string) (v OfferView, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		v = OfferView{}
		if v.Offer, err = store.Offer(ctx, tx, id); err != nil {
			return err
		}
		if err := a.fill(ctx, tx, &v); err != nil {
			return err
		}
		if err := store.MarkSeen(ctx, tx, by.Person.ID, v.Offer); err != nil {
			return err
		}
		if _, err := a.settleNotices(ctx, tx, v.Offer, domain.DeliverySeen); err != nil {
			return err
		}
		return looked(ctx, tx, v.Offer)
	})
	if err != nil {
		return v, fmt.Errorf("read offer: %w", err)
	}
	return v, nil
}

func (a *App) fill(ctx context.Context, tx pgx.Tx, v *OfferView) (err error) {
	if v.Service, err = store.AnyService(ctx, tx, v.ServiceID); err != nil {
		return err
	}
	if v.Messages, err = store.Messages(ctx, tx, v.ID); err != nil {
		return err
	}
	if v.Sessions, err = store.Sessions(ctx, tx, v.ID); err != nil {
		return err
	}
	if v.KeptUntil, err = store.KeptUntil(ctx, tx, v.ID); err != nil {
		return err
	}
	if v.CurrentRef, err = store.CurrentRef(ctx, tx, v.PatientRef); err != nil {
		return err
	}
	if v.State == terms.OfferWaitlisted {
		if v.Position, err = store.WaitingPosition(ctx, tx, v.Offer); err != nil {
			return err
		}
	}
	if v.Names, err = who.Names(ctx, tx, v.people()...); err != nil {
		return err
	}
	v.Colleagues, err = a.colleagues(ctx, tx, v.Organisation)
	return err
}

// people are the ids that the page has names for.
func (v OfferView) people() []string {
	all := []string{v.SenderOrganisation, v.RequestedBy, v.AnsweredBy, v.AssignedTo, v.StoodDownBy, v.EndedBy, v.Last.By}
	for _, m := range v.Messages {
		all = append(all, m.By)
	}
	for _, s := range v.Sessions {
		all = append(all, s.By)
	}
	var out []string
	for _, id := range all {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}

func (a *App) colleagues(ctx context.Context, tx pgx.Tx, organisation string) ([]Colleague, error) {
	roles, err := who.People(ctx, tx, organisation, "", a.Now())
	if err != nil {
		return nil, err
	}
	loads, err := store.Loads(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []Colleague
	seen := map[string]bool{}
	for _, r := range roles {
		if !seen[r.PersonID] {
			seen[r.PersonID] = true
			out = append(out, Colleague{r.PersonID, r.PersonName, loads[r.PersonID]})
		}
	}
	return out, nil
}
