package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

// panelPage is "who already helps?" for who has no scripts; the other workspaces' pages show its part alone.
type panelPage struct {
	ui.Page
	Panel ui.Component
}

// panel answers other workspaces' pages: asked with a patient ref alone, by GET or POST, it tells who helps already.
func (web *Web) panel(w http.ResponseWriter, r *http.Request) error {
	ref, need := r.PathValue("ref"), ""
	if r.Method == http.MethodPost {
		f, err := httpx.ParseForm(r)
		if err != nil {
			return err
		}
		ref, need = f.Typed("patient_ref"), f.Typed("need")
	}
	if !id.Valid(ref) {
		return fault.NotFound("patient")
	}
	p, err := web.App.WhoHelps(r.Context(), who(r), ref, terms.Need(need))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") != "" || r.URL.Query().Has("fragment") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		return web.pages.Fragment(w, panelOf(p))
	}
	return web.pages.Render(w, http.StatusOK, pagePanel, panelPage{web.page(r, "Who already helps"), panelOf(p)})
}

// panelOf says who helps, or that nobody does as far as we know.
func panelOf(p app.Panel) ui.Component {
	// The number goes with the form that the panel stands in: how many were shown as helping when the sender sent.
	body := ui.Group{ui.Hidden{Values: []ui.Value{{Name: "seen_helping", Value: strconv.Itoa(len(p.Helping))}}}}
	if p.Holder != "" {
		body = append(body, ui.Paragraph("Case-holder: "+p.Holder+"."))
	}
	if p.KeyWorker != "" {
		body = append(body, ui.Paragraph("Key worker, who stays in touch with the person: "+p.KeyWorker+"."))
	}
	link := ui.Component(nil)
	if p.CaseID != "" {
		link = ui.Link{Text: "Open the shared case", Href: casePath(p.CaseID)}
	}
	if len(p.Helping) == 0 {
		return append(body, ui.Paragraph("As far as Waypost knows, nobody helps with a referral at the moment."), link)
	}
	table := ui.Table{Caption: "Who already helps", CaptionSize: "s", Columns: []ui.Column{{Text: "Need"}, {Text: "Who"}, {Text: "State"}, {Text: "Since"}}}
	same, covers := false, []string(nil)
	for _, h := range p.Helping {
		same = same || h.Same
		if h.Covers && !slices.Contains(covers, h.With) {
			covers = append(covers, h.With)
		}
		with := h.With
		if with == "" {
			with = "Being found"
		}
		table.Rows = append(table.Rows, ui.Row{New: false, Cells: []ui.Component{ui.Text(h.Need.Label()), ui.Text(with), ui.Tag{Text: h.State.Label(), Colour: colours[h.State]}, ui.Text(since(h.Since, p.Now))}})
	}
	body = append(body, table)
	if same {
		body = append(body, ui.WarningCallout{Heading: "The same need is open already", Body: ui.Paragraph("If you send this, it is held until you say whether to join what is there or why a second one is right.")})
	}
	if len(covers) > 0 {
		body = append(body, ui.WarningCallout{Heading: "Already helping, and may do this too", Body: ui.Paragraph(strings.Join(covers, " and ") +
			" helps this person already, and says that they help with this need. Ask them before you send. If you send it anyway, say why; if they take it on, do not send.")})
	}
	return append(body, link)
}

func since(at, now time.Time) string { return ui.Ago(at, now) }
