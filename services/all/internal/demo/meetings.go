package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// table is where one chair's meetings take place, one after the other.
type table struct {
	Chair
	*Client
	mu    sync.Mutex
	now   meeting // the one that the play will hold; without an id until there is one
	shown meeting // live: the weekly one, which is left to whoever looks
}

// Who is the chair.
func (t *table) Who() authn.Identity { return t.Chair.Who }

// meeting is one as its chair reads it.
type meeting struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation_id"`
	Name         string    `json:"name"`
	StartsAt     time.Time `json:"starts_at"`
	Status       string    `json:"status"`
	Invitations  []struct {
		Person       string `json:"person_id"`
		Organisation string `json:"organisation_id"`
	} `json:"invitations"`
	Items []item `json:"items"`
}

// item is a case on its agenda.
type item struct {
	ID      string `json:"id"`
	Case    string `json:"case_id"`
	Patient string `json:"patient_ref"`
	State   string `json:"state"`
	Holder  string `json:"case_holder_id"`
	Asked   string `json:"asked_to_hold_id"`
}

// How a meeting that the play plans itself is called: in a week at speed the weekly one, live a short one that is soon over.
const (
	weeklyMeeting = "Weekly neighbourhood meeting (simulated)"
	shortMeeting  = "Short meeting of the demonstration (simulated)"
)

func (p *Play) sit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tables) > 0 {
		return
	}
	for _, c := range p.Setting.Chairs {
		p.tables = append(p.tables, &table{Chair: c, Client: p.Cast.As(c.Who)})
	}
}

// members are those asked to a meeting who can be played.
func (t *table) members(p *Play, m meeting) (all []authn.Identity) {
	for _, i := range m.Invitations {
		if one, ok := p.Setting.person(i.Person, i.Organisation); ok {
			all = append(all, one)
		}
	}
	return all
}

// LookAtMeetings holds every meeting whose time has come. The weekly ones are planned at once, short ones when they are needed.
func (p *Play) LookAtMeetings(ctx context.Context) {
	p.sit()
	inParallel(ctx, len(p.tables), func(i int) {
		p.try(ctx, func(ctx context.Context) error {
			t := p.tables[i]
			t.mu.Lock()
			defer t.mu.Unlock()
			switch {
			case t.now.ID == "" && !p.Short:
				return p.plan(ctx, t)
			case t.now.ID == "" || p.Now().Before(t.now.StartsAt):
				return nil
			}
			return p.hold(ctx, t)
		})
	})
}

// next is the meeting that somebody is put on the agenda of: the one that is planned, or one that is planned now.
func (p *Play) next(ctx context.Context, t *table, v Visit) (meeting, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now.ID == "" {
		if err := p.plan(ctx, t); err != nil {
			return meeting{}, err
		}
	}
	if p.Short && v.N%2 == 0 && t.shown.ID != "" {
		return t.shown, nil
	}
	return t.now, nil
}

// plan finds the chair's planned meeting, or plans one and asks the members.
func (p *Play) plan(ctx context.Context, t *table) error {
	var all []meeting
	if err := pages(ctx, t.Client, path("mdt", "/meetings"), &all); err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m meeting) bool { return m.Organisation != t.Who().Grants[0].Organisation })
	weekly := slices.IndexFunc(all, func(m meeting) bool { return m.Name != shortMeeting })
	if weekly >= 0 && p.Short {
		if _, err := t.Get(ctx, path("mdt", "/meetings/%s", all[weekly].ID), &t.shown); err != nil {
			return err
		}
	}
	at := weekly
	if p.Short {
		at = slices.IndexFunc(all, func(m meeting) bool { return m.Name == shortMeeting })
	}
	if at >= 0 {
		return p.sitDown(ctx, t, all[at].ID)
	}
	made, err := p.schedule(ctx, t)
	if err != nil {
		return err
	}
	return p.sitDown(ctx, t, made)
}

