package web

import (
	"cmp"
	"net/http"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// casesPage is the home: what waits for this person, and a list of it.
type casesPage struct {
	ui.Page
	Find   ui.Form
	Waits  ui.ActionRequired
	Lists  ui.SubNav
	Live   ui.Live
	Paging ui.Component
	Rules  ui.List // how to look in an emergency, and who sees what
}

// listNames are the lists in the order of the page, with their words.
var listNames = []struct{ name, text string }{
	{app.ListOpen, "All open"},
	{app.ListOurs, "Our next step"},
	{app.ListOverdue, "Overdue"},
	{app.ListEscalated, "Escalated"},
	{app.ListPhone, "Email failed: phone them"},
	{app.ListHeld, "Possible duplicates"},
	{app.ListWho, "Who is this?"},
}

func (web *Web) cases(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	name := cmp.Or(r.URL.Query().Get("list"), app.ListOpen)
	if !app.Listed(name) {
		return fault.NotFound("list")
	}
	var after app.ListCursor
	cursor := &after
	if ok, err := in.After(r.Context(), &after); err != nil {
		return err
	} else if !ok {
		cursor = nil
	}
	v, err := web.App.SeeList(r.Context(), who(r), name, cursor, in.Limit)
	if err != nil {
		return err
	}
	shown := httpx.ListBody(r.Context(), in, v.Rows, func(l app.Listing) any { return l.Cursor() })
	v.Rows = shown.Items
	p := casesPageOf(web.page(r, "Cases"), v, who(r))
	if heading := doneHeadings[r.URL.Query().Get("done")]; heading != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: heading, Body: ui.Paragraph("The sender will see it in their feedback. The referral is not yours to look after any more.")}
	}
	p.Live.Refresh = r.URL.RequestURI()
	if shown.Next != "" || in.Cursor != "" {
		paging := ui.Pagination{}
		if in.Cursor != "" {
			paging.Previous = listPath(name)
		}
		if shown.Next != "" {
			paging.Next = listPath(name) + "&cursor=" + shown.Next
		}
		p.Paging = paging
	}
	return web.pages.Render(w, http.StatusOK, pageCases, p)
}

func listPath(name string) string { return Root + "?list=" + name }

func casesPageOf(p ui.Page, v app.ListView, a actor.Actor) casesPage {
	p.Wide = true
	page := casesPage{Page: p, Find: findForm(p.Problems, ""), Waits: waits(v.Counts, a), Lists: ui.SubNav{Label: "Lists"}}
	for _, l := range listNames {
		if office := l.name == app.ListWho || l.name == app.ListEscalated; office && !isOffice(a) {
			continue
		}
		page.Lists.Items = append(page.Lists.Items, ui.MenuItem{Text: l.text, Href: listPath(l.name), Current: l.name == v.Name, Count: v.Counts[l.name]})
	}
	if isOffice(a) {
		page.Lists.Items = append(page.Lists.Items, ui.MenuItem{Text: lookalikesTitle, Href: lookalikesPath, Count: v.Counts[app.CountLookalikes]}, ui.MenuItem{Text: mergesTitle, Href: mergesPath}, ui.MenuItem{Text: overlapsTitle, Href: overlapsPath}, ui.MenuItem{Text: returnsTitle, Href: returnsPath})
	}
	if mayBreakGlass(a.Role) {
		page.Rules = append(page.Rules, ui.Link{Text: emergencyTitle, Href: emergencyPath})
	}
	page.Rules = append(page.Rules, ui.Link{Text: whoSeesTitle, Href: whoSeesPath})
	page.Live = ui.Live{ID: "list", Label: "Referrals", Events: Root + "/live", Refresh: listPath(v.Name), Now: v.Now, Body: listing(v)}
	return page
}

func isOffice(a actor.Actor) bool { return domain.May(terms.Role(a.Role), domain.MayFindAWay) }

