package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

func (web *Web) minutes(w http.ResponseWriter, r *http.Request) error {
	v, err := web.minutesOf(r, "")
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawMinutes(web.page(r, "Minutes of "+v.Name, sectionMeetings), v))
}

func (web *Web) minutesOf(r *http.Request, to string) (app.MinutesView, error) {
	meeting, err := httpx.PathID(r, "id")
	if err != nil {
		return app.MinutesView{}, err
	}
	return web.app.Minutes(r.Context(), who(r.Context()), meeting, to)
}

const confidential = "Confidential: about people who agreed to be discussed. Shred what you print when it is no longer needed."

// drawMinutes is what the meeting decided, for its own people: names stand on it, because they need them.
func drawMinutes(p ui.Page, v app.MinutesView) sheet {
	p.Back = &ui.Link{Text: v.Name, Href: meetingPath(v.ID)}
	parts := []ui.Component{ui.InsetText{Body: ui.Text(confidential)}, ui.SummaryList{Rows: attendance(v)}}
	if len(v.Cases) == 0 {
		parts = append(parts, ui.EmptyState{Heading: "Nobody was on the agenda"})
	}
	for _, c := range v.Cases {
		parts = append(parts, ui.SummaryCard{Heading: lineName(c.Line), Rows: minutesRows(v, c)})
	}
	if v.Ours {
		links := ui.List{ui.Link{Text: "A letter with these minutes, to print", Href: meetingPath(v.ID) + "/letter"}}
		for _, o := range v.Invited {
			links = append(links, ui.Link{Text: "A letter to " + name(v.Names, o) + ", with what they may see", Href: meetingPath(v.ID) + "/letter" + query("to", o)})
		}
		parts = append(parts, ui.Heading{Text: "Letters"}, links)
	}
	return sheet{Page: p, Caption: name(v.Names, v.OrganisationID), Heading: "Minutes of " + v.Name, Parts: parts}
}

// attendance is when and where it was and who was there, as far as this copy tells.
func attendance(v app.MinutesView) []ui.SummaryRow {
	by := map[domain.Attendance][]string{}
	for _, i := range v.Invitations {
		by[i.Attendance] = append(by[i.Attendance], guest(v.Names, i))
	}
	who := func(a domain.Attendance) ui.Component {
		if len(by[a]) == 0 {
			return ui.Text("Nobody recorded")
		}
		return ui.Text(strings.Join(by[a], ", "))
	}
	rows := []ui.SummaryRow{
		{Key: "When", Value: ui.Text(when(v.Meeting))},
		{Key: "Where", Value: text(v.Place)},
		{Key: "Present", Value: who(domain.AttendancePresent)},
		{Key: "Apologies", Value: who(domain.AttendanceApologies)},
	}
	if vacant := missing(v.MeetingView); vacant != "" && v.Ours {
		rows = append(rows, ui.SummaryRow{Key: "Needed and not there", Value: ui.Text(vacant)})
	}
	return rows
}

