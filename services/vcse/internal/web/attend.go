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

func (web *Web) attend(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionAttend, "?did=attended", func(f *httpx.Form, in app.OfferChange) error {
		on := f.Date("session", "Enter the day of the session")
		result := f.Choice("result", "Select whether they came", string(terms.AttendanceAttended), string(terms.AttendanceDidNotAttend), string(terms.AttendanceCancelled))
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.Attend(r.Context(), who(r), httpx.Command(r.Context(), "attend"), app.AttendInput{OfferChange: in, SessionOn: iso(on), Result: terms.AttendanceResult(result)})
		return err
	})
}

func attendForm(v app.OfferView, t *tried, now time.Time) ui.Component {
	options := make([]ui.Option, len(terms.AttendanceResults))
	for i, r := range terms.AttendanceResults {
		options[i] = ui.Option{Value: string(r.Code), Text: r.Label}
	}
	return ui.Group{ui.Heading{Text: "Record a session"}, form(v, "attend", []ui.Component{
		ui.DateInput{Name: "session", Label: "Which day?", Value: t.date(domain.ActionAttend, "session", ui.PartsOf(now.In(ui.London))), Error: t.wrong("session")},
		ui.Radios{Name: "result", Label: "Did they come?", Value: t.typed(domain.ActionAttend, "result", ""), Error: t.wrong("result"), Options: options, Inline: true},
	}, ui.Button{Text: "Record the session"})}
}
