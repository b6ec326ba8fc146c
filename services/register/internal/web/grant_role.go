package web

import (
	"net/http"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

func (web *Web) newRole(w http.ResponseWriter, r *http.Request) error {
	o, a, err := web.at(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageGrant, grantPage(web.page(r, "Add a person"), o, whoIs(a), newKey(), typed{}))
}

// at finds the organisation in the path, where the actor may give roles.
func (web *Web) at(r *http.Request) (o domain.Organisation, a actor.Actor, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return o, a, err
	}
	a, _ = actor.From(r.Context())
	if !domain.May(whoIs(a), domain.ActGrantRole, domain.What{Organisation: id, Role: terms.RoleServiceLead}) {
		return o, a, domain.ErrMayNot
	}
	o, err = web.App.Organisation(r.Context(), a, id)
	return o, a, err
}

// typed is what stands in a form's fields.
type typed map[string][]string

func (t typed) get(name string) string {
	if len(t[name]) == 0 {
		return ""
	}
	return t[name][0]
}

func (t typed) date(name string) ui.DateParts {
	return ui.DateParts{Day: t.get(name + "-day"), Month: t.get(name + "-month"), Year: t.get(name + "-year")}
}

func grantPage(p ui.Page, o domain.Organisation, who domain.Who, key string, t typed) formPage {
	p.Back = &ui.Link{Text: "Staff", Href: staffPath(o.ID)}
	roles := ui.Radios{Name: "role", Label: "Role", Value: t.get("role"), Error: p.Problems.For("role")}
	for _, x := range terms.RolesAt(o.Kind) {
		if domain.May(who, domain.ActGrantRole, domain.What{Organisation: o.ID, Role: x.Code}) {
			roles.Options = append(roles.Options, ui.Option{Value: string(x.Code), Text: x.Label, Hint: roleHints[x.Code]})
		}
	}
	issuers := ui.Radios{Name: "issuer", Label: "How they sign in", Value: t.get("issuer"), Error: p.Problems.For("issuer")}
	for _, i := range domain.Issuers {
		issuers.Options = append(issuers.Options, ui.Option{Value: i.Code, Text: i.Label, Hint: "Enter their " + i.Subject + " below"})
	}
	return formPage{
		Page: p,
		Lead: ui.Paragraph("The person gets access to what this role needs at " + o.Name + ", and to nothing else."),
		Form: ui.Form{
			Action: staffPath(o.ID), IdempotencyKey: key,
			Fields: []ui.Component{
				ui.Input{Name: "display_name", Label: "Full name", Value: t.get("display_name"), Error: p.Problems.For("display_name")},
				issuers,
				ui.Input{Name: "subject", Label: "What they sign in with", Hint: "It must be exactly theirs: whoever signs in with it gets the access", Value: t.get("subject"), Error: p.Problems.For("subject")},
				roles,
				ui.DateInput{Name: "from_on", Label: "First day (optional)", Hint: "Leave empty for today", Value: t.date("from_on"), Error: p.Problems.For("from_on")},
				ui.DateInput{Name: "until_on", Label: "Last day (optional)", Hint: "Access ends by itself after this day", Value: t.date("until_on"), Error: p.Problems.For("until_on")},
			},
			Buttons: []ui.Component{ui.Button{Text: "Add person"}},
		},
	}
}

var roleHints = map[terms.Role]string{
	terms.RoleServiceLead:    "Adds staff and ends their access",
	terms.RolePrivacyOfficer: "Reviews who has looked at what",
	terms.RoleCoordinator:    "Works on escalated referrals for the whole area, and registers organisations",
	terms.RoleMDTCoordinator: "Prepares and runs the weekly meeting",

	terms.RolePlatformOperator: "Sees whether events arrive, and settles those that could not be applied. Sees no patient",
}

func (web *Web) grantRole(w http.ResponseWriter, r *http.Request) error {
	o, a, err := web.at(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	in := app.GrantRole{
		Organisation: o.ID, Name: f.Text("display_name", domain.MaxName, "Enter the person's name"),
		Issuer: f.Text("issuer", domain.MaxContact, "Select how they sign in"), Subject: f.Text("subject", domain.MaxName, "Enter what they sign in with, such as their work email address"),
		Role: terms.Role(f.Text("role", domain.MaxContact, "Select a role")),
		From: iso(f.Date("from_on", "")), Until: iso(f.Date("until_on", "")),
	}
	var made app.Granted
	if err = f.Err(); err == nil {
		made, err = web.App.GrantRole(r.Context(), a, httpx.Command(r.Context(), "grant role"), in)
	}
	if refused(err) {
		p := web.page(r, "Add a person")
		p.Problems = ui.ProblemsOf(err)
		return web.pages.Render(w, httpx.Status(err), pageGrant, grantPage(p, o, whoIs(a), newKey(), typed(f.Values())))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, colleaguePath(o.ID, made.PersonID)+"?done=granted", http.StatusSeeOther)
	return nil
}
