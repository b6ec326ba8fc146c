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
	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
	"example.org/waypost/services/mdt/internal/store"
)

// What pages and programs read, each in one transaction as the person who looks, with who was looked at in the audit.

// Line is a case on an agenda with what stands beside it. Patient is empty for those who may not know who it is.
type Line struct {
	domain.Item
	Patient domain.Patient
	Case    store.Case
	Actions []domain.Action // of the patient, as far as the actor may see them
	Holder  *domain.Holding
	Asked   *domain.Holding
	Meeting domain.Meeting
	New     bool              // changed since this person last looked at the meeting
	MayKnow bool              // who the person is
	Still   domain.Standstill // only on lines of one's own organisation's meetings
}

// Home is what waits for a person, and the next meeting.
type Home struct {
	store.Counts
	Next   *MeetingView
	Others []domain.Meeting // further meetings to come
	Asked  []domain.Holding
	Also   []store.AskedAlso // what the actor is asked to help with too, as key worker
	Names  map[string]string
}

// Home reads a person's home page.
func (a *App) Home(ctx context.Context, by actor.Actor) (h Home, err error) {
	now := a.now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if h.Counts, err = store.Count(ctx, tx, by.Person.ID, by.Organisation, a.today(), now); err != nil {
			return err
		}
		if h.Also, err = store.AskedOf(ctx, tx, by.Person.ID); err != nil {
			return err
		}
		next, err := store.Meetings(ctx, tx, store.MeetingQuery{Now: now, Limit: 6})
		if err != nil || len(next) == 0 {
			return err
		}
		h.Others = next[1:]
		v, err := a.meeting(ctx, tx, by, next[0])
		h.Next = &v
		return err
	})
	return h, wrap("read home", err)
}

func wrap(verb string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// MeetingView is a meeting with its agenda and who is asked to it.
type MeetingView struct {
	domain.Meeting
	Ours        bool // the actor's organisation's
	Invitations []domain.Invitation
	Lines       []Line
	Agreed      []domain.Action
	Seats       []domain.Seat     // who must be in the room; nil for other organisations
	Names       map[string]string // of people and organisations
	Next        *domain.Meeting
	LookedAt    time.Time
}

// MeetingByID reads a meeting's page, and notes that the person looks at it.
func (a *App) MeetingByID(ctx context.Context, by actor.Actor, id string) (v MeetingView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		m, err := store.Meeting(ctx, tx, id)
		if err != nil {
			return err
		}
		before, err := store.Looked(ctx, tx, by.Person.ID, m.ID, a.now())
		if err != nil {
			return err
		}
		if v, err = a.meeting(ctx, tx, by, m); err != nil {
			return err
		}
		for i := range v.Lines {
			v.Lines[i].New = !before.IsZero() && v.Lines[i].ChangedAt.After(before) && v.Lines[i].ChangedBy != by.Person.ID
		}
		v.LookedAt = before
		if v.Agreed, err = store.AgreedAt(ctx, tx, m.ID); err != nil {
			return err
		}
		for _, x := range v.Agreed {
			if err := a.addNames(ctx, tx, v.Names, x.OwnerID, x.OwnerOrg); err != nil {
				return err
			}
		}
		if m.NextID != "" {
			next, err := store.Meeting(ctx, tx, m.NextID)
			if err == nil {
				v.Next = &next
			} else if !errors.Is(err, domain.ErrNoMeeting) {
				return err
			}
		}
		return nil
	})
	return v, wrap("read meeting", err)
}

// MeetingAlone reads a meeting without its agenda: nobody who is on it was looked at.
func (a *App) MeetingAlone(ctx context.Context, by actor.Actor, id string) (m domain.Meeting, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		m, err = store.Meeting(ctx, tx, id)
		return err
	})
	return m, wrap("read meeting", err)
}

