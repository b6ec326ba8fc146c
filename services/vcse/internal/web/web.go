// Package web is how a person sees the service: the tray, the offers, the people being helped, the services and the directory.
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
	"example.org/waypost/pkg/live"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
)

//go:embed html
var files embed.FS

// Web draws the pages. App and Hub are hung in by the door before the first request.
type Web struct {
	App       *app.App
	Hub       *live.Hub
	Simulated string // what of the data is made up, said on every page
	Now       func() time.Time
	Operating func(*http.Request) []ui.MenuItem // what the menus of operators have besides; nil in a storybook

	pages *ui.Pages
}

// New parses the pages.
func New(simulated string, now func() time.Time) (*Web, error) {
	pages, err := ui.NewPages(files, "html/*.html")
	if err != nil {
		return nil, fmt.Errorf("draw provider pages: %w", err)
	}
	return &Web{Simulated: simulated, Now: now, pages: pages}, nil
}

// Root is where the provider's pages begin.
const Root = "/provider"

// The pages, by their routes' names, which are those of their templates and stories too.
const (
	pageHome        = "home"
	pageOffers      = "offers"
	pageFound       = "found"
	pageOffer       = "offer"
	pageAnswered    = "answered"
	pageServices    = "services"
	pageService     = "service"
	pageServiceForm = "service_form"
	pageServiceEdit = "service_edit"
	pageClaimSearch = "claim_search"
	pageClaim       = "claim"
	pageClaims      = "claims"
	pageDirectory   = "directory"
	pageListed      = "listed"
)

// Routes lists every page.
func (web *Web) Routes() []httpx.Route {
	const get, post = http.MethodGet, http.MethodPost
	staff := []string{string(terms.RoleProviderWorker), string(terms.RoleServiceLead)}
	home := append([]string{string(terms.RoleCoordinator)}, staff...)
	office := []string{string(terms.RoleCoordinator), string(terms.RoleServiceLead)}
	const offer, service = Root + "/offers/{id}", Root + "/services/{id}"
	return []httpx.Route{
		{Method: get, Pattern: Root, Name: pageHome, Handler: web.home, Roles: home},
		{Method: get, Pattern: Root + "/events", Name: "events", Handler: web.events, Face: httpx.FaceLive, Roles: home},
		{Method: get, Pattern: Root + "/offers", Name: pageOffers, Handler: web.offers, Roles: staff},
		{Method: post, Pattern: Root + "/find", Name: pageFound, Handler: web.find, Roles: staff}, // POST: what is looked for is a person
		{Method: get, Pattern: offer, Name: pageOffer, Handler: web.offer, Roles: staff},
		{Method: get, Pattern: offer + "/answered", Name: pageAnswered, Handler: web.answered, Roles: staff},
		{Method: post, Pattern: offer + "/accept", Name: "accept", Handler: web.accept, Roles: staff, Write: true},
		{Method: post, Pattern: offer + "/ask", Name: "ask", Handler: web.ask, Roles: staff, Write: true},
		{Method: post, Pattern: offer + "/waitlist", Name: "waitlist", Handler: web.waitlist, Roles: staff, Write: true},
		{Method: post, Pattern: offer + "/bounce", Name: "bounce", Handler: web.bounce, Roles: staff, Write: true},
		{Method: post, Pattern: offer + "/assign", Name: "assign", Handler: web.assign, Roles: staff, Write: true},
		{Method: post, Pattern: offer + "/stand-down", Name: "stand down", Handler: web.standDown, Roles: staff, Write: true},
		{Method: post, Pattern: offer + "/attend", Name: "attend", Handler: web.attend, Roles: staff, Write: true},
		{Method: post, Pattern: offer + "/end", Name: "end", Handler: web.end, Roles: staff, Write: true},
		{Method: get, Pattern: Root + "/services", Name: pageServices, Handler: web.services, Roles: staff},
		{Method: post, Pattern: Root + "/services", Name: "add service", Handler: web.addService, Roles: staff, Write: true},
		{Method: get, Pattern: Root + "/new-service", Name: pageServiceForm, Handler: web.newService, Roles: staff},
		{Method: get, Pattern: service, Name: pageService, Handler: web.service},
		{Method: get, Pattern: service + "/edit", Name: pageServiceEdit, Handler: web.editService, Roles: staff},
		{Method: post, Pattern: service, Name: "change service", Handler: web.changeService, Roles: staff, Write: true},
		{Method: post, Pattern: service + "/capacity", Name: "report capacity", Handler: web.reportCapacity, Roles: staff, Write: true},
		{Method: post, Pattern: service + "/confirm-capacity", Name: "confirm capacity", Handler: web.confirmCapacity, Roles: staff, Write: true},
		{Method: post, Pattern: service + "/withdraw", Name: "withdraw service", Handler: web.withdrawService, Roles: staff, Write: true},
		{Method: post, Pattern: service + "/notes", Name: "add note", Handler: web.addNote, Write: true},
		{Method: get, Pattern: Root + "/claim", Name: pageClaimSearch, Handler: web.claimSearch, Roles: staff},
		{Method: get, Pattern: Root + "/claim/{id}", Name: pageClaim, Handler: web.claim, Roles: staff},
		{Method: post, Pattern: Root + "/claim/{id}", Name: "claim service", Handler: web.claimService, Roles: staff, Write: true},
		{Method: get, Pattern: Root + "/claims", Name: pageClaims, Handler: web.claims, Roles: office},
		{Method: post, Pattern: Root + "/claims/{id}", Name: "decide claim", Handler: web.decideClaim, Roles: office, Write: true},
		{Method: get, Pattern: Root + "/directory", Name: pageDirectory, Handler: web.directory, Public: true},
		{Method: get, Pattern: Root + "/directory/{id}", Name: pageListed, Handler: web.listed, Public: true},
		{Method: get, Pattern: Root + "/storybook", Name: "storybook", Handler: ui.Storybook(web.pages, httpx.Nonce, Stories()), Public: true},
		{Method: get, Pattern: ui.AssetsPattern, Name: "asset", Handler: ui.ServeAsset, Face: httpx.FaceAsset},
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
		signedIn(&p, a, r.URL.Path)
		if web.Operating != nil {
			parked.Onto(&p, web.Operating(r), terms.Role(a.Role) == terms.RolePlatformOperator)
		}
	}
	p.Banner = bannerFor(r.URL.Query().Get("did"))
	return p
}

