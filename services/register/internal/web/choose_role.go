package web

import (
	"net/http"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
)

// pageChoose is the page on which somebody with several roles says in which they act. authn routes it, we draw it.
const pageChoose = "choose role"

// chooseTemplate is what pageChoose is laid out by.
const chooseTemplate = "choose_role"

// ChooseRole draws authn's page of roles.
func (web *Web) ChooseRole(w http.ResponseWriter, r *http.Request, status int, c authn.ChooseRole) error {
	return web.pages.Render(w, status, chooseTemplate, choosePage(web.page(r, "Choose a role"), c))
}

func choosePage(p ui.Page, c authn.ChooseRole) formPage {
	if c.Error != "" {
		p.Problems = ui.Problems{{Field: "role", Message: c.Error}}
	}
	roles := ui.Radios{Name: "role", Label: "Choose a role", Heading: true, Size: "l", Hint: "You see and do what belongs to the role you choose, and can change it later", Value: c.Session.Chosen, Error: c.Error}
	for _, g := range c.Session.Grants {
		roles.Options = append(roles.Options, ui.Option{Value: g.Key(), Text: terms.Role(g.Role).Label(), Hint: g.OrganisationName})
	}
	return formPage{Page: p, Form: ui.Form{
		Action: "/choose-role", IdempotencyKey: newKey(), Values: []ui.Value{{Name: "return_to", Value: c.ReturnTo}},
		Fields: []ui.Component{roles}, Buttons: []ui.Component{ui.Button{Text: "Continue"}},
	}}
}
