package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// MeetingInput is a meeting as a person plans it. ID and Version name the one that is changed; "" makes a new one.
type MeetingInput struct {
	ID       string
	Version  int64
	Name     string
	StartsAt time.Time
	EndsAt   time.Time
	Place    string
	Weekly   bool
}

// Schedule plans a meeting of the actor's organisation, or changes one that is planned, and says so.
// A new meeting of a name that was used before goes on with what that one left open.
func (a *App) Schedule(ctx context.Context, by actor.Actor, cmd pg.Command, in MeetingInput) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		m := domain.Meeting{ID: a.NewID(), OrganisationID: by.Organisation, Status: terms.MeetingPlanned, Version: 0}
		if in.ID != "" {
			var err error
			if m, err = a.lockMeeting(ctx, tx, by, in.ID, in.Version); err != nil {
				return Done{}, err
			}
		}
		m.Name, m.StartsAt, m.EndsAt, m.Place, m.Weekly = in.Name, in.StartsAt.UTC(), in.EndsAt.UTC(), in.Place, in.Weekly
		if err := m.Check(now); err != nil {
			return Done{}, err
		}
		if in.ID == "" {
			series, err := store.Series(ctx, tx, by.Organisation, m.Name)
			if err != nil {
				return Done{}, err
			}
			if m.SeriesID = series; series == "" {
				m.SeriesID = a.NewID()
			}
		}
		return a.planned(ctx, tx, by, m, in.ID == "", now)
	})
	if err != nil {
		return done, fmt.Errorf("schedule meeting: %w", err)
	}
	return done, nil
}

// planned saves a meeting that is to come, invites whoever made it, and puts on its agenda what the last one left open.
func (a *App) planned(ctx context.Context, tx pgx.Tx, by actor.Actor, m domain.Meeting, fresh bool, now time.Time) (Done, error) {
	m.ChangedBy, m.ChangedAt = by.Person.ID, now
	m.Version++
	if err := store.SaveMeeting(ctx, tx, m); err != nil {
		return Done{}, err
	}
	verb := "change"
	if fresh {
		verb = "schedule"
		if _, err := store.AddInvitation(ctx, tx, by.Organisation, domain.Invitation{
			ID: a.NewID(), MeetingID: m.ID, GuestID: by.Organisation,
			PersonID: by.Person.ID, Role: terms.Role(by.Role), Must: true, Attendance: domain.AttendanceComing, SaidBy: by.Person.ID, SaidAt: now,
		}); err != nil {
			return Done{}, err
		}
	}
	if _, err := a.carry(ctx, tx, m, now); err != nil {
		return Done{}, err
	}
	if err := a.sayMeeting(ctx, tx, m, now); err != nil {
		return Done{}, err
	}
	return Done{ID: m.ID, Version: m.Version, Made: fresh}, audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: "meeting", ObjectID: m.ID})
}

