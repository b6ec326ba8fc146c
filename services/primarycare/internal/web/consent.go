package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

func (web *Web) consent(w http.ResponseWriter, r *http.Request) error {
	return web.showTask(w, r, domain.TaskConsent, "Consent to share", web.drawConsent, func(d app.DraftPage) url.Values {
		v := url.Values{"how": {string(d.Consent.How)}}
		if y, m, day := dayParts(d.Consent.UntilOn); y != "" {
			v["until_on-year"], v["until_on-month"], v["until_on-day"] = []string{y}, []string{m}, []string{day}
		}
		if d.Consent.ID != "" {
			v.Set("given", map[bool]string{true: "yes", false: "no"}[d.Consent.Stands()])
		}
		return v
	})
}

func (web *Web) drawConsent(p ui.Page, f form, d app.DraftPage) plainPage {
	var hows []ui.Option
	for _, h := range terms.ConsentHows {
		hows = append(hows, ui.Option{Value: string(h.Code), Text: h.Label})
	}
	page := plainPage{Page: p, Heading: "Consent to share", Body: []ui.Component{
		ui.InsetText{Body: ui.Group{ui.Paragraph("Say: “To get you help I would pass on your name, how to reach you, and what you need, to those who help and to those who coordinate it. They keep it private. You can say no, and you can change your mind later. Is that all right?”")}},
		ui.Paragraph("Ask also whether it is still safe to contact them like this: " + d.Patient.Safe.Words() + "."),
		ui.Form{Action: taskHref(d.ID, "consent"), IdempotencyKey: web.NewID(), Version: d.Version, Values: f.from(), Fields: []ui.Component{
			ui.Radios{Name: "given", Label: "Do they agree to sharing?", Size: "m", Value: f.value("given"), Error: f.wrong("given"), Options: []ui.Option{
				{Value: "yes", Text: "Yes, they agree"}, {Value: "no", Text: "No, or they want to think about it", Hint: "You can still give them information to take away"},
			}},
			ui.Radios{Name: "how", Label: "How did you ask?", Size: "m", Value: f.value("how"), Error: f.wrong("how"), Options: hows},
			ui.DateInput{Name: "until_on", Label: "Until when do they agree? (optional)", Hint: "The last day, at most two years ahead. Leave it empty unless they named one: what was shared is removed when it is over", Value: ui.TypedDate(f.typed, "until_on"), Error: f.wrong("until_on")},
		}, Buttons: []ui.Component{ui.Button{Text: "Save and continue"}}},
		ui.Link{Text: "Change how it is safe to contact them", Href: "/practice/patients/" + d.Ref + "/edit"},
	}}
	return page
}

// isoDay is a day as 2006-01-02, "" for none.
func isoDay(d time.Time) string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

func dayParts(day string) (y, m, d string) {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "", "", ""
	}
	p := ui.PartsOf(t)
	return p.Year, p.Month, p.Day
}

func (web *Web) asked(w http.ResponseWriter, r *http.Request) error {
	return web.saveTask(w, r, "Consent to share", web.drawConsent, func(id string, version int64, f *httpx.Form, cmd pg.Command) (string, error) {
		given := f.YesNo("given", "Select whether they agree to sharing")
		how := terms.ConsentHow(f.Choice("how", "Select how you asked", codes(terms.ConsentHows)...))
		said := domain.Consent{Given: given, How: how, UntilOn: isoDay(f.Date("until_on", ""))}
		if err := f.Err(); err != nil {
			return "", err
		}
		if _, err := web.App.AskConsent(r.Context(), by(r), cmd, id, version, said); err != nil {
			return "", err
		}
		if !given {
			return taskHref(id, "check"), nil // the shutter that says how to come back
		}
		return taskHref(id, "need"), nil
	})
}
