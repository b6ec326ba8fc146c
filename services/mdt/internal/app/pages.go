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
	Patient  domain.Patient
	Case     store.Case
	Actions  []domain.Action // of the patient, as far as the actor may see them
	Holder   *domain.Holding
	Asked    *domain.Holding
	Meeting  domain.Meeting
	New      bool // changed since this person last looked at the meeting
	MayKnow  bool // who the person is
	Decision string
}

// Home is what waits for a person, and the next meeting.
type Home struct {
	store.Counts
	Next   *MeetingView
	Others []domain.Meeting // further meetings to come
	Asked  []domain.Holding
	Names  map[string]string
}

// Home reads a person's home page.
func (a *App) Home(ctx context.Context, by actor.Actor) (h Home, err error) {
	now := a.now()
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if h.Counts, err = store.Count(ctx, tx, by.Person.ID, by.Organisation, a.today(), now); err != nil {
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
	for _, x := range items {
		l := Line{Item: x}
		l.Patient, l.MayKnow = patients[x.PatientRef]
		if l.MayKnow {
			if err := looked(ctx, tx, "item", x.ID, x.PatientRef); err != nil {
				return nil, err
			}
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
		out = append(out, l)
	}
	return out, nil
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

// ItemView is a case in a meeting: what happened since last time, what was decided, who does what.
type ItemView struct {
	Line
	Ours        bool // the meeting is the actor's organisation's: they record here
	Invitations []domain.Invitation
	KeyWorker   *domain.KeyWorker
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
		}
		if err := a.history(ctx, tx, &v); err != nil {
			return err
		}
		return a.itemPeople(ctx, tx, &v)
	})
	return v, wrap("read case on agenda", err)
}

// history fills in what was decided before and what was heard since.
func (a *App) history(ctx context.Context, tx pgx.Tx, v *ItemView) error {
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
	if v.Since, err = store.Since(ctx, tx, v.PatientRef, v.SinceAt, 50); err != nil {
		return err
	}
	v.Holdings, err = store.HoldingsOf(ctx, tx, v.PatientRef)
	if err != nil {
		return err
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
		ids = append(ids, x.Person)
		if !x.Sensitive {
			ids = append(ids, x.Organisation)
		}
	}
	for _, x := range v.Before {
		ids = append(ids, x.DiscussedBy)
	}
	if v.KeyWorker != nil {
		ids = append(ids, v.KeyWorker.PersonID, v.KeyWorker.OrganisationID)
	}
	return a.addNames(ctx, tx, v.Names, ids...)
}

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
				if err := looked(ctx, tx, "case", h.CaseID, h.PatientRef); err != nil {
					return err
				}
			}
			if err := a.addNames(ctx, tx, names, h.PersonID, h.OrganisationID, h.AskedBy); err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	return out, names, wrap("list cases", err)
}

// ActionView is an action. Patient is known only to the organisation whose meeting it was.
type ActionView struct {
	domain.Action
	Patient domain.Patient
	Known   bool
	Ours    bool // our meeting agreed it
	Meeting domain.Meeting
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
		return a.addNames(ctx, tx, names, x.OwnerID, x.OwnerOrg, x.OrganisationID, x.AgreedBy, x.EndedBy)
	})
	return v, names, wrap("read action", err)
}

// PatientView is somebody as the actor's organisation knows them.
type PatientView struct {
	domain.Patient
	Case      store.Case
	Consents  []domain.Consent
	Items     []Line
	Actions   []domain.Action
	Referrals []domain.Referral
	Holder    *domain.Holding
	Names     map[string]string
	Receivers map[string]directory.Receiver
	Meetings  []domain.Meeting // to come, that they can be put on
}

// PatientByRef reads a patient's page. Somebody the organisation has to do with is taken in first.
func (a *App) PatientByRef(ctx context.Context, by actor.Actor, patient string) (v PatientView, err error) {
	if err := a.takeIn(ctx, by, patient); err != nil && !errors.Is(err, domain.ErrRemoved) { // a removed one has a page that says so
		return v, wrap("read patient", err)
	}
	v.Names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if v.Patient, err = store.Patient(ctx, tx, by.Organisation, patient); err != nil {
			return err
		}
		if v.Case, _, err = store.CaseOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		if v.Consents, err = store.Consents(ctx, tx, by.Organisation, v.PatientRef); err != nil {
			return err
		}
		items, err := store.ItemsOf(ctx, tx, v.PatientRef)
		if err != nil {
			return err
		}
		for _, i := range items {
			l := Line{Item: i}
			if l.Meeting, err = store.Meeting(ctx, tx, i.MeetingID); err != nil && !errors.Is(err, domain.ErrNoMeeting) {
				return err
			}
			v.Items = append(v.Items, l)
		}
		if v.Actions, err = store.ActionsOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		if v.Referrals, err = store.ReferralsOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		if v.Case.ID != "" {
			h, err := store.ShownHolders(ctx, tx, v.Case.ID)
			if err != nil {
				return err
			}
			v.Holder = h.Current
		}
		if v.Meetings, err = store.Meetings(ctx, tx, store.MeetingQuery{Now: a.now(), Limit: 20}); err != nil {
			return err
		}
		return a.patientNames(ctx, tx, &v)
	})
	return v, wrap("read patient", err)
}

