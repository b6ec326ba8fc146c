// Package web is how link workers see their work: pages, forms and their html.
package web

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/live"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

//go:embed html
var files embed.FS

// Root is where the workspace begins; StorybookPath shows every state of its pages with invented people.
const (
	Root          = "/link-worker"
	StorybookPath = Root + "/storybook"
)

// Web is the pages over app.
type Web struct {
	Live      *live.Hub
	Simulated string
	Now       func() time.Time
	Operating func(*http.Request) []ui.MenuItem // what the menus of operators have besides; nil in a storybook

	app   *app.App
	pages *ui.Pages
}

// New parses the pages; everything wrong with a template shows here.
func New(a *app.App) (*Web, error) {
	pages, err := ui.NewPages(files, "html/*.html")
	if err != nil {
		return nil, err
	}
	return &Web{app: a, pages: pages, Now: time.Now}, nil
}

var staff = []string{string(terms.RoleLinkWorker), string(terms.RoleCareCoordinator), string(terms.RoleHealthCoach), string(terms.RoleServiceLead)}

// Routes is every page of the workspace.
func (web *Web) Routes() []httpx.Route {
	get := func(path, name string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: http.MethodGet, Pattern: Root + path, Name: name, Handler: ofTeam(h), Roles: staff}
	}
	post := func(path, name string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: http.MethodPost, Pattern: Root + path, Name: name, Handler: ofTeam(h), Roles: staff, Write: true}
	}
	reads := func(path, name string, h httpx.Handler) httpx.Route { // posts what must not stand in an address
		rt := post(path, name, h)
		rt.Write = false
		return rt
	}
	return []httpx.Route{
		get("", "home", web.home),
		get("/tray", "tray", web.tray),
		get("/people", "people", web.people),
		get("/people/find", "find", web.findForm), reads("/people/find", "search", web.find),
		get("/people/add", "add", web.addForm), post("/people/add", "add person", web.add),
		get("/people/{id}", "person", web.person),
		get("/offers/{id}", "offer", web.offer),
		post("/offers/{id}/accept", "accept", web.accept),
		post("/offers/{id}/ask", "ask", web.ask),
		post("/offers/{id}/bounce", "bounce", web.bounce),
		post("/offers/{id}/stand-down", "stand down", web.standDown),
		get("/crisis", "crisis", web.crisisLadder),
		get("/offers/{id}/crisis", "crisis of a person", web.crisisForm), post("/offers/{id}/crisis", "report crisis", web.crisis),
		get("/offers/{id}/contact", "contact", web.contactForm), post("/offers/{id}/contact", "record contact", web.contact),
		get("/offers/{id}/assessment", "assessment", web.assessmentForm), post("/offers/{id}/assessment", "assess", web.assess),
		get("/offers/{id}/plan", "plan", web.planForm), post("/offers/{id}/plan", "agree plan", web.agreePlan),
		get("/offers/{id}/assign", "assign", web.assignForm), post("/offers/{id}/assign", "pass on", web.assign),
		get("/offers/{id}/refer", "refer", web.referForm), reads("/offers/{id}/refer/find", "find help", web.findHelp),
		post("/offers/{id}/refer", "refer on", web.refer),
		get("/offers/{id}/end", "end", web.endForm), post("/offers/{id}/end", "end support", web.end),
		get("/referrals", "referrals", web.referrals),
		get("/referrals/{id}", "referral", web.referral),
		post("/referrals/{id}/answer", "inform", web.inform),
		get("/referrals/{id}/withdraw", "withdraw", web.withdrawForm), post("/referrals/{id}/withdraw", "withdraw referral", web.withdraw),
		get("/meetings", "meetings", web.meetings),
		get("/team", "team", web.team),
		get("/team/edit", "edit team", web.teamForm), post("/team/edit", "publish team", web.publishTeam),
		get("/team/capacity", "capacity", web.capacityForm), post("/team/capacity", "report capacity", web.reportCapacity),
		{Method: http.MethodGet, Pattern: Root + "/events", Name: "live", Face: httpx.FaceLive, Roles: staff, Handler: web.events},
		{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "assets", Face: httpx.FaceAsset, Public: true, Handler: ui.ServeAsset},
	}
}

// ofTeam lets in only who acts for a link worker team: service leads there are at every kind of organisation.
func ofTeam(next httpx.Handler) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if a := who(r.Context()); a.OrganisationKind != string(terms.KindLinkWorkerTeam) {
			return notOfTeam
		}
		return next(w, r)
	}
}

func who(ctx context.Context) actor.Actor { a, _ := actor.From(ctx); return a }

// events tells open pages of the actor's team, and of no other, that something changed.
func (web *Web) events(w http.ResponseWriter, r *http.Request) error {
	return web.Live.Handler(func(r *http.Request) ([]string, error) {
		return []string{"org." + who(r.Context()).Organisation}, nil
	})(w, r)
}

// page is what every page of the workspace has.
func (web *Web) page(r *http.Request, title, section string) ui.Page {
	a := who(r.Context())
	p := frame(title, section)
	p.Simulated, p.Nonce = web.Simulated, httpx.Nonce(r.Context())
	if a.IsPerson() {
		if web.Operating != nil {
			parked.Onto(&p, web.Operating(r), true) // operators do no other work here
		}
		p.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
	}
	if s, ok := authn.Current(r.Context()); ok && !s.Ends.IsZero() {
		p.Session = &ui.Session{
			Seconds: max(1, int(s.Ends.Sub(web.Now()).Seconds())), Stay: "/session",
			Leave: authn.SignInPath + "?return_to=" + url.QueryEscape(r.URL.Path), Person: a.Person.ID,
		}
	}
	p.Banner = banners[r.URL.Query().Get("done")]
	return p
}

