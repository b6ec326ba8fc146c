package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// reassignPage gives the step that is owed on a referral to a named person.
type reassignPage struct {
	ui.Page
	Why  ui.Component
	Card ui.Component
	Form ui.Component
}

const reassignTitle = "Who takes the next step?"

func reassignPath(id string) string { return referralPath(id) + "/reassign" }

func (web *Web) askReassign(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeReferral(r)
	if err != nil {
		return err
	}
	takers, names, err := web.App.Takers(r.Context(), who(r), v.Referral)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageReassign, reassignPageOf(web.page(r, reassignTitle), v, takers, names, ""))
}

func (web *Web) reassign(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	person := f.Text("person", 36, "Select who takes the step")
	if err = f.Err(); err == nil {
		var s app.Step
		if s, err = stepOf(r, f, "reassign"); err != nil {
			return err
		}
		if _, err = web.App.Reassign(r.Context(), who(r), s, person); err == nil {
			return seeOther(w, r, overduePath+"?done=reassigned")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.seeReferral(r)
	if seeErr != nil {
		return seeErr
	}
	takers, names, seeErr := web.App.Takers(r.Context(), who(r), v.Referral)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, reassignTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageReassign, reassignPageOf(page, v, takers, names, person))
}

func reassignPageOf(p ui.Page, v app.ReferralView, takers []domain.Named, names app.Names, typed string) reassignPage {
	page := reassignPage{Page: about(p, v), Card: referralCard(v.Referral, nil, v.Names, v.Now)}
	if !v.Referral.State.Open() {
		page.Form = settledAlready(v.Referral)
		return page
	}
	page.Why = ui.InsetText{Body: ui.Group{
		ui.Paragraph("Now with " + owesWords(v.Referral, v.Names) + ": " + stepWords(v.Referral) + "."),
		ui.Clock{Since: v.Referral.Since, Due: v.Referral.DueAt, What: "the step", Now: v.Now},
	}}
	radios := ui.Radios{Name: "person", Label: "Give it to", Size: "m", Hint: "The time stays as it is. Who had it before is kept on the case's timeline.", Value: typed, Error: p.Problems.For("person")}
	for _, t := range takers {
		if t.Person != v.Referral.Owes.Person {
			radios.Options = append(radios.Options, ui.Option{Value: t.Person, Text: names.Of(t.Person, "A colleague"), Hint: names[t.Organisation]})
		}
	}
	if len(radios.Options) == 0 {
		page.Form = ui.Paragraph("There is nobody else who could take it. A service lead can give somebody a role that does.")
		return page
	}
	page.Form = ui.Form{
		Action: reassignPath(v.Referral.ID), IdempotencyKey: newKey(), Version: int64(v.Referral.Version),
		Fields: []ui.Component{radios}, Buttons: []ui.Component{ui.Button{Text: "Give it to them"}},
	}
	return page
}
