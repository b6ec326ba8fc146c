package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

// endPage closes a case, or opens it again.
type endPage struct {
	ui.Page
	Form ui.Component
}

func endPath(id string) string { return Root + "/end/" + id }

// endLink leads from a case to closing it, or to what keeps it open, or to opening it again.
func endLink(v app.CaseView) ui.Component {
	switch {
	case !v.MayEnd:
		return nil
	case v.Case.Open:
		return ui.LinkButton{Text: "Close this case", Href: endPath(v.Case.ID), Variant: ui.Secondary}
	}
	return ui.LinkButton{Text: "Open this case again", Href: endPath(v.Case.ID), Variant: ui.Secondary}
}

func endTitle(v app.CaseView) string {
	if v.Case.Open {
		return "Close this case"
	}
	return "Open this case again"
}

func (web *Web) seeCase(r *http.Request) (app.CaseView, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return app.CaseView{}, err
	}
	return web.App.SeeCase(r.Context(), who(r), id)
}

func (web *Web) askEnd(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeCase(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageEnd, endPageOf(web.page(r, endTitle(v)), v, nil))
}

func (web *Web) end(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	again := f.Typed("again") != ""
	outcome, note := "", ""
	if again {
		note = f.Area("note", 2000, "Enter why the case is opened again")
	} else {
		outcome = f.Choice("outcome", "Select why the case is closed", codes(terms.CaseOutcomes)...)
	}
	if err = f.Err(); err == nil {
		s := app.CaseStep{Command: httpx.Command(r.Context(), "close case"), CaseID: id, Version: version}
		if again {
			_, err = web.App.ReopenCase(r.Context(), who(r), s, note)
		} else {
			_, err = web.App.CloseCase(r.Context(), who(r), s, terms.CaseOutcome(outcome))
		}
		if err == nil {
			return seeOther(w, r, casePath(id))
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.seeCase(r)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, endTitle(v))
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageEnd, endPageOf(page, v, f.Values()))
}

func endPageOf(p ui.Page, v app.CaseView, typed url.Values) endPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}, {Text: "Case " + spoken(v.Case.Reference), Href: casePath(v.Case.ID)}}
	p.Header = personHeader(v.Patient, v.Sees, v.Now)
	page := endPage{Page: p}
	if v.Case.Open && len(v.Owed) > 0 {
		page.Form = ui.Group{
			ui.InsetText{Body: ui.Paragraph("Somebody still owes a step on this case. It can be closed when nobody owes anything any more.")},
			ui.Heading{Text: "Who owes what"},
			owedList(v),
		}
		return page
	}
	form := ui.Form{Action: endPath(v.Case.ID), IdempotencyKey: newKey(), Version: int64(v.Case.Version)}
	if v.Case.Open {
		form.Fields = []ui.Component{ui.Radios{
			Name: "outcome", Label: "Why is it closed?", Size: "m", Hint: "It can be opened again, with a note. The services involved can then no longer add to it.",
			Value: typed.Get("outcome"), Error: p.Problems.For("outcome"), Options: options(closable()),
		}}
		form.Buttons = []ui.Component{ui.Button{Text: "Close this case", Variant: ui.Warning}}
	} else {
		form.Values = []ui.Value{{Name: "again", Value: "yes"}}
		form.Fields = []ui.Component{ui.Textarea{Name: "note", Label: "Why is it opened again?", Size: "m", Value: typed.Get("note"), Error: p.Problems.For("note"), MaxLength: 2000}}
		form.Buttons = []ui.Component{ui.Button{Text: "Open this case again"}}
	}
	page.Form = form
	return page
}

// owedList names who owes what, so that it is known whom to ask.
func owedList(v app.CaseView) ui.Component {
	var list ui.List
	for _, d := range v.Owed {
		list = append(list, ui.Text(app.DebtWords(d, v.Names)))
	}
	return list
}

// closable are the outcomes that a person may choose; the others follow from what happened.
func closable() []terms.Term[terms.CaseOutcome] {
	var out []terms.Term[terms.CaseOutcome]
	for _, o := range terms.CaseOutcomes {
		if o.Code.Said() {
			out = append(out, o)
		}
	}
	return out
}
