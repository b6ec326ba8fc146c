package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/linkworker/internal/app"
)

var assignPage = drawn{"Give them to a colleague", func(v app.OfferView, t typed, _ timeT) []ui.Component {
	var options []ui.Option
	for _, c := range v.Colleagues {
		if c.ID != v.Offer.AssignedTo {
			options = append(options, ui.Option{Value: c.ID, Text: c.Name, Hint: c.Role.Label() + ", supports " + ui.Count(c.Load, "person", "people")})
		}
	}
	with := ui.InsetText{Body: ui.Text("Now with " + v.Name(v.Offer.AssignedTo) + ".")}
	if len(options) == 0 {
		return []ui.Component{with, ui.EmptyState{Heading: "There is no other colleague", Body: ui.Paragraph("Your service lead adds people to the team in the register.")}}
	}
	return []ui.Component{with, formOf(v, "assign", "Give them to this colleague",
		ui.Radios{Name: "assign_to", Label: "Who will support them?", Value: t.value("assign_to"), Error: t.problems.For("assign_to"), Options: options},
		ui.Textarea{Name: "why", Label: "What should your colleague know? (optional)", Rows: 3, Value: t.value("why"), Error: t.problems.For("why"), MaxLength: noteMost})}
}}

func (web *Web) assignForm(w http.ResponseWriter, r *http.Request) error {
	return web.offerForm(assignPage)(w, r)
}

func (web *Web) assign(w http.ResponseWriter, r *http.Request) error {
	return web.take(w, r, assignPage, "passed", func(f *httpx.Form, id string) error {
		version, err := f.Version()
		if err != nil {
			return err
		}
		in := app.AssignInput{OfferID: id, Version: version, To: f.ID("assign_to", "Select who will support them"), Why: f.Area("why", noteMost, "")}
		if err := f.Err(); err != nil {
			return err
		}
		_, err = web.app.Assign(r.Context(), who(r.Context()), httpx.Command(r.Context(), "assign"), in)
		return err
	})
}
