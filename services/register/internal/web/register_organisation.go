package web

import (
	"net/http"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/geo"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/domain"
)

// formPage is a page that is one form.
type formPage struct {
	ui.Page
	Lead ui.Component // what to know before filling it in
	Form ui.Form
}

func (web *Web) newOrganisation(w http.ResponseWriter, r *http.Request) error {
	return web.pages.Render(w, http.StatusOK, pageNew, newOrganisationPage(web.page(r, "Register an organisation"), newKey(), func(string) string { return "" }))
}

func newOrganisationPage(p ui.Page, key string, typed func(string) string) formPage {
	p.Back = &ui.Link{Text: "Organisations", Href: Root}
	input := func(name, label, hint string, width int) ui.Input {
		return ui.Input{Name: name, Label: label, Hint: hint, Width: width, Value: typed(name), Error: p.Problems.For(name)}
	}
	kinds := ui.Radios{Name: "kind", Label: "Kind of organisation", Value: typed("kind"), Error: p.Problems.For("kind")}
	for _, k := range terms.OrganisationKinds {
		if k.Code == terms.KindPractice {
			continue // practices come with the ODS import, and with nothing else
		}
		kinds.Options = append(kinds.Options, ui.Option{Value: string(k.Code), Text: k.Label, Hint: kindHints[k.Code]})
	}
	return formPage{
		Page: p,
		Lead: ui.Paragraph("GP practices come from the NHS file of organisations. Register all others here."),
		Form: ui.Form{
			Action: Root + "/organisations", IdempotencyKey: key,
			Fields: []ui.Component{
				kinds, input("name", "Name", "", 0), input("ods_code", "ODS code (optional)", "NHS and council organisations have one", 10),
				input("charity_number", "Charity number (optional)", "", 10), input("address", "Address (optional)", "", 0),
				input("postcode", "Postcode (optional)", "", 10), input("phone", "Phone (optional)", "", 20), input("email", "Email (optional)", "", 0),
			},
			Buttons: []ui.Component{ui.Button{Text: "Register organisation"}},
		},
	}
}

var kindHints = map[terms.OrganisationKind]string{
	terms.KindLinkWorkerTeam: "Social prescribing link workers of a primary care network",
	terms.KindProvider:       "A charity, group or other body that offers services to people",
	terms.KindOtherCare:      "A hospital, council or mental health trust that refers people and holds cases",
}

func (web *Web) registerOrganisation(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	o := domain.Organisation{
		Kind: terms.OrganisationKind(f.Choice("kind", "Select what kind of organisation it is",
			string(terms.KindLinkWorkerTeam), string(terms.KindProvider), string(terms.KindOtherCare))),
		Name: f.Text("name", domain.MaxName, "Enter the organisation's name"), ODSCode: f.Text("ods_code", domain.MaxContact, ""),
		CharityNumber: f.Text("charity_number", domain.MaxContact, ""), Address: f.Text("address", domain.MaxAddress, ""),
		Postcode: f.Text("postcode", domain.MaxContact, ""), Phone: f.Text("phone", domain.MaxContact, ""), Email: f.Text("email", domain.MaxContact, ""),
	}
	if o.Postcode != "" {
		code, err := geo.ParsePostcode(o.Postcode)
		if err != nil {
			f.Add("postcode", geo.ErrPostcode.Message)
		}
		o.Postcode = code.String()
	}
	made := ""
	if err = f.Err(); err == nil {
		a, _ := actor.From(r.Context())
		made, err = web.App.RegisterOrganisation(r.Context(), a, httpx.Command(r.Context(), "register organisation"), o)
	}
	if refused(err) {
		p := web.page(r, "Register an organisation")
		p.Problems = ui.ProblemsOf(err)
		return web.pages.Render(w, httpx.Status(err), pageNew, newOrganisationPage(p, newKey(), f.Typed))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, organisationPath(made)+"?done=registered", http.StatusSeeOther)
	return nil
}

// refused tells whether a person can put the error right on the form: it is shown again with what they typed.
func refused(err error) bool {
	f, ok := fault.Of(err)
	return ok && (f.Meaning == fault.MeaningInvalid || f.Meaning == fault.MeaningConflict || f.Meaning == fault.MeaningStale)
}
