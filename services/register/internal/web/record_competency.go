package web

import (
	"net/http"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

func (web *Web) newCompetency(w http.ResponseWriter, r *http.Request) error {
	c, _, err := web.colleagueOf(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageCompetency, competencyPage(web.page(r, "Add a training"), c, newKey(), typed{}))
}

// colleagueOf finds the person in the path, whose trainings the actor may record.
func (web *Web) colleagueOf(r *http.Request) (c app.Colleague, a actor.Actor, err error) {
	organisation, err := httpx.PathID(r, "id")
	if err != nil {
		return c, a, err
	}
	person, err := httpx.PathID(r, "person")
	if err != nil {
		return c, a, err
	}
	a, _ = actor.From(r.Context())
	if !domain.May(whoIs(a), domain.ActRecordCompetency, domain.What{Organisation: organisation}) {
		return c, a, domain.ErrMayNot
	}
	c, err = web.App.Colleague(r.Context(), a, organisation, person)
	return c, a, err
}

func competencyPage(p ui.Page, c app.Colleague, key string, t typed) formPage {
	back := colleaguePath(c.Organisation.ID, c.PersonID)
	p.Back = &ui.Link{Text: c.Name, Href: back}
	kinds := ui.Radios{Name: "competency", Label: "What they were trained in", Value: t.get("competency"), Error: p.Problems.For("competency")}
	for _, k := range terms.Competencies {
		kinds.Options = append(kinds.Options, ui.Option{Value: string(k.Code), Text: k.Label})
	}
	tiers := ui.Radios{Name: "tier", Label: "Tier (optional)", Hint: "Of the care navigation framework", Value: t.get("tier"), Error: p.Problems.For("tier")}
	for _, k := range terms.Tiers {
		tiers.Options = append(tiers.Options, ui.Option{Value: string(k.Code), Text: k.Label})
	}
	return formPage{
		Page: p,
		Lead: ui.Paragraph("It counts for " + c.Name + " wherever they work, until the day you enter."),
		Form: ui.Form{
			Action: back + "/training", IdempotencyKey: key,
			Fields: []ui.Component{
				kinds, tiers,
				ui.DateInput{Name: "from_on", Label: "Day of the training", Value: t.date("from_on"), Error: p.Problems.For("from_on")},
				ui.DateInput{Name: "until_on", Label: "Counts until", Hint: "5 years from the day of the training at most", Value: t.date("until_on"), Error: p.Problems.For("until_on")},
			},
			Buttons: []ui.Component{ui.Button{Text: "Add training"}},
		},
	}
}

func (web *Web) recordCompetency(w http.ResponseWriter, r *http.Request) error {
	c, a, err := web.colleagueOf(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	in := app.RecordCompetency{
		Organisation: c.Organisation.ID, Person: c.PersonID,
		Competency: terms.Competency(f.Text("competency", domain.MaxContact, "Select what they were trained in")), Tier: terms.Tier(f.Text("tier", domain.MaxContact, "")),
		From: iso(f.Date("from_on", "Enter the day of the training")), Until: iso(f.Date("until_on", "Enter the day on which it runs out")),
	}
	if err = f.Err(); err == nil {
		_, err = web.App.RecordCompetency(r.Context(), a, httpx.Command(r.Context(), "record competency"), in)
	}
	if refused(err) {
		p := web.page(r, "Add a training")
		p.Problems = ui.ProblemsOf(err)
		return web.pages.Render(w, httpx.Status(err), pageCompetency, competencyPage(p, c, newKey(), typed(f.Values())))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, colleaguePath(c.Organisation.ID, c.PersonID)+"?done=recorded", http.StatusSeeOther)
	return nil
}