// sayMeeting tells everybody how the meeting stands now.
func (a *App) sayMeeting(ctx context.Context, tx pgx.Tx, m domain.Meeting, now time.Time) error {
	all, err := store.Invitations(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	p := &mdt.MeetingScheduledV1{
		MeetingID: m.ID, OrganisationID: m.OrganisationID, Name: m.Name, StartsAt: m.StartsAt, EndsAt: m.EndsAt, Place: m.Place,
		Status: m.Status, At: now, Version: int(m.Version),
	}
	for _, i := range all {
		p.Invited = append(p.Invited, mdt.MeetingScheduledV1Invited{PersonID: i.PersonID, OrganisationID: i.GuestID, Role: i.Role})
	}
	a.hint(ctx, append([]string{m.OrganisationID}, m.Invited...)...)
	return a.say(ctx, tx, m.ID, p, nil)
}

// lockMeeting loads a meeting of the actor's own organisation and refuses a change from an old copy, naming who was first.
func (a *App) lockMeeting(ctx context.Context, tx pgx.Tx, by actor.Actor, id string, version int64) (domain.Meeting, error) {
	m, err := store.LockMeeting(ctx, tx, id)
	if err != nil {
		return m, err
	}
	if m.OrganisationID != by.Organisation {
		return m, domain.ErrNoMeeting
	}
	if m.Version != version {
		return m, a.overtaken(ctx, tx, m.ChangedBy, "changed this meeting", m.ChangedAt)
	}
	return m, m.Change(version)
}

// MeetingChange says which meeting, and from which version.
type MeetingChange struct {
	ID      string
	Version int64
}

// Hold records that the meeting took place, and hands what is open to the next one.
func (a *App) Hold(ctx context.Context, by actor.Actor, cmd pg.Command, in MeetingChange) (Done, error) {
	return a.endMeeting(ctx, by, cmd, in, "hold", func(m *domain.Meeting) error { return m.Hold(in.Version, a.endOfToday()) })
}

// Cancel records that the meeting will not take place; its agenda goes to the next one.
func (a *App) Cancel(ctx context.Context, by actor.Actor, cmd pg.Command, in MeetingChange) (Done, error) {
	return a.endMeeting(ctx, by, cmd, in, "cancel", func(m *domain.Meeting) error { return m.Cancel(in.Version) })
}

func (a *App) endMeeting(ctx context.Context, by actor.Actor, cmd pg.Command, in MeetingChange, verb string, end func(*domain.Meeting) error) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		m, err := a.lockMeeting(ctx, tx, by, in.ID, in.Version)
		if err != nil {
			return Done{}, err
		}
		if err := end(&m); err != nil {
			return Done{}, err
		}
		if _, err := store.LockInvitations(ctx, tx, m.ID); err != nil {
			return Done{}, err
		}
		m.ChangedBy, m.ChangedAt = by.Person.ID, now
		m.Version++
		if err := store.SaveMeeting(ctx, tx, m); err != nil {
			return Done{}, err
		}
		next, err := store.NextMeeting(ctx, tx, m.SeriesID, now)
		if err != nil && !errors.Is(err, domain.ErrNoMeeting) {
			return Done{}, err
		}
		if err == nil {
			if _, err := a.carry(ctx, tx, next, now); err != nil {
				return Done{}, err
			}
		}
		if err := a.sayMeeting(ctx, tx, m, now); err != nil {
			return Done{}, err
		}
		return Done{ID: m.ID, Version: m.Version}, audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: "meeting", ObjectID: m.ID})
	})
	if err != nil {
		return done, fmt.Errorf("%s meeting: %w", verb, err)
	}
	return done, nil
}

// ScheduleNext plans the same meeting a week later, with the same people asked. Asking twice finds the one that is there.
func (a *App) ScheduleNext(ctx context.Context, by actor.Actor, cmd pg.Command, id string) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		m, err := store.LockMeeting(ctx, tx, id)
		if err != nil {
			return Done{}, err
		}
		if m.OrganisationID != by.Organisation {
			return Done{}, domain.ErrNoMeeting
		}
		if m.NextID != "" {
			next, err := store.Meeting(ctx, tx, m.NextID)
			if err != nil {
				return Done{}, err
			}
			return Done{ID: next.ID, Version: next.Version}, acted(ctx, tx, "find", "meeting", next.ID, "")
		}
		next := m.Next(a.NewID(), clock.London, now)
		next.Version = 0
		m.NextID = next.ID
		if err := store.SaveMeeting(ctx, tx, m); err != nil {
			return Done{}, err
		}
		next.ChangedBy, next.ChangedAt = by.Person.ID, now
		if err := store.SaveMeeting(ctx, tx, next); err != nil {
			return Done{}, err
		}
		all, err := store.Invitations(ctx, tx, m.ID)
		if err != nil {
			return Done{}, err
		}
		for _, i := range all {
			i.ID, i.MeetingID, i.Attendance, i.SaidBy, i.SaidAt = a.NewID(), next.ID, domain.AttendanceUnknown, "", time.Time{}
			if _, err := store.AddInvitation(ctx, tx, by.Organisation, i); err != nil {
				return Done{}, err
			}
		}
		return a.planned(ctx, tx, by, next, true, now)
	})
	if err != nil {
		return done, fmt.Errorf("schedule next meeting: %w", err)
	}
	return done, nil
}

// carry puts on a planned meeting's agenda what the rules bring back, and tells how many. It can be run again at any time.
func (a *App) carry(ctx context.Context, tx pgx.Tx, m domain.Meeting, now time.Time) (int, error) {
	all, err := store.Standings(ctx, tx, m, now)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range domain.Returning(all) {
		i := domain.Item{
			ID: a.NewID(), MeetingID: m.ID, OrganisationID: m.OrganisationID, SeriesID: m.SeriesID, PatientRef: r.Last.PatientRef, Reason: r.Last.Reason, Need: r.Last.Need,
			Why: r.Why, PutByOrg: m.OrganisationID, PutAt: now, State: domain.ItemWaiting, Invited: m.Invited, People: r.Last.People, ChangedAt: now, Narrative: r.Last.Narrative,
		}
		added, err := store.AddItem(ctx, tx, i)
		if err != nil {
			return n, err
		}
		if added {
			n++
			if err := acted(ctx, tx, "bring back", "item", i.ID, i.PatientRef); err != nil {
				return n, err
			}
			a.hintItem(ctx, i)
		}
	}
	return n, nil
}

