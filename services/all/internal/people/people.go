// Package people is how one signs in on a machine of one's own: a page on which one chooses who to be. Nothing is checked.
package people

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/authn/dev"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/mail/mailbox"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
)

//go:embed html
var files embed.FS

const template = "choose_person"

// Provider shows everybody whom List names. It can be set later than the provider is used, because the door that knows
// people opens with it.
type Provider struct {
	pages *ui.Pages
	box   *mailbox.Box // nil: nothing is e-mailed
	mu    sync.Mutex
	list  func(context.Context) ([]authn.Identity, error)
}

// New parses the page.
func New() (*Provider, error) {
	pages, err := ui.NewPages(files, "html/*.html")
	if err != nil {
		return nil, fmt.Errorf("draw people: %w", err)
	}
	return &Provider{pages: pages}, nil
}

// List says who knows the people.
func (p *Provider) List(list func(context.Context) ([]authn.Identity, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = list
}

// Routes are the page and its form.
func (p *Provider) Routes(s *authn.Sessions) []httpx.Route {
	routes := dev.Provider{Personas: p.personas, Draw: p.draw}.Routes(s)
	if p.box != nil {
		routes = append(routes, httpx.Route{Method: http.MethodGet, Pattern: MailboxPath, Name: mailboxTemplate, Public: true, Handler: p.mails})
	}
	return routes
}

func (p *Provider) personas(ctx context.Context) ([]dev.Persona, error) {
	p.mu.Lock()
	list := p.list
	p.mu.Unlock()
	if list == nil {
		return nil, nil
	}
	people, err := list(ctx)
	if err != nil {
		return nil, err
	}
	var out []dev.Persona
	for _, one := range people {
		out = append(out, persona(one))
	}
	slices.SortStableFunc(out, func(a, b dev.Persona) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Person.Name, b.Person.Name))
	})
	return out, nil
}

// place orders organisations by their part in the work.
func place(p dev.Persona) int {
	if len(p.Grants) == 0 {
		return len(terms.OrganisationKinds)
	}
	return slices.IndexFunc(terms.OrganisationKinds, func(k terms.Term[terms.OrganisationKind]) bool {
		return string(k.Code) == p.Grants[0].OrganisationKind
	})
}

// persona stands under the organisation of the first role; about says all of them.
func persona(one authn.Identity) dev.Persona {
	p := dev.Persona{Identity: one}
	var roles []string
	for i, g := range one.Grants {
		role := inSentence(terms.Role(g.Role).Label())
		if i == 0 {
			p.Group = g.OrganisationName
		} else if g.OrganisationName != p.Group {
			role += " at " + g.OrganisationName
		}
		roles = append(roles, role)
	}
	p.About = strings.Join(roles, ", ")
	return p
}

// inSentence writes a label small, unless it begins with an abbreviation: "link worker", "GP".
func inSentence(label string) string {
	if len(label) < 2 || strings.ToUpper(label[:2]) == label[:2] {
		return label
	}
	return strings.ToLower(label[:1]) + label[1:]
}

type page struct {
	ui.Page
	Action   string
	ReturnTo string
	Groups   []group
	Nobody   ui.EmptyState
	Mailbox  ui.Component // nil: nothing is e-mailed
}

type group struct {
	Name   string
	People []ui.Button
}

func (p *Provider) draw(w http.ResponseWriter, r *http.Request, status int, d dev.Page) error {
	out := fill(d, httpx.Nonce(r.Context()))
	if p.box != nil {
		out.Mailbox = toMailbox
	}
	return p.pages.Render(w, status, template, out)
}

var toMailbox = ui.Link{Text: "See what organisations were told by email", Href: MailboxPath}

func fill(d dev.Page, nonce string) page {
	out := page{
		Page: ui.Page{Title: "Choose who to be", Nonce: nonce}, Action: authn.SignInPath, ReturnTo: d.ReturnTo,
		Nobody: ui.EmptyState{Heading: "There is nobody yet", Body: ui.Paragraph("The sample is still being loaded. Try again in a moment.")},
	}
	if d.Error != "" {
		out.Problems = ui.Problems{{Field: "maincontent", Message: d.Error}}
	}
	for _, g := range d.Groups {
		one := group{Name: g.Name}
		for _, p := range g.Personas {
			one.People = append(one.People, ui.Button{
				Text: p.Person.Name + ", " + p.About, Variant: ui.Secondary, Small: true, Name: "persona", Value: p.Person.ID,
			})
		}
		out.Groups = append(out.Groups, one)
	}
	return out
}

// Print writes everybody for the terminal, an organisation a line.
func (p *Provider) Print(ctx context.Context, to io.Writer) error {
	list, err := p.personas(ctx)
	if err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	for i, one := range list {
		if i == 0 || one.Group != list[i-1].Group {
			fmt.Fprintf(to, "%s%s: ", strings.Repeat("\n", min(i, 1)), one.Group)
		} else {
			fmt.Fprint(to, "; ")
		}
		fmt.Fprintf(to, "%s, %s", one.Person.Name, one.About)
	}
	fmt.Fprint(to, strings.Repeat("\n", min(len(list), 1)))
	return nil
}

// Home is where somebody begins in a role: the workspace of their part of the work.
func Home(a actor.Actor) string {
	switch terms.Role(a.Role) {
	case terms.RoleReceptionist, terms.RoleGP, terms.RolePracticeManager:
		return "/practice"
	case terms.RoleCareCoordinator, terms.RoleHealthCoach:
		if a.OrganisationKind == string(terms.KindPractice) {
			return "/practice"
		}
		return "/link-worker"
	case terms.RoleLinkWorker:
		return "/link-worker"
	case terms.RoleProviderWorker:
		return "/provider"
	case terms.RoleMDTCoordinator, terms.RoleCareProfessional:
		return "/mdt"
	case terms.RoleCoordinator:
		return "/case"
	case terms.RolePlatformOperator:
		return "/operations"
	default:
		return "/register" // a service lead looks after staff; a privacy officer of the area's office finds what was to be removed in the menu there
	}
}

// Stories are the states of the page.
func Stories() []ui.Story {
	somebody := func(name, role, at string) dev.Persona {
		return persona(authn.Identity{Person: actor.Person{ID: name, Name: name}, Grants: []authn.Grant{{Role: role, Organisation: at, OrganisationName: at}}})
	}
	full := dev.Page{ReturnTo: "/practice", Groups: []dev.Group{
		{Name: "Ladybarn Group Practice", Personas: []dev.Persona{
			somebody("Amira Hassan", string(terms.RoleReceptionist), "Ladybarn Group Practice"),
			somebody("Dr Tom Okafor", string(terms.RoleGP), "Ladybarn Group Practice"),
		}},
		{Name: "South Manchester link workers", Personas: []dev.Persona{somebody("Jo Lindley", string(terms.RoleLinkWorker), "South Manchester link workers")}},
	}}
	wrong := full
	wrong.Error = "Select who to be"
	story := func(state string, d dev.Page) ui.Story {
		return ui.Story{Page: "choose who to be", Template: template, State: state, Data: fill(d, "")}
	}
	all := []ui.Story{story("full", full), story("empty", dev.Page{}), story("error", wrong)}
	return append(all, mailboxStories()...)
}