// Parked is how the pages for what could not be applied look here.
func (web *Web) Parked() parked.Look {
	return parked.Look{Root: Root, Pages: web.pages, Page: func(r *http.Request, title string) ui.Page { return web.page(r, title, "") }}
}

// frame is a page's surroundings without a person: also the storybook's.
func frame(title, section string) ui.Page {
	p := ui.Page{Title: title, Service: ui.Link{Text: "Link worker", Href: Root}, Footer: []ui.Link{{Text: "Crisis: whom to ring", Href: Root + "/crisis"}}}
	for _, m := range []ui.MenuItem{
		{Text: "Home", Href: Root},
		{Text: "Offers", Href: Root + "/tray"},
		{Text: "People", Href: Root + "/people"},
		{Text: "Sent on", Href: Root + "/referrals"},
		{Text: "Meetings", Href: Root + "/meetings"},
		{Text: "Our team", Href: Root + "/team"},
		{Text: "Crisis", Href: Root + "/crisis"},
	} {
		m.Current = m.Text == section
		p.Menu = append(p.Menu, m)
	}
	return p
}

// sheet is a page of a heading and parts one below the other: forms and their answers.
type sheet struct {
	ui.Page
	Caption, Heading string // no Heading: a part is the heading
	Parts            []ui.Component
}

func (web *Web) show(w http.ResponseWriter, status int, s sheet) error {
	return web.pages.Render(w, status, "sheet", s)
}

var notOfTeam = fault.Forbidden("This is the workspace of link worker teams, and you act for another kind of organisation. Choose a role at a team, or ask the team's service lead to give you one")

// ErrorPage draws a refusal in the workspace's look.
func (web *Web) ErrorPage(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	if err := web.pages.Render(w, status, ui.ShutterPage, refusalPage(web.page(r, "", ""), status, f, httpx.RequestID(r.Context()))); err != nil {
		w.WriteHeader(status)
	}
}

var refusalHeadings = map[int]string{
	http.StatusNotFound: "Page not found", http.StatusForbidden: "You can not open this",
	http.StatusConflict: "This can not be done now", http.StatusPreconditionFailed: "This has changed",
	http.StatusServiceUnavailable: "Waypost can not answer just now", http.StatusInternalServerError: "Something went wrong",
}

func refusalPage(base ui.Page, status int, f *fault.Error, request string) ui.Shutter {
	base.Title = refusalHeadings[status]
	if base.Title == "" {
		base.Title = "There is a problem"
	}
	body := ui.Group{ui.Paragraph(f.Message + ".")}
	for _, x := range f.Fields {
		body = append(body, ui.Paragraph(x.Message+"."))
	}
	if status >= http.StatusInternalServerError {
		body = append(body, ui.Paragraph("If somebody is in danger, ring 999. The crisis page shows whom else to ring."), ui.Paragraph("Request number: "+request))
	}
	return ui.Shutter{Page: base, Heading: base.Title, Body: append(body, ui.List{ui.Link{Text: "Go to your home page", Href: Root}})}
}

// Storybook shows every state of every page.
func (web *Web) Storybook(w http.ResponseWriter, r *http.Request) error {
	return ui.Storybook(web.pages, httpx.Nonce, Stories())(w, r)
}

// typed is a form as it was sent, or nothing when the page is drawn anew.
type typed struct {
	sent     url.Values
	problems ui.Problems
}

func (t typed) value(name string) string { return t.sent.Get(name) }

// or is what was typed, or the value given when the form had no such field yet.
func (t typed) or(name, otherwise string) string {
	if !t.sent.Has(name) {
		return otherwise
	}
	return t.sent.Get(name)
}

func (t typed) values(name string) []string { return t.sent[name] }

// valuesOr are the ticked values, or those given when nothing was sent yet.
func (t typed) valuesOr(name string, otherwise ...string) []string {
	if t.sent == nil {
		return otherwise
	}
	return t.sent[name]
}

func (t typed) date(name, otherwise string) ui.DateParts {
	if t.sent != nil {
		return ui.TypedDate(t.sent, name)
	}
	d, err := time.Parse(time.DateOnly, otherwise)
	if err != nil {
		return ui.DateParts{}
	}
	return ui.PartsOf(d)
}

// day is a date of a form as 2006-01-02, "" when none was typed.
func day(f *httpx.Form, name, required string) string {
	d := f.Date(name, required)
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// key is for a form that is drawn: a second submit of it is harmless.
func key() string { return id.New() }

// done sends on to the page of what was made, whose banner says who was told.
func done(w http.ResponseWriter, r *http.Request, path, banner string) error {
	if banner != "" {
		path += "?done=" + banner
	}
	http.Redirect(w, r, Root+path, http.StatusSeeOther)
	return nil
}

// again tells whether a refusal should show the form once more, with what was typed.
func again(err error) bool {
	return slices.Contains([]int{http.StatusUnprocessableEntity, http.StatusConflict, http.StatusPreconditionFailed}, httpx.Status(err))
}
