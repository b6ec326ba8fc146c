package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/services/coordination/internal/domain"
)

func (a *App) takers(ctx context.Context, tx pgx.Tx, r domain.Referral) (takers []domain.Named, names Names, err error) {
	names = Names{}
	if r.Owes.Party == domain.Coordinator {
		if takers, err = a.coordinators(ctx, tx); err != nil {
			return nil, nil, err
		}
		for _, t := range takers {
			known, err := who.Names(ctx, tx, t.Person, t.Organisation)
			if err != nil {
				return nil, nil, err
			}
			names[t.Person], names[t.Organisation] = known[t.Person], known[t.Organisation]
		}
		return takers, names, nil
	}
	if r.Owes.Organisation == "" {
		return nil, names, nil
	}
	roles, err := who.People(ctx, tx, r.Owes.Organisation, "", a.Now())
	if err != nil {
		return nil, nil, err
	}
	for _, p := range roles {
		if _, seen := names[p.PersonID]; seen {
			continue // in another role
		}
		if _, err := domain.SeesCase(p.Role); err == nil { // who sees no case could not take a step on it
			names[p.PersonID] = p.PersonName
			takers = append(takers, domain.Named{Person: p.PersonID, Organisation: p.OrganisationID})
		}
	}
	return takers, names, nil
}