// InviteInput asks a person, or whoever an organisation sends. Withdraw is the id of an invitation that is taken back.
type InviteInput struct {
	MeetingID    string
	PersonID     string
	Organisation string
	Role         terms.Role
	Must         bool
}

// Invite asks somebody to a meeting. Their organisation then sees that a case is on the agenda, and what it has to do itself.
func (a *App) Invite(ctx context.Context, by actor.Actor, cmd pg.Command, in InviteInput) (Done, error) {
	if err := meets(by); err != nil {
		return Done{}, err
	}
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		m, err := store.LockMeeting(ctx, tx, in.MeetingID)
		if err != nil {
			return Done{}, err
		}
		if m.OrganisationID != by.Organisation {
			return Done{}, domain.ErrNoMeeting
		}
		if !m.Planned() {
			return Done{}, domain.ErrMeetingOver
		}
		if err := a.known(ctx, tx, &in, now); err != nil {
			return Done{}, err
		}
		i := domain.Invitation{ID: a.NewID(), MeetingID: m.ID, GuestID: in.Organisation, PersonID: in.PersonID, Role: in.Role, Must: in.Must}
		if _, err := store.AddInvitation(ctx, tx, m.OrganisationID, i); err != nil {
			return Done{}, err
		}
		a.hintPerson(ctx, in.PersonID)
		return a.reinvited(ctx, tx, by, m.ID, "invite", now)
	})
	if err != nil {
		return done, fmt.Errorf("invite: %w", err)
	}
	return done, nil
}

// known checks a guest against the register and fills in their role.
func (a *App) known(ctx context.Context, tx pgx.Tx, in *InviteInput, now time.Time) error {
	if _, err := who.OrganisationByID(ctx, tx, in.Organisation); err != nil {
		return fault.Invalid("guest", "Select somebody from the list")
	}
	if in.PersonID == "" {
		return nil
	}
	roles, err := who.RolesOf(ctx, tx, in.PersonID, now)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(roles, func(r who.Role) bool { return r.OrganisationID == in.Organisation })
	if i < 0 {
		return fault.Invalid("guest", "Select somebody from the list")
	}
	in.Role = roles[i].Role
	return nil
}

// reinvited writes who may see the agenda now, and says the meeting anew.
func (a *App) reinvited(ctx context.Context, tx pgx.Tx, by actor.Actor, id, verb string, now time.Time) (Done, error) {
	if err := store.SetInvited(ctx, tx, id); err != nil {
		return Done{}, err
	}
	m, err := store.Meeting(ctx, tx, id)
	if err != nil {
		return Done{}, err
	}
	m.ChangedBy, m.ChangedAt = by.Person.ID, now
	m.Version++
	if err := store.SaveMeeting(ctx, tx, m); err != nil {
		return Done{}, err
	}
	if err := a.sayMeeting(ctx, tx, m, now); err != nil {
		return Done{}, err
	}
	return Done{ID: m.ID, Version: m.Version, Made: true}, audit.Write(ctx, tx, audit.Entry{Verb: verb, Object: "meeting", ObjectID: m.ID})
}

// Uninvite takes an invitation back.
func (a *App) Uninvite(ctx context.Context, by actor.Actor, cmd pg.Command, meeting, invitation string) (Done, error) {
	now := a.now()
	done, err := pg.Do(ctx, a.DB, by, cmd, func(ctx context.Context, tx pgx.Tx) (Done, error) {
		m, err := store.LockMeeting(ctx, tx, meeting)
		if err != nil {
			return Done{}, err
		}
		if m.OrganisationID != by.Organisation {
			return Done{}, domain.ErrNoMeeting
		}
		if !m.Planned() {
			return Done{}, domain.ErrMeetingOver
		}
		if err := store.DropInvitation(ctx, tx, meeting, invitation); err != nil {
			return Done{}, err
		}
		return a.reinvited(ctx, tx, by, meeting, "uninvite", now)
	})
	if err != nil {
		return done, fmt.Errorf("uninvite: %w", err)
	}
	return done, nil
}
