// Package operations is the page on which a person sees how the events flow between the services, and where they stand.
//
// It asks every service how it stands, as its own process would be asked anywhere; it reads no database and knows no patient.
package operations

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ledger"
	"example.org/waypost/pkg/live"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
)

//go:embed html
var files embed.FS

// Path is where the page is.
const Path = "/operations"

const (
	pageOperations = "operations"
	comparePath    = Path + "/compare"
	eventsPath     = Path + "/events"
)

// Services answers for all of them. inside.Waypost is one.
type Services interface {
	State(ctx context.Context, service string) (standing.State, error)
	Books(ctx context.Context, read func(service string)) (map[string]ledger.Book, error)
}

// Config is what the page needs.
type Config struct {
	Services  Services
	Names     []string            // of the services
	Listens   map[string][]string // reader → speakers
	Parked    map[string]string   // reader → its page of parked events
	Guard     func(httpx.Route, httpx.Handler) httpx.Handler
	Secret    []byte
	HTTPS     bool
	Simulated string
	Log       *zap.Logger
	Now       func() time.Time
	Every     time.Duration // between two looks; 0: 10 s
}

// Page is the page, with what it has seen.
type Page struct {
	Config
	edge    *httpx.Edge
	hub     *live.Hub
	pages   *ui.Pages
	seen    sightings
	ledgers comparison
}

// Open makes the page. It looks when Run runs, and when somebody asks before that.
func Open(c Config) (*Page, error) {
	if c.Every == 0 {
		c.Every = 10 * time.Second
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &Page{Config: c}
	var err error
	if p.pages, err = ui.NewPages(files, "html/*.html"); err != nil {
		return nil, fmt.Errorf("draw operations: %w", err)
	}
	if p.hub, err = live.New(live.Config{Service: pageOperations}); err != nil {
		return nil, fmt.Errorf("open operations: %w", err)
	}
	p.ledgers = comparison{ask: make(chan struct{}, 1), changed: func() { p.hub.Say("ledgers") }, services: c.Services, names: c.Names, listens: c.Listens, now: c.Now, log: c.Log}
	p.edge = httpx.New(httpx.Config{Service: pageOperations, Log: c.Log, Secret: c.Secret, HTTPS: c.HTTPS, Guard: c.Guard, ErrorPage: p.errorPage, Now: c.Now})
	p.edge.Mount(p.routes()...)
	return p, nil
}

// routes: who is not an operator gets as far as none of them.
func (p *Page) routes() []httpx.Route {
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: Path, Name: pageOperations, Handler: p.show, Roles: terms.Operators},
		{Method: http.MethodPost, Pattern: comparePath, Name: "compare ledgers", Handler: p.compare, Roles: terms.Operators, Write: true},
		{Method: http.MethodGet, Pattern: eventsPath, Name: "operations live", Face: httpx.FaceLive, Roles: terms.Operators, Handler: p.hub.Handler(topics)},
		{Method: http.MethodGet, Pattern: Path + "/storybook", Name: "storybook", Public: true, Handler: ui.Storybook(p.pages, httpx.Nonce, Stories())},
		{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "asset", Face: httpx.FaceAsset, Handler: ui.ServeAsset},
	}
}

func topics(*http.Request) ([]string, error) { return []string{"flow", "ledgers"}, nil }

// Handler serves the page.
func (p *Page) Handler() http.Handler { return p.edge.Handler() }

// Routes lists what it serves.
func (p *Page) Routes() []httpx.Route { return p.edge.Routes() }

// Run looks every ten seconds, and compares the ledgers when somebody asked for it, until ctx ends.
func (p *Page) Run(ctx context.Context) {
	defer p.hub.Close()
	compared := make(chan struct{})
	go func() { defer close(compared); p.ledgers.run(ctx) }()
	clock.Every(ctx, p.Every, p.look)
	<-compared
}

// look asks all services, and tells open pages when the headline is another.
func (p *Page) look(ctx context.Context) {
	before := p.seen.flow(p.Config).Headline
	states := askAll(ctx, p.Services, p.Names)
	if ctx.Err() != nil {
		return
	}
	p.seen.note(p.Now().UTC(), states)
	if p.seen.flow(p.Config).Headline != before {
		p.hub.Say("flow")
	}
}

func (p *Page) show(w http.ResponseWriter, r *http.Request) error {
	if p.seen.age(p.Now()) > 2*p.Every { // nobody has looked lately
		p.look(r.Context())
	}
	return p.pages.Render(w, http.StatusOK, pageOperations, draw(p.page(r, "Operations"), p.seen.flow(p.Config), p.ledgers.seen(), id.New(), p.Now()))
}

func (p *Page) compare(w http.ResponseWriter, r *http.Request) error {
	p.ledgers.start()
	http.Redirect(w, r, Path+"#ledgers", http.StatusSeeOther)
	return nil
}

// page is what the page has around its content.
func (p *Page) page(r *http.Request, title string) ui.Page {
	a, ok := actor.From(r.Context())
	page := base(title)
	page.Simulated, page.Nonce = p.Simulated, httpx.Nonce(r.Context())
	if ok {
		page.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
	}
	if s, ok := authn.Current(r.Context()); ok {
		page.Session = &ui.Session{
			Seconds: max(1, int(s.Ends.Sub(p.Now()).Seconds())), Stay: "/session",
			Leave: authn.SignInPath + "?return_to=" + url.QueryEscape(r.URL.Path), Person: s.Person.ID,
		}
	}
	return page
}

func base(title string) ui.Page {
	return ui.Page{Title: title, Service: ui.Link{Text: "Operations", Href: Path}, SignIn: authn.SignInPath, Wide: true}
}

// errorPage says why one can not go on.
func (p *Page) errorPage(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	s := refusal(p.page(r, ""), status, f)
	if status >= http.StatusInternalServerError {
		s.Body = append(s.Body.(ui.Group), ui.Paragraph("Request number: "+httpx.RequestID(r.Context())))
	}
	if err := p.pages.Render(w, status, ui.ShutterPage, s); err != nil {
		http.Error(w, f.Message, status)
	}
}

func refusal(p ui.Page, status int, f *fault.Error) ui.Shutter {
	p.Title = map[int]string{
		http.StatusForbidden: "You can not see this", http.StatusNotFound: "There is nothing here", http.StatusServiceUnavailable: "Waypost can not answer just now",
	}[status]
	if p.Title == "" {
		p.Title = "This did not work"
	}
	p.Wide = false
	return ui.Shutter{Page: p, Heading: p.Title, Body: ui.Group{ui.Paragraph(f.Message + "."), ui.Link{Text: "Go back to where you work", Href: "/"}}}
}