func (p *Play) sitDown(ctx context.Context, t *table, meeting string) error {
	_, err := t.Get(ctx, path("mdt", "/meetings/%s", meeting), &t.now)
	return err
}

func (p *Play) schedule(ctx context.Context, t *table) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	now := p.Now()
	name, from := weeklyMeeting, time.Time{}
	for days := 1; from.Weekday() != time.Wednesday || from.IsZero(); days++ {
		x := now.In(london())
		from = time.Date(x.Year(), x.Month(), x.Day()+days, 13, 0, 0, 0, london())
	}
	if p.Short {
		name, from = shortMeeting, p.After(now, 40).Add(time.Second)
	}
	err := t.Make(ctx, path("mdt", "/meetings"), id.New(), map[string]any{
		"name": name, "starts_at": from.UTC(), "ends_at": from.Add(2 * time.Hour).UTC(), "place": "By video (simulated)", "weekly": !p.Short,
	}, &made)
	if err != nil {
		return "", err
	}
	// Whoever is asked to the weekly one comes to the short one too.
	for _, one := range append(t.members(p, t.shown), t.Invite...) {
		if one.Person.ID == t.Who().Person.ID {
			continue
		}
		err := t.Make(ctx, path("mdt", "/meetings/%s/invitations", made.ID), id.New(), map[string]any{
			"person_id": one.Person.ID, "organisation_id": one.Grants[0].Organisation, "must": true,
		}, nil)
		if err != nil {
			return "", err
		}
	}
	return made.ID, nil
}

// hold speaks of everybody on the agenda, plans the meeting after it and closes this one: what is open goes to the next.
func (p *Play) hold(ctx context.Context, t *table) error {
	at := path("mdt", "/meetings/%s", t.now.ID)
	var m, next meeting
	if _, err := t.Get(ctx, at, &m); err != nil {
		return err
	}
	if m.Status != string(terms.MeetingPlanned) {
		t.now = meeting{} // somebody who looks closed it
		return nil
	}
	if !p.Short {
		var made struct {
			ID string `json:"id"`
		}
		if err := t.Make(ctx, at+"/next", id.New(), nil, &made); err != nil {
			return err
		}
		if _, err := t.Get(ctx, path("mdt", "/meetings/%s", made.ID), &next); err != nil {
			return err
		}
	}
	due := p.Now()
	if next.ID != "" {
		due = next.StartsAt
	}
	for _, i := range m.Items {
		if i.State == "waiting" && i.Case != "" {
			p.try(ctx, func(ctx context.Context) error { return p.decide(ctx, t, m, i, due) })
		}
	}
	etag, err := t.Get(ctx, at, nil)
	if err != nil {
		return err
	}
	if err := t.Change(ctx, at+"/held", etag, nil, nil); err != nil {
		return err
	}
	t.now = next
	return nil
}

// decide is what the meeting does about one case: a decision, somebody who holds it, perhaps a key worker and an action.
func (p *Play) decide(ctx context.Context, t *table, m meeting, i item, due time.Time) error {
	n, times, ours := p.speak(i.Patient)
	if !ours {
		return nil
	}
	r := chance(p.Seed, n, fmt.Sprint("discussed ", times))
	decision := terms.MDTDecision(pick(r, p.Rates["decisions"].Shares))
	if times > 2 && decision != terms.MDTNoFurtherDiscussion && r.Float64() < 0.5 {
		decision = terms.MDTNoFurtherDiscussion // nobody is kept on for ever
	}
	at := path("mdt", "/items/%s", i.ID)
	etag, err := t.Get(ctx, at, nil)
	if err != nil {
		return err
	}
	if err := t.Change(ctx, at+"/decision", etag, map[string]any{"decision": decision, "note": said + "we spoke about what would help, and who asks."}, nil); err != nil {
		return err
	}
	p.Counts.Discussed.Add(1)
	if decision == terms.MDTNoFurtherDiscussion {
		return nil
	}
	members := t.members(p, m)
	if i.Holder == "" && i.Asked == "" {
		if err := p.askToHold(ctx, t, n, i.ID, holders(members), 0); err != nil {
			return err
		}
	}
	if times > 1 {
		return nil
	}
	return p.share(ctx, t, r, i, members, due)
}

