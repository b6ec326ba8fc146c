package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// ItemView is a case in a meeting: what happened since last time, what was decided, who does what.
type ItemView struct {
	Line
	Ours        bool // the meeting is the actor's organisation's: they record here
	Invitations []domain.Invitation
	KeyWorker   *domain.KeyWorker
	KeyVersion  int64         // of who is key worker; 0 when nobody was yet
	Before      []domain.Item // earlier discussions, latest first
	Since       []store.Happened
	SinceAt     time.Time // of the last discussion; zero for never
	Holdings    []domain.Holding
	People      []who.Role // who can be asked, made key worker or given an action
	Names       map[string]string
	Receivers   map[string]directory.Receiver
	NextOn      string // the day of the next meeting, for actions
	Referrals   []domain.Referral
}

// ItemByID reads the page of a case in a meeting.
func (a *App) ItemByID(ctx context.Context, by actor.Actor, id string) (v ItemView, err error) {
	v.Names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		i, err := store.Item(ctx, tx, id)
		if err != nil {
			return err
		}
		lines, err := a.lines(ctx, tx, by, []domain.Item{i})
		if err != nil {
			return err
		}
		v.Line, v.Ours = lines[0], i.OrganisationID == by.Organisation
		if v.Meeting, err = store.Meeting(ctx, tx, i.MeetingID); err != nil && !errors.Is(err, domain.ErrNoMeeting) {
			return err // who was asked to hold the case sees it, and not the meeting
		}
		if v.Case.ID != "" {
			if v.KeyWorker, err = store.KeyWorker(ctx, tx, v.Case.ID); err != nil {
				return err
			}
			if v.KeyVersion, err = store.KeyWorkerVersion(ctx, tx, v.Case.ID); err != nil {
				return err
			}
		}
		if err := a.history(ctx, tx, by, &v); err != nil {
			return err
		}
		return a.itemPeople(ctx, tx, &v)
	})
	return v, wrap("read case on agenda", err)
}

// history fills in what was decided before and what was heard since.
func (a *App) history(ctx context.Context, tx pgx.Tx, by actor.Actor, v *ItemView) error {
	all, err := store.ItemsOf(ctx, tx, v.PatientRef)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ID != v.ID && x.State == domain.ItemDiscussed {
			v.Before = append(v.Before, x)
		}
	}
	if len(v.Before) > 0 {
		v.SinceAt = v.Before[0].DiscussedAt
	}
	if v.Since, err = store.Since(ctx, tx, v.PatientRef, v.SinceAt, time.Time{}, 50); err != nil {
		return err
	}
	v.Holdings, err = store.HoldingsOf(ctx, tx, v.PatientRef)
	if err != nil {
		return err
	}
	for i := range v.Holdings {
		if !v.Tells(by.Organisation, by.Person.ID) {
			v.Holdings[i].WhyNot = ""
		}
	}
	next, err := store.NextMeeting(ctx, tx, v.SeriesID, maxTime(a.now(), v.Meeting.EndsAt))
	switch {
	case err == nil:
		v.NextOn = day(next.StartsAt)
	case errors.Is(err, domain.ErrNoMeeting):
		v.NextOn = day(maxTime(a.now(), v.Meeting.StartsAt).AddDate(0, 0, 7))
	default:
		return err
	}
	return nil
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// itemPeople fills in who is who, and who can be given something to do: the people of everybody asked to the meeting.
func (a *App) itemPeople(ctx context.Context, tx pgx.Tx, v *ItemView) (err error) {
	if v.Invitations, err = store.Invitations(ctx, tx, v.MeetingID); err != nil {
		return err
	}
	if v.Ours {
		organisations := []string{v.OrganisationID}
		for _, id := range append([]string{v.PutByOrg}, v.Invited...) {
			if !slices.Contains(organisations, id) {
				organisations = append(organisations, id)
			}
		}
		for _, o := range organisations {
			people, err := who.People(ctx, tx, o, "", a.Now())
			if err != nil {
				return err
			}
			v.People = append(v.People, people...)
		}
	}
	ids := []string{v.PutBy, v.PutByOrg, v.OrganisationID, v.DiscussedBy}
	ids = append(append(ids, v.Present...), v.Apologies...)
	for _, x := range v.Line.Actions {
		ids = append(ids, x.OwnerID, x.OwnerOrg, x.EndedBy)
	}
	for _, x := range v.Holdings {
		ids = append(ids, x.PersonID, x.OrganisationID, x.HandedTo)
	}
	for _, x := range v.Since {
		ids = append(ids, x.Person, x.Organisation)
	}
	for _, x := range v.Before {
		ids = append(ids, x.DiscussedBy)
	}
	if v.KeyWorker != nil {
		ids = append(ids, v.KeyWorker.PersonID, v.KeyWorker.OrganisationID)
	}
	return a.addNames(ctx, tx, v.Names, ids...)
}
