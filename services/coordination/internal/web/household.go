package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// householdPage is where it is recorded whether those a patient lives with may be told that help is there, and what may be told of them.
type householdPage struct {
	ui.Page
	Now   ui.Component
	Helps ui.Component
	Form  ui.Component
}

const householdTitle = "The people they live with"

func householdPath(ref string) string { return Root + "/patients/" + ref + "/household" }

func (web *Web) askHousehold(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	v, err := web.App.SeeHousehold(r.Context(), who(r), ref)
	if err != nil {
		return err
	}
	p := web.page(r, householdTitle)
	if r.URL.Query().Get("done") != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "Recorded", Body: ui.Paragraph("Nobody was told anything because of it. It counts from now on.")}
	}
	return web.pages.Render(w, http.StatusOK, pageHousehold, householdPageOf(p, v, nil))
}

func (web *Web) answerHousehold(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	s := app.HouseholdAnswer{
		Command: httpx.Command(r.Context(), "record household"), PatientRef: ref,
		Given: f.YesNo("given", "Select whether they agree"),
		How:   terms.ConsentHow(f.Choice("how", "Select how they were asked", codes(terms.ConsentHows)...)),
	}
	if err = f.Err(); err == nil {
		if _, err = web.App.AnswerHousehold(r.Context(), who(r), s); err == nil {
			return seeOther(w, r, householdPath(ref)+"?done=recorded")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.App.SeeHousehold(r.Context(), who(r), ref)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, householdTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageHousehold, householdPageOf(page, v, f.Values()))
}

func householdPageOf(p ui.Page, v app.HouseholdView, typed url.Values) householdPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}, {Text: "Case " + spoken(v.Case.Reference), Href: casePath(v.Case.ID)}}
	p.Header = personHeader(v.Patient, v.Sees, v.Now)
	now := "They have not agreed. Nothing is told, and nobody sees that they live with anybody."
	var helps ui.Component
	if c, yes := v.Agreed(); yes {
		now = "They agreed. Asked by " + v.Names.Of(c.AskedBy, "somebody who helps them") + ", " + ui.Moment(c.AskedAt, v.Now) + "."
		helps = ui.Paragraph("Nothing that may be told. That does not mean that nobody lives there, or that nobody helps them.")
		if len(v.Helps) > 0 {
			list := ui.List{}
			for _, name := range v.Helps {
				list = append(list, ui.Text(name))
			}
			helps = list
		}
	}
	var hows []ui.Option
	for _, h := range terms.ConsentHows {
		if domain.HouseholdHow(h.Code) {
			hows = append(hows, ui.Option{Value: string(h.Code), Text: h.Label})
		}
	}
	return householdPage{Page: p, Now: ui.InsetText{Body: ui.Text(now)}, Helps: helps, Form: ui.Form{
		Action: householdPath(v.Patient.Ref), IdempotencyKey: newKey(),
		Fields: []ui.Component{
			ui.Radios{
				Name: "given", Label: "Do they agree that whoever helps the people they live with is told that help is there?", Size: "m",
				Hint:  "Ask them when they are alone. Only the name of the service is told, not who is helped or with what; only where the other person agreed too; and never where something is sensitive or somebody must be kept safe. They can change their mind at any time.",
				Value: typed.Get("given"), Error: p.Problems.For("given"), Options: ui.YesNo(),
			},
			ui.Radios{Name: "how", Label: "How were they asked?", Value: typed.Get("how"), Error: p.Problems.For("how"), Options: hows},
		},
		Buttons: []ui.Component{ui.Button{Text: "Record their answer"}},
	}}
}
