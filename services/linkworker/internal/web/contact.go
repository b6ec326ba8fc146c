package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

var contactPage = drawn{"Record a contact", func(v app.OfferView, t typed, now timeT) []ui.Component {
	var hows, results []ui.Option
	for _, h := range terms.ContactHows {
		hows = append(hows, ui.Option{Value: string(h.Code), Text: h.Label})
	}
	for _, x := range terms.ContactResults {
		results = append(results, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	return []ui.Component{
		ui.InsetText{Body: ui.Text("Safe to contact by: " + safeWays(v.Person) + ".")},
		formOf(v, "contact", "Record contact",
			ui.Radios{Name: "how", Label: "How did you try to reach them?", Value: t.value("how"), Error: t.problems.For("how"), Options: hows},
			ui.Radios{Name: "result", Label: "What came of it?", Value: t.value("result"), Error: t.problems.For("result"), Options: results},
			ui.DateInput{Name: "on", Label: "When was it?", Value: t.date("on", now.In(ui.London).Format("2006-01-02")), Error: t.problems.For("on")},
			ui.Textarea{
				Name: "note", Label: "Note (optional)", Hint: "For your team and the shared case. The sender sees that there was a contact, not this note.",
				Value: t.value("note"), Error: t.problems.For("note"), MaxLength: noteMost,
			}),
	}
}}

func (web *Web) contactForm(w http.ResponseWriter, r *http.Request) error {
	return web.offerForm(contactPage)(w, r)
}

func (web *Web) contact(w http.ResponseWriter, r *http.Request) error {
	return web.take(w, r, contactPage, "contact", func(f *httpx.Form, id string) error {
		var hows, results []string
		for _, h := range terms.ContactHows {
			hows = append(hows, string(h.Code))
		}
		for _, x := range terms.ContactResults {
			results = append(results, string(x.Code))
		}
		in := app.ContactInput{
			OfferID: id, How: terms.ContactHow(f.Choice("how", "Select how you tried to reach them", hows...)),
			Result: terms.ContactResult(f.Choice("result", "Select what came of it", results...)),
			On:     day(f, "on", "Enter when it was"), Note: f.Area("note", noteMost, ""),
		}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.RecordContact(r.Context(), who(r.Context()), httpx.Command(r.Context(), "record contact"), in)
		return err
	})
}
