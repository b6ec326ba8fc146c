package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

func (web *Web) findForm(w http.ResponseWriter, r *http.Request) error {
	return web.show(w, http.StatusOK, findSheet(web.page(r, "Find a person", "People"), "", false, app.Found{}))
}

func (web *Web) find(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	typed := f.Text("q", lineMost, "")
	page := web.page(r, "Find a person", "People")
	if err := f.Err(); err != nil {
		page.Problems = ui.ProblemsOf(err)
		return web.show(w, http.StatusUnprocessableEntity, findSheet(page, f.Typed("q"), false, app.Found{}))
	}
	found, err := web.app.FindPeople(r.Context(), who(r.Context()), typed)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, findSheet(page, typed, true, found))
}

func findSheet(base ui.Page, typed string, searched bool, found app.Found) sheet {
	s := sheet{Page: base, Heading: "Find a person", Parts: []ui.Component{findBox(typed)}}
	switch {
	case !searched:
	case !found.Asked:
		s.Parts = append(s.Parts, ui.EmptyState{Heading: "Nothing was entered", Body: ui.Paragraph("Enter a name, an NHS number or a referral number. Spaces do not matter.")})
	case len(found.People) == 0:
		s.Parts = append(s.Parts, ui.EmptyState{Heading: "Nobody found for “" + typed + "”", Body: ui.Group{
			ui.Paragraph("This looks among the people who were offered to your team or whom it supports, and nowhere else. Check the spelling, or try the NHS number."),
			ui.List{ui.Link{Text: "Add a person who came to you directly", Href: Root + "/people/add"}, ui.Link{Text: "Offers to answer", Href: Root + "/tray"}, ui.Link{Text: "What your team sent on", Href: Root + "/referrals"}},
		}})
	default:
		table := ui.Table{Caption: "People found", Columns: []ui.Column{{Text: "Person"}, {Text: "Born"}, {Text: "With your team"}}}
		for _, p := range found.People {
			born := ""
			if b := p.Born(); !b.IsZero() {
				born = b.Format("2 January 2006")
			}
			info, _ := terms.OfferStateByCode(terms.OfferState(p.State))
			table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: p.Name(), Href: Root + "/people/" + p.Ref}, ui.Text(born), ui.Text(info.Receiver)}})
		}
		s.Parts = append(s.Parts, table)
	}
	return s
}

// person is somebody as our team knows them: everything that leads on.
func (web *Web) person(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := web.app.Person(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, personSheet(web.page(r, "", "People"), v, web.Now()))
}

func personSheet(base ui.Page, v app.PersonView, now timeT) sheet {
	base.Title = "Person " + v.Person.Initials()
	base.Trail = []ui.Link{{Text: "People", Href: Root + "/people"}}
	offer := ""
	if len(v.Offers) > 0 {
		offer = v.Offers[0].ID
	}
	base.Header = header(v.Person, offer, now)
	s := sheet{Page: base, Heading: "With your team"}
	if len(v.Offers) == 0 {
		s.Parts = append(s.Parts, ui.EmptyState{Heading: "No referrals", Body: ui.Paragraph("Nothing about this person was offered to your team.")})
	} else {
		table := ui.Table{Caption: "Referrals to your team, newest first", HideCaption: true, Columns: []ui.Column{{Text: "Referral"}, {Text: "Need"}, {Text: "Offered"}, {Text: "Where it stands"}}}
		for _, o := range v.Offers {
			table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
				ui.Link{Text: spaced(o.Reference), Href: Root + "/offers/" + o.ID},
				ui.Text(needWords(o, true)), ui.Text(ui.Near(o.OfferedAt, now)), statusOf(o, app.OfferView{Names: v.Names}, now),
			}})
		}
		s.Parts = append(s.Parts, table)
	}
	if len(v.Crises) > 0 {
		s.Parts = append(s.Parts, ui.Heading{Text: "Crises"})
		for _, c := range v.Crises {
			s.Parts = append(s.Parts, ui.SummaryCard{Heading: ui.Moment(c.At, now), Rows: []ui.SummaryRow{
				{Key: "Rung", Value: ui.Text(c.Rung.Label() + ", by " + v.Name(c.By))}, {Key: "What was said", Value: ui.Prose(c.Note)},
			}})
		}
	}
	s.Parts = append(s.Parts, meetingPart(v.KeyWorkers, v.Actions, v.Name, now)...)
	s.Parts = append(s.Parts, ui.Heading{Text: "Beyond your team"}, ui.List{
		ui.Link{Text: "See who already helps", Href: "/case/panel/" + v.Person.Ref},
		ui.Link{Text: "Put them on a meeting's agenda", Href: "/mdt/patients/" + v.Person.Ref + "/agenda"},
	})
	return s
}
