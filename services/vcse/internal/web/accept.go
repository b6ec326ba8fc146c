package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

func (web *Web) accept(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionAccept, toAnswered, func(f *httpx.Form, in app.OfferChange) error {
		by := f.Date("first_contact", "")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.Accept(r.Context(), who(r), httpx.Command(r.Context(), "accept"), app.AcceptInput{OfferChange: in, FirstContactByOn: iso(by)})
		return err
	})
}

func acceptForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	heading, button := "Accept", "Accept"
	note := ui.Paragraph("You take charge of this need. The sender will see in Waypost that you accepted.")
	switch v.State {
	case terms.OfferWaitlisted:
		heading, button = "There is a place now", "Accept from the waiting list"
	case terms.OfferExpired:
		heading = "Accept late"
		note = "The time for your answer is over. Your answer counts if nobody else has accepted; otherwise you will be asked to stand down."
	}
	return ui.Group{ui.Heading{Text: heading}, note, form(v, "accept", []ui.Component{
		ui.DateInput{
			Name: "first_contact", Label: "By when will you be in touch?", Hint: "Leave it empty for five working days",
			Value: t.date(domain.ActionAccept, "first_contact", ui.DateParts{}), Error: t.wrong("first_contact"),
		},
	}, ui.Button{Text: button})}
}
