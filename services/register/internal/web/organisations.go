package web

import (
	"net/http"
	"net/url"
	"strconv"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

// organisationsPage lists organisations, or those that a search found.
type organisationsPage struct {
	ui.Page
	Search searchForm
	List   ui.Component
	Pages  ui.Component
}

// searchForm narrows the list by its address: names of organisations are nobody's secret.
type searchForm struct {
	Action string
	Words  ui.Input
	Kind   ui.Select
	Closed ui.Checkboxes
}

// Template names html/search_form.html.
func (searchForm) Template() string { return "search_form" }

// search is what the address asks for.
type search struct {
	words  string
	kind   terms.OrganisationKind
	closed bool
}

const mostTyped = 200

func searchOf(r *http.Request) search {
	q := r.URL.Query()
	s := search{words: q.Get("words"), kind: terms.OrganisationKind(q.Get("kind")), closed: q.Get("closed") != ""}
	if len(s.words) > mostTyped {
		s.words = s.words[:mostTyped]
	}
	if !s.kind.Known() {
		s.kind = ""
	}
	return s
}

func (s search) address(cursor string) string {
	q := url.Values{}
	if s.words != "" {
		q.Set("words", s.words)
	}
	if s.kind != "" {
		q.Set("kind", string(s.kind))
	}
	if s.closed {
		q.Set("closed", "yes")
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	return Root + "?" + q.Encode()
}

func (web *Web) organisations(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	s := searchOf(r)
	query := app.OrganisationQuery{Text: s.words, Kind: s.kind, Closed: s.closed, Limit: in.Limit + 1}
	var after app.OrganisationPlace
	if ok, err := in.After(r.Context(), &after); err != nil {
		return err
	} else if ok {
		query.After = &after
	}
	a, _ := actor.From(r.Context())
	list, err := web.App.Organisations(r.Context(), a, query)
	if err != nil {
		return err
	}
	shown := httpx.ListBody(r.Context(), in, list, func(o domain.Organisation) any { return app.OrganisationPlace{Name: o.Name, ID: o.ID} })
	p := organisationsPageOf(web.page(r, "Organisations"), s, shown.Items)
	p.Pages = pagination(s, in.Cursor, shown.Next, len(shown.Items))
	return web.pages.Render(w, http.StatusOK, pageOrganisations, p)
}

func pagination(s search, cursor, next string, n int) ui.Component {
	if cursor == "" && next == "" {
		return nil
	}
	p := ui.Pagination{Showing: "Showing " + strconv.Itoa(n) + " organisations"}
	if cursor != "" {
		p.Previous = s.address("") // cursors lead forward only: back is to the beginning
	}
	if next != "" {
		p.Next = s.address(next)
	}
	return p
}

func organisationsPageOf(p ui.Page, s search, list []domain.Organisation) organisationsPage {
	page := organisationsPage{Page: p, Search: searchForm{
		Action: Root,
		Words:  ui.Input{Name: "words", Label: "Name, ODS code, network or postcode", Type: "search", Value: s.words},
		Kind:   ui.Select{Name: "kind", Label: "Kind", Value: string(s.kind), Options: kindOptions("All kinds")},
		Closed: ui.Checkboxes{Name: "closed", Label: "Closed organisations", Options: []ui.Option{{Value: "yes", Text: "Show closed, dormant and planned ones too"}}},
	}}
	page.Wide = true
	if s.closed {
		page.Search.Closed.Values = []string{"yes"}
	}
	if len(list) == 0 {
		page.List = ui.EmptyState{Heading: "No organisations found", Body: ui.Paragraph("Try fewer words, or show closed organisations too.")}
		return page
	}
	table := ui.Table{Caption: "Organisations found", HideCaption: true, Columns: []ui.Column{{Text: "Name"}, {Text: "Kind"}, {Text: "Network"}, {Text: "Postcode"}, {Text: "Status"}}}
	for _, o := range list {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: o.Name, Href: organisationPath(o.ID)}, ui.Text(o.Kind.Label()), ui.Text(o.Network.Name), ui.Text(o.Postcode), statusTag(o),
		}})
	}
	page.List = table
	return page
}

