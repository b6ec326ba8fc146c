package web

import (
	"net/http"
	"net/url"
	"slices"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

// listPage is a list with its parts, its filter and its pages: the same address shows the same list to every colleague.
type listPage struct {
	ui.Page
	Heading string
	Before  []ui.Component
	Parts   ui.SubNav
	Filter  ui.Filter
	Live    ui.Live
}

// tab is one list of a tray.
type tab struct{ show, text, empty string }

var trayTabs = []tab{
	{"waiting", "To answer", "Nothing waits for your team's answer."},
	{"overdue", "Overdue", "No offer is past its reply date."},
	{"asked", "Waiting for the sender", "Your team has asked nothing that is still open."},
	{"sent", "Being confirmed", "Every answer of your team was confirmed."},
	{"stand-down", "Stand down", "There is nothing to stand down from."},
	{"over", "Over", "No offer has been bounced, taken back, missed or ended yet."},
}

var peopleTabs = []tab{
	{"people", "Supported", "Your team supports nobody here now."},
	{"first-contact", "First contact due", "No first contact is due."},
	{"review", "Review due", "No review is due."},
	{"passed", "Passed to you", "Nobody was passed to you since you last looked."},
	{"also", "Asked to help with more", "Nobody is to be helped with more that your team has not looked at."},
	{"ended", "Ended", "No support has ended yet."},
}

// listed is what an address says of a list.
type listed struct {
	app.ListQuery
	path  string
	tabs  []tab
	whose string
	now   timeT
	me    string
}

func (web *Web) listOf(r *http.Request, path string, tabs []tab, order string) (listed, error) {
	q := r.URL.Query()
	l := listed{path: Root + path, tabs: tabs, whose: q.Get("whose"), now: web.Now(), me: who(r.Context()).Person.ID}
	in, err := httpx.ListOf(r)
	if err != nil {
		return l, err
	}
	l.ListQuery = app.ListQuery{
		Show: q.Get("show"), AssignedTo: l.whose, Need: terms.Need(q.Get("need")), Urgent: q.Get("urgent") == "yes",
		Order: q.Get("sort"), Descending: q.Get("down") == "yes", Limit: min(in.Limit, 25),
	}
	if !slices.ContainsFunc(tabs, func(t tab) bool { return t.show == l.Show }) {
		l.Show = tabs[0].show
	}
	if l.Order == "" {
		l.Order = order
		l.Descending = l.Show == "over" || l.Show == "ended"
	}
	var at app.OfferPlace
	if ok, err := in.After(r.Context(), &at); err != nil {
		return l, err
	} else if ok {
		l.After = &at
	}
	return l, nil
}

// address is this list with some words of its address changed; "" takes one out.
func (l listed) address(changes ...string) string {
	v := url.Values{"show": {l.Show}}
	set := func(name, value string) {
		v.Del(name)
		if value != "" {
			v.Set(name, value)
		}
	}
	set("whose", l.whose)
	set("need", string(l.Need))
	if l.Urgent {
		v.Set("urgent", "yes")
	}
	set("sort", l.Order)
	if l.Descending {
		v.Set("down", "yes")
	}
	for i := 0; i+1 < len(changes); i += 2 {
		set(changes[i], changes[i+1])
	}
	return l.path + "?" + v.Encode()
}

func (l listed) column(text, order string) ui.Column {
	c := ui.Column{Text: text, SortHref: l.address("sort", order, "down", "")}
	if l.Order == order {
		c.Sorted = "ascending"
		c.SortHref = l.address("sort", order, "down", "yes")
		if l.Descending {
			c.Sorted, c.SortHref = "descending", l.address("sort", order, "down", "")
		}
	}
	return c
}

func (web *Web) tray(w http.ResponseWriter, r *http.Request) error {
	l, err := web.listOf(r, "/tray", trayTabs, "due")
	if err != nil {
		return err
	}
	return web.showList(w, r, l, "Offers", trayTable)
}

func (web *Web) people(w http.ResponseWriter, r *http.Request) error {
	l, err := web.listOf(r, "/people", peopleTabs, "next")
	if err != nil {
		return err
	}
	return web.showList(w, r, l, "People", peopleTable)
}

func (web *Web) showList(w http.ResponseWriter, r *http.Request, l listed, title string, table func(l listed, of app.OfferList) ui.Table) error {
	of, err := web.app.Offers(r.Context(), who(r.Context()), l.ListQuery)
	if err != nil {
		return err
	}
	next := ""
	if len(of.Offers) > l.Limit {
		of.Offers = of.Offers[:l.Limit]
		next = l.address("cursor", httpx.Cursor(r.Context(), of.Offers[l.Limit-1].Place))
	}
	return web.pages.Render(w, http.StatusOK, "queue", drawList(web.page(r, title, title), l, of, next, r.URL.RequestURI(), table))
}

func drawList(base ui.Page, l listed, of app.OfferList, next, here string, table func(listed, app.OfferList) ui.Table) listPage {
	base.Wide = true
	p := listPage{Page: base, Heading: base.Title, Parts: ui.SubNav{Label: base.Title}, Filter: l.filter(of)}
	empty := ""
	for _, t := range l.tabs {
		p.Parts.Items = append(p.Parts.Items, ui.MenuItem{Text: t.text, Href: l.address("show", t.show, "sort", "", "down", "", "need", "", "urgent", ""), Current: t.show == l.Show, Count: of.Counts[t.show]})
		if t.show == l.Show {
			empty = t.empty
		}
	}
	if base.Title == "People" {
		p.Before = []ui.Component{findBox(""), ui.List{ui.Link{Text: "Add a person who came to you directly", Href: Root + "/people/add"}}}
	}
	body := ui.Group{}
	if len(of.Offers) == 0 {
		body = append(body, ui.EmptyState{Heading: "Nothing here", Body: ui.Paragraph(empty + l.narrowed())})
	} else {
		body = append(body, table(l, of), ui.Pagination{Next: next, Previous: l.firstPage(), Showing: "Showing " + ui.Count(len(of.Offers), "line", "lines") + " of " + ui.Count(of.Total, "line", "lines")})
	}
	p.Live = ui.Live{ID: "list", Label: base.Title, Events: Root + "/events", Refresh: here, Now: l.now, Body: body}
	return p
}

// firstPage leads back to the beginning: with cursors there is no page before, and Back in the browser goes one page back.
func (l listed) firstPage() string {
	if l.After == nil {
		return ""
	}
	return l.address()
}

func (l listed) narrowed() string {
	if l.whose == "" && l.Need == "" && !l.Urgent {
		return ""
	}
	return " The list is narrowed: take a filter off to see more."
}

func (l listed) filter(of app.OfferList) ui.Filter {
	f := ui.Filter{Action: l.path, Clear: l.address("whose", "", "need", "", "urgent", ""), Values: []ui.Value{{Name: "show", Value: l.Show}}}
	whose := []ui.SelectOption{{Value: "", Text: "Anybody"}, {Value: "me", Text: "You"}}
	for _, c := range of.Colleagues {
		if c.ID != l.me {
			whose = append(whose, ui.SelectOption{Value: c.ID, Text: c.Name})
		}
	}
	needs := []ui.SelectOption{{Value: "", Text: "Any need"}}
	for _, n := range terms.Needs {
		if !n.Sensitive {
			needs = append(needs, ui.SelectOption{Value: string(n.Code), Text: n.Label})
		}
	}
	f.Fields = []ui.Component{
		ui.Select{Name: "whose", Label: "Supported by", Value: l.whose, Options: whose},
		ui.Select{Name: "need", Label: "Need", Value: string(l.Need), Options: needs},
		ui.Checkboxes{Name: "urgent", Label: "How soon", Values: urgentValue(l.Urgent), Options: []ui.Option{{Value: "yes", Text: "Only what is needed soon"}}},
	}
	if l.whose != "" {
		f.Chips = append(f.Chips, ui.Link{Text: "Supported by " + nameOfWhose(l.whose, of), Href: l.address("whose", "")})
	}
	if l.Need != "" {
		f.Chips = append(f.Chips, ui.Link{Text: l.Need.Label(), Href: l.address("need", "")})
	}
	if l.Urgent {
		f.Chips = append(f.Chips, ui.Link{Text: "Needed soon", Href: l.address("urgent", "")})
	}
	return f
}

func urgentValue(on bool) []string {
	if on {
		return []string{"yes"}
	}
	return nil
}

func nameOfWhose(whose string, of app.OfferList) string {
	if whose == "me" {
		return "you"
	}
	for _, c := range of.Colleagues {
		if c.ID == whose {
			return c.Name
		}
	}
	return "a colleague who has left"
}

func trayTable(l listed, of app.OfferList) ui.Table {
	t := ui.Table{Caption: "Offers", HideCaption: true, Columns: []ui.Column{{Text: "Person"}, {Text: "Need"}, {Text: "From"}, l.column("Offered", "offered"), l.column("Where it stands", "due")}}
	for _, o := range of.Offers {
		status := ui.Group{statusOf(o.Offer, app.OfferView{Names: of.Names}, l.now)}
		if c := clockOf(o.Offer, l.now); c != nil {
			status = append(status, *c)
		}
		t.Rows = append(t.Rows, ui.Row{New: isNew(o), Cells: []ui.Component{
			ui.Group{ui.Link{Text: o.Person.Name(), Href: Root + "/offers/" + o.Offer.ID}, ui.Paragraph(spaced(o.Reference))},
			ui.Text(needWords(o.Offer, true) + soon(o.Urgency)), ui.Text(of.Name(o.SenderOrganisationID)), ui.Text(ui.Near(o.OfferedAt, l.now)), status,
		}})
	}
	return t
}

// isNew marks what this person has not looked at since it last changed.
func isNew(o app.ListedOffer) bool {
	last := o.OfferedAt
	for _, t := range []timeT{o.RepliedAt, o.TakenBackAt, o.ConfirmedAt, o.AssignedAt} {
		if t.After(last) {
			last = t
		}
	}
	return last.After(o.LookedAt)
}

func soon(u terms.Urgency) string {
	if u == terms.UrgencyUrgent {
		return ", soon"
	}
	return ""
}

func peopleTable(l listed, of app.OfferList) ui.Table {
	t := ui.Table{Caption: "People", HideCaption: true, Columns: []ui.Column{{Text: "Person"}, {Text: "Need"}, {Text: "Supported by"}, l.column("Since", "since"), l.column("Next", "next")}}
	for _, o := range of.Offers {
		var next ui.Component = ui.Text("Agree a plan with a date to look at it again")
		if c := clockOf(o.Offer, l.now); c != nil {
			next = *c
		}
		if o.State == terms.OfferEnded {
			next = ui.Text(o.Outcome.Label() + ", " + ui.Near(o.EndedAt, l.now))
		} else if o.Sent() {
			next = ui.Group{ui.Tag{Text: "Being confirmed", Colour: ui.Yellow}, next}
		}
		t.Rows = append(t.Rows, ui.Row{New: isNew(o), Cells: []ui.Component{
			ui.Group{ui.Link{Text: o.Person.Name(), Href: Root + "/offers/" + o.Offer.ID}, ui.Paragraph(spaced(o.Reference))},
			ui.Text(needWords(o.Offer, true)), ui.Text(of.Name(o.AssignedTo)), ui.Text(ui.Near(o.AnsweredAt, l.now)), next,
		}})
	}
	return t
}
