package mdt

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
)

// sampleMeetings is meetings.json of deploy/sample.
type sampleMeetings struct {
	Meetings []sampleMeeting `json:"meetings"`
}

type sampleMeeting struct {
	Name    string `json:"name"`
	By      string `json:"by"` // a person of people.json
	Weekday string `json:"weekday"`
	From    string `json:"from"` // 15:04
	Minutes int    `json:"minutes"`
	Place   string `json:"place"`
	Members []struct {
		PersonID string `json:"person_id"`
		Must     bool   `json:"must"`
	} `json:"members"`
}

// sampleStaff is people.json and teams.json, as far as meetings need them.
type sampleStaff struct {
	Organisations []struct {
		ID      string `json:"id"`
		Key     string `json:"key"`
		Kind    string `json:"kind"`
		Name    string `json:"name"`
		Network string `json:"network_code"`
	} `json:"organisations"`
	People []struct {
		PersonID string `json:"person_id"`
		Name     string `json:"name"`
		Roles    []struct{ Role, At string }
	} `json:"people"`
}

// LoadSample schedules the sample's invented weekly meetings and asks their members; all of it is simulated. An organisation that
// has had a meeting keeps to its own, so it can be run at every start. out hears, in one line, what was new; nothing when nothing was.
func (d *Door) LoadSample(ctx context.Context, files fs.FS, out io.Writer) error {
	var meetings sampleMeetings
	var staff, teams sampleStaff
	for name, into := range map[string]any{"meetings.json": &meetings, "people.json": &staff, "teams.json": &teams} {
		b, err := fs.ReadFile(files, name)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			return fmt.Errorf("load the sample of mdt: %s: %w", name, err)
		}
	}
	staff.Organisations = append(staff.Organisations, teams.Organisations...)
	added := 0
	for _, m := range meetings.Meetings {
		fresh, err := d.sampleMeeting(ctx, m, staff)
		if err != nil {
			return fmt.Errorf("load the sample of mdt: %w", err)
		}
		if fresh {
			added++
		}
	}
	if added > 0 {
		fmt.Fprintf(out, "mdt: %d weekly meetings are planned; they are simulated\n", added)
	}
	return nil
}

func (d *Door) sampleMeeting(ctx context.Context, m sampleMeeting, staff sampleStaff) (fresh bool, err error) {
	by, err := staff.actor(m.By)
	if err != nil {
		return false, err
	}
	for _, over := range []bool{false, true} {
		there, _, err := d.App.Meetings(ctx, by, app.MeetingQuery{Own: by.Organisation, Over: over, Limit: 1})
		if err != nil || len(there) > 0 {
			return false, err
		}
	}
	from, err := m.next(d.Now())
	if err != nil {
		return false, err
	}
	made, err := d.App.Schedule(ctx, by, pg.Command{}, app.MeetingInput{
		Name: m.Name, StartsAt: from, EndsAt: from.Add(time.Duration(m.Minutes) * time.Minute), Place: m.Place, Weekly: true,
	})
	if err != nil {
		return false, err
	}
	for _, member := range m.Members {
		who, err := staff.actor(member.PersonID)
		if err != nil {
			return false, err
		}
		if _, err := d.App.Invite(ctx, by, pg.Command{}, app.InviteInput{
			MeetingID: made.ID, PersonID: who.Person.ID, Organisation: who.Organisation, Must: member.Must,
		}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// next is when the meeting takes place first after now.
func (m sampleMeeting) next(now time.Time) (time.Time, error) {
	at, err := time.Parse("15:04", m.From)
	if err != nil {
		return at, fmt.Errorf("meeting %q: %w", m.Name, err)
	}
	today := now.In(clock.London)
	for days := range 8 {
		from := time.Date(today.Year(), today.Month(), today.Day()+days, at.Hour(), at.Minute(), 0, 0, clock.London)
		if from.After(now) && from.Weekday().String() == m.Weekday {
			return from, nil
		}
	}
	return at, fmt.Errorf("meeting %q: there is no day called %q", m.Name, m.Weekday)
}

// actor is a person of the sample in the first of their roles.
func (s sampleStaff) actor(person string) (actor.Actor, error) {
	for _, p := range s.People {
		if p.PersonID != person || len(p.Roles) == 0 {
			continue
		}
		a := actor.Actor{Person: actor.Person{ID: p.PersonID, Name: p.Name}, Role: p.Roles[0].Role, Purpose: "operation"}
		how, key, _ := strings.Cut(p.Roles[0].At, ":")
		if how == "ods" { // register makes the ids of real practices from their codes
			a.Organisation, a.OrganisationKind = id.FromName("ods", key), string(terms.KindPractice)
			return a, nil
		}
		for _, o := range s.Organisations {
			if how == "org" && o.Key == key || how == "team" && o.Network == key {
				a.Organisation, a.OrganisationKind, a.OrganisationName = o.ID, o.Kind, o.Name
				return a, nil
			}
		}
	}
	return actor.Actor{}, fmt.Errorf("nobody of the sample is %s", person)
}
