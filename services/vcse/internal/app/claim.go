package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/store"
)

// ClaimInput is a provider saying that a listing is its own service.
type ClaimInput struct {
	ServiceID string
	Why       string // how the area's office can tell
}

// Claim asks for a listing. Nothing is said until the area's office has decided.
func (a *App) Claim(ctx context.Context, by actor.Actor, cmd pg.Command, in ClaimInput) (Done, error) {
	if by.OrganisationKind != string(terms.KindProvider) {
		return Done{}, domain.ErrNotAProvider
	}
	if strings.TrimSpace(in.Why) == "" {
		return Done{}, fault.Invalid("why", "Say how the area's office can tell that this is your service")
	}
	c := domain.Claim{ID: a.NewID(), ServiceID: in.ServiceID, Organisation: by.Organisation, Why: in.Why, AskedBy: by.Person.ID, AskedAt: a.now(), State: domain.ClaimAsked}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		s, err := store.Service(ctx, tx, in.ServiceID)
		if err != nil {
			return Done{}, err
		}
		if s.Claimed {
			return Done{}, domain.ErrClaimed
		}
		added, err := store.AddClaim(ctx, tx, c)
		if err != nil {
			return Done{}, err
		}
		if !added {
			return Done{}, domain.ErrAsked
		}
		a.hintOffice(ctx, by.Organisation)
		return Done{ID: c.ID, Version: 1, Made: true}, acted(ctx, tx, "ask", "claim", c.ID, "")
	})
	if err != nil {
		return done, fmt.Errorf("claim service: %w", err)
	}
	return done, nil
}

// DecideInput is the area's office's word on a claim.
type DecideInput struct {
	ClaimID string
	Version int64
	Confirm bool
	Note    string
}

// Office tells whether the actor decides claims: a coordinator, or a service lead where coordinators work.
func Office(by actor.Actor) bool {
	return by.Role == string(terms.RoleCoordinator) || by.Role == string(terms.RoleServiceLead) && by.OrganisationKind == string(terms.KindOtherCare)
}

// DecideClaim confirms or refuses a claim. A confirmed one makes the provider answer for the service, which can then be offered referrals.
func (a *App) DecideClaim(ctx context.Context, by actor.Actor, cmd pg.Command, in DecideInput) (Done, error) {
	if !Office(by) {
		return Done{}, domain.ErrNotOffice
	}
	if !in.Confirm && strings.TrimSpace(in.Note) == "" {
		return Done{}, fault.Invalid("note", "Say why, so that the provider knows what is missing")
	}
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		c, err := store.LockClaim(ctx, tx, in.ClaimID)
		if err != nil {
			return Done{}, err
		}
		if c.State == domain.ClaimAsked && c.Version != in.Version {
			return Done{}, domain.ErrChanged
		}
		if err := c.Decide(by.Person.ID, by.Organisation, a.now(), in.Confirm, in.Note); err != nil {
			return Done{}, err
		}
		if in.Confirm {
			if err := a.handOver(ctx, tx, c); err != nil {
				return Done{}, err
			}
		}
		if err := store.SaveClaim(ctx, tx, c); err != nil {
			return Done{}, err
		}
		a.hint(ctx, c.Organisation)
		a.hintOffice(ctx, by.Organisation)
		return Done{ID: c.ID, Version: c.Version + 1}, acted(ctx, tx, "decide", "claim", c.ID, "")
	})
	if err != nil {
		return done, fmt.Errorf("decide claim: %w", err)
	}
	return done, nil
}

// handOver makes the provider answer for the service and says so.
func (a *App) handOver(ctx context.Context, tx pgx.Tx, c domain.Claim) error {
	s, err := store.LockService(ctx, tx, c.ServiceID)
	if err != nil {
		return err
	}
	if s.Claimed {
		return domain.ErrClaimed
	}
	names, err := who.Names(ctx, tx, c.Organisation)
	if err != nil {
		return err
	}
	if name := names[c.Organisation]; name != "" {
		s.ProviderName = name
	}
	s.ProviderID, s.Claimed, s.AcceptsReferrals = c.Organisation, true, true
	s.Version++
	if err := store.HandOver(ctx, tx, s, a.now()); err != nil {
		return err
	}
	return a.say(ctx, tx, s.ID, published(s), nil)
}

// officeTopic is what everybody who decides claims listens to.
const officeTopic = "claims"

// OfficeTopic is the topic of claims.
func OfficeTopic() string { return officeTopic }

func (a *App) hintOffice(ctx context.Context, organisation string) {
	if a.Hint != nil {
		a.Hint(ctx, officeTopic, orgTopic(organisation))
	}
}
