package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/vcse/internal/app"
)

// offersPage is one list of offers; its address says which, in what order, and where in it.
type offersPage struct {
	ui.Page
	Nav    ui.SubNav
	Filter ui.Filter
	List   ui.Component
	More   ui.Component
	Find   ui.Form
}

// lists are the parts of the tray, in order; each has an address of its own.
var lists = []struct {
	show  app.Show
	text  string
	title string
	sort  app.Sort
}{
	{app.ShowWaiting, "To answer", "Offers to answer", app.SortDue},
	{app.ShowAsked, "Asked", "Offers you asked about", app.SortDue},
	{app.ShowWaitlist, "Waiting list", "Waiting list", app.SortOldest},
	{app.ShowPeople, "People we help", "People we help", app.SortDue},
	{app.ShowBounced, "Bounced", "Offers you bounced", app.SortNewest},
	{app.ShowOver, "Over", "Offers that are over", app.SortNewest},
	{app.ShowOverdue, "", "Overdue answers", app.SortDue},
	{app.ShowSent, "", "Answers on their way", app.SortNewest},
	{app.ShowAlso, "", "People you are asked to help with more", app.SortDue},
	{app.ShowRecord, "", "People without a session recorded for a week", app.SortDue},
	{app.ShowStandDown, "", "Offers to stand down from", app.SortDue},
	{app.ShowAll, "All", "All offers", app.SortNewest},
}

const offersOnAPage = 25

// listQuery is what the address of a list says.
type listQuery struct {
	show     app.Show
	sort     app.Sort
	service  string
	assigned string
	title    string
}

func queryOf(r *http.Request) listQuery {
	v := r.URL.Query()
	q := listQuery{show: app.Show(v.Get("show")), sort: app.Sort(v.Get("sort")), service: v.Get("service"), assigned: v.Get("assigned")}
	i := slices.IndexFunc(lists, func(l struct {
		show  app.Show
		text  string
		title string
		sort  app.Sort
	},
	) bool {
		return l.show == q.show
	})
	if i < 0 {
		i = 0
	}
	q.show, q.title = lists[i].show, lists[i].title
	if !q.sort.Known() {
		q.sort = lists[i].sort
	}
	if !id.Valid(q.service) {
		q.service = ""
	}
	if q.assigned != "me" {
		q.assigned = ""
	}
	return q
}

