package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Actions: what meetings agreed that somebody does. Every organisation works on its own here, whoever's meeting it was.

const actionsPath = Root + "/actions"

func actionPath(id string) string { return actionsPath + "/" + id }

func actionTag(x domain.Action, now time.Time) ui.Tag {
	switch {
	case x.Overdue(today(now)):
		return ui.Tag{Text: "Overdue: do it or say why not", Colour: ui.Red}
	case x.State == domain.ActionOpen:
		return ui.Tag{Text: "To do", Colour: ui.Blue}
	}
	return ui.Tag{Text: x.State.Label(), Colour: ui.Grey}
}

// query makes the part of an address after the question mark; empty values are left out.
func query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// actionList is how the list is narrowed and sorted: all of it stands in the address.
type actionList struct{ Show, Whose, Sort string }

func (l actionList) path(change ...string) string {
	m := map[string]string{"show": l.Show, "whose": l.Whose, "sort": l.Sort}
	for i := 0; i+1 < len(change); i += 2 {
		m[change[i]] = change[i+1]
	}
	return Root + "/actions" + query("show", m["show"], "whose", m["whose"], "sort", m["sort"], "cursor", m["cursor"])
}

func (web *Web) actions(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	a, q := who(r.Context()), r.URL.Query()
	l := actionList{Show: oneOf(q.Get("show"), "", "overdue", "ended"), Whose: oneOf(q.Get("whose"), "", "me", "ours"), Sort: oneOf(q.Get("sort"), "", "last")}
	aq := app.ActionQuery{Show: l.Show, Ours: l.Whose == "ours", Newest: l.Sort == "last", Limit: in.Limit + 1}
	if aq.Show == "" {
		aq.Show = "open"
	}
	if l.Whose == "me" {
		aq.Owner = a.Person.ID
	}
	var at app.ActionPlace
	if ok, err := in.After(r.Context(), &at); err != nil {
		return err
	} else if ok {
		aq.After = &at
	}
	all, names, err := web.app.Actions(r.Context(), a, aq)
	if err != nil {
		return err
	}
	next := ""
	if len(all) > in.Limit {
		all = all[:in.Limit]
		last := all[len(all)-1]
		next = l.path("cursor", httpx.Cursor(r.Context(), app.ActionPlace{On: last.DueOn, ID: last.ID}))
	}
	return web.show(w, http.StatusOK, drawActions(web.page(r, "Actions", sectionActions), all, names, l, next, web.Now()))
}

// oneOf is the value when it is one of those allowed, and else the first of them.
func oneOf(v string, allowed ...string) string {
	for _, x := range allowed {
		if x == v {
			return v
		}
	}
	return allowed[0]
}

func drawActions(p ui.Page, all []app.ActionView, names map[string]string, l actionList, next string, now time.Time) sheet {
	p.Wide = true
	nav := ui.SubNav{Label: "Actions", Items: []ui.MenuItem{{Text: "To do", Href: l.path("show", ""), Current: l.Show == ""}, {Text: "Overdue", Href: l.path("show", "overdue"), Current: l.Show == "overdue"}, {Text: "Ended", Href: l.path("show", "ended"), Current: l.Show == "ended"}}}
	filter := ui.Filter{Action: Root + "/actions", Values: []ui.Value{{Name: "show", Value: l.Show}, {Name: "sort", Value: l.Sort}}, Fields: []ui.Component{
		ui.Radios{Name: "whose", Label: "Whose", Value: l.Whose, Options: []ui.Option{{Value: "", Text: "All that we see"}, {Value: "me", Text: "Mine"}, {Value: "ours", Text: "Our organisation's"}}},
	}}
	if l.Whose != "" {
		filter.Chips, filter.Clear = []ui.Link{{Text: map[string]string{"me": "Mine", "ours": "Our organisation's"}[l.Whose], Href: l.path("whose", "")}}, l.path("whose", "")
	}
	due := ui.Column{Text: "By", Sorted: "ascending", SortHref: l.path("sort", "last")}
	if l.Sort == "last" {
		due.Sorted, due.SortHref = "descending", l.path("sort", "")
	}
	var body ui.Component = ui.EmptyState{Heading: map[string]string{"": "There is nothing to do", "overdue": "Nothing is overdue", "ended": "No action has ended yet"}[l.Show], Body: ui.Paragraph("Actions that meetings agree for your organisation show here.")}
	if len(all) > 0 {
		t := ui.Table{Caption: "Actions", HideCaption: true, Columns: []ui.Column{{Text: "What"}, {Text: "Case"}, {Text: "Who"}, due, {Text: "Status"}}}
		for _, x := range all {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: orRemoved(x.What), Href: actionPath(x.ID)}, caseCell(x), ui.Text(ownerOf(x, names)), ui.Text(day(x.DueOn, now)), actionTag(x.Action, now)}})
		}
		body = ui.Group{t, ui.Pagination{Next: next, Showing: "Showing " + ui.Count(len(all), "action", "actions")}}
	}
	return sheet{Page: p, Heading: "Actions", Parts: []ui.Component{nav, filter, ui.Live{ID: "actions", Label: "Actions", Events: eventsPath, Refresh: l.path(), Now: now, Body: body}}}
}