// waits is what somebody in this role has to do here, counted.
func waits(counts map[string]int, a actor.Actor) ui.ActionRequired {
	items := []ui.ActionItem{
		{Count: counts[app.ListPhone], One: "service to phone, because no email reaches it", Many: "services to phone, because no email reaches them", Href: listPath(app.ListPhone)},
		{Count: counts[app.ListHeld], One: "possible duplicate waiting for a choice", Many: "possible duplicates waiting for a choice", Href: listPath(app.ListHeld)},
	}
	if isOffice(a) {
		items = append([]ui.ActionItem{
			{Count: counts[app.ListOverdue], One: "referral overdue", Many: "referrals overdue", Href: listPath(app.ListOverdue), Urgent: true},
			{Count: counts[app.ListEscalated], One: "referral to find a way for", Many: "referrals to find a way for", Href: listPath(app.ListEscalated)},
			{Count: counts[app.ListWho], One: "person to recognise", Many: "people to recognise", Href: listPath(app.ListWho)},
			{Count: counts[app.CountLookalikes], One: "pair of records that look alike", Many: "pairs of records that look alike", Href: lookalikesPath},
		}, items...)
	}
	return ui.ActionRequired{Items: items}
}

func listing(v app.ListView) ui.Component {
	if len(v.Rows) == 0 {
		return ui.EmptyState{Heading: "Nothing on this list", Body: ui.Paragraph("Open referrals of cases that your organisation has a part in are listed here, the most urgent first.")}
	}
	table := ui.Table{Caption: "Open referrals", HideCaption: true, Columns: []ui.Column{
		{Text: "Case"}, {Text: "Person"}, {Text: "Need"}, {Text: "From"}, {Text: "State"}, {Text: "Who owes the next step"}, {Text: "By"},
	}}
	for _, l := range v.Rows {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: spoken(l.CaseReference), Href: casePath(l.CaseID)},
			ui.Text(l.Initials),
			ui.Link{Text: l.Need.Label(), Href: referralPath(l.ID)},
			ui.Text(v.Names.Of(l.SenderOrganisation, "A sender")), stateTag(l.Referral), ui.Text(owesWords(l.Referral, v.Names)), due(l.DueAt, v.Now),
		}})
	}
	return table
}

// due is the time with a mark when it is past or near; nothing of what is over.
func due(at, now time.Time) ui.Component {
	if at.IsZero() {
		return ui.Text("")
	}
	words := ui.Text(ui.Near(at, now))
	if badge := (ui.Clock{Due: at, Now: now}).Badge(); badge != nil {
		return ui.Group{words, ui.Text(" "), *badge}
	}
	return words
}

func findForm(problems ui.Problems, typed string) ui.Form {
	return ui.Form{Action: Root + "/find", Fields: []ui.Component{
		ui.Input{Name: "reference", Label: "Find a case by its reference", Hint: "The case's or a referral's: 8 letters and digits", Value: typed, Width: 10, Code: true, Error: problems.For("reference")},
	}, Buttons: []ui.Component{ui.Button{Text: "Find", Variant: ui.Secondary}}}
}

// find leads to a case by a reference that was read out. It is posted, as everything is that finds a person.
func (web *Web) find(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	typed := f.Text("reference", 20, "Enter a reference, such as C7K4 9MXC")
	err = f.Err()
	if err == nil {
		var caseID string
		if caseID, err = web.App.FindCase(r.Context(), who(r), typed); err == nil {
			return seeOther(w, r, casePath(caseID))
		}
		if refusal, ok := fault.Of(err); ok && refusal.Meaning == fault.MeaningNotFound {
			err = fault.Invalid("reference", "No case that you can see has this reference. Check it, or ask who read it out")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, listErr := web.App.SeeList(r.Context(), who(r), app.ListOpen, nil, 50)
	if listErr != nil {
		return listErr
	}
	page := web.page(r, "Cases")
	page.Problems = problems
	p := casesPageOf(page, v, who(r))
	p.Find = findForm(problems, f.Typed("reference"))
	return web.pages.Render(w, httpx.Status(err), pageCases, p)
}
