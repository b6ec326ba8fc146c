package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// retentionPage is for how long records are kept, and who decided that.
type retentionPage struct {
	ui.Page
	Intro ui.Component
	Rules ui.Table
	Form  ui.Form
}

const (
	retentionTitle = "How long records are kept"
	retentionPath  = Root + "/retention"
)

func (web *Web) retention(w http.ResponseWriter, r *http.Request) error {
	v, err := web.App.SeeRetention(r.Context(), who(r))
	if err != nil {
		return err
	}
	p := web.page(r, retentionTitle)
	if r.URL.Query().Get("done") != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "Your decision is kept", Body: ui.Paragraph("Records whose time is over by a rule that is on are erased within the hour, and stand on the list of what was removed.")}
	}
	return web.pages.Render(w, http.StatusOK, pageRetention, retentionPageOf(p, v, nil))
}

func (web *Web) decideRetention(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	var known []string
	for _, c := range domain.RetentionCodes {
		known = append(known, string(c))
	}
	s := app.Retaining{
		Command: httpx.Command(r.Context(), "decide retention"),
		Code:    domain.RetentionCode(f.Choice("code", "Select whose records the rule is about", known...)),
		Years:   f.Int("years", 1, 100, "Enter how many years, from 1 to 100"),
		On:      f.YesNo("on", "Select yes if records are to be erased by this rule"),
	}
	if err = f.Err(); err == nil {
		if _, err = web.App.DecideRetention(r.Context(), who(r), s); err == nil {
			return seeOther(w, r, retentionPath+"?done=decided")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.App.SeeRetention(r.Context(), who(r))
	if seeErr != nil {
		return seeErr
	}
	p := web.page(r, retentionTitle)
	p.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageRetention, retentionPageOf(p, v, f.Values()))
}

func retentionPageOf(p ui.Page, v app.RetentionView, typed url.Values) retentionPage {
	page := retentionPage{Page: p, Intro: ui.Paragraph("A rule erases nothing until you switch it on. Then every record that it is about is erased when its time is over, in your name. " +
		"Where two rules are about one person, the one that keeps the record longer counts, also when it is off. Somebody whose date of birth is not known is kept until you decide.")}
	page.Rules = ui.Table{Caption: "The rules", Columns: []ui.Column{{Text: "Whose"}, {Text: "Kept"}, {Text: "Erases"}, {Text: "Decided"}}}
	var options []ui.Option
	for _, r := range v.Rules {
		state, decided := ui.Tag{Text: "Off", Colour: ui.Grey}, "By nobody yet"
		if r.On {
			state = ui.Tag{Text: "On", Colour: ui.Green}
		}
		if r.DecidedBy != "" {
			decided = v.Names.Of(r.DecidedBy, "A privacy officer") + ", " + ui.Near(r.DecidedAt, v.Now)
		}
		page.Rules.Rows = append(page.Rules.Rows, ui.Row{Cells: []ui.Component{ui.Text(r.Code.Label()), ui.Text(r.Says()), state, ui.Text(decided)}})
		options = append(options, ui.Option{Value: string(r.Code), Text: r.Code.Label()})
	}
	page.Form = ui.Form{
		Action: retentionPath, IdempotencyKey: newKey(),
		Fields: []ui.Component{
			ui.Radios{Name: "code", Label: "Whose records?", Value: typed.Get("code"), Error: p.Problems.For("code"), Options: options},
			ui.Input{Name: "years", Label: "How many years?", Hint: "For children and young people: the age until which their record is kept", Value: typed.Get("years"), Width: 3, Numeric: true, Error: p.Problems.For("years")},
			ui.Radios{Name: "on", Label: "Erase records by this rule?", Hint: "What is erased can not be brought back. Check the years with your records manager first.", Value: typed.Get("on"), Error: p.Problems.For("on"), Options: ui.YesNo(), Inline: true},
		},
		Buttons: []ui.Component{ui.Button{Text: "Save this rule"}},
	}
	return page
}
