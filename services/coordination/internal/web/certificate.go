package web

import (
	"net/http"
	"strconv"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
)

// certificatePage is what a privacy officer can print or send: who removed what, when, what stays and why. It names nobody: the person
// is known to whoever asked for it.
type certificatePage struct {
	ui.Page
	Stands ui.Component
	Facts  ui.SummaryList
	By     ui.Table
	Stays  ui.Component // nil: nothing to say
}

func (web *Web) certificate(w http.ResponseWriter, r *http.Request) error {
	event, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := web.App.SeeCertificate(r.Context(), who(r), event)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, pageCertificate, certificatePageOf(web.page(r, certificateTitle(v)), v))
}

func certificateTitle(v app.CertificateView) string {
	if v.Removal.Because == terms.RemovalPatientErased {
		return "Certificate of erasure"
	}
	return "Certificate of removal"
}

func certificatePageOf(p ui.Page, v app.CertificateView) certificatePage {
	p.Trail = []ui.Link{{Text: removalsTitle, Href: removalsPath}}
	page := certificatePage{Page: p, Stands: standsOf(v), Facts: factsOf(v)}
	page.By = ui.Table{Caption: "Who has removed it", Columns: []ui.Column{{Text: "Who"}, {Text: "When"}, {Text: "Records removed", Numeric: true}}}
	if v.Removal.Because == terms.RemovalPatientErased {
		page.By.Rows = append(page.By.Rows, removedBy("The shared case", ui.Text(dated(v.Erasure.AskedAt)), strconv.Itoa(v.Erasure.Removed)))
	}
	for _, b := range v.Removal.By {
		if b.At.IsZero() {
			page.By.Rows = append(page.By.Rows, removedBy(serviceNames[b.Service], ui.Tag{Text: "Not yet", Colour: ui.Orange}, ""))
			continue
		}
		page.By.Rows = append(page.By.Rows, removedBy(serviceNames[b.Service], ui.Text(dated(b.At)), strconv.Itoa(b.Removed)))
	}
	if len(v.Stays) > 0 {
		var stays ui.SummaryList
		for _, s := range v.Stays {
			stays.Rows = append(stays.Rows, ui.SummaryRow{Key: s.What, Value: ui.Text(s.Why + ".")})
		}
		page.Stays = stays
	}
	return page
}

func removedBy(who string, when ui.Component, n string) ui.Row {
	return ui.Row{Cells: []ui.Component{ui.Text(who), when, ui.Text(n)}}
}

// dated is a moment on paper, where "today" says nothing tomorrow.
func dated(t time.Time) string { return ui.Date(t) + " at " + ui.TimeOfDay(t) }

// standsOf says whether it is a certificate already.
func standsOf(v app.CertificateView) ui.Component {
	done := v.Done()
	if done.IsZero() {
		return ui.Banner{Kind: ui.Attention, Heading: "This is not complete yet", Body: ui.Paragraph("Somebody has not said that they removed their copy. They have until " + ui.Moment(v.Removal.DueAt, v.Now) + ".")}
	}
	return ui.InsetText{Body: ui.Paragraph("Everybody who was told has said that they removed what they had. The last did on " + dated(done) + ".")}
}

func factsOf(v app.CertificateView) ui.SummaryList {
	r := v.Removal
	facts := ui.SummaryList{Rows: []ui.SummaryRow{
		{Key: "Certificate", Value: ui.Text(r.BecauseEvent)},
		{Key: "Record", Value: ui.Text(r.PatientRef)},
		{Key: "Why", Value: ui.Text(r.Because.Label())},
	}}
	add := func(key, value string) {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: key, Value: ui.Text(value)})
	}
	if r.Because == terms.RemovalPatientErased {
		add("Reason", v.Erasure.Why.Label())
		if v.Erasure.Rule != "" {
			add("By rule", v.Erasure.Rule.Label()+", decided by "+v.AskedBy)
		} else {
			add("Asked by", v.AskedBy)
		}
		add("Asked", dated(v.Erasure.AskedAt))
		if v.KeysAt.IsZero() {
			add("Keys destroyed", "Not yet")
		} else {
			add("Keys destroyed", dated(v.KeysAt))
		}
	}
	add("Everybody told", dated(r.ToldAt))
	return facts
}