func (a *App) patientNames(ctx context.Context, tx pgx.Tx, v *PatientView) (err error) {
	ids := []string{v.AddedBy}
	for _, c := range v.Consents {
		ids = append(ids, c.AskedBy)
	}
	for _, x := range v.Actions {
		ids = append(ids, x.OwnerID, x.OwnerOrg)
	}
	for _, m := range v.Meetings {
		ids = append(ids, m.OrganisationID)
	}
	if v.Holder != nil {
		ids = append(ids, v.Holder.PersonID, v.Holder.OrganisationID)
	}
	var reached []string
	for _, r := range v.Referrals {
		reached = append(reached, r.ReachedID, r.ReceiverID)
	}
	if v.Receivers, err = receivers(ctx, tx, reached...); err != nil {
		return err
	}
	if err := a.addNames(ctx, tx, v.Names, ids...); err != nil {
		return err
	}
	return looked(ctx, tx, "patient", v.PatientRef, v.PatientRef)
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
		for _, d := range all {
			v := DraftView{Draft: d, Names: map[string]string{}}
			if d.PatientRef != "" {
				if v.Patient, err = store.Patient(ctx, tx, by.Organisation, d.PatientRef); err != nil && !errors.Is(err, domain.ErrNoPatient) {
					return err
				}
				if v.Known = err == nil; v.Known {
					if err := looked(ctx, tx, "draft", d.ID, d.PatientRef); err != nil {
						return err
					}
				}
			}
			if err := a.addNames(ctx, tx, v.Names, d.StartedBy); err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, wrap("list drafts", err)
}

// Suggest lists services and teams for a draft's need, the best first, with what they say of their room.
func (a *App) Suggest(ctx context.Context, by actor.Actor, need terms.Need, patient domain.Patient) (found []directory.Found, teams []directory.Team, err error) {
	q := directory.Query{Needs: []terms.Need{need}, OnlyReferable: true, Sensitive: need.Sensitive(), Limit: 8, Now: a.now()}
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
		teams, err = directory.Teams(ctx, tx, directory.TeamQuery{Need: need, Now: a.now()})
		return err
	})
	return found, teams, wrap("suggest services", err)
}

// ReferralView is a referral that the organisation sent.
type ReferralView struct {
	domain.Referral
	Patient   domain.Patient
	Known     bool
	Steps     []store.Step
	Names     map[string]string
	Receivers map[string]directory.Receiver
	New       bool
	Case      store.Case
}

// ReferralByID reads its page.
func (a *App) ReferralByID(ctx context.Context, by actor.Actor, id string) (v ReferralView, err error) {
	v.Names = map[string]string{}
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) (err error) {
		if v.Referral, err = store.Referral(ctx, tx, id); err != nil {
			return err
		}
		if v.Patient, err = store.Patient(ctx, tx, by.Organisation, v.PatientRef); err != nil && !errors.Is(err, domain.ErrNoPatient) {
			return err
		}
		v.Known = err == nil
		if v.Steps, err = store.Steps(ctx, tx, id); err != nil {
			return err
		}
		if v.Case, _, err = store.CaseOf(ctx, tx, v.PatientRef); err != nil {
			return err
		}
		ids, reached := []string{v.RequestedBy, v.EscalatedTo, v.WithdrawnBy, v.OrganisationID}, []string{v.ReachedID, v.ReceiverID}
		for _, s := range v.Steps {
			ids, reached = append(ids, s.By), append(reached, s.ReachedID)
		}
		if v.Receivers, err = receivers(ctx, tx, reached...); err != nil {
			return err
		}
		if err := a.addNames(ctx, tx, v.Names, ids...); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Verb: "read", Object: "referral", ObjectID: id, PatientRef: v.PatientRef})
	})
	return v, wrap("read referral", err)
}

// Referrals lists what the organisation sent; ask for one more than is shown.
func (a *App) Referrals(ctx context.Context, by actor.Actor, q store.ReferralQuery) (out []ReferralView, err error) {
	err = a.DB.InTx(ctx, by, func(ctx context.Context, tx pgx.Tx) error {
		all, err := store.Referrals(ctx, tx, q)
		if err != nil {
			return err
		}
		var refs, reached []string
		for _, r := range all {
			refs, reached = append(refs, r.PatientRef), append(reached, r.ReachedID, r.ReceiverID)
		}
		patients, err := store.Names(ctx, tx, refs, by.Organisation)
		if err != nil {
			return err
		}
		known, err := receivers(ctx, tx, reached...)
		if err != nil {
			return err
		}
		for _, r := range all {
			v := ReferralView{Referral: r, Receivers: known}
			v.Patient, v.Known = patients[r.PatientRef]
			out = append(out, v)
			if err := looked(ctx, tx, "referral", r.ID, r.PatientRef); err != nil {
				return err
			}
		}
		return nil
	})
	return out, wrap("list referrals", err)
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
