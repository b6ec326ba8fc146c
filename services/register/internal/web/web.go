// Package web is how a person sees the register: organisations, their staff, and what staff were trained in.
package web

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
)

//go:embed html
var files embed.FS

// Web draws the register's pages. App is hung in by the door before the first request.
type Web struct {
	App       *app.App
	Simulated string // what of the data is made up, said on every page
	Now       func() time.Time

	pages *ui.Pages
}

// New parses the pages.
func New(simulated string, now func() time.Time) (*Web, error) {
	pages, err := ui.NewPages(files, "html/*.html")
	if err != nil {
		return nil, fmt.Errorf("draw register: %w", err)
	}
	return &Web{Simulated: simulated, Now: now, pages: pages}, nil
}

// Root is where the register's pages begin.
const Root = "/register"

// The pages, by their routes' names, which are those of their templates and stories too.
const (
	pageOrganisations = "organisations"
	pageOrganisation  = "organisation"
	pageNew           = "new_organisation"
	pageReach         = "reach"
	pageStaff         = "staff"
	pageColleague     = "colleague"
	pageGrant         = "grant_role"
	pageEnd           = "end_role"
	pageCompetency    = "record_competency"
	pageScope         = "scope"
	pageSetScope      = "set_scope"
	pageEndScope      = "end_scope"
)

// Routes lists every page.
func (web *Web) Routes() []httpx.Route {
	coordinators := []string{string(terms.RoleCoordinator)}
	leads := []string{string(terms.RoleServiceLead), string(terms.RoleCoordinator)}
	only := []string{string(terms.RoleServiceLead)}
	const one = Root + "/organisations/{id}"
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: Root, Name: pageOrganisations, Handler: web.organisations},
		{Method: http.MethodGet, Pattern: one, Name: pageOrganisation, Handler: web.organisation},
		{Method: http.MethodGet, Pattern: Root + "/new-organisation", Name: pageNew, Handler: web.newOrganisation, Roles: coordinators},
		{Method: http.MethodPost, Pattern: Root + "/organisations", Name: "register organisation", Handler: web.registerOrganisation, Roles: coordinators, Write: true},
		{Method: http.MethodGet, Pattern: one + "/reach", Name: pageReach, Handler: web.askReach, Roles: leads},
		{Method: http.MethodPost, Pattern: one + "/reach", Name: "change reach", Handler: web.changeReach, Roles: leads, Write: true},
		{Method: http.MethodGet, Pattern: one + "/staff", Name: pageStaff, Handler: web.staff},
		{Method: http.MethodGet, Pattern: one + "/staff/{person}", Name: pageColleague, Handler: web.colleague},
		{Method: http.MethodGet, Pattern: one + "/add-staff", Name: pageGrant, Handler: web.newRole, Roles: leads},
		{Method: http.MethodPost, Pattern: one + "/staff", Name: "grant role", Handler: web.grantRole, Roles: leads, Write: true},
		{Method: http.MethodGet, Pattern: Root + "/roles/{id}/end", Name: pageEnd, Handler: web.askEnd, Roles: leads},
		{Method: http.MethodPost, Pattern: Root + "/roles/{id}/end", Name: "end role", Handler: web.endRole, Roles: leads, Write: true},
		{Method: http.MethodGet, Pattern: one + "/staff/{person}/add-training", Name: pageCompetency, Handler: web.newCompetency, Roles: only},
		{Method: http.MethodPost, Pattern: one + "/staff/{person}/training", Name: "record competency", Handler: web.recordCompetency, Roles: only, Write: true},
		{Method: http.MethodGet, Pattern: scopePath, Name: pageScope, Handler: web.scope},
		{Method: http.MethodGet, Pattern: scopePath + "/new", Name: pageSetScope, Handler: web.newScope, Roles: coordinators},
		{Method: http.MethodPost, Pattern: scopePath, Name: "set role scope", Handler: web.setScope, Roles: coordinators, Write: true},
		{Method: http.MethodGet, Pattern: scopePath + "/{id}/end", Name: pageEndScope, Handler: web.askEndScope, Roles: coordinators},
		{Method: http.MethodPost, Pattern: scopePath + "/{id}/end", Name: "end role scope", Handler: web.endScope, Roles: coordinators, Write: true},
		{Method: http.MethodGet, Pattern: Root + "/storybook", Name: "storybook", Handler: ui.Storybook(web.pages, httpx.Nonce, Stories()), Public: true},
		{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "asset", Handler: ui.ServeAsset, Face: httpx.FaceAsset},
	}
}