func (a *App) meeting(ctx context.Context, tx pgx.Tx, by actor.Actor, m domain.Meeting) (v MeetingView, err error) {
	v = MeetingView{Meeting: m, Ours: m.OrganisationID == by.Organisation, Names: map[string]string{}}
	if v.Invitations, err = store.Invitations(ctx, tx, m.ID); err != nil {
		return v, err
	}
	items, err := store.Agenda(ctx, tx, m.ID)
	if err != nil {
		return v, err
	}
	ids := []string{m.OrganisationID}
	for _, i := range v.Invitations {
		ids = append(ids, i.GuestID, i.PersonID)
	}
	if v.Lines, err = a.lines(ctx, tx, by, items); err != nil {
		return v, err
	}
	for _, l := range v.Lines {
		ids = append(ids, l.PutBy, l.PutByOrg)
		if l.Holder != nil {
			ids = append(ids, l.Holder.PersonID)
		}
		if l.Asked != nil {
			ids = append(ids, l.Asked.PersonID)
		}
	}
	if v.Ours {
		if err := a.seats(ctx, tx, &v); err != nil {
			return v, err
		}
	}
	return v, a.addNames(ctx, tx, v.Names, ids...)
}

// addNames looks up what to call people and organisations.
func (a *App) addNames(ctx context.Context, tx pgx.Tx, names map[string]string, ids ...string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { _, known := names[id]; return id == "" || known })
	if len(ids) == 0 {
		return nil
	}
	found, err := who.Names(ctx, tx, ids...)
	for id, name := range found {
		names[id] = name
	}
	return err
}

func (a *App) lines(ctx context.Context, tx pgx.Tx, by actor.Actor, items []domain.Item) ([]Line, error) {
	refs := make([]string, len(items))
	for i, x := range items {
		refs[i] = x.PatientRef
	}
	patients, err := store.Names(ctx, tx, refs, by.Organisation)
	if err != nil {
		return nil, err
	}
	out := make([]Line, 0, len(items))
	var shown []audit.Entry
	for _, x := range items {
		l := Line{Item: x}
		l.Patient, l.MayKnow = patients[x.PatientRef]
		if l.MayKnow {
			shown = append(shown, sight("item", x.ID, x.PatientRef))
		}
		if l.Case, _, err = store.CaseOf(ctx, tx, x.PatientRef); err != nil {
			return nil, err
		}
		if l.Case.ID != "" {
			h, err := store.ShownHolders(ctx, tx, l.Case.ID)
			if err != nil {
				return nil, err
			}
			l.Holder, l.Asked = h.Current, h.Asked
		}
		if l.Actions, err = store.ActionsOf(ctx, tx, x.PatientRef); err != nil {
			return nil, err
		}
		if !mayRead(by) {
			l.Narrative, l.Note = "", ""
		}
		if !l.MayKnow || !x.Tells(by.Organisation, by.Person.ID) {
			l.Need = ""
		}
		out = append(out, l)
	}
	if err := audit.WriteOnce(ctx, tx, shown...); err != nil {
		return nil, err
	}
	return out, a.markStill(ctx, tx, by, out)
}

// Meetings lists meetings; ask for one more than is shown.
func (a *App) Meetings(ctx context.Context, by actor.Actor, q store.MeetingQuery) (out []domain.Meeting, names map[string]string, err error) {
	q.Now, names = a.now(), map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if out, err = store.Meetings(ctx, tx, q); err != nil {
			return err
		}
		for _, m := range out {
			if err := a.addNames(ctx, tx, names, m.OrganisationID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, names, wrap("list meetings", err)
}

func receivers(ctx context.Context, tx pgx.Tx, ids ...string) (map[string]directory.Receiver, error) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return map[string]directory.Receiver{}, nil
	}
	return directory.Receivers(ctx, tx, ids...)
}

// DraftView is what somebody has begun.
type DraftView struct {
	domain.Draft
	Patient domain.Patient
	Known   bool
	Meeting domain.Meeting
	Names   map[string]string
	Wanted  *directory.Receiver
	NotHere error // of the team that was chosen and says that it does not do that here, or nil
	MayNot  error // why this person can not send it, or nil
}

