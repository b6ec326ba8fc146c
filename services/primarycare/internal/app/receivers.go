package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
)

// notRefused refuses to send a team a need of which it says "not here", in the neighbourhood of the practice.
func (a *App) notRefused(ctx context.Context, tx pgx.Tx, by actor.Actor, need terms.Need, receivers []domain.Receiver) error {
	var f fault.Fields
	for i, r := range receivers {
		if r.Kind != terms.ReceiverTeam {
			continue
		}
		t, err := directory.TeamFor(ctx, tx, r.ID, by.Organisation, a.Now())
		if errors.Is(err, directory.ErrNoTeam) {
			continue // sensitive says so
		}
		if err != nil {
			return err
		}
		if why, refuses := t.Refuses(need); refuses {
			f.Add(fmt.Sprintf("receivers.%d", i), directory.NotHere(t.Name, why))
		}
	}
	return f.Err()
}

// sensitive tells whether the need or any named service tells something that must not be learnt by accident.
func (a *App) sensitive(ctx context.Context, tx pgx.Tx, q domain.Request) (bool, error) {
	sensitive := q.Need.Sensitive()
	if len(q.Receivers) == 0 {
		return sensitive, nil
	}
	ids := make([]string, len(q.Receivers))
	for i, r := range q.Receivers {
		ids[i] = r.ID
	}
	known, err := directory.Receivers(ctx, tx, ids...)
	if err != nil {
		return false, err
	}
	for i, r := range q.Receivers {
		k, ok := known[r.ID]
		if !ok || k.Kind != r.Kind {
			return false, fault.Invalid(fmt.Sprintf("receivers.%d", i), "There is no such service or team. Choose another")
		}
		sensitive = sensitive || k.Sensitive
	}
	return sensitive, nil
}

// takesReferrals refuses what can not be offered a referral.
func (a *App) takesReferrals(ctx context.Context, tx pgx.Tx, by actor.Actor, r domain.Receiver, need terms.Need) error {
	if r.Kind == terms.ReceiverTeam {
		t, err := directory.TeamFor(ctx, tx, r.ID, by.Organisation, a.Now())
		if err == nil && !t.AcceptsReferrals {
			return fault.Conflict("no_referrals", "This team takes no referrals now. Choose another")
		}
		if why, refuses := t.Refuses(need); err == nil && refuses {
			return fault.Conflict("not_here", directory.NotHere(t.Name, why))
		}
		return err
	}
	s, err := directory.ServiceByID(ctx, tx, r.ID, a.Now())
	if err == nil && !s.TakesReferrals() {
		return fault.Conflict("no_referrals", "This service takes no referrals through Waypost. You can give its details as information instead")
	}
	return err
}
