package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

func (web *Web) actions(w http.ResponseWriter, r *http.Request) error {
	l, err := web.App.Agreed(r.Context(), by(r))
	if err != nil {
		return err
	}
	return web.Pages.Render(w, http.StatusOK, "listing", drawActions(web.page(r, "", "Actions from meetings"), l, web.Now()))
}

func drawActions(p ui.Page, l app.AgreedList, now time.Time) listPage {
	p.Wide = true
	page := listPage{Page: p, Heading: "Actions from meetings", Lede: "What a multidisciplinary meeting agreed that your practice does. They come back on the next agenda until they are done."}
	if len(l.Agreed) == 0 {
		page.List = ui.EmptyState{Heading: "No meeting has given your practice an action"}
		return page
	}
	page.List = actionTable(l.Agreed, l.Patients, l.Names, now)
	return page
}

func actionTable(list []domain.Agreed, patients map[string]domain.Patient, n app.Names, now time.Time) ui.Table {
	t := ui.Table{Caption: "Actions from meetings", Columns: []ui.Column{{Text: "What"}, {Text: "Who does it"}, {Text: "Due"}, {Text: "Where"}}}
	for _, a := range list {
		what := ui.Group{ui.Text(short(a.What, 200))}
		if name := callName(patients, a.Ref, ""); name != "" {
			what = ui.Group{ui.Link{Text: name, Href: "/practice/patients/" + a.Ref}, ui.Text(": " + short(a.What, 200))}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			what, ui.Text(n.Name(a.OwnerID, "Your practice")),
			ui.Clock{Due: a.DueOn.Add(17*time.Hour + 30*time.Minute), What: "it", Now: now},
			ui.Link{Text: "Open in meetings", Href: "/mdt", Hidden: "to say it is done"},
		}})
	}
	return t
}
