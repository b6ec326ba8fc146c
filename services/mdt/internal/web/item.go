package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// A case in a meeting: one page to read from, decide on, and give out work.

func itemPath(id string) string { return Root + "/items/" + id }

func (web *Web) item(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	return web.showItem(w, r, id, http.StatusOK, typed{})
}

func (web *Web) showItem(w http.ResponseWriter, r *http.Request, id string, status int, t typed) error {
	v, err := web.app.ItemByID(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	return web.show(w, status, drawItem(web.page(r, itemTitle(v), sectionMeetings), v, who(r.Context()), t, web.Now()))
}

// itemTitle names the person by initials at most: it goes into browser histories.
func itemTitle(v app.ItemView) string {
	switch {
	case v.Case.Reference != "":
		return "Case " + reference(v.Case.Reference)
	case v.MayKnow:
		return "Case of " + v.Patient.Contact.Initials()
	}
	return "Case"
}

// header is who the page is about. Who may not know sees why, and what to do.
func header(p domain.Patient, known bool, now time.Time) *ui.PersonHeader {
	if !known {
		return &ui.PersonHeader{Name: "Name not shown", Restricted: "Your organisation was asked to the meeting, and sees the case's reference and its own actions. The meeting's organisation knows who it is."}
	}
	if p.Removed() {
		return &ui.PersonHeader{Name: "Details removed", Restricted: "Removed because: " + p.RemovedWhy.Label() + "."}
	}
	c := p.Contact
	number := "None"
	if c.NHSNumber != "" {
		number = nhsnumber.Format(c.NHSNumber)
	}
	h := &ui.PersonHeader{Name: c.Name(), Facts: []ui.Fact{
		{Key: "Born", Value: ui.Text(ui.DateOfBirth(c.Born(), now))},
		{Key: "NHS number", Value: ui.Text(number)},
		{Key: "Phone", Value: onlySafe(c.Phone, c.SafeWays.Phone || c.SafeWays.Text)},
		{Key: "Safe to contact by", Value: ui.Text(c.SafeWays.Words())},
	}}
	if c.SafeNote != "" {
		h.Alerts = []ui.Component{ui.Text("Contact with care: " + c.SafeNote)}
	}
	return h
}

// onlySafe shows a number or an address that may be used. What may not is only on the form that changes it.
func onlySafe(value string, safe bool) ui.Component {
	if value != "" && !safe {
		return ui.Text("Recorded, but not safe to use")
	}
	return text(value)
}

func drawItem(p ui.Page, v app.ItemView, a actor.Actor, t typed, now time.Time) sheet {
	p.Problems, p.Header, p.Wide = t.problems, header(v.Patient, v.MayKnow, now), true
	p.Back = &ui.Link{Text: "Home", Href: Root}
	caption := ""
	if v.Meeting.ID != "" {
		p.Back, caption = &ui.Link{Text: v.Meeting.Name, Href: meetingPath(v.Meeting.ID)}, v.Meeting.Name+", "+ui.Day(v.Meeting.StartsAt)
	}
	body := ui.Group{itemFacts(v, now)}
	if v.Still.Times > 0 {
		body = ui.Group{ui.WarningCallout{Heading: stillWords(v.Still), Body: ui.Paragraph("The same was decided each time since " + ui.Date(v.Still.Since) + ", and nothing came of it: no referral moved, nobody else took the case, no action was ended. Decide something else, hand the case over, or end the discussion.")}, body[0]}
	}
	if v.Withdrawn() {
		body = append(ui.Group{ui.WarningCallout{Heading: "They no longer agree to be discussed", Body: ui.Paragraph("Since " + ui.Date(v.WithdrawnAt) + ". What was written about them for the meeting is removed, and no rule brings them back to an agenda until they agree again, here or elsewhere. Ask them, and put them on an agenda again if they agree, or if somebody may decide it in their best interests. Somebody at risk is helped by your safeguarding procedure now: that waits for no meeting.")}}, body...)
	}
	if v.MayKnow {
		body = append(body, since(v, now))
	}
	body = append(body, holders(v, a, now), actionsOf(v, now))
	if len(v.Before) > 0 {
		body = append(body, before(v, now))
	}
	parts := []ui.Component{ui.Live{ID: "case", Label: "The case", Events: eventsPath, Refresh: itemPath(v.ID), Now: now, Body: body}}
	if v.MayKnow && v.Case.ID != "" {
		parts = append(parts, ui.Heading{Text: "Who already helps"}, ui.Fetched{
			ID: "helpers", URL: "/case/panel/" + v.PatientRef, Link: ui.Link{Text: "See the shared case", Href: "/case/" + v.Case.ID},
			Late: "The shared case can not be shown just now. The rest of this page works.",
		})
	}
	if v.Ours && meets(a) && v.State != domain.ItemRemoved && v.Meeting.Status != terms.MeetingCancelled {
		parts = append(parts, record(v, t)...)
	}
	return sheet{Page: p, Caption: caption, Heading: itemTitle(v), Parts: parts}
}

func itemFacts(v app.ItemView, now time.Time) ui.Component {
	rows := []ui.SummaryRow{{Key: "Status", Value: itemTag(v.Item)}, {Key: "Reason", Value: ui.Text(v.Reason.Label())}}
	if v.Need != "" {
		rows = append(rows, ui.SummaryRow{Key: "Need", Value: ui.Text(v.Need.Label())})
	}
	if v.Narrative != "" {
		rows = append(rows, ui.SummaryRow{Key: "What the meeting should know", Value: ui.Prose(v.Narrative)})
	}
	if v.Why == domain.WhyPerson {
		rows = append(rows, ui.SummaryRow{Key: "Put there by", Value: ui.Text(name(v.Names, v.PutBy) + ", " + name(v.Names, v.PutByOrg) + ", " + ui.Moment(v.PutAt, now))})
	} else {
		rows = append(rows, ui.SummaryRow{Key: "Back because", Value: ui.Text(v.Why.Words())})
	}
	if v.State == domain.ItemDiscussed {
		if v.Note != "" {
			rows = append(rows, ui.SummaryRow{Key: "What was said", Value: ui.Prose(v.Note)})
		}
		rows = append(rows, ui.SummaryRow{Key: "Recorded by", Value: ui.Text(name(v.Names, v.DiscussedBy) + ", " + ui.Moment(v.DiscussedAt, now))})
	}
	card := ui.SummaryCard{Heading: "On the agenda", Rows: rows}
	if v.State == domain.ItemWaiting && v.Meeting.Planned() {
		card.Links = []ui.Link{{Text: "Take off the agenda", Href: itemPath(v.ID) + "/remove"}}
	}
	return card
}

// since is what was heard about the case after the last discussion.
func since(v app.ItemView, now time.Time) ui.Component {
	heading := "What has happened so far"
	if !v.SinceAt.IsZero() {
		heading = "Since the last discussion, " + ui.Near(v.SinceAt, now)
	}
	if len(v.Since) == 0 {
		return ui.Group{ui.Heading{Text: heading}, ui.EmptyState{Heading: "Nothing was heard"}}
	}
	var t ui.Timeline
	for _, h := range v.Since {
		e := ui.TimelineEntry{ID: h.EventID, Title: happened(h), At: h.At, When: ui.Moment(h.At, now), Author: v.Names[h.Person]}
		switch {
		case h.Need != "" && h.Organisation != "":
			e.Body = ui.Text(h.Need.Label() + ": " + name(v.Names, h.Organisation))
		case h.Need != "":
			e.Body = ui.Text(h.Need.Label())
		case h.Organisation != "":
			e.Body = ui.Text(name(v.Names, h.Organisation))
		}
		t.Entries = append(t.Entries, e)
	}
	return ui.Group{ui.Heading{Text: heading}, t}
}

// happened is one line in words.
func happened(h app.Happened) string {
	switch h.Fact {
	case "referral_progressed":
		if h.Code == "bounced" {
			return "A referral was bounced and offered on"
		}
		return "A referral: " + lower(terms.ReferralState(h.Code).Label())
	case "referral_held":
		return "A referral was held as a possible duplicate"
	case "referral_confirmed":
		return "A possible duplicate was sent on: " + lower(terms.SendReason(h.Code).Label())
	case "contact_recorded":
		return "Link worker made contact: " + lower(terms.ContactResult(h.Code).Label())
	case "plan_agreed":
		return "Link worker agreed a plan with them"
	case "outcome_recorded":
		return "Link worker recorded how they are"
	case "support_ended":
		return "Support ended: " + lower(terms.Outcome(h.Code).Label())
	case "attendance_recorded":
		return "Session: " + lower(terms.AttendanceResult(h.Code).Label())
	case "crisis_reported":
		return "A crisis was reported. Rung: " + terms.CrisisRung(h.Code).Label()
	case "red_flag_raised":
		return "A red flag was raised"
	case "red_flag_acknowledged":
		return "Red flag: " + lower(terms.RedFlagAction(h.Code).Label())
	case "patient_details_changed":
		return "The practice says: " + lower(terms.PatientStatus(h.Code).Label())
	}
	return h.Fact
}

func lower(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' && s[0] >= 'A' && s[0] <= 'Z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// holders is who holds the case, who is asked, and who stays in touch.
func holders(v app.ItemView, a actor.Actor, now time.Time) ui.Component {
	rows := []ui.SummaryRow{{Key: "Case-holder", Value: ui.Text("Nobody yet")}}
	if h := v.Holder; h != nil {
		rows[0].Value = ui.Text(name(v.Names, h.PersonID) + ", " + name(v.Names, h.OrganisationID) + ", since " + ui.Near(h.AnsweredAt, now))
		if h.Left() {
			rows[0].Value = ui.Group{ui.Text(name(v.Names, h.PersonID) + ", " + name(v.Names, h.OrganisationID) + ". They have left, " + ui.Near(h.LeftAt, now) + ": ask somebody else"), ui.Tag{Text: "Has left", Colour: ui.Red}}
		}
	}
	if h := v.Asked; h != nil {
		row := ui.SummaryRow{Key: "Asked to hold it", Value: ui.Group{ui.Text(name(v.Names, h.PersonID) + ", " + name(v.Names, h.OrganisationID)), ui.Clock{Since: h.AskedAt, Due: h.DueAt, What: "the answer", Now: now}}}
		if h.PersonID == a.Person.ID || v.Ours {
			row.Links = []ui.Link{{Text: "Open", Href: holdingPath(h.ID)}}
		}
		rows = append(rows, row)
	} else if len(v.Holdings) > 0 && v.Holdings[0].State == domain.HoldingRefused {
		no := name(v.Names, v.Holdings[0].PersonID)
		if v.Tells(a.Organisation, a.Person.ID) {
			no += ": " + orRemoved(v.Holdings[0].WhyNot)
		}
		rows = append(rows, ui.SummaryRow{Key: "Said no", Value: ui.Text(no)})
	}
	key := ui.SummaryRow{Key: "Key worker", Value: ui.Text("Nobody")}
	if k := v.KeyWorker; k != nil {
		key.Value = ui.Text(name(v.Names, k.PersonID) + ", " + name(v.Names, k.OrganisationID))
	}
	return ui.SummaryCard{Heading: "Who is accountable", Rows: append(rows, key)}
}

func actionsOf(v app.ItemView, now time.Time) ui.Component {
	if len(v.Line.Actions) == 0 {
		return ui.Group{ui.Heading{Text: "Actions"}, ui.EmptyState{Heading: "No action was agreed yet"}}
	}
	t := ui.Table{Caption: "Actions", Columns: []ui.Column{{Text: "What"}, {Text: "Who"}, {Text: "By"}, {Text: "Status"}}}
	for _, x := range v.Line.Actions {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: orRemoved(x.What), Href: actionPath(x.ID)},
			ui.Text(name(v.Names, x.OwnerID) + ", " + name(v.Names, x.OwnerOrg)),
			ui.Text(day(x.DueOn, now)), actionTag(x, now),
		}})
	}
	return t
}

