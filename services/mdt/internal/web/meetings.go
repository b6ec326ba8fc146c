package web

import (
	"fmt"
	"net/http"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

func meetingPath(id string) string { return Root + "/meetings/" + id }

// when is "Thursday 26 November 2026, 10:00 to 11:00".
func when(m domain.Meeting) string {
	return ui.Day(m.StartsAt) + ", " + ui.TimeOfDay(m.StartsAt) + " to " + ui.TimeOfDay(m.EndsAt)
}

func meetingTag(m domain.Meeting, now time.Time) ui.Tag {
	switch {
	case m.Status == terms.MeetingHeld:
		return ui.Tag{Text: "Held", Colour: ui.Grey}
	case m.Status == terms.MeetingCancelled:
		return ui.Tag{Text: "Cancelled", Colour: ui.Grey}
	case now.After(m.EndsAt):
		return ui.Tag{Text: "Over: record it as held", Colour: ui.Orange}
	case !now.Before(m.StartsAt):
		return ui.Tag{Text: "Now", Colour: ui.Blue}
	}
	return ui.Tag{Text: "Planned", Colour: ui.Yellow}
}

func (web *Web) meetings(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	q := app.MeetingQuery{Over: r.URL.Query().Get("show") == "over", Limit: in.Limit + 1}
	var at app.MeetingPlace
	if ok, err := in.After(r.Context(), &at); err != nil {
		return err
	} else if ok {
		q.After = &at
	}
	all, names, err := web.app.Meetings(r.Context(), who(r.Context()), q)
	if err != nil {
		return err
	}
	next := ""
	if len(all) > in.Limit {
		all = all[:in.Limit]
		last := all[len(all)-1]
		next = Root + "/meetings?show=" + show(q.Over) + "&cursor=" + httpx.Cursor(r.Context(), app.MeetingPlace{At: last.StartsAt, ID: last.ID})
	}
	return web.show(w, http.StatusOK, drawMeetings(web.page(r, "Meetings", sectionMeetings), all, names, q.Over, next, who(r.Context()), web.Now()))
}

func show(over bool) string {
	if over {
		return "over"
	}
	return ""
}

func drawMeetings(p ui.Page, all []domain.Meeting, names map[string]string, over bool, next string, a actor.Actor, now time.Time) sheet {
	t := ui.Table{Caption: "Meetings", HideCaption: true, Columns: []ui.Column{{Text: "Meeting"}, {Text: "When"}, {Text: "Whose"}, {Text: "Status"}}}
	for _, m := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: m.Name, Href: meetingPath(m.ID), Hidden: "on " + ui.Date(m.StartsAt)},
			ui.Text(when(m)),
			ui.Text(name(names, m.OrganisationID)), meetingTag(m, now),
		}})
	}
	parts := []ui.Component{ui.SubNav{Label: "Meetings", Items: []ui.MenuItem{{Text: "To come", Href: Root + "/meetings", Current: !over}, {Text: "Over", Href: Root + "/meetings?show=over", Current: over}}}}
	if len(all) == 0 {
		parts = append(parts, ui.EmptyState{Heading: map[bool]string{false: "No meeting is planned", true: "No meeting is over yet"}[over], Body: ui.Paragraph("Meetings of your organisation, and those that you are asked to, show here.")})
	} else {
		parts = append(parts, t, ui.Pagination{Next: next, Showing: "Showing " + ui.Count(len(all), "meeting", "meetings")})
	}
	if meets(a) {
		parts = append(parts, ui.LinkButton{Text: "Schedule a meeting", Href: Root + "/meetings/new"})
	}
	return sheet{Page: p, Heading: "Meetings", Parts: parts}
}

// load reads the meeting in the path.
func (web *Web) load(r *http.Request) (app.MeetingView, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return app.MeetingView{}, err
	}
	return web.app.MeetingByID(r.Context(), who(r.Context()), id)
}

