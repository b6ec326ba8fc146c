package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

func (web *Web) newMeeting(w http.ResponseWriter, r *http.Request) error {
	return web.show(w, http.StatusOK, drawMeetingForm(web.page(r, "Schedule a meeting", sectionMeetings), domain.Meeting{}, typed{}))
}

func drawMeetingForm(p ui.Page, m domain.Meeting, t typed) sheet {
	p.Problems = t.problems
	action, back := Root+"/meetings", ui.Link{Text: "Meetings", Href: Root + "/meetings"}
	from, until := "", ""
	if m.ID != "" {
		action, back = meetingPath(m.ID), ui.Link{Text: m.Name, Href: meetingPath(m.ID)}
		from, until = ui.TimeOfDay(m.StartsAt), ui.TimeOfDay(m.EndsAt)
	}
	p.Back = &back
	weekly := t.all("weekly", map[bool]string{true: "yes", false: ""}[m.Weekly])
	return sheet{Page: p, Heading: p.Title, Parts: []ui.Component{ui.Form{Action: action, IdempotencyKey: newKey(), Version: m.Version, Fields: []ui.Component{
		ui.Input{Name: "name", Label: "What is it called?", Hint: "Use the same name every week: what is not done goes from one to the next", Value: t.or("name", m.Name), Error: t.wrong("name")},
		ui.DateInput{Name: "starts_at", Label: "Day", Hint: "For example, 26 11 2026", Value: t.date("starts_at", inLondon(m.StartsAt)), Error: t.wrong("starts_at")},
		ui.Input{Name: "from", Label: "From", Hint: "For example, 13:00", Width: 5, Value: t.or("from", from), Error: t.wrong("from")},
		ui.Input{Name: "ends_at", Label: "Until", Hint: "For example, 14:00", Width: 5, Value: t.or("ends_at", until), Error: t.wrong("ends_at")},
		ui.Input{Name: "place", Label: "Where (optional)", Hint: "A room, or how to join online", Value: t.or("place", m.Place), Error: t.wrong("place")},
		ui.Checkboxes{Name: "weekly", Label: "Repeats", Values: weekly, Options: []ui.Option{{Value: "yes", Text: "It is held every week", Hint: "You schedule the next one from this one"}}},
	}, Buttons: []ui.Component{ui.Button{Text: "Save"}}}}}
}

func inLondon(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(ui.London)
}

// readMeeting takes the form; clock times are those of London.
func readMeeting(f *httpx.Form) app.MeetingInput {
	in := app.MeetingInput{Name: f.Text("name", domain.MaxName, "Enter what the meeting is called"), Place: f.Text("place", domain.MaxNote, ""), Weekly: f.Ticked("weekly")}
	on := f.Date("starts_at", "Enter the day")
	at := func(field, ask string) time.Time {
		typed := f.Text(field, 10, ask)
		if typed == "" || on.IsZero() {
			return time.Time{}
		}
		clock, err := time.Parse("15:04", strings.ReplaceAll(typed, ".", ":"))
		if err != nil {
			f.Add(field, "Enter a time, like 13:00")
			return time.Time{}
		}
		return time.Date(on.Year(), on.Month(), on.Day(), clock.Hour(), clock.Minute(), 0, 0, ui.London)
	}
	in.StartsAt, in.EndsAt = at("from", "Enter when it starts"), at("ends_at", "Enter when it ends")
	return in
}

func (web *Web) schedule(w http.ResponseWriter, r *http.Request) error {
	return web.saveMeeting(w, r, "Schedule a meeting", domain.Meeting{}, 0)
}

func (web *Web) saveMeeting(w http.ResponseWriter, r *http.Request, title string, m domain.Meeting, version int64) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	in := readMeeting(f)
	in.ID, in.Version = m.ID, version
	var done app.Done
	if err = f.Err(); err == nil {
		done, err = web.app.Schedule(r.Context(), who(r.Context()), httpx.Command(r.Context(), "schedule meeting"), in)
	}
	if refused(err) {
		return web.show(w, httpx.Status(err), drawMeetingForm(web.page(r, title, sectionMeetings), m, typed{f, ui.ProblemsOf(err)}))
	}
	if err != nil {
		return err
	}
	return to(w, r, meetingPath(done.ID), map[bool]string{true: "scheduled", false: "changed"}[m.ID == ""])
}

func (web *Web) changeMeeting(w http.ResponseWriter, r *http.Request) error {
	v, err := web.ours(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawMeetingForm(web.page(r, "Change the meeting", sectionMeetings), v.Meeting, typed{}))
}

func (web *Web) reschedule(w http.ResponseWriter, r *http.Request) error {
	v, err := web.ours(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	return web.saveMeeting(w, r, "Change the meeting", v.Meeting, version)
}
