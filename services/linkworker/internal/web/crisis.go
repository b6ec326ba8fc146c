package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

// ladder is whom to ring, from our own copy of the register and the national numbers: it needs nobody else to be up.
func ladder(practice, ring string) ui.Component {
	table := ui.Table{Caption: "Whom to ring", Columns: []ui.Column{{Text: "Who"}, {Text: "When"}, {Text: "Number"}}}
	for _, rung := range terms.CrisisRungs {
		number, name := ui.Component(ui.Text("Ask your team")), rung.Label
		switch {
		case rung.Code == terms.RungNobodyYet:
			continue
		case rung.Phone != "":
			number = phone{Number: rung.Phone}
		case rung.Code == terms.RungDutyClinician || rung.Code == terms.RungDeputy:
			if practice != "" {
				name += ", " + practice
			}
			number = ui.Text("Ring the practice")
			if ring != "" {
				number = phone{Number: ring}
			}
		}
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{ui.Text(name), ui.Text(rung.When), number}})
	}
	return table
}

// now999 stands first on every crisis page.
func now999() ui.Component {
	return ui.WarningCallout{Heading: "If somebody may die or be hurt now, ring 999", Urgent: true, Body: ui.Group{
		ui.Paragraph("Stay with them, or on the phone, until help has come. This page needs no other service: it works when the rest of Waypost does not."),
		phone{"999", "Ring 999"},
	}}
}

// crisisLadder is the workspace's own crisis page, for when no person is open.
func (web *Web) crisisLadder(w http.ResponseWriter, r *http.Request) error {
	return web.show(w, http.StatusOK, ladderSheet(web.page(r, "Crisis: whom to ring", "Crisis")))
}

func ladderSheet(base ui.Page) sheet {
	return sheet{Page: base, Heading: "Crisis: whom to ring", Parts: []ui.Component{
		now999(), ladder("", ""),
		ui.Paragraph("To record a crisis, and to raise a red flag at the person's practice, open the person. Every page about them leads to their own crisis page, with the practice's number."),
		ui.List{ui.Link{Text: "Your team's people", Href: Root + "/people"}, ui.Link{Text: "Offers waiting for an answer", Href: Root + "/tray"}},
	}}
}

var crisisPage = drawn{"Crisis: whom to ring", func(v app.OfferView, t typed, now timeT) []ui.Component {
	var rungs []ui.Option
	for _, rung := range terms.CrisisRungs {
		rungs = append(rungs, ui.Option{Value: string(rung.Code), Text: rung.Label})
	}
	local := now.In(ui.London)
	fields := []ui.Component{
		ui.Radios{Name: "rung", Label: "Whom did you ring?", Value: t.value("rung"), Error: t.problems.For("rung"), Options: rungs},
		ui.Input{Name: "rung_at", Label: "At what time?", Hint: "Today, such as 14:05. Leave it empty when you rang nobody yet.", Width: 5, Value: t.or("rung_at", local.Format("15:04")), Error: t.problems.For("rung_at")},
		ui.Textarea{Name: "note", Label: "What must the duty clinician know?", Hint: "Only those who keep the person safe can open it.", Value: t.value("note"), Error: t.problems.For("note"), MaxLength: noteMost},
	}
	o := v.Offer
	if o.State == terms.OfferOffered || o.State == terms.OfferInformationAsked {
		fields = append(fields, ui.Checkboxes{
			Name: "bounce", Label: "This referral", Values: t.valuesOr("bounce", "yes"),
			Options: []ui.Option{{Value: "yes", Text: "Bounce it: the person is in a mental health crisis", Hint: "The practice's duty clinician acts first; a named person keeps the referral. Untick it to keep the offer in your tray."}},
		})
	}
	tell := "The practice is told by a red flag at once, and its duty clinician has 15 minutes to say that they act."
	if v.Practice.ID == "" {
		tell = "No practice sent this person to you, so the red flag goes to whichever practice knows them. Do not count on it: ring."
	}
	form := formOf(v, "crisis", "Record and tell the practice", fields...)
	form.Buttons = []ui.Component{ui.Button{Text: "Record and tell the practice", Variant: ui.Warning}}
	return []ui.Component{now999(), ladder(v.Practice.Name, v.Practice.Phone), ui.Heading{Text: "Then record it"}, ui.Paragraph(tell), form}
}}

func (web *Web) crisisForm(w http.ResponseWriter, r *http.Request) error {
	return web.offerForm(crisisPage)(w, r)
}

func (web *Web) crisis(w http.ResponseWriter, r *http.Request) error {
	return web.take(w, r, crisisPage, "crisis", func(f *httpx.Form, id string) error {
		var rungs []string
		for _, rung := range terms.CrisisRungs {
			rungs = append(rungs, string(rung.Code))
		}
		in := app.CrisisInput{
			OfferID: id, Rung: terms.CrisisRung(f.Choice("rung", "Select whom you rang", rungs...)),
			Note: f.Area("note", noteMost, "Enter what the duty clinician must know"), Bounce: f.Ticked("bounce"),
		}
		if typed := f.Text("rung_at", 5, ""); typed != "" && in.Rung != terms.RungNobodyYet {
			at, err := time.ParseInLocation("2006-01-02 15:04", web.Now().In(ui.London).Format(time.DateOnly)+" "+typed, ui.London)
			if err != nil {
				f.Add("rung_at", "Enter a time, such as 14:05")
			}
			in.RungAt = at.UTC()
		}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.ReportCrisis(r.Context(), who(r.Context()), httpx.Command(r.Context(), "report crisis"), in)
		return err
	})
}