func kindOptions(all string) []ui.SelectOption {
	options := []ui.SelectOption{{Text: all}}
	for _, k := range terms.OrganisationKinds {
		options = append(options, ui.SelectOption{Value: string(k.Code), Text: k.Label})
	}
	return options
}

func statusTag(o domain.Organisation) ui.Tag {
	switch o.Status {
	case terms.OrganisationActive:
		return ui.Tag{Text: o.Status.Label(), Colour: ui.Green}
	case terms.OrganisationProposed:
		return ui.Tag{Text: o.Status.Label(), Colour: ui.Blue}
	}
	return ui.Tag{Text: o.Status.Label(), Colour: ui.Grey}
}

// organisationPage is one organisation.
type organisationPage struct {
	ui.Page
	Facts ui.SummaryList
	Links ui.Component
}

func (web *Web) organisation(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	a, _ := actor.From(r.Context())
	o, err := web.App.Organisation(r.Context(), a, id)
	if err != nil {
		return err
	}
	p := organisationPageOf(web.page(r, o.Name), o, domain.Who{Role: terms.Role(a.Role), Organisation: a.Organisation})
	if r.URL.Query().Get("done") == "registered" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "Organisation registered", Body: ui.Paragraph("Now add its service lead, who can add everybody else.")}
	}
	if r.URL.Query().Get("done") == "reach" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "Saved", Body: ui.Paragraph("From now on emails about offers go to this address.")}
	}
	return web.pages.Render(w, http.StatusOK, pageOrganisation, p)
}

func organisationPageOf(p ui.Page, o domain.Organisation, who domain.Who) organisationPage {
	p.Back = &ui.Link{Text: "Organisations", Href: Root}
	page := organisationPage{Page: p, Facts: ui.SummaryList{Rows: facts(o)}}
	what := domain.What{Organisation: o.ID, Role: terms.RoleServiceLead}
	var links ui.Group
	if domain.May(who, domain.ActSeeStaff, what) {
		links = append(links, ui.LinkButton{Text: "See staff", Href: staffPath(o.ID), Variant: ui.Secondary})
	}
	if domain.May(who, domain.ActGrantRole, what) && o.Status != terms.OrganisationClosed {
		links = append(links, ui.LinkButton{Text: "Add a person", Href: organisationPath(o.ID) + "/add-staff"})
	}
	if domain.May(who, domain.ActChangeReach, what) && o.Status != terms.OrganisationClosed {
		links = append(links, ui.LinkButton{Text: "Change email and phone", Href: reachPath(o.ID), Variant: ui.Secondary})
	}
	if links != nil {
		page.Links = links
	}
	return page
}

func facts(o domain.Organisation) []ui.SummaryRow {
	refer := "No"
	if o.MayRefer {
		refer = "Yes"
	}
	size := ""
	if o.ListSize > 0 {
		size = ui.Count(o.ListSize, "registered patient", "registered patients")
	}
	rows := []ui.SummaryRow{{Key: "Kind", Value: ui.Text(o.Kind.Label())}, {Key: "Status", Value: statusTag(o)}}
	for _, f := range []struct{ key, text string }{
		{"Closed on", day(o.ClosedOn)},
		{"May refer", refer},
		{"ODS code", o.ODSCode},
		{"Charity number", o.CharityNumber},
		{"Primary care network", o.Network.Name},
		{"List size", size},
		{"Address", o.Address},
		{"Postcode", o.Postcode},
		{"Phone", o.Phone},
		{"Email", o.Email},
	} {
		if f.text != "" {
			rows = append(rows, ui.SummaryRow{Key: f.key, Value: ui.Text(f.text)})
		}
	}
	if o.Simulated {
		rows = append(rows, ui.SummaryRow{Key: "Simulated", Value: ui.Text("This organisation is invented for the demonstration")})
	}
	return rows
}
