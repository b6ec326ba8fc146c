package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
)

// standing reads where a person stands: what they were trained in, and what the area has said of their role. It refuses when
// their practice can not refer at all.
func (a *App) standing(ctx context.Context, tx pgx.Tx, by actor.Actor) (s who.Standing, err error) {
	var practice who.Organisation
	err = pg.Together(ctx, tx, []func(context.Context, pgx.Tx) error{
		func(ctx context.Context, tx pgx.Tx) (err error) {
			practice, err = who.OrganisationByID(ctx, tx, by.Organisation)
			return err
		},
		func(ctx context.Context, tx pgx.Tx) (err error) {
			s, err = who.StandingOf(ctx, tx, by, a.Now())
			return err
		},
	})
	if _, refused := fault.Of(err); refused || err == nil && !practice.MayRefer {
		return s, domain.ErrMayNotRefer
	}
	if err != nil {
		return s, fmt.Errorf("look whether one may refer: %w", err)
	}
	return s, nil
}

// mayRefer is nil when the practice and the person may send referrals for the need; "" is any ordinary one.
func (a *App) mayRefer(ctx context.Context, tx pgx.Tx, by actor.Actor, need terms.Need, sensitive bool) error {
	s, err := a.standing(ctx, tx, by)
	if err != nil {
		return err
	}
	return a.refusal(ctx, tx, by, s.Lacks(terms.ActRefer, need, sensitive), need, sensitive)
}

// refusal names what is missing and the right door: who at this practice may, or whose else it is.
func (a *App) refusal(ctx context.Context, tx pgx.Tx, by actor.Actor, lacks *who.Lacks, need terms.Need, sensitive bool) error {
	if lacks == nil {
		return nil
	}
	able, err := who.Able(ctx, tx, by.Organisation, lacks.Act, need, sensitive, a.Now())
	if err != nil {
		return err
	}
	return lacks.Refusal(able)
}

// maySignpost refuses to give information about what the person's role or training does not reach.
func (a *App) maySignpost(ctx context.Context, tx pgx.Tx, by actor.Actor, need terms.Need, sensitive bool) error {
	s, err := who.StandingOf(ctx, tx, by, a.Now())
	if err != nil {
		return err
	}
	return a.refusal(ctx, tx, by, s.Lacks(terms.ActSignpost, need, sensitive), need, sensitive)
}
