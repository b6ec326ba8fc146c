package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// MergeSeen is a merge as somebody with a part in the case sees it.
type MergeSeen struct {
	Merge
	Hidden bool // what came under one of the two can not be seen
}

// mergesOn lists the merges of a case's patient of which the person knows one side.
func mergesOn(ctx context.Context, tx pgx.Tx, c domain.Case) (out []MergeSeen, err error) {
	known, err := store.RefsKnown(ctx, tx, c.ID)
	if err != nil {
		return nil, err
	}
	merges, err := store.MergesOf(ctx, tx, append(slices.Clone(known), c.PatientRef))
	if err != nil {
		return nil, err
	}
	for _, m := range merges {
		out = append(out, MergeSeen{m, !slices.Contains(known, m.From) || !slices.Contains(known, m.Into)})
	}
	return out, nil
}

// MergeListed is one line of the list of merges.
type MergeListed struct {
	Merge
	Initials string
}

// MergesView is what was made one lately.
type MergesView struct {
	Merges []MergeListed
	Names  Names
	Now    time.Time
}

// MergeCursor is where a page of the list ended.
type MergeCursor = store.MergeCursor

// SeeMerges lists the merges that can still be undone, newest first, for the area's office: one more than asked for, when there are more.
func (a *App) SeeMerges(ctx context.Context, by actor.Actor, after *MergeCursor, limit int) (v MergesView, err error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
		return v, errOfficeOnly
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		var people []string
		err := store.AsMatcher(ctx, tx, func() error {
			merges, err := store.MergesSince(ctx, tx, v.Now.Add(-domain.UndoWithin), after, limit+1)
			if err != nil {
				return err
			}
			for _, m := range merges {
				p, err := store.PatientByRef(ctx, tx, m.From)
				if err != nil {
					return err
				}
				v.Merges, people = append(v.Merges, MergeListed{m, p.Initials()}), append(people, m.By)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if v.Names, err = names(ctx, tx, people); err != nil {
			return err
		}
		var shown []audit.Entry
		for _, m := range v.Merges[:min(len(v.Merges), limit)] {
			shown = append(shown, audit.Entry{Verb: "read", Object: "list of merges", ObjectID: m.ID, PatientRef: m.From})
		}
		return audit.WriteOnce(ctx, tx, shown...)
	})
	if err != nil {
		return MergesView{}, fmt.Errorf("see merges: %w", err)
	}
	return v, nil
}

// MergeView is two records that were made one, side by side.
type MergeView struct {
	Merge Merge
	From  domain.Patient
	Into  domain.Patient
	Names Names
	Now   time.Time
}

// SeeMerge reads both records of a merge, for the area's office: it must compare them.
func (a *App) SeeMerge(ctx context.Context, by actor.Actor, id string) (v MergeView, err error) {
	if !domain.May(terms.Role(by.Role), domain.MayFindAWay) {
		return v, errOfficeOnly
	}
	v.Now = a.Now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		err := store.AsMatcher(ctx, tx, func() (err error) {
			if v.Merge, err = store.MergeByID(ctx, tx, id); err != nil {
				return err
			}
			if v.From, err = store.PatientByRef(ctx, tx, v.Merge.From); err != nil {
				return err
			}
			v.Into, err = store.PatientByRef(ctx, tx, v.Merge.Into)
			return err
		})
		if err != nil {
			return err
		}
		for _, ref := range []string{v.Merge.From, v.Merge.Into} {
			if err := audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "patient", ObjectID: ref, PatientRef: ref}); err != nil {
				return err
			}
		}
		v.Names, err = names(ctx, tx, []string{v.Merge.By, v.Merge.UndoneBy})
		return err
	})
	if err != nil {
		return MergeView{}, fmt.Errorf("see merge: %w", err)
	}
	return v, nil
}