// DraftByID reads it.
func (a *App) DraftByID(ctx context.Context, by actor.Actor, id string) (v DraftView, err error) {
	v.Names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if v.Draft, err = store.Draft(ctx, tx, id, a.now()); err != nil {
			return err
		}
		if v.PatientRef != "" {
			if v.Patient, err = store.Patient(ctx, tx, by.Organisation, v.PatientRef); err != nil && !errors.Is(err, domain.ErrNoPatient) {
				return err
			}
			if v.Known = err == nil; v.Known {
				if err := looked(ctx, tx, "draft", v.ID, v.PatientRef); err != nil {
					return err
				}
			}
		}
		if v.MeetingID != "" {
			if v.Meeting, err = store.Meeting(ctx, tx, v.MeetingID); err != nil && !errors.Is(err, domain.ErrNoMeeting) {
				return err
			}
		}
		known, err := receivers(ctx, tx, v.ReceiverID)
		if r, ok := known[v.ReceiverID]; ok {
			v.Wanted = &r
		}
		if err != nil {
			return err
		}
		if err := a.hindered(ctx, tx, by, &v); err != nil {
			return err
		}
		return a.addNames(ctx, tx, v.Names, v.StartedBy, v.Meeting.OrganisationID)
	})
	return v, wrap("read draft", err)
}

// Drafts lists what the organisation has begun and not sent.
func (a *App) Drafts(ctx context.Context, by actor.Actor) (out []DraftView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		all, err := store.Drafts(ctx, tx, a.now())
		if err != nil {
			return err
		}
		var shown []audit.Entry
		for _, d := range all {
			v := DraftView{Draft: d, Names: map[string]string{}}
			if d.PatientRef != "" {
				if v.Patient, err = store.Patient(ctx, tx, by.Organisation, d.PatientRef); err != nil && !errors.Is(err, domain.ErrNoPatient) {
					return err
				}
				if v.Known = err == nil; v.Known {
					shown = append(shown, sight("draft", d.ID, d.PatientRef))
				}
			}
			if err := a.addNames(ctx, tx, v.Names, d.StartedBy); err != nil {
				return err
			}
			out = append(out, v)
		}
		return audit.WriteOnce(ctx, tx, shown...)
	})
	return out, wrap("list drafts", err)
}

// Suggest lists services and teams for a draft's need, the best first, with what they say of their room.
func (a *App) Suggest(ctx context.Context, by actor.Actor, need terms.Need, patient domain.Patient) (found []directory.Found, teams []directory.Team, err error) {
	q := directory.Query{Needs: []terms.Need{need}, OnlyReferable: true, Sensitive: need.Sensitive(), Limit: 8, Now: a.now(), Sender: by.Organisation}
	if p, err := geo.ParsePostcode(patient.Contact.Postcode); err == nil {
		if at, ok := p.Point(); ok {
			q.From = &at
		}
	}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		page, err := directory.Find(ctx, tx, q)
		if err != nil {
			return err
		}
		found = page.Found
		teams, err = directory.Teams(ctx, tx, directory.TeamQuery{Need: need, Now: a.now(), Sender: by.Organisation})
		return err
	})
	return found, teams, wrap("suggest services", err)
}

// Guests are the organisations and people that can be asked to a meeting, by what was typed of an organisation's name.
type Guests struct {
	Organisations []who.Organisation
	People        map[string][]who.Role // by organisation
}

// Guests looks them up; without words it is the actor's own organisation.
func (a *App) Guests(ctx context.Context, by actor.Actor, words string) (g Guests, err error) {
	g.People = map[string][]who.Role{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		if words == "" {
			own, err := who.OrganisationByID(ctx, tx, by.Organisation)
			if err == nil {
				g.Organisations = []who.Organisation{own}
			} else if !errors.Is(err, who.ErrNoOrganisation) {
				return err
			}
		} else if g.Organisations, err = who.Organisations(ctx, tx, who.OrganisationQuery{Text: words, Limit: 8}); err != nil {
			return err
		}
		for _, o := range g.Organisations {
			people, err := who.People(ctx, tx, o.ID, "", a.Now())
			if err != nil {
				return err
			}
			g.People[o.ID] = people
		}
		return nil
	})
	return g, wrap("find guests", err)
}
