package web

import (
	"cmp"
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// overduePage is what is late, the oldest first: the area's office sees everybody's, anybody else their own organisation's.
type overduePage struct {
	ui.Page
	Intro   ui.Component
	Lists   ui.SubNav
	Live    ui.Live
	Paging  ui.Component
	Besides ui.Component
}

const (
	overdueTitle = "Overdue"
	overduePath  = Root + "/overdue"
	soonPath     = overduePath + "?list=soon"
)

func (web *Web) overdue(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	var after app.OwedCursor
	cursor := &after
	if ok, err := in.After(r.Context(), &after); err != nil {
		return err
	} else if !ok {
		cursor = nil
	}
	soon := r.URL.Query().Get("list") == "soon"
	v, err := web.App.SeeOverdue(r.Context(), who(r), soon, cursor, in.Limit)
	if err != nil {
		return err
	}
	shown := httpx.ListBody(r.Context(), in, v.Rows, func(o app.Owed) any { return o.Cursor() })
	v.Rows = shown.Items
	p := web.page(r, overdueTitle)
	if r.URL.Query().Get("done") != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "The next step has another name on it", Body: ui.Paragraph("It stays due when it was. They see it on their list of cases; no email was sent to them.")}
	}
	page := overduePageOf(p, v)
	page.Live.Refresh = r.URL.RequestURI()
	if shown.Next != "" || in.Cursor != "" {
		start, next := overduePath, overduePath+"?cursor="
		if soon {
			start, next = soonPath, soonPath+"&cursor="
		}
		paging := ui.Pagination{}
		if in.Cursor != "" {
			paging.Previous = start
		}
		if shown.Next != "" {
			paging.Next = next + shown.Next
		}
		page.Paging = paging
	}
	return web.pages.Render(w, http.StatusOK, pageOverdue, page)
}

func overduePageOf(p ui.Page, v app.OverdueView) overduePage {
	p.Wide = true
	whose := "What " + p.Person.Organisation + " owes"
	if v.Area {
		whose = "What anybody in the area owes"
	}
	at := overduePath
	if v.Soon {
		at = soonPath
	}
	return overduePage{
		Page: p, Intro: ui.Paragraph(whose + ", the longest waiting first. Each is told once when its time runs out: an offer that nobody answered goes to the next service by itself, and a step that nobody took becomes a coordinator's."),
		Lists: ui.SubNav{Label: "Lists", Items: []ui.MenuItem{
			{Text: overdueTitle, Href: overduePath, Current: !v.Soon}, {Text: "Due soon", Href: soonPath, Current: v.Soon},
		}},
		Live:    ui.Live{ID: "overdue", Label: "Steps", Events: overduePath + "/live", Refresh: at, Now: v.Now, Body: ui.Group{partlyParked(v), overdueSteps(v)}},
		Besides: besides(v),
	}
}

// besides says what can be late and is not on this list, and where that list is.
func besides(v app.OverdueView) ui.Component {
	items := ui.List{
		ui.Text("A provider's or a team's word that it stands down: on their own home page."),
	}
	if v.Area {
		items = append(items, ui.Text("What a record's holders have still to remove is counted here; who they are, the privacy officer sees."))
	}
	return ui.Details{Summary: "What is not on this list", Body: items}
}

func overdueSteps(v app.OverdueView) ui.Component {
	if len(v.Rows) == 0 {
		heading := "Nothing is overdue"
		if v.Soon {
			heading = "Nothing is due before the end of the next working day"
		}
		return ui.EmptyState{Heading: heading, Body: ui.Paragraph("Steps whose time has run out are listed here: on referrals and offers, places that are kept, red flags, actions of meetings, and events that could not be applied.")}
	}
	table := ui.Table{Caption: "Steps", HideCaption: true, Columns: []ui.Column{{Text: "Step"}, {Text: "Who owes it"}, {Text: "Was due"}, {Text: "Since"}, {Text: "What you can do"}}}
	if v.Soon {
		table.Columns[2].Text = "Due"
	}
	for _, o := range v.Rows {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{owedStep(o, v), ui.Text(owedBy(o, v.Names)), due(o.DueAt, v.Now), ui.Text(ui.Ago(o.Since, v.Now)), owedWays(o, v)}})
	}
	return table
}

