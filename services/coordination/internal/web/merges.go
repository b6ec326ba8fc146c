package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// mergesPage lists the records that were made one and can still be taken apart.
type mergesPage struct {
	ui.Page
	List   ui.Component
	Paging ui.Component
}

// undoPage makes two people of one again.
type undoPage struct {
	ui.Page
	Made     ui.Component
	Compared ui.Component
	Answer   ui.Component
}

const mergesPath = Root + "/merges"

func mergePath(id string) string { return mergesPath + "/" + id }

func (web *Web) merges(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	var after app.MergeCursor
	cursor := &after
	if ok, err := in.After(r.Context(), &after); err != nil {
		return err
	} else if !ok {
		cursor = nil
	}
	v, err := web.App.SeeMerges(r.Context(), who(r), cursor, in.Limit)
	if err != nil {
		return err
	}
	shown := httpx.ListBody(r.Context(), in, v.Merges, func(m app.MergeListed) any { return m.Cursor() })
	v.Merges = shown.Items
	p := web.page(r, mergesTitle)
	if r.URL.Query().Get("done") != "" {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: "They are two people again", Body: ui.Paragraph("Each has what was sent for them. Every service is told, and what had been joined to the other's referral is being offered.")}
	}
	page := mergesPageOf(p, v)
	if shown.Next != "" || in.Cursor != "" {
		paging := ui.Pagination{}
		if in.Cursor != "" {
			paging.Previous = mergesPath
		}
		if shown.Next != "" {
			paging.Next = mergesPath + "?cursor=" + shown.Next
		}
		page.Paging = paging
	}
	return web.pages.Render(w, http.StatusOK, pageMerges, page)
}

const mergesTitle = "Records made one"

func mergesPageOf(p ui.Page, v app.MergesView) mergesPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}}
	if len(v.Merges) == 0 {
		return mergesPage{Page: p, List: ui.EmptyState{Heading: "No records were made one", Body: ui.Paragraph("Those of the last 30 days are listed here.")}}
	}
	table := ui.Table{Caption: mergesTitle, HideCaption: true, Columns: []ui.Column{{Text: "When"}, {Text: "Who"}, {Text: "By"}, {Text: "Can be undone until"}}}
	for _, m := range v.Merges {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: ui.Near(m.At, v.Now), Href: mergePath(m.ID)}, ui.Text(m.Initials), ui.Text(madeBy(m.Merge, v.Names)), ui.Text(ui.Near(m.At.Add(domain.UndoWithin), v.Now)),
		}})
	}
	return mergesPage{Page: p, List: table}
}

// madeBy is who found that two records are one person's.
func madeBy(m app.Merge, names app.Names) string {
	if m.By == "" {
		return "Waypost: every detail agreed"
	}
	return names.Of(m.By, "A coordinator")
}

func (web *Web) askUndo(w http.ResponseWriter, r *http.Request) error {
	v, err := web.seeMerge(r)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageUndo, undoPageOf(web.page(r, undoTitle), v, nil))
}

func (web *Web) seeMerge(r *http.Request) (app.MergeView, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return app.MergeView{}, err
	}
	return web.App.SeeMerge(r.Context(), who(r), id)
}

const undoTitle = "Are these two people?"

func (web *Web) undo(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	note := f.Area("note", 2000, domain.ErrNoUndoNote.Fields[0].Message)
	if err = f.Err(); err == nil {
		_, err = web.App.UndoMerge(r.Context(), who(r), app.Undoing{Command: httpx.Command(r.Context(), "undo merge"), MergeID: id, Note: note})
		if err == nil {
			return seeOther(w, r, mergesPath+"?done=undone")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.seeMerge(r)
	if seeErr != nil {
		return seeErr
	}
	page := web.page(r, undoTitle)
	page.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageUndo, undoPageOf(page, v, f.Values()))
}

func undoPageOf(p ui.Page, v app.MergeView, typed url.Values) undoPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}, {Text: mergesTitle, Href: mergesPath}}
	page := undoPage{Page: p, Compared: compared("First", "Second", v.From, v.Into, v.Now)}
	page.Made = ui.Paragraph("They were made one " + ui.Near(v.Merge.At, v.Now) + " by: " + madeBy(v.Merge, v.Names) + ".")
	if !v.Merge.UndoneAt.IsZero() {
		page.Answer = ui.InsetText{Body: ui.Paragraph("They were made two people again " + ui.Near(v.Merge.UndoneAt, v.Now) + " by " + v.Names.Of(v.Merge.UndoneBy, "a coordinator") + ".")}
		return page
	}
	if !domain.Undoable(v.Merge.At, v.Now) {
		page.Answer = ui.InsetText{Body: ui.Paragraph(domain.ErrMergeOld.Message)}
		return page
	}
	page.Answer = ui.Form{
		Action: mergePath(v.Merge.ID), IdempotencyKey: newKey(),
		Fields: []ui.Component{ui.Textarea{
			Name: "note", Label: "How do you know that they are two people?", Size: "m", Value: typed.Get("note"), Error: p.Problems.For("note"), MaxLength: 2000,
			Hint: "Each gets back what was sent for them, also what came since. What was joined to the other's referral, or ended because the other died, moved away or no longer agreed, is taken up again. Every service is told.",
		}},
		Buttons: []ui.Component{ui.Button{Text: "Make them two people again", Variant: ui.Warning}},
	}
	return page
}

// oneRecord says on a case that it is of a person who had two records, and what of it the reader does not see.
func oneRecord(v app.CaseView) ui.Component {
	var out ui.Group
	for _, m := range v.Merges {
		words := "Two records were found to be this person's " + ui.Near(m.At, v.Now) + ", by: " + madeBy(m.Merge, v.Names) + "."
		if m.Hidden {
			words += " You see what was recorded under yours. To see the rest, ask the person whether they agree to share with those who help them, and record it with the next referral."
		}
		body := ui.Group{ui.Paragraph(words)}
		if v.Coordinates && domain.Undoable(m.At, v.Now) {
			body = append(body, ui.Link{Text: "Are these two people? Undo it", Href: mergePath(m.ID)})
		}
		out = append(out, ui.InsetText{Body: body})
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
