package app

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// ActionView is an action. Patient is known only to the organisation whose meeting it was.
type ActionView struct {
	domain.Action
	Patient domain.Patient
	Known   bool
	Ours    bool // our meeting agreed it
	Meeting domain.Meeting
	Left    bool       // its owner does not work there any more
	Takers  []who.Role // whom it can be given to, for the page of one
}

// Actions lists actions; ask for one more than is shown.
func (a *App) Actions(ctx context.Context, by actor.Actor, q store.ActionQuery) (out []ActionView, names map[string]string, err error) {
	q.Today, q.Org, names = a.today(), by.Organisation, map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		all, err := store.Actions(ctx, tx, q)
		if err != nil {
			return err
		}
		for _, x := range all {
			v, err := a.action(ctx, tx, by, x)
			if err != nil {
				return err
			}
			out = append(out, v)
			if err := a.addNames(ctx, tx, names, x.OwnerID, x.OwnerOrg, x.OrganisationID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, names, wrap("list actions", err)
}

func (a *App) action(ctx context.Context, tx pgx.Tx, by actor.Actor, x domain.Action) (v ActionView, err error) {
	v = ActionView{Action: x, Ours: x.OrganisationID == by.Organisation}
	if v.Patient, v.Known, err = store.Seen(ctx, tx, x.PatientRef, by.Organisation); err != nil {
		return v, err
	}
	if v.Left, err = a.hasLeft(ctx, tx, x); err != nil {
		return v, err
	}
	return v, looked(ctx, tx, "action", x.ID, x.PatientRef)
}

// ActionByID reads one action's page.
func (a *App) ActionByID(ctx context.Context, by actor.Actor, id string) (v ActionView, names map[string]string, err error) {
	names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		x, err := store.Action(ctx, tx, id)
		if err != nil {
			return err
		}
		if v, err = a.action(ctx, tx, by, x); err != nil {
			return err
		}
		if v.Meeting, err = store.Meeting(ctx, tx, x.MeetingID); err != nil && !errors.Is(err, domain.ErrNoMeeting) {
			return err
		}
		if v.Takers, err = a.takers(ctx, tx, v); err != nil {
			return err
		}
		return a.addNames(ctx, tx, names, x.OwnerID, x.OwnerOrg, x.OrganisationID, x.AgreedBy, x.EndedBy)
	})
	return v, names, wrap("read action", err)
}
