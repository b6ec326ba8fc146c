package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

func (web *Web) standDown(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionStandDown, "?did=stood", func(_ *httpx.Form, in app.OfferChange) error {
		_, err := web.App.StandDown(r.Context(), who(r), httpx.Command(r.Context(), "stand down"), in)
		return err
	})
}

func standDownForm(v app.OfferView, _ *tried, _ time.Time) ui.Component {
	return ui.Group{
		ui.WarningCallout{Heading: "Stand down", Urgent: true, Body: ui.Group{
			ui.Paragraph(takenBack(v.Offer)),
			ui.Paragraph("Do not make contact, or stop if you have begun. If you have arranged anything with them, tell them kindly that somebody else will be in touch or that it has ended. Confirm by " + ui.Day(v.StandDownDueAt) + "."),
		}},
		form(v, "stand-down", nil, ui.Button{Text: "We have stood down"}),
	}
}
