package web

import (
	"net/http"
	"net/url"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/coordination/internal/app"
)

// lookedPage lists who looked at a person's case, to be read or printed for them.
type lookedPage struct {
	ui.Page
	Unread ui.Component // whose part is missing
	List   ui.Component
	Paging ui.Component
}

const (
	lookedTitle = "Who looked at this record"
	lookedPath  = Root + "/looked"
)

func lookedOf(ref string) string { return lookedPath + "/" + ref }

// findLooked takes a reference that was read out to the privacy officer.
func (web *Web) findLooked(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	typed := f.Text("reference", 20, "Enter the reference of a case or a referral, such as C7K4 9MXC")
	if err = f.Err(); err == nil {
		var ref string
		if ref, err = web.App.RefOfReference(r.Context(), who(r), typed); err == nil {
			return seeOther(w, r, lookedOf(ref))
		}
		if refusal, ok := fault.Of(err); ok && refusal.Meaning == fault.MeaningNotFound {
			err = fault.Invalid("reference", "No case or referral has this reference. Check it, or ask who read it out")
		}
	}
	problems := ui.ProblemsOf(err)
	if problems == nil {
		return err
	}
	v, seeErr := web.App.SeeGlasses(r.Context(), who(r))
	if seeErr != nil {
		return seeErr
	}
	p := web.page(r, emergenciesTitle)
	p.Problems = problems
	return web.pages.Render(w, httpx.Status(err), pageEmergencies, emergenciesPageOf(p, v, f.Values()))
}

func lookedForm(problems ui.Problems, typed url.Values) ui.Form {
	return ui.Form{
		Action:  lookedPath,
		Fields:  []ui.Component{ui.Input{Name: "reference", Label: "Whose list?", Hint: "The reference of one of their cases or referrals: 8 letters and digits", Value: typed.Get("reference"), Width: 10, Code: true, Error: problems.For("reference")}},
		Buttons: []ui.Component{ui.Button{Text: "List who looked", Variant: ui.Secondary}},
	}
}

func (web *Web) looked(w http.ResponseWriter, r *http.Request) error {
	ref, err := httpx.PathID(r, "ref")
	if err != nil {
		return err
	}
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	var after app.LookCursor
	cursor := &after
	if ok, err := in.After(r.Context(), &after); err != nil {
		return err
	} else if !ok {
		cursor = nil
	}
	v, err := web.App.SeeLooks(r.Context(), who(r), ref, cursor, in.Limit)
	if err != nil {
		return err
	}
	shown := httpx.ListBody(r.Context(), in, v.Looks, func(l app.Look) any { return l.Cursor() })
	v.Looks = shown.Items
	page := lookedPageOf(web.page(r, lookedTitle), v)
	if shown.Next != "" || in.Cursor != "" {
		paging := ui.Pagination{}
		if in.Cursor != "" {
			paging.Previous = lookedOf(ref)
		}
		if shown.Next != "" {
			paging.Next = lookedOf(ref) + "?cursor=" + shown.Next
		}
		page.Paging = paging
	}
	return web.pages.Render(w, http.StatusOK, pageLooked, page)
}

func lookedPageOf(p ui.Page, v app.LooksView) lookedPage {
	p.Trail = []ui.Link{{Text: "Cases", Href: Root}}
	page := lookedPage{Page: p, Unread: unreadNotice(v.Unread)}
	if len(v.Looks) == 0 {
		page.List = ui.EmptyState{Heading: "Nobody looked", Body: ui.Paragraph("Everybody who looks at what is held of this person, or changes something of it, is listed here.")}
		return page
	}
	table := ui.Table{Caption: "Who looked at what is held of this person or changed something of it, the newest first", Columns: []ui.Column{{Text: "When"}, {Text: "Who"}, {Text: "Organisation"}, {Text: "What they did"}}}
	for _, l := range v.Looks {
		person, organisation := v.Names.Of(l.Person, "Somebody"), v.Names.Of(l.Organisation, "An organisation")
		if l.Person == "" {
			person, organisation = "Somebody who helps them", "A service that is not named here"
		} else if role := roleWords(l.Role); role != "" {
			person += ", " + role
		}
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(dated(l.At)), ui.Text(person), ui.Text(organisation), ui.Text(didWhat(l))}})
	}
	page.List = table
	return page
}

// unreadNotice says whose part of the list is missing, so that nobody prints it for the whole.
func unreadNotice(services []string) ui.Component {
	if len(services) == 0 {
		return nil
	}
	var list ui.List
	for _, s := range services {
		list = append(list, ui.Text(serviceNames[s]))
	}
	return ui.WarningCallout{Heading: "This list is not complete", Body: ui.Group{
		ui.Paragraph("Who looked in these places could not be read just now:"), list, ui.Paragraph("Load this page again in some minutes, before you print it."),
	}}
}

// lookedLink leads from a case to who looked at it.
func lookedLink(v app.CaseView) ui.Component {
	if !v.MayListLook {
		return nil
	}
	return ui.LinkButton{Text: "List who looked", Href: lookedOf(v.Case.PatientRef), Variant: ui.Secondary}
}
