package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

func (web *Web) assign(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionAssign, "?did=assigned", func(f *httpx.Form, in app.OfferChange) error {
		to := f.ID("assigned_to", "")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.Assign(r.Context(), who(r), httpx.Command(r.Context(), "assign"), app.AssignInput{OfferChange: in, To: to})
		return err
	})
}

func assignForm(v app.OfferView, t *tried) ui.Component {
	options := []ui.SelectOption{{Value: "", Text: "Nobody in particular"}}
	for _, c := range v.Colleagues {
		options = append(options, ui.SelectOption{Value: c.ID, Text: c.Name + " (" + number(c.Load) + " open)"})
	}
	label := "Who deals with this?"
	if v.AssignedTo != "" {
		label = "Who deals with this? Now: " + name(v.Names, v.AssignedTo, "a colleague who has left")
	}
	return form(v, "assign", []ui.Component{
		ui.Select{Name: "assigned_to", Label: label, Value: t.typed(domain.ActionAssign, "assigned_to", v.AssignedTo), Error: t.wrong("assigned_to"), Options: options},
	}, ui.Button{Text: "Save", Variant: ui.Secondary, Hidden: "who deals with this"})
}
