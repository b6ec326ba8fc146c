package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// lookalikesPage lists the records that may be one person's, while nothing waits for the answer.
type lookalikesPage struct {
	ui.Page
	List   ui.Component
	Paging ui.Component
}

// pairPage lays two records side by side.
type pairPage struct {
	ui.Page
	Made     ui.Component
	Compared ui.Component
	Answer   ui.Component
}

const (
	lookalikesTitle = "Records that look alike"
	lookalikeTitle  = "Are they one person?"
	apartTitle      = "They were kept apart"
	lookalikesPath  = Root + "/lookalikes"
)

func lookalikePath(id string) string { return lookalikesPath + "/" + id }

func apartPath(x app.Apart) string { return Root + "/apart/" + x.One + "/" + x.Other }

func (web *Web) lookalikes(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	var after app.ListCursor
	cursor := &after
	if ok, err := in.After(r.Context(), &after); err != nil {
		return err
	} else if !ok {
		cursor = nil
	}
	v, err := web.App.SeeLookalikes(r.Context(), who(r), cursor, in.Limit)
	if err != nil {
		return err
	}
	shown := httpx.ListBody(r.Context(), in, v.Rows, func(l app.LookalikeListed) any { return l.Cursor() })
	v.Rows = shown.Items
	p := web.page(r, lookalikesTitle)
	if heading := pairHeadings[r.URL.Query().Get("done")]; heading != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: heading}
	}
	page := lookalikesPageOf(p, v)
	if shown.Next != "" || in.Cursor != "" {
		paging := ui.Pagination{}
		if in.Cursor != "" {
			paging.Previous = lookalikesPath
		}
		if shown.Next != "" {
			paging.Next = lookalikesPath + "?cursor=" + shown.Next
		}
		page.Paging = paging
	}
	return web.pages.Render(w, http.StatusOK, pageLookalikes, page)
}

// pairHeadings say what was done, by the answer.
var pairHeadings = map[string]string{answerSame: "They are one person now, and every service is told", none: "They are kept apart"}

// answerSame is the answer that two are one person; the other is none.
const answerSame = "same"

func lookalikesPageOf(p ui.Page, v app.LookalikesView) lookalikesPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}}
	if len(v.Rows) == 0 {
		return lookalikesPage{Page: p, List: ui.EmptyState{Heading: "No records look alike", Body: ui.Paragraph("Where something waits until you have said who somebody is, it is on the list of people to recognise.")}}
	}
	table := ui.Table{Caption: lookalikesTitle, HideCaption: true, Columns: []ui.Column{{Text: "Who"}, {Text: "Why"}, {Text: "Since"}, {Text: "By"}}}
	for _, l := range v.Rows {
		why := "Their details became alike"
		if l.Why != "" {
			why = "They were kept apart. " + l.Why.Label()
		}
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: l.Initials[0] + " and " + l.Initials[1], Href: lookalikePath(l.ID)}, ui.Text(why), ui.Text(ui.Near(l.AskedAt, v.Now)), due(l.DueAt, v.Now),
		}})
	}
	return lookalikesPage{Page: p, List: table}
}

func (web *Web) askLookalike(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeLookalike(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageLookalike, lookalikePageOf(web.page(r, lookalikeTitle), v, nil))
}

func (web *Web) seeLookalike(r *http.Request) (app.PairView, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return app.PairView{}, err
	}
	return web.App.SeeLookalike(r.Context(), who(r), id)
}

func (web *Web) settleLookalike(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	s := app.LookalikeAnswer{Command: httpx.Command(r.Context(), "settle lookalike"), LookalikeID: id}
	answer := f.Choice("same", "Select whether they are one person", answerSame, none)
	if s.Same = answer == answerSame; answer == none {
		s.Apart = domain.ApartReason(f.Choice("reason", "Select how you know that they are different people", apartCodes()...))
	}
	if err = f.Err(); err == nil {
		if _, err = web.App.SettleLookalike(r.Context(), who(r), s); err == nil {
			return seeOther(w, r, lookalikesPath+"?done="+answer)
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.seeLookalike(r)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, lookalikeTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageLookalike, lookalikePageOf(page, v, f.Values()))
}

func pairPageOf(p ui.Page, v app.PairView) pairPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}, {Text: lookalikesTitle, Href: lookalikesPath}}
	return pairPage{Page: p, Compared: compared("First", "Second", v.One, v.Other, v.Now)}
}

func lookalikePageOf(p ui.Page, v app.PairView, typed url.Values) pairPage {
	page, l := pairPageOf(p, v), v.Lookalike
	made := "Their details became alike " + ui.Near(l.AskedAt, v.Now) + "."
	if l.Why != "" {
		made = v.Names.Of(l.AskedBy, "A coordinator") + " asked " + ui.Near(l.AskedAt, v.Now) + " to look at them again: " + lower(l.Why.Label()) + ". " + apartWords(v)
	}
	if len(v.Cases) > 0 {
		made += " What goes on meanwhile: case " + strings.Join(spokenAll(v.Cases), " and case ") + "."
	}
	page.Made = ui.Paragraph(made)
	if !l.SettledAt.IsZero() {
		page.Answer = settledPair(v)
		return page
	}
	reasons := ui.Radios{Name: "reason", Label: "How do you know?", Value: typed.Get("reason"), Error: p.Problems.For("reason")}
	for _, x := range domain.ApartReasons {
		reasons.Options = append(reasons.Options, ui.Option{Value: string(x.Code), Text: x.Text})
	}
	page.Answer = ui.Form{
		Action: lookalikePath(l.ID), IdempotencyKey: newKey(), Buttons: []ui.Component{ui.Button{Text: "Continue"}},
		Fields: []ui.Component{ui.Radios{Name: "same", Label: lookalikeTitle, Size: "m", Value: typed.Get("same"), Error: p.Problems.For("same"), Options: []ui.Option{
			{Value: answerSame, Text: "They are one person", Hint: "Both records become one case, and every service is told. Whoever helps already goes on. It can be undone for 30 days."},
			{Value: none, Text: "They are two people", Hint: "They are kept apart. You can have them looked at again.", Reveal: reasons},
		}}},
	}
	return page
}

func spokenAll(references []string) []string {
	out := slices.Clone(references)
	for i := range out {
		out[i] = spoken(out[i])
	}
	return out
}

// settledPair stands where the form was when somebody has answered.
func settledPair(v app.PairView) ui.Component {
	l := v.Lookalike
	by := v.Names.Of(l.SettledBy, "a coordinator")
	if l.SettledBy == "" {
		by = "Waypost"
	}
	if l.Same {
		return ui.InsetText{Body: ui.Paragraph("They were found to be one person " + ui.Near(l.SettledAt, v.Now) + " by " + by + ".")}
	}
	body := ui.Group{ui.Paragraph("They were kept apart " + ui.Near(l.SettledAt, v.Now) + " by " + by + ".")}
	if v.Apart.One != "" {
		body = append(body, ui.Link{Text: againText, Href: apartPath(v.Apart)})
	}
	return ui.InsetText{Body: body}
}

const againText = "Look at these two again"

// apartWords say who kept two apart, when and why.
func apartWords(v app.PairView) string {
	return "They were kept apart " + ui.Near(v.Apart.At, v.Now) + " by " + v.Names.Of(v.Apart.By, "a coordinator") + ": " + apartReason(v.Apart) + "."
}

func apartReason(x app.Apart) string {
	if x.Why == domain.ApartUndone {
		return "they had been made one, and it was undone"
	}
	return lower(x.Why.Label())
}
