package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// ReturnsView is how often referrals came back to the practices that sent them.
type ReturnsView struct {
	Days                   int
	Exact                  bool // for the area's office; others see no small number
	ByWay, ByNeed, ByMonth []domain.Count
}

// SeeReturns counts the last days: as they are for the area's office, and without small numbers for service leads.
func (a *App) SeeReturns(ctx context.Context, by actor.Actor, days int) (v ReturnsView, err error) {
	if !slices.Contains(CountRoles, terms.Role(by.Role)) {
		return v, errCountsOnly
	}
	v = ReturnsView{Days: days, Exact: terms.Role(by.Role) == terms.RoleCoordinator}
	var all []domain.CameBack
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "count", Object: "returns"}); err != nil {
			return err
		}
		return store.AsMatcher(ctx, tx, func() (err error) {
			all, err = store.CameBackSince(ctx, tx, a.Now().Add(-time.Duration(days)*24*time.Hour))
			return err
		})
	})
	if err != nil {
		return ReturnsView{}, fmt.Errorf("see returns: %w", err)
	}
	told := func(as func(domain.CameBack) domain.Count) []domain.Count {
		counts := domain.CountedBack(all, as)
		if !v.Exact {
			counts = domain.Beyond(counts)
		}
		return counts
	}
	v.ByWay = told(func(c domain.CameBack) domain.Count { return domain.Count{Choice: string(c.Way)} })
	v.ByNeed = told(func(c domain.CameBack) domain.Count { return domain.Count{Need: c.Need} })
	v.ByMonth = told(func(c domain.CameBack) domain.Count { return domain.Count{Choice: c.Month} })
	slices.SortFunc(v.ByMonth, func(a, b domain.Count) int { return strings.Compare(a.Choice, b.Choice) })
	return v, nil
}