// share says who stays in touch and who does something by when.
func (p *Play) share(ctx context.Context, t *table, r *rand.Rand, i item, members []authn.Identity, due time.Time) error {
	at := path("mdt", "/items/%s", i.ID)
	worker := slices.IndexFunc(members, func(x authn.Identity) bool { return x.Grants[0].Role == string(terms.RoleLinkWorker) })
	if r.Float64() < p.rate("key_worker_assigned") && worker >= 0 {
		etag, err := t.Get(ctx, at+"/key-worker", nil)
		if err != nil {
			return err
		}
		if err := t.Change(ctx, at+"/key-worker", etag, somebody(members[worker]), nil); err != nil {
			return err
		}
	}
	if r.Float64() >= p.rate("action_agreed") || len(members) == 0 {
		return nil
	}
	owner := members[r.IntN(len(members))]
	var made struct {
		ID string `json:"id"`
	}
	err := t.Make(ctx, at+"/actions", id.New(), map[string]any{
		"owner_person_id": owner.Person.ID, "owner_organisation_id": owner.Grants[0].Organisation, "due_on": due.In(london()).Format(time.DateOnly),
		"what": said + "ring them, and ask what they would like.",
	}, &made)
	if err != nil {
		return err
	}
	in := between(r, 4, 30)
	if r.Float64() >= p.rate("action_done_in_time") {
		in = between(r, 44, 75) // after the next meeting, on whose agenda it is again
	}
	p.soon(in, func(ctx context.Context) error { return p.done(ctx, p.Cast.As(owner), made.ID) })
	return nil
}

func holders(members []authn.Identity) []authn.Identity {
	return slices.DeleteFunc(slices.Clone(members), func(x authn.Identity) bool {
		role, _ := terms.RoleByCode(terms.Role(x.Grants[0].Role))
		return !role.Holds
	})
}

func somebody(who authn.Identity) map[string]any {
	return map[string]any{"person_id": who.Person.ID, "organisation_id": who.Grants[0].Organisation}
}

// askToHold asks one after the other to hold a case until somebody does. Only the first may decline.
func (p *Play) askToHold(ctx context.Context, t *table, n int, on string, among []authn.Identity, asked int) error {
	if len(among) == 0 {
		return nil
	}
	who := among[(n+asked)%len(among)]
	var made struct {
		ID string `json:"id"`
	}
	if err := t.Make(ctx, path("mdt", "/items/%s/case-holder", on), id.New(), somebody(who), &made); err != nil {
		return err
	}
	r := chance(p.Seed, n, fmt.Sprint("holder ", asked))
	declines := asked == 0 && r.Float64() < p.rate("case_holder_declines")
	p.soon(between(r, 1, 8), func(ctx context.Context) error {
		as, at := p.Cast.As(who), path("mdt", "/holdings/%s", made.ID)
		etag, err := as.Get(ctx, at, nil)
		if err != nil {
			return err
		}
		if !declines {
			return as.Change(ctx, at+"/accept", etag, nil, nil)
		}
		if err := as.Change(ctx, at+"/refuse", etag, map[string]any{"why_not": said + "I am away from next week."}, nil); err != nil {
			return err
		}
		p.soon(1, func(ctx context.Context) error { return p.askToHold(ctx, t, n, on, among, asked+1) })
		return nil
	})
	return nil
}

// done is an action's owner saying that it is done.
func (p *Play) done(ctx context.Context, owner *Client, action string) error {
	at := path("mdt", "/actions/%s", action)
	etag, err := owner.Get(ctx, at, nil)
	if err != nil {
		return err
	}
	return owner.Change(ctx, at+"/end", etag, map[string]any{"result": terms.ActionDone, "note": said + "we talked for a while."}, nil)
}
