package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

// staffPage lists who works at an organisation.
type staffPage struct {
	ui.Page
	Name  string
	Add   ui.Component
	List  ui.Component
	Pages ui.Component
}

func (web *Web) staff(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	query := app.StaffQuery{Organisation: id, Limit: in.Limit + 1}
	var after app.StaffPlace
	if ok, err := in.After(r.Context(), &after); err != nil {
		return err
	} else if ok {
		query.After = &after
	}
	a, _ := actor.From(r.Context())
	o, list, err := web.App.Staff(r.Context(), a, query)
	if err != nil {
		return err
	}
	shown := httpx.ListBody(r.Context(), in, list, func(x domain.Role) any { return app.StaffPlace{Name: x.Name, ID: x.ID} })
	p := staffPageOf(web.page(r, "Staff"), o, shown.Items, whoIs(a), web.today())
	if shown.Next != "" || in.Cursor != "" {
		pages := ui.Pagination{}
		if in.Cursor != "" {
			pages.Previous = staffPath(o.ID)
		}
		if shown.Next != "" {
			pages.Next = staffPath(o.ID) + "?cursor=" + shown.Next
		}
		p.Pages = pages
	}
	return web.pages.Render(w, http.StatusOK, pageStaff, p)
}

func whoIs(a actor.Actor) domain.Who {
	return domain.Who{Role: terms.Role(a.Role), Organisation: a.Organisation}
}

func (web *Web) today() string { return web.Now().In(ui.London).Format(time.DateOnly) }

func staffPageOf(p ui.Page, o domain.Organisation, list []domain.Role, who domain.Who, today string) staffPage {
	p.Back = &ui.Link{Text: o.Name, Href: organisationPath(o.ID)}
	p.Wide = true
	page := staffPage{Page: p, Name: o.Name}
	if domain.May(who, domain.ActGrantRole, domain.What{Organisation: o.ID, Role: terms.RoleServiceLead}) && o.Status != terms.OrganisationClosed {
		page.Add = ui.LinkButton{Text: "Add a person", Href: organisationPath(o.ID) + "/add-staff"}
	}
	if len(list) == 0 {
		page.List = ui.EmptyState{Heading: "Nobody yet", Body: ui.Paragraph("People who are given a role here are listed with what they do and until when.")}
		return page
	}
	table := ui.Table{Caption: "People who work here", HideCaption: true, Columns: []ui.Column{{Text: "Name"}, {Text: "Role"}, {Text: "From"}, {Text: "Until"}, {Text: "Access"}}}
	for _, x := range list {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: x.Name, Href: colleaguePath(o.ID, x.PersonID)}, ui.Text(x.Role.Label()), ui.Text(day(x.From)), ui.Text(lastDay(x.Until)), accessTag(x, today),
		}})
	}
	page.List = table
	return page
}

func lastDay(until string) string {
	if until == "" {
		return "No end date"
	}
	return day(until)
}

func accessTag(x domain.Role, today string) ui.Tag {
	switch {
	case x.Stands(today):
		return ui.Tag{Text: "Now", Colour: ui.Green}
	case !x.EndedAt.IsZero() || x.RunOut(today):
		return ui.Tag{Text: "Ended", Colour: ui.Grey}
	}
	return ui.Tag{Text: "Later", Colour: ui.Blue}
}

// colleaguePage is one person at one organisation.
type colleaguePage struct {
	ui.Page
	Organisation string
	Facts        ui.SummaryList
	Roles        ui.Component
	Trainings    ui.Component
	Add          ui.Component
}

func (web *Web) colleague(w http.ResponseWriter, r *http.Request) error {
	organisation, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := httpx.PathID(r, "person")
	if err != nil {
		return err
	}
	a, _ := actor.From(r.Context())
	c, err := web.App.Colleague(r.Context(), a, organisation, person)
	if err != nil {
		return err
	}
	p := colleaguePageOf(web.page(r, c.Name), c, whoIs(a), web.today())
	p.Banner = doneBanners[r.URL.Query().Get("done")]
	return web.pages.Render(w, http.StatusOK, pageColleague, p)
}

