package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// HoldingView is the page of somebody who is asked to hold a case.
type HoldingView struct {
	domain.Holding
	Patient domain.Patient
	Known   bool
	Case    store.Case
	Current *domain.Holding
	Item    domain.Item
	Names   map[string]string
}

// HoldingByID reads it. The person is shown who it is about, because they must know to answer.
func (a *App) HoldingByID(ctx context.Context, by actor.Actor, id string) (v HoldingView, err error) {
	v.Names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if v.Holding, err = store.Holding(ctx, tx, id); err != nil {
			return err
		}
		if v.Patient, v.Known, err = store.Seen(ctx, tx, v.PatientRef, by.Organisation); err != nil {
			return err
		}
		if v.Case, _, err = store.CaseByID(ctx, tx, v.CaseID); err != nil {
			return err
		}
		h, err := store.ShownHolders(ctx, tx, v.CaseID)
		if err != nil {
			return err
		}
		v.Current = h.Current
		if v.ItemID != "" {
			if v.Item, err = store.Item(ctx, tx, v.ItemID); err != nil && !errors.Is(err, domain.ErrNoItem) {
				return err
			}
		}
		if v.PersonID != by.Person.ID && v.OrganisationID != by.Organisation && v.AskedByOrg != by.Organisation && !v.Item.Tells(by.Organisation, by.Person.ID) {
			v.WhyNot = ""
		}
		if v.Current != nil {
			err = a.addNames(ctx, tx, v.Names, v.Current.PersonID, v.Current.OrganisationID)
		}
		if err == nil {
			err = a.addNames(ctx, tx, v.Names, v.PersonID, v.OrganisationID, v.AskedBy, v.AskedByOrg, v.HandedTo)
		}
		if err != nil || !v.Known {
			return err
		}
		return looked(ctx, tx, "case", v.CaseID, v.PatientRef)
	})
	return v, wrap("read request to hold a case", err)
}

// mostUnheld is how many cases without a holder a page shows.
const mostUnheld = 200

// Unheld lists the open cases that a meeting of the actor's organisation took and that nobody holds or is asked to hold.
func (a *App) Unheld(ctx context.Context, by actor.Actor) (out []Line, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		items, err := store.Unheld(ctx, tx, mostUnheld, by.Organisation)
		if err != nil {
			return err
		}
		out, err = a.lines(ctx, tx, by, items)
		return err
	})
	return out, wrap("list cases that nobody holds", err)
}

// Held is a case that the actor's organisation holds or is asked to.
type Held struct {
	domain.Holding
	Patient domain.Patient
	Known   bool
	Case    store.Case
	ItemID  string // the newest agenda that the actor sees it on
}

// Cases lists what the actor and their colleagues hold or are asked to.
func (a *App) Cases(ctx context.Context, by actor.Actor) (out []Held, names map[string]string, err error) {
	names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		all, err := store.MyHoldings(ctx, tx, by.Person.ID, by.Organisation)
		if err != nil {
			return err
		}
		var shown []audit.Entry
		for _, h := range all {
			x := Held{Holding: h}
			if x.Patient, x.Known, err = store.Seen(ctx, tx, h.PatientRef, by.Organisation); err != nil {
				return err
			}
			if x.Case, _, err = store.CaseByID(ctx, tx, h.CaseID); err != nil {
				return err
			}
			items, err := store.ItemsOf(ctx, tx, h.PatientRef)
			if err != nil {
				return err
			}
			if len(items) > 0 {
				x.ItemID = items[0].ID
			}
			if x.Known {
				shown = append(shown, sight("case", h.CaseID, h.PatientRef))
			}
			if err := a.addNames(ctx, tx, names, h.PersonID, h.OrganisationID, h.AskedBy); err != nil {
				return err
			}
			out = append(out, x)
		}
		return audit.WriteOnce(ctx, tx, shown...)
	})
	return out, names, wrap("list cases", err)
}
