package web

import (
	"net/http"
	"strconv"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

func (web *Web) bounce(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionBounce, toAnswered, func(f *httpx.Form, in app.OfferChange) error {
		refusal := domain.Refusal{
			Reason: terms.BounceReason(f.Choice("reason", "Select why you can not take this", bounceCodes()...)),
			Text:   f.Area("detail", domain.MaxText, ""),
		}
		// What stands under another reason is not looked at, so that it can not be wrong.
		switch info, _ := terms.BounceReasonByCode(refusal.Reason); {
		case info.NeedsCriterion:
			refusal.Criterion = f.Text("criterion", 300, "")
		case info.NeedsUntil:
			refusal.UntilOn = iso(f.Date("until", ""))
		case info.NeedsRole:
			refusal.WhoseRole = terms.Role(f.Choice("whose_role", "", roleCodes()...))
		case info.NeedsTries > 0:
			refusal.TriedOn = triedOn(f, info.NeedsTries)
		}
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.Bounce(r.Context(), who(r), httpx.Command(r.Context(), "bounce"), app.BounceInput{OfferChange: in, Refusal: refusal})
		return err
	})
}

func bounceCodes() []string {
	var out []string
	for _, r := range terms.BounceReasonsFor(terms.ReceiverService) {
		out = append(out, string(r.Code))
	}
	return out
}

func roleCodes() []string {
	var out []string
	for _, r := range terms.Roles {
		out = append(out, string(r.Code))
	}
	return out
}

func bounceForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	summary, button := "Bounce", "Bounce"
	words := ui.Paragraph("The sender will see your reason in Waypost. Waypost offers it to the next suitable service; it does not go back to the GP by itself.")
	if v.State == terms.OfferWaitlisted {
		summary, button = "Release from the waiting list", "Release and bounce"
	}
	return folded("bounce", summary, t.open(domain.ActionBounce), ui.Group{words, form(v, "bounce", []ui.Component{
		ui.Radios{Name: "reason", Label: "Why can you not take this?", Value: t.typed(domain.ActionBounce, "reason", ""), Error: t.wrong("reason"), Options: bounceOptions(v, t)},
		ui.Textarea{
			Name: "detail", Label: "What should the sender know?", Hint: "Needed for a crisis, a safeguarding concern and another reason", Rows: 3,
			MaxLength: domain.MaxText, Value: t.typed(domain.ActionBounce, "detail", ""), Error: t.wrong("detail"),
		},
	}, ui.Button{Text: button, Variant: ui.Warning})})
}

// bounceOptions is the shared list of reasons, grouped, each with what its rule asks for.
func bounceOptions(v app.OfferView, t *tried) []ui.Option {
	var out []ui.Option
	var group terms.BounceGroup
	for _, r := range terms.BounceReasonsFor(terms.ReceiverService) {
		o := ui.Option{Value: string(r.Code), Text: r.Label}
		if r.Group != group {
			group = r.Group
			o.Group = string(group)
		}
		o.Hint = r.Then
		if r.Group == terms.BounceGroupSafety {
			o.Hint = "If somebody is in danger now, ring 999 first. " + r.Then
		}
		switch {
		case r.NeedsCriterion:
			o.Reveal = ui.Input{
				Name: "criterion", Label: "Which criterion is not met?", Hint: criteria(v.Service),
				Value: t.typed(domain.ActionBounce, "criterion", ""), Error: t.wrong("criterion"),
			}
		case r.NeedsUntil:
			o.Reveal = ui.DateInput{Name: "until", Label: "From when may there be room?", Value: t.date(domain.ActionBounce, "until", ui.DateParts{}), Error: t.wrong("until")}
		case r.NeedsTries > 0:
			o.Reveal = triedFields(domain.ActionBounce, r.NeedsTries, t)
		case r.NeedsRole:
			o.Reveal = ui.Select{Name: "whose_role", Label: "Whose work is it?", Value: t.typed(domain.ActionBounce, "whose_role", ""), Error: t.wrong("whose_role"), Options: roleOptions()}
		}
		out = append(out, o)
	}
	return out
}

// triedFields ask for the day of each try to reach somebody.
func triedFields(verb domain.Action, n int, t *tried) ui.Component {
	var days ui.Group
	for i := range n {
		name := domain.TriedField(i)
		days = append(days, ui.DateInput{
			Name: name, Label: "Day of try " + strconv.Itoa(i+1), Value: t.date(verb, name, ui.DateParts{}), Error: t.wrong(name),
		})
	}
	return days
}

// triedOn reads those days.
func triedOn(f *httpx.Form, n int) []string {
	var days []string
	for i := range n {
		days = append(days, iso(f.Date(domain.TriedField(i), "")))
	}
	return days
}

// criteria says what the service itself asks for, so that nobody has to look it up.
func criteria(s domain.Service) string {
	out := ""
	if a := ages(s); a != "" {
		out = "Ages: " + a + ". "
	}
	if s.Eligibility != "" && len(s.Eligibility) < 200 {
		out += s.Eligibility
	}
	return out
}

func roleOptions() []ui.SelectOption {
	out := []ui.SelectOption{{Value: "", Text: "Choose"}}
	for _, r := range terms.Roles {
		if r.Code != terms.RolePlatformOperator { // who helps nobody
			out = append(out, ui.SelectOption{Value: string(r.Code), Text: r.Label})
		}
	}
	return out
}
