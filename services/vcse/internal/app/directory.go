package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// ServiceView is everything a signed-in person sees of a service.
type ServiceView struct {
	OwnService
	Notes  []domain.Standing
	Names  map[string]string
	Claims []domain.Claim // of this person's organisation
	Open   int            // offers and people of ours that still need somebody
}

// Service reads one service with what is said of it. Everybody signed in may.
func (a *App) Service(ctx context.Context, by actor.Actor, id string) (v ServiceView, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		v = ServiceView{}
		if v.OwnService.Service, err = store.Service(ctx, tx, id); err != nil {
			return err
		}
		if v.Capacity, err = store.Capacity(ctx, tx, id); err != nil {
			return err
		}
		notes, err := store.Notes(ctx, tx, id)
		if err != nil {
			return err
		}
		v.Notes = domain.Stand(notes)
		if v.Open, err = store.OpenOffers(ctx, tx, id); err != nil {
			return err
		}
		if v.Claims, err = store.Claims(ctx, tx, store.ClaimQuery{Organisation: by.Organisation, Service: id, Limit: 100}); err != nil {
			return err
		}
		var people []string
		for _, n := range notes {
			people = append(people, n.By, n.Organisation)
		}
		if v.Capacity != nil && v.Capacity.ReportedBy != "" {
			people = append(people, v.Capacity.ReportedBy)
		}
		v.Names, err = who.Names(ctx, tx, people...)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read service: %w", err)
	}
	return v, nil
}

// Search says what is looked for in the directory. What is empty does not narrow it.
type Search struct {
	Text      string
	Need      terms.Need
	District  string // the first half of a postcode: M1
	Weekday   terms.Weekday
	Unclaimed bool
	After     *NamePlace
	Offset    int // instead of After, where a standard counts pages
	Limit     int
}

func (s Search) query() store.ServiceQuery {
	return store.ServiceQuery{Text: s.Text, Need: s.Need, District: s.District, Weekday: s.Weekday, Unclaimed: s.Unclaimed, After: s.After, Offset: s.Offset, Limit: s.Limit}
}

// Services searches what the directory has, for somebody signed in.
func (a *App) Services(ctx context.Context, by actor.Actor, s Search) (out []domain.Service, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		out, err = store.Services(ctx, tx, s.query())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search services: %w", err)
	}
	return out, nil
}

// visitor is nobody: who reads the open directory is not known, and the database shows this actor nothing else.
var visitor = actor.Machine(actor.Matcher)

// Directory searches the open directory; found is how many there are in all.
func (a *App) Directory(ctx context.Context, s Search) (out []domain.Service, found int, err error) {
	err = a.DB.InTx(ctx, visitor, func(ctx context.Context, tx pgx.Tx) error {
		if found, err = store.CountPublic(ctx, tx, s.query()); err != nil {
			return err
		}
		out, err = store.PublicServices(ctx, tx, s.query())
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("search directory: %w", err)
	}
	for i := range out {
		out[i] = discreet(out[i])
	}
	return out, found, nil
}

// Listed reads one service of the open directory.
func (a *App) Listed(ctx context.Context, id string) (s domain.Service, err error) {
	err = a.DB.InTx(ctx, visitor, func(ctx context.Context, tx pgx.Tx) error {
		s, err = store.PublicService(ctx, tx, id)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("read directory: %w", err)
	}
	return discreet(s), nil
}

// discreet leaves the addresses out of a service where being seen may be dangerous, such as a refuge.
func discreet(s domain.Service) domain.Service {
	if s.Sensitive {
		s.Places = nil
		for i := range s.Sessions {
			s.Sessions[i].Place = nil
		}
	}
	return s
}

// ClaimView is a claim with its names.
type ClaimView struct {
	domain.Claim
	Service  domain.Service
	Provider string
	Asker    string
	Decider  string
}

// Place is where a page that ends with this claim ended.
func (c ClaimView) Place() ClaimPlace {
	return ClaimPlace{Asked: c.State == domain.ClaimAsked, At: c.AskedAt, ID: c.ID}
}

// Claims lists the claims that the actor may see, open ones first: their own organisation's, or all at the area's office.
func (a *App) Claims(ctx context.Context, by actor.Actor, after *ClaimPlace, limit int) (out []ClaimView, err error) {
	err = a.read(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		out = nil
		own := by.Organisation
		if Office(by) {
			own = ""
		}
		all, err := store.Claims(ctx, tx, store.ClaimQuery{Organisation: own, After: after, Limit: limit})
		if err != nil {
			return err
		}
		var ids []string
		for _, c := range all {
			ids = append(ids, c.Organisation, c.AskedBy)
			if c.DecidedBy != "" {
				ids = append(ids, c.DecidedBy)
			}
		}
		names, err := who.Names(ctx, tx, ids...)
		if err != nil {
			return err
		}
		for _, c := range all {
			s, err := store.AnyService(ctx, tx, c.ServiceID)
			if err != nil {
				return err
			}
			out = append(out, ClaimView{c, s, names[c.Organisation], names[c.AskedBy], names[c.DecidedBy]})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	return out, nil
}

// MustBeOffice refuses who does not decide claims.
func MustBeOffice(by actor.Actor) error {
	if !Office(by) {
		return domain.ErrNotOffice
	}
	return nil
}

// ErrNoDistrict refuses what is not the first half of a postcode.
var ErrNoDistrict = fault.Invalid("district", "Enter the first half of a postcode, like M1 or OL12")