func caseCell(x app.ActionView) ui.Component {
	words := "Case " + reference(x.CaseReference)
	if x.CaseReference == "" {
		words = "Being opened"
	}
	if x.Known {
		words = x.Patient.Name() + " (" + reference(x.CaseReference) + ")"
	}
	return ui.Text(words)
}

func (web *Web) action(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	return web.showAction(w, r, id, http.StatusOK, typed{})
}

func (web *Web) showAction(w http.ResponseWriter, r *http.Request, id string, status int, t typed) error {
	v, names, err := web.app.ActionByID(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	return web.show(w, status, drawAction(web.page(r, "Action", sectionActions), v, names, t, web.Now()))
}

func drawAction(p ui.Page, v app.ActionView, names map[string]string, t typed, now time.Time) sheet {
	p.Problems, p.Back = t.problems, &ui.Link{Text: "Actions", Href: Root + "/actions"}
	rows := []ui.SummaryRow{
		{Key: "What", Value: ui.Prose(orRemoved(v.What))},
		{Key: "Who does it", Value: ui.Text(ownerOf(v, names))},
		{Key: "By", Value: ui.Text(day(v.DueOn, now))},
		{Key: "Case", Value: caseCell(v)},
		{Key: "Agreed by", Value: ui.Text(name(names, v.AgreedBy) + ", " + name(names, v.OrganisationID) + ", " + ui.Moment(v.AgreedAt, now))},
	}
	if v.Note != "" {
		rows = append(rows, ui.SummaryRow{Key: "What came of it", Value: ui.Prose(v.Note)})
	}
	if v.State != domain.ActionOpen {
		rows = append(rows, ui.SummaryRow{Key: "Ended", Value: ui.Text(name(names, v.EndedBy) + ", " + ui.Moment(v.EndedAt, now))})
	}
	parts := []ui.Component{actionTag(v.Action, now), ui.SummaryList{Rows: rows}}
	var links ui.List
	if v.CaseID != "" {
		links = append(links, ui.Link{Text: "Open the shared case", Href: "/case/" + v.CaseID})
	}
	if v.Ours {
		links = append(links, ui.Link{Text: "Open it on the agenda", Href: itemPath(v.ItemID)})
	}
	if len(links) > 0 {
		parts = append(parts, links)
	}
	if v.State == domain.ActionOpen {
		parts = append(parts, ui.Heading{Text: "How did it go?"}, ui.Form{
			Action: actionPath(v.ID), IdempotencyKey: newKey(), Version: v.Version, Fields: []ui.Component{
				ui.Radios{Name: "result", Label: "Is it done?", Value: t.or("result", ""), Error: t.wrong("result"), Options: []ui.Option{{Value: string(terms.ActionDone), Text: terms.ActionDone.Label()}, {Value: string(terms.ActionDropped), Text: terms.ActionDropped.Label(), Hint: "Say why below"}}},
				ui.Textarea{Name: "note", Label: "What came of it", Hint: "Needed when it is no longer needed. The meeting reads it", Rows: 4, Value: t.or("note", ""), Error: t.wrong("note"), MaxLength: domain.MaxText},
			},
			Buttons: []ui.Component{ui.Button{Text: "Save"}},
		})
		parts = append(parts, give(v, t)...)
	}
	return sheet{Page: p, Caption: "From " + name(names, v.OrganisationID), Heading: "Action", Parts: parts}
}

func (web *Web) endAction(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
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
	in := app.EndInput{ID: id, Version: version, Result: terms.ActionResult(f.Text("result", 20, "Select whether it is done or no longer needed")), Note: f.Area("note", domain.MaxText, "")}
	if err = f.Err(); err == nil {
		_, err = web.app.EndAction(r.Context(), who(r.Context()), httpx.Command(r.Context(), "end action"), in)
	}
	if refused(err) {
		return web.showAction(w, r, id, httpx.Status(err), typed{f, ui.ProblemsOf(err)})
	}
	if err != nil {
		return err
	}
	return to(w, r, actionPath(id), "ended")
}
