package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
	"example.org/waypost/services/linkworker/internal/store"
)

// TeamView is what a team says of itself, its room, and the practices it could work for.
type TeamView struct {
	Team      domain.Team
	Capacity  domain.Capacity
	Own       who.Organisation
	Practices []who.Organisation // of the team's network, and those it names
	Names     map[string]string
}

// Team is the actor's own team.
func (a *App) Team(ctx context.Context, by actor.Actor) (v TeamView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if v.Team, err = store.Team(ctx, tx, by.Organisation, false); err != nil {
			return err
		}
		if v.Capacity, err = store.Capacity(ctx, tx, by.Organisation); err != nil {
			return err
		}
		if v.Own, err = who.OrganisationByID(ctx, tx, by.Organisation); err != nil && !isNoOrganisation(err) {
			return err
		}
		if v.Own.NetworkCode != "" {
			q := who.OrganisationQuery{Kind: terms.KindPractice, NetworkCode: v.Own.NetworkCode, Limit: 100}
			if v.Practices, err = who.Organisations(ctx, tx, q); err != nil {
				return err
			}
		}
		ids := append([]string{}, v.Team.PracticeIDs...)
		if v.Team.ChangedBy != "" {
			ids = append(ids, v.Team.ChangedBy)
		}
		if v.Capacity.ReportedBy != "" {
			ids = append(ids, v.Capacity.ReportedBy)
		}
		v.Names, err = who.Names(ctx, tx, ids...)
		return err
	})
	return v, err
}

func isNoOrganisation(err error) bool {
	f, ok := fault.Of(err)
	return ok && f.Meaning == fault.MeaningNotFound
}

// PublishTeam says anew what the team does. Only its lead may.
func (a *App) PublishTeam(ctx context.Context, by actor.Actor, cmd pg.Command, t domain.Team, version int64) (Done, error) {
	if by.Role != string(terms.RoleServiceLead) {
		return Done{}, domain.ErrNotLead
	}
	if err := t.Check(); err != nil {
		return Done{}, err
	}
	return pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		was, err := store.Team(ctx, tx, by.Organisation, true)
		if err != nil {
			return Done{}, err
		}
		if was.Version != version {
			return Done{}, a.whoChanged(ctx, tx, was.ChangedBy, was.ChangedAt)
		}
		t.ID, t.ChangedBy, t.ChangedAt, t.Version = by.Organisation, by.Person.ID, a.now(), was.Version+1
		if t.Name = by.OrganisationName; t.Name == "" {
			t.Name = was.Name
		}
		if err := store.SaveTeam(ctx, tx, t); err != nil {
			return Done{}, err
		}
		said := &linkworker.TeamOfferPublishedV1{
			TeamID: t.ID, Name: t.Name, NetworkCodes: t.NetworkCodes, PracticeIDs: t.PracticeIDs, Needs: t.Needs,
			WhatWeDo: t.WhatWeDo, AcceptsReferrals: t.Accepts, Phone: t.Phone, Simulated: a.Simulated, At: t.ChangedAt, Version: int(t.Version),
		}
		for _, n := range t.NotHere {
			said.NotHere = append(said.NotHere, linkworker.TeamOfferPublishedV1NotHere(n))
		}
		if _, err := a.Out.Append(ctx, tx, t.ID, said, nil); err != nil {
			return Done{}, err
		}
		a.changed(ctx, t.ID)
		return Done{t.ID}, audit.Write(ctx, tx, audit.Entry{Verb: "publish", Object: "team_offer", ObjectID: t.ID})
	})
}

func (a *App) whoChanged(ctx context.Context, tx pgx.Tx, by string, at time.Time) error {
	if by == "" {
		return domain.ErrChanged
	}
	name, err := nameOf(ctx, tx, by)
	if err != nil {
		return err
	}
	return domain.ErrChanged.With(name + " changed this " + a.when(at) + ". Nothing was changed by you. Read it again, then send yours")
}

// ReportCapacity says how much room the team has. version is of the report that it replaces: 0 for the first.
func (a *App) ReportCapacity(ctx context.Context, by actor.Actor, cmd pg.Command, c domain.Capacity, version int64) (Done, error) {
	var f fault.Fields
	if !c.Status.Known() {
		f.Add("status", "Select how much room your team has")
	}
	if c.NextReviewOn != "" && c.NextReviewOn < a.today() {
		f.Add("next_review", "Enter a date that is not in the past")
	}
	if err := f.Err(); err != nil {
		return Done{}, err
	}
	return pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		was, err := store.Capacity(ctx, tx, by.Organisation)
		if err != nil {
			return Done{}, err
		}
		if was.Version != version {
			return Done{}, a.whoChanged(ctx, tx, was.ReportedBy, was.ReportedAt)
		}
		c.TeamID, c.ReportedBy, c.ReportedAt, c.Version = by.Organisation, by.Person.ID, a.now(), was.Version+1
		if err := store.SaveCapacity(ctx, tx, c); err != nil {
			return Done{}, err
		}
		if err := a.sayCapacity(ctx, tx, c); err != nil {
			return Done{}, err
		}
		a.changed(ctx, c.TeamID)
		return Done{c.TeamID}, audit.Write(ctx, tx, audit.Entry{Verb: "report capacity", Object: "team", ObjectID: c.TeamID})
	})
}

func (a *App) sayCapacity(ctx context.Context, tx pgx.Tx, c domain.Capacity) error {
	_, err := a.Out.Append(ctx, tx, c.TeamID, &linkworker.CapacityReportedV1{
		ReceiverKind: terms.ReceiverTeam, ReceiverID: c.TeamID, Status: c.Status, PlacesFree: c.PlacesFree, Waiting: c.Waiting,
		NextReviewOn: c.NextReviewOn, UntilOn: c.UntilOn, ReportedBy: c.ReportedBy, ReportedAt: c.ReportedAt, Simulated: a.Simulated,
	}, nil)
	return err
}

// noRoomUntil takes a bounce for want of room at its word: every search shows the team without room until that day.
func (a *App) noRoomUntil(ctx context.Context, tx pgx.Tx, by actor.Actor, team, until string) error {
	c, err := store.FillTeam(ctx, tx, team, until, by.Person.ID, a.now())
	if err != nil {
		return err
	}
	if err := a.sayCapacity(ctx, tx, c); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Verb: "report capacity", Object: "team", ObjectID: team})
}