// doneBanners tell what just happened, after the redirect that follows every change.
var doneBanners = map[string]*ui.Banner{
	"granted":  {Kind: ui.Success, Heading: "Person added", Body: ui.Paragraph("They can sign in and act in this role from its first day.")},
	"ended":    {Kind: ui.Success, Heading: "Access ended", Body: ui.Paragraph("They can no longer act in this role, in any part of Waypost.")},
	"recorded": {Kind: ui.Success, Heading: "Training recorded", Body: ui.Paragraph("It counts wherever this person works.")},

	"scope_set":   {Kind: ui.Success, Heading: "Line written", Body: ui.Paragraph("Every service goes by it from its first day.")},
	"scope_ended": {Kind: ui.Success, Heading: "Last day saved", Body: ui.Paragraph("Every service goes by it from the day after.")},
}

func colleaguePageOf(p ui.Page, c app.Colleague, who domain.Who, today string) colleaguePage {
	p.Back = &ui.Link{Text: "Staff", Href: staffPath(c.Organisation.ID)}
	page := colleaguePage{Page: p, Organisation: c.Organisation.Name, Facts: ui.SummaryList{Rows: []ui.SummaryRow{
		{Key: "Organisation", Value: ui.Link{Text: c.Organisation.Name, Href: organisationPath(c.Organisation.ID)}},
		{Key: "Signs in with", Value: ui.Text(signIn(c.Identity))},
	}}}
	roles := ui.Table{Caption: "Roles at this organisation", HideCaption: true, Columns: []ui.Column{{Text: "Role"}, {Text: "From"}, {Text: "Until"}, {Text: "Access"}, {Text: "End access", Hide: true}}}
	for _, x := range c.Roles {
		end := ui.Component(ui.Text(""))
		if x.EndedAt.IsZero() && domain.May(who, domain.ActEndRole, domain.What{Organisation: x.OrganisationID, Role: x.Role}) {
			end = ui.Link{Text: "End access", Hidden: "as " + x.Role.Label(), Href: Root + "/roles/" + x.ID + "/end"}
		}
		until := lastDay(x.Until)
		if !x.EndedAt.IsZero() {
			until = ui.Date(x.EndedAt)
		}
		roles.Rows = append(roles.Rows, ui.Row{Cells: []ui.Component{ui.Text(x.Role.Label()), ui.Text(day(x.From)), ui.Text(until), accessTag(x, today), end}})
	}
	page.Roles = roles
	page.Trainings = trainings(c.Competencies, today)
	if domain.May(who, domain.ActRecordCompetency, domain.What{Organisation: c.Organisation.ID}) {
		page.Add = ui.LinkButton{Text: "Add a training", Href: colleaguePath(c.Organisation.ID, c.PersonID) + "/add-training", Variant: ui.Secondary}
	}
	return page
}

func signIn(who domain.Identity) string {
	for _, i := range domain.Issuers {
		if i.Code == who.Issuer {
			return who.Subject + " (" + i.Label + ")"
		}
	}
	return who.Subject
}

func trainings(list []domain.Competency, today string) ui.Component {
	if len(list) == 0 {
		return ui.EmptyState{Heading: "No training recorded", Body: ui.Paragraph("What a person may do in Waypost can depend on what they were trained in.")}
	}
	table := ui.Table{Caption: "Trainings", HideCaption: true, Columns: []ui.Column{{Text: "Training"}, {Text: "Tier"}, {Text: "Until"}, {Text: "Counts"}}}
	for _, k := range list {
		tag := ui.Tag{Text: "Run out", Colour: ui.Grey}
		if k.Stands(today) {
			tag = ui.Tag{Text: "Now", Colour: ui.Green}
		}
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(k.Competency.Label()), ui.Text(tierLabel(k.Tier)), ui.Text(day(k.Until)), tag}})
	}
	return table
}

func tierLabel(t terms.Tier) string {
	if t == "" {
		return "–"
	}
	return t.Label()
}