func minutesRows(v app.MinutesView, c app.MinutesCase) []ui.SummaryRow {
	rows := []ui.SummaryRow{{Key: "Why", Value: ui.Text(c.Reason.Label())}}
	if len(c.Since) > 0 {
		rows = append(rows, ui.SummaryRow{Key: "Since last time", Value: sinceLines(v.Names, c)})
	}
	if c.Still.Times > 0 {
		rows = append(rows, ui.SummaryRow{Key: "Note", Value: ui.Text(stillWords(c.Still) + ", since " + ui.Date(c.Still.Since))})
	}
	rows = append(rows, ui.SummaryRow{Key: "Decision", Value: itemTag(c.Item)})
	if c.Note != "" {
		rows = append(rows, ui.SummaryRow{Key: "Said", Value: ui.Prose(c.Note)})
	}
	holder := "Nobody"
	if c.Holder != nil {
		holder = named(v.Names, c.Holder.PersonID, c.Holder.OrganisationID)
	}
	if c.Asked != nil {
		holder += ". Asked to hold it: " + named(v.Names, c.Asked.PersonID, c.Asked.OrganisationID)
	}
	rows = append(rows, ui.SummaryRow{Key: "Case-holder", Value: ui.Text(holder)})
	if c.KeyWorker != nil {
		rows = append(rows, ui.SummaryRow{Key: "Key worker", Value: ui.Text(named(v.Names, c.KeyWorker.PersonID, c.KeyWorker.OrganisationID))})
	}
	action := func(key string, x domain.Action) {
		rows = append(rows, ui.SummaryRow{Key: key, Value: ui.Text(fmt.Sprintf("%s: %s, by %s", name(v.Names, x.OwnerID), orRemoved(x.What), dateOn(x.DueOn)))})
	}
	for _, x := range c.Agreed {
		action("Action", x)
	}
	for _, x := range c.Open {
		action("Still to do", x)
	}
	return rows
}

// Paper is read on another day: dates on it are whole.
func sinceLines(names map[string]string, c app.MinutesCase) ui.Component {
	var list ui.List
	for _, h := range c.Since {
		line := ui.Date(h.At) + ": " + lower(happened(h))
		if h.Organisation != "" {
			line += " (" + name(names, h.Organisation) + ")"
		}
		list = append(list, ui.Text(line))
	}
	return list
}

// dateOn writes a day out.
func dateOn(s string) string {
	d, err := time.ParseInLocation(time.DateOnly, s, ui.London)
	if err != nil {
		return "–"
	}
	return ui.Date(d)
}

func named(names map[string]string, person, organisation string) string {
	return name(names, person) + ", " + name(names, organisation)
}

// letter is the minutes on paper: to the meeting's own organisation, or to another that was asked, with what they may see.
func (web *Web) letter(w http.ResponseWriter, r *http.Request) error {
	to := r.URL.Query().Get("to")
	if to != "" && !id.Valid(to) {
		return domain.ErrNoMeeting
	}
	v, err := web.minutesOf(r, to)
	if err != nil {
		return err
	}
	page := web.page(r, "Letter with the minutes of "+v.Name, sectionMeetings)
	return web.show(w, http.StatusOK, drawLetter(page, v, who(r.Context()).Person.Name, web.Now()))
}

func drawLetter(p ui.Page, v app.MinutesView, signed string, now time.Time) sheet {
	p.Back = &ui.Link{Text: v.Name, Href: meetingPath(v.ID)}
	parts := []ui.Component{
		ui.NotPrinted{Body: ui.InsetText{Body: ui.Text("Print this page from your browser: what leads around Waypost is left off the paper.")}},
		ui.Letter{From: address(v.From), To: address(v.For), Date: ui.Day(now)},
		ui.Paragraph(confidential),
		ui.SummaryList{Rows: attendance(v)},
	}
	if !v.Ours {
		parts = append(parts, ui.Paragraph("You get the case references, the decisions and your own actions. Names and what was said stand here only for people whom your organisation put on the agenda."))
	}
	if len(v.Cases) == 0 {
		parts = append(parts, ui.Paragraph("Nobody was on the agenda."))
	}
	for _, c := range v.Cases {
		parts = append(parts, ui.Heading{Text: lineName(c.Line)}, ui.SummaryList{Rows: minutesRows(v, c)})
	}
	if signed != "" {
		parts = append(parts, ui.Paragraph("Sent by "+signed+", "+ui.Date(now)+"."))
	}
	return sheet{Page: p, Heading: "Minutes of " + v.Name, Parts: parts}
}

// address is what stands at the head of a letter: name, and the place as far as the register has it.
func address(o app.Organisation) []string {
	lines := slices.Concat([]string{o.Name}, strings.Split(o.Address, ","), []string{o.Postcode})
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" })
}
