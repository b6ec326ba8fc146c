package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

func (web *Web) ask(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionAsk, toAnswered, func(f *httpx.Form, in app.OfferChange) error {
		question := f.Area("question", domain.MaxText, "Enter what you need to know")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.Ask(r.Context(), who(r), httpx.Command(r.Context(), "ask"), app.AskInput{OfferChange: in, Question: question})
		return err
	})
}

func askForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	return folded("ask", "Ask for more information", t.open(domain.ActionAsk), ui.Group{
		ui.Paragraph("The sender will see your question in Waypost, and the clock moves to them. A place that is kept stays kept."),
		form(v, "ask", []ui.Component{
			ui.Textarea{
				Name: "question", Label: "What do you need to know?", MaxLength: domain.MaxText,
				Value: t.typed(domain.ActionAsk, "question", ""), Error: t.wrong("question"),
			},
		}, ui.Button{Text: "Send the question", Variant: ui.Secondary}),
	})
}