// ours is load for what only the meeting's own organisation may change.
func (web *Web) ours(r *http.Request) (app.MeetingView, error) {
	v, err := web.load(r)
	if err == nil && !v.Ours {
		return v, fault.Forbidden("Only the organisation whose meeting this is can change it. Ask " + name(v.Names, v.OrganisationID))
	}
	return v, err
}

func (web *Web) meeting(w http.ResponseWriter, r *http.Request) error {
	v, err := web.load(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawMeeting(web.page(r, v.Name+", "+ui.Date(v.StartsAt), sectionMeetings), v, who(r.Context()), typed{}, web.Now()))
}

// meetingCard is the facts of a meeting.
func meetingCard(v app.MeetingView, now time.Time) ui.SummaryCard {
	place := v.Place
	if place == "" {
		place = "Not said yet"
	}
	c := ui.SummaryCard{Heading: v.Name, Links: []ui.Link{{Text: "Open the meeting", Href: meetingPath(v.ID)}}, Rows: []ui.SummaryRow{
		{Key: "When", Value: ui.Text(when(v.Meeting))}, {Key: "Where", Value: ui.Text(place)}, {Key: "Whose", Value: ui.Text(name(v.Names, v.OrganisationID))}, {Key: "Status", Value: meetingTag(v.Meeting, now)},
	}}
	if who := missing(v); who != "" {
		c.Rows = append(c.Rows, ui.SummaryRow{Key: "Must be there and is missing", Value: ui.Text(who)})
	}
	return c
}

func guest(names map[string]string, i domain.Invitation) string {
	if i.PersonID == "" {
		return name(names, i.GuestID)
	}
	return name(names, i.PersonID)
}

// agenda is the cases of a meeting. Who may not know the person sees the case's reference.
func agenda(v app.MeetingView, now time.Time) ui.Component {
	if len(v.Lines) == 0 {
		return ui.EmptyState{Heading: "Nobody is on the agenda yet", Body: ui.Paragraph("What a meeting leaves open comes to the next agenda by itself.")}
	}
	t := ui.Table{Caption: "Agenda", Columns: []ui.Column{{Text: "Case"}, {Text: "Why"}, {Text: "Case-holder"}, {Text: "Actions"}, {Text: "Status"}}}
	for _, l := range v.Lines {
		holder := "Nobody yet"
		switch {
		case l.Holder != nil:
			holder = name(v.Names, l.Holder.PersonID) + hasLeft(*l.Holder)
		case l.Asked != nil:
			holder = name(v.Names, l.Asked.PersonID) + " was asked"
		}
		t.Rows = append(t.Rows, ui.Row{New: l.New, Cells: []ui.Component{
			ui.Link{Text: lineName(l), Href: itemPath(l.ID)},
			ui.Group{ui.Text(l.Reason.Label()), brought(l.Item)},
			ui.Text(holder), openActions(l, now),
			ui.Group{itemTag(l.Item), still(l)},
		}})
	}
	return t
}

func hasLeft(h domain.Holding) string {
	if h.Left() {
		return " (has left)"
	}
	return ""
}

func brought(i domain.Item) ui.Component {
	if i.Why == domain.WhyPerson {
		return ui.Text("")
	}
	return ui.Paragraph(i.Why.Words())
}

func lineName(l app.Line) string {
	switch {
	case l.MayKnow && l.Case.Reference != "":
		return l.Patient.Name() + " (" + reference(l.Case.Reference) + ")"
	case l.MayKnow:
		return l.Patient.Name()
	case l.Case.Reference != "":
		return "Case " + reference(l.Case.Reference)
	}
	return "A case that is being opened"
}

// reference is read out in two halves.
func reference(s string) string {
	if len(s) == terms.ReferenceLength {
		return s[:4] + " " + s[4:]
	}
	return s
}

func openActions(l app.Line, now time.Time) ui.Component {
	open, late := 0, 0
	for _, x := range l.Actions {
		if x.State == domain.ActionOpen {
			open++
		}
		if x.Overdue(today(now)) {
			late++
		}
	}
	switch {
	case open == 0:
		return ui.Text("None open")
	case late > 0:
		return ui.Tag{Text: fmt.Sprintf("%d open, %d overdue", open, late), Colour: ui.Red}
	}
	return ui.Text(ui.Count(open, "open", "open"))
}