// owedWords is what is owed, and on what.
func owedWords(o app.Owed) (what, on string) {
	switch o.Kind {
	case app.OwedAction:
		if o.State == app.OwnerLeft {
			return "Give the action to somebody: its owner has left", "Action of a meeting"
		}
		return "Do the agreed action", "Action of a meeting"
	case app.OwedRedFlag:
		return "Acknowledge the red flag", "Red flag"
	case app.OwedReservation:
		return "Answer before the place goes back", "Place that is kept"
	case app.OwedAnswer:
		return "Say whether they hold the case", "Case " + spoken(o.Reference)
	case app.OwedSignpost:
		return "Ask how the signpost went", "Signpost"
	case app.OwedNotice:
		return "Phone the service: no email reaches it", "Referral " + spoken(o.Reference)
	case app.OwedLookalike:
		return "Say whether two records are one person's", "Records that look alike"
	case app.OwedRemoval:
		return "Say that the copy was removed", "Record to be removed"
	case app.OwedParked:
		return "Look at an event that could not be applied", parkedWhere(o)
	case app.OwedConsent:
		if o.Reference == "" {
			return "Ask again: their consent ends", "Consent"
		}
		return "Ask again: their consent ends", "Case " + spoken(o.Reference)
	}
	return upper(stepWords(domain.Referral{State: o.State, HeldWhy: o.HeldWhy})), "Referral " + spoken(o.Reference)
}

func owedStep(o app.Owed, v app.OverdueView) ui.Component {
	what, on := owedWords(o)
	reason := on
	if o.Escalation != "" {
		reason += ". " + sentence("Escalated: "+lower(o.Escalation.Label()))
	}
	step := ui.Group{ui.Text(what)}
	switch {
	case o.Kind == app.OwedParked:
		step = ui.Group{ui.Link{Text: what, Href: parkedPath(o)}}
	case v.Ours[o.ID]:
		step = ui.Group{ui.Link{Text: what, Href: referralPath(cmp.Or(v.Calls[o.ID], o.ID))}}
	}
	if o.Kind == app.OwedRedFlag {
		step = append(step, ui.Text(" "), ui.Tag{Text: "Red flag", Colour: ui.Red})
	}
	return append(step, ui.Paragraph(reason))
}

func owedBy(o app.Owed, names app.Names) string {
	switch {
	case o.Hidden:
		return "An organisation that is shown to those who have a part in it"
	case o.Kind == app.OwedRemoval:
		return "Services that hold a copy"
	}
	return owesWords(domain.Referral{Owes: domain.Owes{Party: o.Party, Organisation: o.Organisation, Person: o.Person}}, names) + personOf(o, names)
}

// personOf is the person at an organisation, where there is one; the office's are named with it.
func personOf(o app.Owed, names app.Names) string {
	if name := names[o.Person]; name != "" && o.Party != domain.Coordinator {
		return ": " + name
	}
	return ""
}

func owedWays(o app.Owed, v app.OverdueView) ui.Component {
	switch o.Kind {
	case app.OwedAction:
		return actionWays(o, v)
	case app.OwedRedFlag:
		return ui.Text("Ring the practice's duty clinician")
	case app.OwedReservation:
		return ui.Text("Ring the provider")
	case app.OwedNotice:
		switch {
		case v.Ours[o.ID]:
			return ui.Link{Text: "See whom to phone, and say that you did", Href: callPath(v.Calls[o.ID], o.ID)}
		case o.Organisation == v.Reader:
			return ui.Link{Text: "See whom to phone", Href: listPath(app.ListPhone)}
		}
		return ui.Text("Ask them to phone")
	case app.OwedAnswer:
		return answerWays(o, v)
	case app.OwedSignpost:
		return signpostWays(o, v)
	case app.OwedLookalike:
		return ui.Link{Text: "Compare them", Href: lookalikePath(o.ID)}
	case app.OwedRemoval:
		return ui.Text("Ask the privacy officer")
	case app.OwedParked:
		return ui.Text("Put right what failed, then have it tried again")
	case app.OwedConsent:
		return ui.Text("Ask them whether they still agree, and record it with a new referral or for a meeting")
	}
	if !v.Ours[o.ID] {
		return ui.Text("Ring them. The case itself is not yours to open")
	}
	if o.Party == domain.Coordinator && v.Area || o.Organisation == v.Reader {
		return ui.Link{Text: "Give it to somebody", Href: reassignPath(o.ID)}
	}
	return ui.Text("Ring them")
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
