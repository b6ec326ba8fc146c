package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/linkworker/internal/app"
)

// drawn is a form about an offer: its heading, and its parts as they stand after what was typed.
type drawn struct {
	title string
	parts func(v app.OfferView, t typed, now timeT) []ui.Component
}

// offerForm shows a form about an offer.
func (web *Web) offerForm(d drawn) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := httpx.PathID(r, "id")
		if err != nil {
			return err
		}
		return web.drawForm(w, r, d, id, typed{}, nil)
	}
}

func (web *Web) drawForm(w http.ResponseWriter, r *http.Request, d drawn, id string, t typed, refused error) error {
	v, err := web.app.Offer(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	t.problems = ui.ProblemsOf(refused)
	return web.show(w, httpx.Status(refused), formSheet(web.page(r, "", "People"), d, v, t, web.Now()))
}

func formSheet(base ui.Page, d drawn, v app.OfferView, t typed, now timeT) sheet {
	base.Title, base.Problems = d.title+", "+v.Person.Initials(), t.problems
	base.Header = header(v.Person, v.Offer.ID, now)
	base.Back = &ui.Link{Text: "Back to referral " + spaced(v.Offer.Reference), Href: Root + "/offers/" + v.Offer.ID}
	return sheet{Page: base, Heading: d.title, Parts: d.parts(v, t, now)}
}

// take reads a form about an offer and does it; a refusal shows the form again with what was typed.
func (web *Web) take(w http.ResponseWriter, r *http.Request, d drawn, banner string, do func(f *httpx.Form, id string) error) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	if err := do(f, id); err != nil {
		if again(err) {
			return web.drawForm(w, r, d, id, typed{sent: f.Values()}, err)
		}
		return err
	}
	return done(w, r, "/offers/"+id, banner)
}

func formOf(v app.OfferView, path, button string, fields ...ui.Component) ui.Form {
	return ui.Form{
		Action: Root + "/offers/" + v.Offer.ID + "/" + path, IdempotencyKey: key(), Version: v.Offer.Version, Fields: fields,
		Buttons: []ui.Component{ui.Button{Text: button}},
	}
}