func before(v app.ItemView, now time.Time) ui.Component {
	var t ui.Timeline
	for _, i := range v.Before {
		e := ui.TimelineEntry{ID: i.ID, Title: i.Decision.Label(), At: i.DiscussedAt, When: ui.Moment(i.DiscussedAt, now), Author: name(v.Names, i.DiscussedBy)}
		if i.Note != "" {
			e.Body = ui.Prose(i.Note)
		}
		t.Entries = append(t.Entries, e)
	}
	return ui.Details{ID: "before", Summary: "Earlier discussions", Body: t}
}

// decide is the form of what the meeting decided.
func decide(v app.ItemView, t typed) []ui.Component {
	decision := ui.Radios{Name: "decision", Label: "What did the meeting decide?", Value: t.or("decision", string(v.Decision)), Error: t.wrong("decision")}
	for _, d := range terms.MDTDecisions {
		decision.Options = append(decision.Options, ui.Option{Value: string(d.Code), Text: d.Label})
	}
	return []ui.Component{
		ui.Heading{Text: "Record the discussion"},
		ui.Form{
			Action: itemPath(v.ID) + "/decision", IdempotencyKey: newKey(), Version: v.Version, Fields: []ui.Component{
				decision,
				ui.Textarea{Name: "note", Label: "What was said (optional)", Hint: "People on the shared case who may read it will", Value: t.or("note", v.Note), Error: t.wrong("note"), MaxLength: domain.MaxText},
			},
			Buttons: []ui.Component{ui.Button{Text: "Save the decision"}},
		},
	}
}

