package web

import (
	"net/http"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

const reachTitle = "How you are reached"

func reachPath(organisation string) string { return organisationPath(organisation) + "/reach" }

func (web *Web) askReach(w http.ResponseWriter, r *http.Request) error {
	o, _, err := web.reachable(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageReach, reachPage(web.page(r, reachTitle), o, newKey()))
}

// reachable finds the organisation in the path, whose address and number the actor may change.
func (web *Web) reachable(r *http.Request) (o domain.Organisation, a actor.Actor, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return o, a, err
	}
	a, _ = actor.From(r.Context())
	if o, err = web.App.Organisation(r.Context(), a, id); err != nil {
		return o, a, err
	}
	if !domain.May(whoIs(a), domain.ActChangeReach, domain.What{Organisation: o.ID}) {
		return o, a, domain.ErrMayNot
	}
	return o, a, nil
}

func reachPage(p ui.Page, o domain.Organisation, key string) formPage {
	p.Back = &ui.Link{Text: o.Name, Href: organisationPath(o.ID)}
	return formPage{
		Page: p,
		Lead: ui.Paragraph("A provider is told by email of a new offer, of one that is due soon, and of one that is taken back. The emails name nobody. Whom no email reaches is phoned."),
		Form: ui.Form{
			Action: reachPath(o.ID), IdempotencyKey: key, Version: int64(o.Version),
			Fields: []ui.Component{
				ui.Input{Name: "email", Label: "Email (optional)", Hint: "An address that somebody reads every working day, not one person's own", Value: o.Email, Error: p.Problems.For("email")},
				ui.Input{Name: "phone", Label: "Phone (optional)", Hint: "For whoever can not reach you by email", Width: 20, Value: o.Phone, Error: p.Problems.For("phone")},
			},
			Buttons: []ui.Component{ui.Button{Text: "Save"}, ui.Link{Text: "Leave it as it is", Href: organisationPath(o.ID)}},
		},
	}
}

func (web *Web) changeReach(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	o, a, err := web.reachable(r)
	if err != nil {
		return err
	}
	to := app.Reach{Email: f.Text("email", domain.MaxContact, ""), Phone: f.Text("phone", domain.MaxContact, "")}
	if err = f.Err(); err == nil {
		err = web.App.ChangeReach(r.Context(), a, httpx.Command(r.Context(), "change reach"), o.ID, version, to)
	}
	if refused(err) {
		p := web.page(r, reachTitle)
		p.Problems = ui.ProblemsOf(err)
		o.Email, o.Phone = f.Typed("email"), f.Typed("phone")
		return web.pages.Render(w, httpx.Status(err), pageReach, reachPage(p, o, newKey()))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, organisationPath(o.ID)+"?done=reach", http.StatusSeeOther)
	return nil
}