// page is what every page of this person has around its own content.
func (web *Web) page(r *http.Request, title string) ui.Page {
	p := base(title)
	p.Simulated, p.Nonce = web.Simulated, httpx.Nonce(r.Context())
	if s, ok := authn.Current(r.Context()); ok {
		p.Session = &ui.Session{
			Seconds: int(s.Ends.Sub(web.Now()).Seconds()), Stay: "/session",
			Leave: authn.SignInPath + "?return_to=" + url.QueryEscape(r.URL.Path), Person: s.Person.ID,
		}
	}
	if a, ok := actor.From(r.Context()); ok {
		signedIn(&p, a)
	}
	for i, item := range p.Menu {
		p.Menu[i].Current = item.Href == r.URL.Path
	}
	return p
}

// base is what every page has, whoever looks.
func base(title string) ui.Page {
	return ui.Page{Title: title, Service: ui.Link{Text: "Register", Href: Root}, SignIn: authn.SignInPath}
}

// signedIn puts the person and their menu on the page.
func signedIn(p *ui.Page, a actor.Actor) {
	p.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
	p.Menu = []ui.MenuItem{
		{Text: "Organisations", Href: Root},
		{Text: "My organisation", Href: organisationPath(a.Organisation)},
		{Text: "Staff", Href: staffPath(a.Organisation)},
		{Text: "Roles", Href: scopePath},
	}
	if terms.Role(a.Role) == terms.RoleCoordinator {
		p.Menu = append(p.Menu, ui.MenuItem{Text: "New organisation", Href: Root + "/new-organisation"})
	}
	if terms.Role(a.Role) == terms.RolePrivacyOfficer && a.OrganisationKind == string(terms.KindOtherCare) {
		p.Menu = append(p.Menu, ui.MenuItem{Text: "Erasing and removing", Href: "/case/removals"}) // which says who may: the area's office
	}
}

func organisationPath(id string) string { return Root + "/organisations/" + id }

func staffPath(organisation string) string { return organisationPath(organisation) + "/staff" }

func colleaguePath(organisation, person string) string {
	return staffPath(organisation) + "/" + person
}

// ErrorPage says why one can not go on, in the register's look.
func (web *Web) ErrorPage(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	p := refusalPage(web.page(r, headings[status]), f)
	if status >= http.StatusInternalServerError {
		p.Body = append(p.Body.(ui.Group), ui.Paragraph("Request number: "+httpx.RequestID(r.Context())))
	}
	if err := web.pages.Render(w, status, ui.ShutterPage, p); err != nil {
		http.Error(w, f.Message, status)
	}
}

// headings are what an error page is called.
var headings = map[int]string{
	http.StatusForbidden: "You can not do this", http.StatusNotFound: "There is nothing here", http.StatusConflict: "This can not be done now",
	http.StatusPreconditionFailed: "Somebody was faster", http.StatusUnprocessableEntity: "There is a problem",
	http.StatusServiceUnavailable: "Waypost can not answer just now", http.StatusInternalServerError: "Something went wrong",
}

func refusalPage(p ui.Page, f *fault.Error) ui.Shutter {
	if p.Title == "" {
		p.Title = "This did not work"
	}
	body := ui.Group{ui.Paragraph(f.Message)}
	for _, field := range f.Fields {
		body = append(body, ui.Paragraph(field.Message))
	}
	return ui.Shutter{Page: p, Heading: p.Title, Body: append(body, ui.Link{Text: "Go to the register", Href: Root})}
}

// newKey is what makes a second submit of the same form harmless.
func newKey() string { return id.New() }

// day writes a date of the store for reading: "26 November 2026".
func day(s string) string {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return ""
	}
	return ui.Date(d)
}

// iso writes a date for the store; none is "".
func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