// href is the address of this list, changed as said; "" leaves out.
func (q listQuery) href(change ...string) string {
	v := url.Values{"show": {string(q.show)}, "sort": {string(q.sort)}, "service": {q.service}, "assigned": {q.assigned}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	for k := range v {
		if v.Get(k) == "" {
			v.Del(k)
		}
	}
	return Root + "/offers?" + v.Encode()
}

func (web *Web) offers(w http.ResponseWriter, r *http.Request) error {
	a, q := who(r), queryOf(r)
	in := httpx.ListInput{Cursor: r.URL.Query().Get("cursor"), Limit: offersOnAPage}
	ask := app.OffersQuery{Show: q.show, Sort: q.sort, Service: q.service, Limit: offersOnAPage + 1, Quiet: passive(r)}
	if q.assigned == "me" {
		ask.Assigned = a.Person.ID
	}
	var at app.TimePlace
	later, err := in.After(r.Context(), &at)
	if err != nil {
		return err
	}
	if later {
		ask.After = &at
	}
	rows, err := web.App.Offers(r.Context(), a, ask)
	if err != nil {
		return err
	}
	own, err := web.App.OwnServices(r.Context(), a)
	if err != nil {
		return err
	}
	next := ""
	if len(rows) > offersOnAPage {
		rows = rows[:offersOnAPage]
		last := rows[len(rows)-1]
		next = q.href("cursor", httpx.Cursor(r.Context(), app.TimePlace{At: last.At, ID: last.ID}))
	}
	return web.pages.Render(w, http.StatusOK, pageOffers, web.offersPage(r, q, rows, own, in.Cursor, next))
}

func (web *Web) offersPage(r *http.Request, q listQuery, rows []app.OfferRow, own []app.OwnService, cursor, next string) offersPage {
	p := offersPage{Page: web.page(r, q.title), Nav: listNav(q), Filter: listFilter(q, own), Find: findForm("", "")}
	p.Wide = true
	for i := range p.Menu {
		p.Menu[i].Current = p.Menu[i].Href == listPath(q.show)
	}
	l := listOf{show: q.show, sort: q.sort, href: func(s app.Sort) string { return q.href("sort", string(s)) }}
	here := q.href()
	if cursor != "" {
		here = q.href("cursor", cursor)
	}
	p.List = liveList("offers", q.title, here, rows, l, web.Now())
	if next != "" || cursor != "" {
		page := ui.Pagination{Next: next, Showing: "Showing " + ui.Count(len(rows), "offer", "offers")}
		if cursor != "" {
			page.Previous = q.href() // to the beginning: a cursor leads one way
		}
		p.More = page
	}
	return p
}

func listNav(q listQuery) ui.SubNav {
	nav := ui.SubNav{Label: "Offers"}
	for _, l := range lists {
		if l.text != "" || l.show == q.show {
			text := l.text
			if text == "" {
				text = l.title
			}
			nav.Items = append(nav.Items, ui.MenuItem{Text: text, Href: listPath(l.show), Current: l.show == q.show})
		}
	}
	return nav
}

func listFilter(q listQuery, own []app.OwnService) ui.Filter {
	options := []ui.SelectOption{{Value: "", Text: "All services"}}
	f := ui.Filter{Action: Root + "/offers", Clear: listPath(q.show), Values: []ui.Value{{Name: "show", Value: string(q.show)}, {Name: "sort", Value: string(q.sort)}}}
	for _, s := range own {
		options = append(options, ui.SelectOption{Value: s.ID, Text: s.Name})
		if s.ID == q.service {
			f.Chips = append(f.Chips, ui.Link{Text: s.Name, Href: q.href("service", "")})
		}
	}
	if q.assigned == "me" {
		f.Chips = append(f.Chips, ui.Link{Text: "Mine", Href: q.href("assigned", "")})
	}
	f.Fields = []ui.Component{
		ui.Select{Name: "service", Label: "Service", Value: q.service, Options: options},
		ui.Select{Name: "assigned", Label: "Who deals with it", Value: q.assigned, Options: []ui.SelectOption{{Value: "", Text: "Anybody"}, {Value: "me", Text: "Me"}}},
	}
	return f
}

// findForm posts, because what is looked for is a person.
func findForm(typed, wrong string) ui.Form {
	return ui.Form{Action: Root + "/find", IdempotencyKey: newKey(), Fields: []ui.Component{
		ui.Input{Name: "find", Label: "Find a person", Hint: "A name, an NHS number or a reference", Value: typed, Error: wrong, Width: 20},
	}, Buttons: []ui.Component{ui.Button{Text: "Find", Variant: ui.Secondary}}}
}

// foundPage is what a search for a person found.
type foundPage struct {
	ui.Page
	Find ui.Form
	List ui.Component
}

func (web *Web) find(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	typed := f.Text("find", 200, "Enter a name, an NHS number or a reference")
	p := foundPage{Page: web.page(r, "Find a person")}
	p.Back = &ui.Link{Text: "Back to offers", Href: listPath(app.ShowWaiting)}
	if err := f.Err(); err != nil {
		p.Problems = ui.ProblemsOf(err)
		p.Find = findForm(f.Typed("find"), p.Problems.For("find"))
		return web.pages.Render(w, httpx.Status(err), pageFound, p)
	}
	rows, err := web.App.Find(r.Context(), who(r), typed)
	if err != nil {
		return err
	}
	p.Find, p.Wide = findForm(typed, ""), len(rows) > 0
	if len(rows) == 0 {
		p.List = ui.EmptyState{Heading: "Nobody was found", Body: ui.Group{
			ui.Paragraph("Nobody with “" + strings.TrimSpace(typed) + "” was offered to your services. Try the family name alone, the NHS number, or the reference with 8 characters."),
			ui.Paragraph("People whose details were removed are found by their reference only."),
		}}
	} else {
		p.List = offerTable(strconv.Itoa(len(rows))+" found", rows, listOf{show: app.ShowAll}, web.Now())
	}
	return web.pages.Render(w, http.StatusOK, pageFound, p)
}

func number(n int) string { return strconv.Itoa(n) }
