package web

import (
	"net/http"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"

	"example.org/waypost/services/register/internal/domain"
)

func (web *Web) askEnd(w http.ResponseWriter, r *http.Request) error {
	o, x, _, err := web.role(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageEnd, endPage(web.page(r, "End access"), o, x, newKey()))
}

// role finds the role in the path, which the actor may end.
func (web *Web) role(r *http.Request) (o domain.Organisation, x domain.Role, a actor.Actor, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return o, x, a, err
	}
	a, _ = actor.From(r.Context())
	if o, x, err = web.App.Role(r.Context(), a, id); err != nil {
		return o, x, a, err
	}
	if !domain.May(whoIs(a), domain.ActEndRole, domain.What{Organisation: x.OrganisationID, Role: x.Role}) {
		return o, x, a, domain.ErrMayNot
	}
	return o, x, a, nil
}

func endPage(p ui.Page, o domain.Organisation, x domain.Role, key string) formPage {
	p.Back = &ui.Link{Text: x.Name, Href: colleaguePath(o.ID, x.PersonID)}
	return formPage{
		Page: p,
		Lead: ui.Group{
			ui.SummaryList{Rows: []ui.SummaryRow{
				{Key: "Person", Value: ui.Text(x.Name)}, {Key: "Role", Value: ui.Text(x.Role.Label())}, {Key: "Organisation", Value: ui.Text(o.Name)},
			}},
			ui.WarningCallout{Heading: "This works at once", Body: ui.Paragraph("They are signed out of this role within seconds. What they did stays in the record. To let them in again, add them again.")},
		},
		Form: ui.Form{
			Action: Root + "/roles/" + x.ID + "/end", IdempotencyKey: key, Version: int64(x.Version),
			Buttons: []ui.Component{ui.Button{Text: "End access", Variant: ui.Warning}, ui.Link{Text: "Keep it", Href: colleaguePath(o.ID, x.PersonID)}},
		},
	}
}

func (web *Web) endRole(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	o, x, a, err := web.role(r)
	if err != nil {
		return err
	}
	err = web.App.EndRole(r.Context(), a, httpx.Command(r.Context(), "end role"), x.ID, version)
	if refused(err) {
		p := web.page(r, "End access")
		p.Problems = ui.ProblemsOf(err)
		return web.pages.Render(w, httpx.Status(err), pageEnd, endPage(p, o, x, newKey()))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, colleaguePath(o.ID, x.PersonID)+"?done=ended", http.StatusSeeOther)
	return nil
}
