// Package web is how a person sees the meetings, and how other care organisations see their referrals.
package web

import (
	"context"
	"embed"
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
	"example.org/waypost/services/mdt/internal/app"
)

//go:embed html
var files embed.FS

// Root is where the workspace begins; StorybookPath shows every state of its pages with invented people.
const (
	Root          = "/mdt"
	StorybookPath = Root + "/storybook"
	eventsPath    = Root + "/events"
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

func who(ctx context.Context) actor.Actor { a, _ := actor.From(ctx); return a }

// events tells open pages of the actor and their organisation, and of no other, that something changed.
func (web *Web) events(w http.ResponseWriter, r *http.Request) error {
	return web.Live.Handler(func(r *http.Request) ([]string, error) {
		a := who(r.Context())
		return []string{app.OrgTopic(a.Organisation), app.PersonTopic(a.Person.ID)}, nil
	})(w, r)
}

// page is what every page of the workspace has.
func (web *Web) page(r *http.Request, title, section string) ui.Page {
	a := who(r.Context())
	p := frame(title, section, a)
	p.Simulated, p.Nonce = web.Simulated, httpx.Nonce(r.Context())
	if a.IsPerson() {
		if web.Operating != nil {
			parked.Onto(&p, web.Operating(r), terms.Role(a.Role) == terms.RolePlatformOperator)
		}
		p.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
	}
	if s, ok := authn.Current(r.Context()); ok && !s.Ends.IsZero() {
		p.Session = &ui.Session{
			Seconds: max(1, int(s.Ends.Sub(web.Now()).Seconds())), Stay: "/session",
			Leave: authn.SignInPath + "?return_to=" + url.QueryEscape(r.URL.Path), Person: a.Person.ID,
		}
	}
	if b, ok := banners[r.URL.Query().Get("done")]; ok {
		p.Banner = &b
	}
	return p
}

// The sections of the menu.
const (
	sectionHome      = "Home"
	sectionMeetings  = "Meetings"
	sectionCases     = "Cases we hold"
	sectionActions   = "Actions"
	sectionPatients  = "Patients"
	sectionReferrals = "Referrals"
)

// Parked is how the pages for what could not be applied look here.
func (web *Web) Parked() parked.Look {
	return parked.Look{Root: Root, Pages: web.pages, Page: func(r *http.Request, title string) ui.Page { return web.page(r, title, "") }}
}

// frame is a page's surroundings: also the storybook's. Only other care organisations send referrals here.
func frame(title, section string, a actor.Actor) ui.Page {
	p := ui.Page{Title: title, Service: ui.Link{Text: "MDT", Href: Root}, SignIn: authn.SignInPath}
	items := []ui.MenuItem{
		{Text: sectionHome, Href: Root},
		{Text: sectionMeetings, Href: Root + "/meetings"},
		{Text: sectionCases, Href: Root + "/cases"},
		{Text: sectionActions, Href: Root + "/actions"},
	}
	if meets(a) {
		items = append(items, ui.MenuItem{Text: sectionPatients, Href: Root + "/patients"})
	}
	if refers(a) {
		items = append(items, ui.MenuItem{Text: sectionReferrals, Href: Root + "/referrals"})
	}
	for _, m := range items {
		m.Current = m.Text == section
		p.Menu = append(p.Menu, m)
	}
	return p
}

func meets(a actor.Actor) bool {
	for _, r := range app.Meets {
		if r == a.Role {
			return true
		}
	}
	return false
}

func refers(a actor.Actor) bool {
	return meets(a) && terms.OrganisationKind(a.OrganisationKind) == terms.KindOtherCare
}

// sheet is a page of a heading and parts one below the other.
type sheet struct {
	ui.Page
	Caption, Heading string // no Heading: a part is the heading
	Parts            []ui.Component
}

func (web *Web) show(w http.ResponseWriter, status int, s sheet) error {
	return web.pages.Render(w, status, "sheet", s)
}

// headings are what an error page is called.
var headings = map[int]string{
	http.StatusNotFound: "There is nothing here", http.StatusForbidden: "You can not do this", http.StatusConflict: "This can not be done now",
	http.StatusPreconditionFailed: "Somebody was faster", http.StatusServiceUnavailable: "Waypost can not answer just now",
	http.StatusInternalServerError: "Something went wrong",
}

// ErrorPage draws a refusal in the workspace's look.
func (web *Web) ErrorPage(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	p := refusal(web.page(r, "", ""), status, f)
	if status >= http.StatusInternalServerError {
		p.Body = append(p.Body.(ui.Group), ui.Paragraph("Request number: "+httpx.RequestID(r.Context())))
	}
	if err := web.pages.Render(w, status, ui.ShutterPage, p); err != nil {
		http.Error(w, f.Message, status)
	}
}

func refusal(p ui.Page, status int, f *fault.Error) ui.Shutter {
	if p.Title = headings[status]; p.Title == "" {
		p.Title = "There is a problem"
	}
	body := ui.Group{ui.Paragraph(f.Message)}
	for _, x := range f.Fields {
		body = append(body, ui.Paragraph(x.Message))
	}
	return ui.Shutter{Page: p, Heading: p.Title, Body: append(body, ui.Link{Text: "Go to your home page", Href: Root})}
}

// Storybook shows every state of every page.
func (web *Web) Storybook(w http.ResponseWriter, r *http.Request) error {
	return ui.Storybook(web.pages, httpx.Nonce, Stories())(w, r)
}

// newKey is what makes a second submit of the same form harmless.
func newKey() string { return id.New() }

// refused tells whether a form is shown again with what is wrong, and what was typed.
func refused(err error) bool {
	f, ok := fault.Of(err)
	return ok && (f.Meaning == fault.MeaningInvalid || f.Meaning == fault.MeaningConflict || f.Meaning == fault.MeaningStale)
}

// typed is a form as it was sent, or nothing when the page is drawn anew.
type typed struct {
	*httpx.Form
	problems ui.Problems
}

// or is what was typed, or the value given where the form that was sent has no such field: a page has several, and the others must not
// be drawn empty, or the next one that is saved takes away what it had.
func (t typed) or(name, otherwise string) string {
	if t.Form == nil || !t.Values().Has(name) {
		return otherwise
	}
	return t.Typed(name)
}

func (t typed) all(name string, otherwise ...string) []string {
	if t.Form == nil {
		return otherwise
	}
	return t.TypedAll(name)
}

func (t typed) date(name string, otherwise time.Time) ui.DateParts {
	if t.Form == nil || !t.Values().Has(name+"-day") {
		return ui.PartsOf(otherwise)
	}
	return ui.TypedDate(t.Values(), name)
}

func (t typed) wrong(name string) string { return t.problems.For(name) }

// text writes an empty value as "Not given", so that nobody wonders whether it was lost.
func text(s string) ui.Component {
	if s == "" {
		return ui.Text("Not given")
	}
	return ui.Text(s)
}

// name is what to call somebody or an organisation that the register may not have told of.
func name(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	if id == "" {
		return "–"
	}
	return "Somebody not in the register"
}

// day writes a date of the store for reading: "Thursday 26 November".
func day(s string, now time.Time) string {
	d, err := time.ParseInLocation(time.DateOnly, s, ui.London)
	if err != nil {
		return "–"
	}
	return ui.Near(d.Add(12*time.Hour), now)
}

func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func today(now time.Time) string { return now.In(ui.London).Format(time.DateOnly) }
