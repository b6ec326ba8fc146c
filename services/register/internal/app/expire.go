package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/schemas/register"

	"example.org/waypost/services/register/internal/store"
)

// atOnce is how much the clock does in one transaction.
const atOnce = 200

// Expire ends roles and competencies whose last day is over, as the clock, and returns how many. What it could not do it
// finds again the next time; several copies of the service may run it.
func (x *App) Expire(ctx context.Context) (n int, err error) {
	for {
		done := 0
		err := x.DB.InTx(ctx, actor.Machine(actor.Clock), func(ctx context.Context, tx pgx.Tx) error {
			roles, err := x.expireRoles(ctx, tx)
			if err != nil {
				return err
			}
			competencies, err := x.expireCompetencies(ctx, tx)
			done = roles + competencies
			return err
		})
		if err != nil {
			return n, fmt.Errorf("expire: %w", err)
		}
		if n += done; done == 0 {
			return n, nil
		}
	}
}

func (x *App) expireRoles(ctx context.Context, tx pgx.Tx) (int, error) {
	list, err := store.LockRunOut(ctx, tx, x.today(), atOnce)
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		ended, err := r.End(x.now(), "")
		if err != nil {
			return 0, err
		}
		if err := x.end(ctx, tx, ended); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// expireCompetencies says it only when the person holds no newer record of the same: a renewed training has not run out.
func (x *App) expireCompetencies(ctx context.Context, tx pgx.Tx) (int, error) {
	list, err := store.LockRunOutCompetencies(ctx, tx, x.today(), atOnce)
	if err != nil {
		return 0, err
	}
	for _, k := range list {
		if err := store.ExpireCompetency(ctx, tx, k.ID, x.now()); err != nil {
			return 0, err
		}
		renewed, err := store.Superseded(ctx, tx, k, x.today())
		if err != nil {
			return 0, err
		}
		if renewed {
			continue
		}
		if _, err := x.Outbox.Append(ctx, tx, k.PersonID, &register.CompetencyExpiredV1{PersonID: k.PersonID, Competency: k.Competency, At: x.now()}, nil); err != nil {
			return 0, err
		}
		if err := write(ctx, tx, "expire", "competency", k.ID); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
