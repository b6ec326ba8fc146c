package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
)

func (web *Web) find(w http.ResponseWriter, r *http.Request) error {
	return web.plain(w, http.StatusOK, drawFind(web.page(r, "Patients", "Find a patient"), fresh(nil), nil, web.Now()))
}

// found answers a search. It is a POST that changes nothing, so that no name or number ever stands in an address.
func (web *Web) found(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	s := app.Search{Text: f.Text("who", 200, ""), Born: f.Date("born", "")}
	p := web.page(r, "Patients", "Find a patient")
	if err := f.Err(); err != nil {
		again, _ := refused(f.Values(), err)
		again.dress(&p)
		return web.plain(w, again.status, drawFind(p, again, nil, web.Now()))
	}
	found, err := web.App.FindPatients(r.Context(), by(r), s)
	if err != nil {
		return err
	}
	return web.plain(w, http.StatusOK, drawFind(p, fresh(f.Values()), &found, web.Now()))
}

func drawFind(p ui.Page, f form, found *app.Found, now time.Time) plainPage {
	page := plainPage{Page: p, Heading: "Find a patient", Body: []ui.Component{searchForm(f)}}
	if found != nil {
		page.Body = append(page.Body, results(*found, f, now))
	}
	page.Body = append(page.Body, ui.LinkButton{Text: "Add a patient", Href: "/practice/patients/new", Variant: ui.Secondary})
	return page
}

func searchForm(f form) ui.Form {
	return ui.Form{Action: "/practice/patients/find", ID: "search", Fields: []ui.Component{
		ui.Input{
			Name: "who", Label: "Name, NHS number or referral reference", Type: "search", Value: f.value("who"), Error: f.wrong("who"), Autocomplete: "off",
			Hint: "Such as “Jean Holt”, “999 123 4567” or “WB4J 7KQ2”",
		},
		ui.Details{Summary: "Search by date of birth", Open: !ui.TypedDate(f.typed, "born").Empty(), Body: ui.DateInput{
			Name: "born", Label: "Date of birth", Value: ui.TypedDate(f.typed, "born"), Error: f.wrong("born"), Hint: "Such as 27 3 1984",
		}},
	}, Buttons: []ui.Component{ui.Button{Text: "Search"}}}
}

// results has three different texts when there is nobody: nothing was looked for, nobody here, nobody anywhere that we can see.
func results(found app.Found, f form, now time.Time) ui.Component {
	switch {
	case found.Nothing:
		return ui.EmptyState{Heading: "Enter something to search for", Body: ui.Paragraph("Type part of a name, a whole NHS number (with or without spaces), a referral reference, or a date of birth.")}
	case len(found.Patients) == 0 && found.ByNumber:
		return ui.EmptyState{Heading: "No patient of your practice has this NHS number", Body: ui.Group{
			ui.Paragraph("Check that all 10 digits are right. They may be on your list without a number: search by name and date of birth as well. If they are new to you, add them."),
		}}
	case len(found.Patients) == 0 && found.ByRef:
		return ui.EmptyState{Heading: "No referral of your practice has this reference", Body: ui.Paragraph("Another organisation may have sent it: ask whoever gave you the reference which one. Search for the person by name as well.")}
	case len(found.Patients) == 0:
		return ui.EmptyState{Heading: "Nobody on your list matches “" + clip(f.value("who")) + "”", Body: ui.Group{
			ui.Paragraph("Try fewer letters, or the date of birth alone. People who died or moved away are still found here. If they are not on your list yet, add them."),
		}}
	}
	t := ui.Table{Caption: "Showing " + ui.Count(len(found.Patients), "patient", "patients"), Columns: []ui.Column{{Text: "Name"}, {Text: "Born"}, {Text: "NHS number"}, {Text: "Postcode"}}}
	for _, p := range found.Patients {
		number := nhsnumber.Format(p.NHSNumber)
		if number == "" {
			number = "None"
		}
		name := ui.Group{ui.Link{Text: p.Name(), Href: "/practice/patients/" + p.Ref}}
		if p.Status != terms.PatientActive {
			name = append(name, ui.Tag{Text: p.Status.Label(), Colour: ui.Grey})
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{name, ui.Text(ui.DateOfBirth(p.DateOfBirth, now)), ui.Text(number), ui.Text(p.Postcode)}})
	}
	g := ui.Group{t}
	if found.ReferralID != "" {
		g = append(g, ui.LinkButton{Text: "Open the referral", Href: "/practice/referrals/" + found.ReferralID})
	}
	if found.More {
		g = append(g, ui.Paragraph("There are more. Type more of the name to see them."))
	}
	return g
}

// clip keeps an echoed search short.
func clip(s string) string {
	r := []rune(s)
	if len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
