// Package dev is a page on which anybody chooses who to be. Only services/all may link it, and only with -dev.
package dev

import (
	"context"
	"fmt"
	"html/template"
	"net/http"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/httpx"
)

// Persona is somebody to be.
type Persona struct {
	authn.Identity
	Group string // the heading it stands under: an organisation or a place
	About string // one line on what this person does
}

// Page is what is drawn.
type Page struct {
	Groups   []Group
	ReturnTo string
	Error    string
}

// Group is personas under one heading, in the order they came.
type Group struct {
	Name     string
	Personas []Persona
}

// Provider is an authn.Provider without any check at all.
type Provider struct {
	Personas func(context.Context) ([]Persona, error)
	Draw     func(w http.ResponseWriter, r *http.Request, status int, p Page) error // nil: a plain page
}

// Routes are GET and POST /sign-in.
func (p Provider) Routes(s *authn.Sessions) []httpx.Route {
	if p.Draw == nil {
		p.Draw = plain
	}
	show := func(w http.ResponseWriter, r *http.Request, status int, page Page) error {
		personas, err := p.Personas(r.Context())
		if err != nil {
			return fmt.Errorf("list personas: %w", err)
		}
		page.Groups = grouped(personas)
		return p.Draw(w, r, status, page)
	}
	return []httpx.Route{
		{
			Method: http.MethodGet, Pattern: authn.SignInPath, Name: "choose who to be", Public: true,
			Handler: func(w http.ResponseWriter, r *http.Request) error {
				return show(w, r, http.StatusOK, Page{ReturnTo: r.URL.Query().Get("return_to")})
			},
		},
		{
			Method: http.MethodPost, Pattern: authn.SignInPath, Name: "be a persona", Public: true,
			Handler: func(w http.ResponseWriter, r *http.Request) error {
				f, err := httpx.ParseForm(r)
				if err != nil {
					return err
				}
				personas, err := p.Personas(r.Context())
				if err != nil {
					return fmt.Errorf("list personas: %w", err)
				}
				for _, one := range personas {
					if one.Person.ID == f.Typed("persona") {
						return s.SignIn(w, r, one.Identity, f.Typed("return_to"))
					}
				}
				return show(w, r, http.StatusUnprocessableEntity, Page{ReturnTo: f.Typed("return_to"), Error: "Select who to be"})
			},
		},
	}
}

func grouped(personas []Persona) []Group {
	var out []Group
	at := map[string]int{}
	for _, p := range personas {
		i, ok := at[p.Group]
		if !ok {
			i = len(out)
			at[p.Group] = i
			out = append(out, Group{Name: p.Group})
		}
		out[i].Personas = append(out[i].Personas, p)
	}
	return out
}

var page = template.Must(template.New("personas").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{with .Error}}Error: {{end}}Choose who to be – Waypost</title></head>
<body><main><h1>Choose who to be</h1><p>This is a demonstration. Everybody here is invented.</p>{{with .Error}}<p role="alert">{{.}}</p>{{end}}
<form method="post" action="/sign-in"><input type="hidden" name="return_to" value="{{.ReturnTo}}">
{{range .Groups}}<section><h2>{{.Name}}</h2><ul>
{{range .Personas}}<li><button name="persona" value="{{.Person.ID}}">{{.Person.Name}}</button> {{.About}}{{range .Grants}} {{.Role}}, {{.OrganisationName}}{{end}}</li>
{{end}}</ul></section>
{{end}}</form></main></body></html>
`))

func plain(w http.ResponseWriter, _ *http.Request, status int, p Page) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	return page.Execute(w, p)
}
