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

func (web *Web) waitlist(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionWaitlist, toAnswered, func(f *httpx.Form, in app.OfferChange) error {
		expected := f.Date("expected", "")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.Waitlist(r.Context(), who(r), httpx.Command(r.Context(), "waitlist"), app.WaitlistInput{OfferChange: in, ExpectedByOn: iso(expected)})
		return err
	})
}

func waitlistForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	text, told := "Put on the waiting list", "The sender will see the place on the list in Waypost. You owe them word of how the list moves."
	if v.State == terms.OfferWaitlisted {
		text, told = "Keep on the waiting list", "This is your word of how the list moves: they keep their place, the sender will see it in Waypost, and your clock starts anew."
	}
	return folded("waitlist", text, t.open(domain.ActionWaitlist), ui.Group{ui.Paragraph(told), form(v, "waitlist", []ui.Component{
		ui.DateInput{
			Name: "expected", Label: "When do you expect a place?", Hint: "Leave it empty if you do not know",
			Value: t.date(domain.ActionWaitlist, "expected", ui.DateParts{}), Error: t.wrong("expected"),
		},
	}, ui.Button{Text: text, Variant: ui.Secondary})})
}