func itemTag(i domain.Item) ui.Tag {
	switch i.State {
	case domain.ItemDiscussed:
		return ui.Tag{Text: i.Decision.Label(), Colour: ui.Green}
	case domain.ItemRemoved:
		return ui.Tag{Text: "Taken off", Colour: ui.Grey}
	}
	return ui.Tag{Text: "To be discussed", Colour: ui.Blue}
}

func drawMeeting(p ui.Page, v app.MeetingView, a actor.Actor, t typed, now time.Time) sheet {
	p.Back, p.Problems, p.Wide = &ui.Link{Text: "Meetings", Href: Root + "/meetings"}, t.problems, true
	card := meetingCard(v, now)
	card.Heading, card.Links = "About this meeting", nil
	may := meets(a) && v.Ours
	if may && v.Planned() {
		card.Links = []ui.Link{{Text: "Change", Href: meetingPath(v.ID) + "/change", Hidden: "the meeting"}, {Text: "Cancel", Href: meetingPath(v.ID) + "/cancel", Hidden: "the meeting"}}
	}
	body := ui.Group{card, agenda(v, now)}
	parts := []ui.Component{ui.Live{ID: "meeting", Label: "The meeting", Events: eventsPath, Refresh: meetingPath(v.ID), Now: now, Body: body}}
	if meets(a) && v.Planned() {
		parts = append(parts, ui.LinkButton{Text: "Put somebody on the agenda", Href: meetingPath(v.ID) + "/add"})
	}
	if v.Ours {
		parts = append(parts, ui.Heading{Text: "Who must be in the room"}, seats(v, may))
	}
	parts = append(parts, ui.Heading{Text: "Who is asked"}, room(v))
	links := ui.List{}
	if v.Planned() {
		links = append(links, ui.Link{Text: "Say who comes or can not", Href: meetingPath(v.ID) + "/room"})
	}
	if may && v.Planned() {
		links = append(links, ui.Link{Text: "Ask somebody else", Href: meetingPath(v.ID) + "/invite"})
	}
	if may {
		links = append(links, ui.Link{Text: "Minutes, to print", Href: meetingPath(v.ID) + "/minutes"})
	} else if !v.Ours {
		links = append(links, ui.Link{Text: "A letter with the minutes, to print", Href: meetingPath(v.ID) + "/letter"})
	}
	links = append(links, ui.Link{Text: "Put it in your calendar (a file, without names of people who are helped)", Href: meetingPath(v.ID) + "/calendar"})
	parts = append(parts, links)
	return sheet{Page: p, Caption: when(v.Meeting), Heading: v.Name, Parts: append(parts, meetingSteps(v, may, now)...)}
}

// meetingSteps are what ends a meeting, and what comes after it.
func meetingSteps(v app.MeetingView, may bool, now time.Time) []ui.Component {
	if !may {
		return nil
	}
	var parts []ui.Component
	if v.Planned() && today(now) >= today(v.StartsAt) {
		parts = append(parts, ui.Form{Action: meetingPath(v.ID) + "/held", IdempotencyKey: newKey(), Version: v.Version, Buttons: []ui.Component{ui.Button{Text: "Record as held", Variant: ui.Secondary}}})
	}
	switch {
	case v.Next != nil:
		parts = append(parts, ui.InsetText{Body: ui.Link{Text: "The next one is on " + ui.Day(v.Next.StartsAt), Href: meetingPath(v.Next.ID)}})
	case v.Weekly && v.NextID == "":
		parts = append(parts, ui.Form{Action: meetingPath(v.ID) + "/next", IdempotencyKey: newKey(), Buttons: []ui.Component{ui.Button{Text: "Schedule the next one, a week later", Variant: ui.Secondary}}})
	}
	return parts
}