// agree is the form of an action. people are those who can be given one.
func agree(v app.ItemView, t typed, people []ui.SelectOption) []ui.Component {
	due, _ := time.Parse(time.DateOnly, v.NextOn)
	return []ui.Component{
		ui.Heading{Text: "Agree an action"},
		ui.Form{
			Action: itemPath(v.ID) + "/actions", IdempotencyKey: newKey(), Fields: []ui.Component{
				ui.Input{Name: "what", Label: "What is to be done?", Hint: "The owner's organisation reads this without knowing the person's name: leave it out", Value: t.or("what", ""), Error: t.wrong("what")},
				ui.Select{Name: "owner", Label: "Who does it?", Value: t.or("owner", ""), Options: people, Error: t.wrong("owner")},
				ui.DateInput{Name: "due_on", Label: "By when?", Hint: "The next meeting, unless you say otherwise", Value: t.date("due_on", due), Error: t.wrong("due_on")},
			},
			Buttons: []ui.Component{ui.Button{Text: "Agree the action", Variant: ui.Secondary}},
		},
	}
}

// record is the forms of whoever runs the meeting. What was decided stands once it is over; what comes of it goes on.
func record(v app.ItemView, t typed) []ui.Component {
	people, holding := []ui.SelectOption{{Text: "Choose"}}, []ui.SelectOption{{Text: "Choose"}}
	for _, x := range v.People {
		o := ui.SelectOption{Value: somebody(x.PersonID, x.OrganisationID), Text: x.PersonName + ", " + x.Role.Label() + ", " + x.OrganisationName}
		people = append(people, o)
		if info, _ := terms.RoleByCode(x.Role); info.Holds {
			holding = append(holding, o)
		}
	}
	ask := "Ask them to hold the case"
	if v.Holder != nil {
		ask = "Ask them to take the case over"
	}
	key := ui.Group{ui.Form{
		Action: itemPath(v.ID) + "/key-worker", IdempotencyKey: newKey(), Version: v.KeyVersion, Values: versionZero(v.KeyVersion), Fields: []ui.Component{
			ui.Select{Name: "key_worker", Label: "Who stays in touch?", Hint: "Mostly a link worker. Whoever did it before is released", Value: t.or("key_worker", ""), Options: people, Error: t.wrong("key_worker")},
		},
		Buttons: []ui.Component{ui.Button{Text: "Make them key worker", Variant: ui.Secondary}},
	}}
	if v.KeyWorker != nil {
		key = append(key, ui.Form{Action: itemPath(v.ID) + "/key-worker/release", IdempotencyKey: newKey(), Version: v.KeyVersion, Buttons: []ui.Component{ui.Button{Text: "No key worker any more", Variant: ui.Secondary}}})
	}
	var parts []ui.Component
	if !v.Withdrawn() && v.Meeting.Planned() {
		parts = append(parts, decide(v, t)...)
	}
	if !v.Withdrawn() {
		parts = append(parts, agree(v, t, people)...)
	}
	return append(parts,
		ui.Heading{Text: "Case-holder"},
		ui.Form{
			Action: itemPath(v.ID) + "/holder", IdempotencyKey: newKey(), Fields: []ui.Component{
				ui.Select{Name: "holder", Label: "Who should hold the case?", Hint: "One professional from clinical or social care. They say yes or no on their own page. Somebody is missing? Ask them or their organisation to the meeting first", Value: t.or("holder", ""), Options: holding, Error: t.wrong("holder")},
			},
			Buttons: []ui.Component{ui.Button{Text: ask, Variant: ui.Secondary}},
		},
		ui.Heading{Text: "Key worker"},
		key,
	)
}

// versionZero says that nothing was there before: a form leaves a version of 0 out.
func versionZero(version int64) []ui.Value {
	if version > 0 {
		return nil
	}
	return []ui.Value{{Name: httpx.VersionField, Value: "0"}}
}