// Parked is how the pages for what could not be applied look here.
func (web *Web) Parked() parked.Look {
	return parked.Look{Root: Root, Pages: web.pages, Page: web.page}
}

// base is what every page has, whoever looks.
func base(title string) ui.Page {
	return ui.Page{Title: title, Service: ui.Link{Text: "Provider", Href: Root}, SignIn: authn.SignInPath}
}

// homes are the workspaces of those who come here to read and write notes, and want to go back.
var homes = map[string]ui.MenuItem{
	string(terms.KindPractice):       {Text: "Practice", Href: "/practice"},
	string(terms.KindLinkWorkerTeam): {Text: "Link workers", Href: "/link-worker"},
	string(terms.KindOtherCare):      {Text: "Meetings", Href: "/mdt"},
}

// signedIn puts the person and their menu on the page.
func signedIn(p *ui.Page, a actor.Actor, path string) {
	p.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
	if isProvider(a) {
		p.Menu = []ui.MenuItem{
			{Text: "Home", Href: Root},
			{Text: "Offers", Href: listPath(app.ShowWaiting)},
			{Text: "People we help", Href: listPath(app.ShowPeople)},
			{Text: "Services", Href: Root + "/services"},
		}
	}
	if home, ok := homes[a.OrganisationKind]; ok {
		p.Menu = append(p.Menu, home)
		p.Service.Href = Root + "/directory" // the provider's home is not theirs
	}
	if app.Office(a) {
		p.Menu = append(p.Menu, ui.MenuItem{Text: "Claims", Href: Root + "/claims"})
	}
	p.Menu = append(p.Menu, ui.MenuItem{Text: "Directory", Href: Root + "/directory"})
	for i := range p.Menu {
		p.Menu[i].Current = p.Menu[i].Href == path
	}
}

func isProvider(a actor.Actor) bool { return a.OrganisationKind == string(terms.KindProvider) }

// who acts; the guard put them there.
func who(r *http.Request) actor.Actor { a, _ := actor.From(r.Context()); return a }

func offerPath(id string) string   { return Root + "/offers/" + id }
func servicePath(id string) string { return Root + "/services/" + id }
func listPath(s app.Show) string   { return Root + "/offers?show=" + string(s) }

// did adds to an address what was just done, so that the page there says it. It is a word of ours and names nobody.
func did(path, what string) string { return path + "?did=" + what }

// banners are what was just done and what others were told of it.
var banners = map[string][2]string{
	"added":     {"The service is in the directory", "Practices and link workers will see it in their search within a few seconds."},
	"changed":   {"The service was changed", "Practices and link workers will see the change within a few seconds."},
	"capacity":  {"Your room is up to date", "Practices and link workers will see it, with today's date, within a few seconds."},
	"withdrawn": {"The service has left the directory", "Nobody can send people to it any more."},
	"note":      {"Your note was added", "Everybody who looks at this service will see it, with your name."},
	"claimed":   {"You have asked for this listing", "The area's office will see it in Waypost. You will see their answer here."},
	"decided":   {"The claim was decided", "The provider will see it in Waypost."},
	"assigned":  {"It is clear who deals with this", "Your colleagues will see it in the tray. The sender was not told."},
	"stood":     {"You have stood down", "Nothing more is needed. The sender was told earlier that somebody else helps or that the referral has ended."},
	"attended":  {"The session was recorded", "The sender will see it in Waypost."},
}

func bannerFor(what string) *ui.Banner {
	words, ok := banners[what]
	if !ok {
		return nil
	}
	return &ui.Banner{Kind: ui.Success, Heading: words[0], Body: ui.Paragraph(words[1])}
}

// events tells open pages of this organisation that something changed.
func (web *Web) events(w http.ResponseWriter, r *http.Request) error {
	return web.Hub.Handler(func(r *http.Request) ([]string, error) {
		a := who(r)
		topics := []string{app.OrgTopic(a.Organisation)}
		if app.Office(a) {
			topics = append(topics, app.OfficeTopic())
		}
		return topics, nil
	})(w, r)
}

// ErrorPage says why one can not go on, in the provider's look.
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
	return ui.Shutter{Page: p, Heading: p.Title, Body: append(body, ui.Link{Text: "Go to the provider's home", Href: Root})}
}

// refused tells whether a form is to be shown again with what is wrong; other errors have a page of their own.
func refused(err error) (*fault.Error, bool) {
	f, ok := fault.Of(err)
	if !ok {
		return nil, false
	}
	switch f.Meaning {
	case fault.MeaningInvalid, fault.MeaningConflict, fault.MeaningStale:
		return f, true
	}
	return nil, false
}

// newKey is what makes a second submit of the same form harmless.
func newKey() string { return id.New() }

// onDay writes a date of the store for reading: "Thursday 26 November 2026".
func onDay(s string) string {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return ""
	}
	return ui.Day(d)
}

// iso writes a date for the store; none is "".
func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
