package app

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// MinutesView is what a meeting came to, as one organisation may read it.
type MinutesView struct {
	MeetingView
	Cases []MinutesCase
	For   who.Organisation // whose copy it is
	From  who.Organisation
	At    time.Time // as of when it speaks
}

// MinutesCase is one case in them. Holder, Asked and KeyWorker are as they were when the meeting ended.
type MinutesCase struct {
	Line
	Since     []store.Happened
	SinceAt   time.Time // of the discussion before; zero for never
	Holder    *domain.Holding
	Asked     *domain.Holding
	KeyWorker *domain.KeyWorker
	Agreed    []domain.Action // at this meeting
	Open      []domain.Action // from earlier ones, and not done when it ended
}

// mostSince is how much of what happened before a discussion the minutes tell.
const mostSince = 8

// Minutes reads the minutes of a meeting. Its own organisation's people who may read what was said get all of it, or with to the copy
// of another that was asked; anybody else gets their own organisation's copy.
func (a *App) Minutes(ctx context.Context, by actor.Actor, id, to string) (v MinutesView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		m, err := store.Meeting(ctx, tx, id)
		if err != nil {
			return err
		}
		ours := m.OrganisationID == by.Organisation
		if ours && !mayRead(by) {
			return domain.ErrRoleMayNot
		}
		if !ours || to == "" {
			to = by.Organisation
		}
		if to != m.OrganisationID && !slices.Contains(m.Invited, to) {
			return domain.ErrNoMeeting
		}
		if v.MeetingView, err = a.meeting(ctx, tx, by, m); err != nil {
			return err
		}
		v.At = m.Ended(a.now())
		if v.Agreed, err = store.AgreedAt(ctx, tx, m.ID); err != nil {
			return err
		}
		for _, l := range v.Lines {
			c, err := a.minutesCase(ctx, tx, &v, l)
			if err != nil {
				return err
			}
			v.Cases = append(v.Cases, c)
		}
		if v.From, err = who.OrganisationByID(ctx, tx, m.OrganisationID); err != nil {
			return err
		}
		if v.For, err = who.OrganisationByID(ctx, tx, to); err != nil {
			return err
		}
		if to != m.OrganisationID {
			v.cutFor(to)
		}
		return acted(ctx, tx, "read minutes", "meeting", m.ID, "")
	})
	return v, wrap("read minutes", err)
}

func (a *App) minutesCase(ctx context.Context, tx pgx.Tx, v *MinutesView, l Line) (c MinutesCase, err error) {
	c.Line = l
	until := l.DiscussedAt
	if until.IsZero() {
		until = v.At
	}
	all, err := store.ItemsOf(ctx, tx, l.PatientRef)
	if err != nil {
		return c, err
	}
	for _, x := range all {
		if x.ID != l.ID && x.State == domain.ItemDiscussed && x.DiscussedAt.Before(until) && x.DiscussedAt.After(c.SinceAt) {
			c.SinceAt = x.DiscussedAt
		}
	}
	if v.Ours && l.MayKnow {
		if c.Since, err = store.Since(ctx, tx, l.PatientRef, c.SinceAt, until, mostSince); err != nil {
			return c, err
		}
	}
	holdings, err := store.HoldingsOf(ctx, tx, l.PatientRef)
	if err != nil {
		return c, err
	}
	c.Holder, c.Asked = domain.HolderAt(holdings, v.At), domain.AskedAt(holdings, v.At)
	if c.KeyWorker, err = store.KeyWorkerAt(ctx, tx, l.PatientRef, v.At); err != nil {
		return c, err
	}
	for _, x := range l.Actions {
		switch {
		case x.AgreedAt.After(v.At): // after the meeting was over
		case x.ItemID == l.ID:
			c.Agreed = append(c.Agreed, x)
		case !x.AgreedAt.Equal(v.At) && (x.EndedAt.IsZero() || x.EndedAt.After(v.At)):
			c.Open = append(c.Open, x)
		}
	}
	return c, a.minutesNames(ctx, tx, v.Names, c)
}

func (a *App) minutesNames(ctx context.Context, tx pgx.Tx, names map[string]string, c MinutesCase) error {
	var ids []string
	for _, h := range []*domain.Holding{c.Holder, c.Asked} {
		if h != nil {
			ids = append(ids, h.PersonID, h.OrganisationID)
		}
	}
	if c.KeyWorker != nil {
		ids = append(ids, c.KeyWorker.PersonID, c.KeyWorker.OrganisationID)
	}
	for _, x := range slices.Concat(c.Agreed, c.Open) {
		ids = append(ids, x.OwnerID, x.OwnerOrg)
	}
	for _, h := range c.Since {
		ids = append(ids, h.Person, h.Organisation)
	}
	return a.addNames(ctx, tx, names, ids...)
}

// cutFor leaves in the minutes what another organisation may see: every case's reference, decision and case-holder, their own people's
// attendance and their own actions; who a person is and what was said only for whom they brought themselves.
func (v *MinutesView) cutFor(organisation string) {
	v.Ours, v.Seats, v.Lines = false, nil, nil
	v.Invitations = slices.DeleteFunc(v.Invitations, func(i domain.Invitation) bool { return i.GuestID != organisation })
	others := func(x domain.Action) bool { return x.OwnerOrg != organisation }
	v.Agreed = slices.DeleteFunc(v.Agreed, others)
	for i := range v.Cases {
		c := &v.Cases[i]
		c.Since, c.Still = nil, domain.Standstill{}
		c.Agreed, c.Open, c.Actions = slices.DeleteFunc(c.Agreed, others), slices.DeleteFunc(c.Open, others), nil
		if c.PutByOrg != organisation {
			c.MayKnow, c.Patient, c.Narrative, c.Note, c.Need = false, domain.Patient{}, "", "", ""
		}
	}
}
