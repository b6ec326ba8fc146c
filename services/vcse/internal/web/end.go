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

func (web *Web) end(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionEnd, toAnswered, func(f *httpx.Form, in app.OfferChange) error {
		var codes []string
		for _, o := range terms.OutcomesForReceiver() {
			codes = append(codes, string(o.Code))
		}
		ending := domain.Ending{Outcome: terms.Outcome(f.Choice("outcome", "Select how it ended", codes...))}
		info, _ := terms.OutcomeByCode(ending.Outcome)
		ending.TriedOn = triedOn(f, info.NeedsTries)
		note := f.Area("note", domain.MaxText, "")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.End(r.Context(), who(r), httpx.Command(r.Context(), "end"), app.EndInput{OfferChange: in, Ending: ending, Note: note})
		return err
	})
}

func endForm(v app.OfferView, t *tried, _ time.Time) ui.Component {
	options := []ui.Option{}
	for _, o := range terms.OutcomesForReceiver() {
		option := ui.Option{Value: string(o.Code), Text: o.Label}
		if o.NeedsTries > 0 {
			option.Reveal = triedFields(domain.ActionEnd, o.NeedsTries, t)
		}
		options = append(options, option)
	}
	return folded("end", "End your support", t.open(domain.ActionEnd), ui.Group{
		ui.Paragraph("The referral closes and the place is free again. The sender will see how it ended. This can not be undone."),
		form(v, "end", []ui.Component{
			ui.Radios{Name: "outcome", Label: "How did it end?", Value: t.typed(domain.ActionEnd, "outcome", ""), Error: t.wrong("outcome"), Options: options},
			ui.Textarea{
				Name: "note", Label: "A word for the sender", Hint: "You can leave this empty", MaxLength: domain.MaxText,
				Value: t.typed(domain.ActionEnd, "note", ""), Error: t.wrong("note"),
			},
		}, ui.Button{Text: "End support", Variant: ui.Warning}),
	})
}