// room is who is asked, and whether they come.
func room(v app.MeetingView) ui.Component {
	if len(v.Invitations) == 0 {
		return ui.EmptyState{Heading: "Nobody is asked yet", Body: ui.Paragraph("Ask people, or organisations that send somebody.")}
	}
	t := ui.Table{Caption: "Who is asked", HideCaption: true, Columns: []ui.Column{{Text: "Who"}, {Text: "Organisation"}, {Text: "Role"}, {Text: "Must be there"}, {Text: "Comes"}}}
	for _, i := range v.Invitations {
		role := "Anybody they send"
		if i.Role != "" {
			role = i.Role.Label()
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Text(guest(v.Names, i)), ui.Text(name(v.Names, i.GuestID)), ui.Text(role),
			ui.Text(map[bool]string{true: "Yes", false: "No"}[i.Must]),
			ui.Tag{Text: i.Attendance.Label(), Colour: attendanceColours[i.Attendance]},
		}})
	}
	return t
}

var attendanceColours = map[domain.Attendance]ui.Colour{domain.AttendanceUnknown: ui.Yellow, domain.AttendanceComing: ui.Blue, domain.AttendanceApologies: ui.Orange, domain.AttendancePresent: ui.Green, domain.AttendanceAbsent: ui.Grey}

func (web *Web) askCancel(w http.ResponseWriter, r *http.Request) error {
	v, err := web.ours(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawCancel(web.page(r, "Cancel the meeting", sectionMeetings), v.Meeting))
}

func drawCancel(p ui.Page, m domain.Meeting) sheet {
	p.Back = &ui.Link{Text: m.Name, Href: meetingPath(m.ID)}
	return sheet{Page: p, Caption: when(m), Heading: "Cancel " + m.Name + "?", Parts: []ui.Component{
		ui.Paragraph("Everybody who was asked sees in Waypost that it is cancelled. Nobody is emailed: ring who might be on the way. What is on the agenda goes to the next meeting."),
		ui.Form{Action: meetingPath(m.ID) + "/cancel", IdempotencyKey: newKey(), Version: m.Version, Buttons: []ui.Component{ui.Button{Text: "Cancel the meeting", Variant: ui.Warning}}},
		ui.Link{Text: "Keep it", Href: meetingPath(m.ID)},
	}}
}

// step does one thing to the meeting in the path and leads back to it.
func (web *Web) step(w http.ResponseWriter, r *http.Request, done string, do func(id string, version int64) (app.Done, error)) error {
	v, err := web.load(r)
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
	if _, err = do(v.ID, version); refused(err) {
		return web.show(w, httpx.Status(err), drawMeeting(web.page(r, v.Name, sectionMeetings), v, who(r.Context()), typed{f, ui.ProblemsOf(err)}, web.Now()))
	}
	if err != nil {
		return err
	}
	return to(w, r, meetingPath(v.ID), done)
}

func (web *Web) cancel(w http.ResponseWriter, r *http.Request) error {
	return web.step(w, r, "cancelled", func(id string, version int64) (app.Done, error) {
		return web.app.Cancel(r.Context(), who(r.Context()), httpx.Command(r.Context(), "cancel meeting"), app.MeetingChange{ID: id, Version: version})
	})
}

func (web *Web) held(w http.ResponseWriter, r *http.Request) error {
	return web.step(w, r, "held", func(id string, version int64) (app.Done, error) {
		return web.app.Hold(r.Context(), who(r.Context()), httpx.Command(r.Context(), "hold meeting"), app.MeetingChange{ID: id, Version: version})
	})
}

func (web *Web) next(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	done, err := web.app.ScheduleNext(r.Context(), who(r.Context()), httpx.Command(r.Context(), "schedule next"), id)
	if err != nil {
		return err
	}
	return to(w, r, meetingPath(done.ID), map[bool]string{true: "scheduled"}[done.Made])
}

func orRemoved(s string) string {
	if s == "" {
		return "Removed"
	}
	return s
}
