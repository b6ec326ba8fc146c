package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// CountDays are the periods that are counted over.
var CountDays = []int{30, 90, 365}

// OverlapsView is how often help was found to be there already, and what people chose.
type OverlapsView struct {
	Days                                                           int
	Exact                                                          bool // for the area's office; others see no small number
	HeldByNeed, HeldByChoice, OverlappingByNeed, OverlappingByWhat []domain.Count
}

// CountRoles may see the counts.
var CountRoles = []terms.Role{terms.RoleCoordinator, terms.RoleServiceLead}

var errCountsOnly = fault.Forbidden("These counts are for the area's office and for service leads")

// SeeOverlaps counts the last days: as they are for the area's office, and without small numbers for service leads.
func (a *App) SeeOverlaps(ctx context.Context, by actor.Actor, days int) (v OverlapsView, err error) {
	role := terms.Role(by.Role)
	if !slices.Contains(CountRoles, role) {
		return v, errCountsOnly
	}
	v = OverlapsView{Days: days, Exact: role == terms.RoleCoordinator}
	var all []domain.Chosen
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if err := audit.Write(ctx, tx, audit.Entry{Verb: "count", Object: "overlaps"}); err != nil {
			return err
		}
		return store.AsMatcher(ctx, tx, func() (err error) {
			all, err = store.ChosenSince(ctx, tx, a.Now().Add(-time.Duration(days)*24*time.Hour))
			return err
		})
	})
	if err != nil {
		return OverlapsView{}, fmt.Errorf("see overlaps: %w", err)
	}
	told := func(held, byNeed bool) []domain.Count {
		counts := domain.Counted(all, held, byNeed)
		if !v.Exact {
			counts = domain.Beyond(counts)
		}
		return counts
	}
	v.HeldByNeed, v.HeldByChoice, v.OverlappingByNeed, v.OverlappingByWhat = told(true, true), told(true, false), told(false, true), told(false, false)
	return v, nil
}
