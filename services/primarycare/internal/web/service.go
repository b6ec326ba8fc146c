package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
)

// service shows all that the directory has of one service.
func (web *Web) service(w http.ResponseWriter, r *http.Request) error {
	sid, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	s, err := web.App.Service(r.Context(), by(r), sid)
	if err != nil {
		return err
	}
	p := web.page(r, "", s.Name)
	if draft := r.URL.Query().Get("for"); id.Valid(draft) {
		p.Back = back("Choose who to ask", taskHref(draft, "services"))
	}
	return web.plain(w, http.StatusOK, drawService(p, s, web.Now()))
}

func drawService(p ui.Page, s app.ServicePage, now time.Time) plainPage {
	rows := []ui.SummaryRow{
		{Key: "Provider", Value: ui.Text(s.ProviderName)},
		{Key: "Room", Value: roomOf(s.Capacity, now)},
		{Key: "What it is", Value: ui.Prose(s.Description)},
		{Key: "For whom", Value: orNone(strings.TrimSpace(ageWords(s.Service)+"\n"+s.Eligibility), "Not said")},
		{Key: "When", Value: sessionList(s.Service)},
		{Key: "Where", Value: placeList(s.Service)},
		{Key: "Access", Value: orNone(accessibilityWords(s.Accessibility), "Not said")},
		{Key: "Cost", Value: orNone(s.Fees, "Not said")},
		{Key: "Phone", Value: orNone(s.Phone, "Not known")},
		{Key: "Email", Value: orNone(s.Email, "Not known")},
		{Key: "Website", Value: orNone(s.URL, "Not known")},
		{Key: "Source", Value: ui.Text(strings.Trim(s.Source+", "+s.SourceLicence, ", "))},
	}
	page := plainPage{Page: p, Heading: s.Name, Body: []ui.Component{ui.SummaryList{Rows: rows}}}
	if s.Withdrawn || s.Status != terms.ServiceActive {
		page.Body = append([]ui.Component{ui.WarningCallout{Heading: "Not running", Body: ui.Paragraph("This service is no longer in the directory, or is closed for now.")}}, page.Body...)
	}
	write := line("Add a note, or say whether one is still true", "/provider/services/"+s.ID, "")
	if len(s.Notes) == 0 {
		page.Body = append(page.Body, ui.Heading{Text: "What people say"}, ui.EmptyState{Heading: "Nobody has written about this service yet"}, write)
		return page
	}
	var t ui.Timeline
	for _, n := range s.Notes {
		t.Entries = append(t.Entries, ui.TimelineEntry{Title: n.Kind.Label(), At: n.At, When: ui.Moment(n.At, now), Author: strings.Trim(n.ByName+", "+n.OrganisationName, ", "), Body: ui.Prose(n.Text)})
	}
	page.Body = append(page.Body, ui.Heading{Text: "What people say"}, t, write)
	return page
}

func sessionList(s app.Service) ui.Component {
	if len(s.Sessions) == 0 {
		return ui.Text("Times are not known: ring first")
	}
	var l ui.List
	for _, x := range s.Sessions {
		l = append(l, ui.Text(x.Weekday.Label()+" "+x.From+" to "+x.To))
	}
	return l
}

func placeList(s app.Service) ui.Component {
	if len(s.Places) == 0 {
		return ui.Text("Not said")
	}
	var l ui.List
	for _, x := range s.Places {
		l = append(l, ui.Text(strings.Trim(strings.Join([]string{x.Name, x.Address, x.Postcode}, ", "), ", ")))
	}
	return l
}
