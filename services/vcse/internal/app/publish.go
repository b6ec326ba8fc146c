package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// Where a service comes from that no listing had: its provider wrote it here and lets everybody use it.
const (
	OurSource  = "Waypost"
	OurLicence = "OGL-UK-3.0"
)

// ServiceInput is a service as its provider describes it. What is not the provider's to say (source, claim) is not taken from it.
type ServiceInput struct {
	ID         string // "" adds one
	Version    int64
	AnyVersion bool
	Service    domain.Service
}

// PublishService adds or changes a service of the actor's provider.
func (a *App) PublishService(ctx context.Context, by actor.Actor, cmd pg.Command, in ServiceInput) (Done, error) {
	if by.OrganisationKind != string(terms.KindProvider) {
		return Done{}, domain.ErrNotAProvider
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		s := in.Service
		s.ID, s.Version = in.ID, 0
		s.Source, s.SourceLicence, s.ProviderName = OurSource, OurLicence, by.OrganisationName
		made := in.ID == ""
		if made {
			s.ID = a.NewID()
			s.SourceID = s.ID
		} else {
			old, err := ours(ctx, tx, by, in.ID)
			if err != nil {
				return Done{}, err
			}
			if !in.AnyVersion && int64(old.Version) != in.Version {
				return Done{}, domain.ErrChanged
			}
			keepOurs(&s, old)
		}
		s.ProviderID, s.Claimed = by.Organisation, true
		s.Version++
		return Done{ID: s.ID, Version: int64(s.Version), Made: made}, a.publish(ctx, tx, s)
	})
	if err != nil {
		return done, fmt.Errorf("publish service: %w", err)
	}
	return done, nil
}

// keepOurs keeps what a provider's change does not touch.
func keepOurs(s *domain.Service, old domain.Service) {
	s.Version, s.Source, s.SourceID, s.SourceLicence = old.Version, old.Source, old.SourceID, old.SourceLicence
	s.Categories, s.Simulated, s.ProviderName = old.Categories, s.Simulated || old.Simulated, old.ProviderName
}

// publish saves a service and says it.
func (a *App) publish(ctx context.Context, tx pgx.Tx, s domain.Service) error {
	s.Settle()
	if err := s.Check(); err != nil {
		return err
	}
	if err := store.SaveService(ctx, tx, s, "", a.now()); err != nil {
		return err
	}
	if err := a.say(ctx, tx, s.ID, published(s), nil); err != nil {
		return err
	}
	a.hint(ctx, s.ProviderID)
	return acted(ctx, tx, "publish", "service", s.ID, "")
}

// WithdrawService takes a service out of the directory, unless somebody still needs it.
func (a *App) WithdrawService(ctx context.Context, by actor.Actor, cmd pg.Command, id string, version int64) (Done, error) {
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		s, err := ours(ctx, tx, by, id)
		if err != nil {
			return Done{}, err
		}
		if int64(s.Version) != version {
			return Done{}, domain.ErrChanged
		}
		open, err := store.OpenOffers(ctx, tx, id)
		if err != nil {
			return Done{}, err
		}
		if open > 0 {
			return Done{}, domain.ErrOpenOffers
		}
		if err := a.withdraw(ctx, tx, id, terms.ServiceProviderOut); err != nil {
			return Done{}, err
		}
		a.hint(ctx, s.ProviderID)
		return Done{ID: id, Version: version + 1}, acted(ctx, tx, "withdraw", "service", id, "")
	})
	if err != nil {
		return done, fmt.Errorf("withdraw service: %w", err)
	}
	return done, nil
}

func (a *App) withdraw(ctx context.Context, tx pgx.Tx, id string, why terms.ServiceWithdrawal) error {
	now := a.now()
	listed, err := store.WithdrawService(ctx, tx, id, why, now)
	if err != nil || !listed {
		return err
	}
	return a.say(ctx, tx, id, &vcse.ServiceWithdrawnV1{ServiceID: id, Reason: why, At: now}, nil)
}

// ours locks a service of the actor's provider. Everybody may know of a service, so another's is refused, not hidden.
func ours(ctx context.Context, tx pgx.Tx, by actor.Actor, id string) (domain.Service, error) {
	s, err := store.Service(ctx, tx, id)
	if err != nil {
		return s, err
	}
	if s.ProviderID != by.Organisation {
		return s, domain.ErrNotOurs
	}
	return store.LockService(ctx, tx, id)
}

// published is a service as others hear of it.
func published(s domain.Service) *vcse.ServicePublishedV1 {
	p := &vcse.ServicePublishedV1{
		ServiceID: s.ID, ProviderID: s.ProviderID, ProviderName: s.ProviderName, Name: s.Name, Description: s.Description, Needs: s.Needs,
		NeedsMapped: s.NeedsMapped, Source: s.Source, SourceID: s.SourceID, SourceLicence: s.SourceLicence, Claimed: s.Claimed,
		Simulated: s.Simulated, Status: s.Status, Sensitive: s.Sensitive, MinimumAge: s.MinimumAge, MaximumAge: s.MaximumAge,
		Eligibility: s.Eligibility, Fees: s.Fees, URL: s.URL, Phone: s.Phone, Email: s.Email, Languages: s.Languages,
		Accessibility: s.Accessibility, Delivery: s.Delivery, AcceptsReferrals: s.AcceptsReferrals, Categories: s.Categories, Version: s.Version,
	}
	if s.Opening != "" { // copies keep the description, and no opening times of their own yet
		if p.Description != "" {
			p.Description += "\n\n"
		}
		p.Description += "Opening times: " + s.Opening
	}
	for _, x := range s.Places {
		p.Places = append(p.Places, vcse.ServicePublishedV1Place(x))
	}
	for _, x := range s.Sessions {
		p.Sessions = append(p.Sessions, vcse.ServicePublishedV1Session(x)) // some tell the day alone
	}
	return p
}
