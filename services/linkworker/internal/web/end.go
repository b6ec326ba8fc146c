package web

import (
	"net/http"
	"strconv"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

var endPage = drawn{"End support", func(v app.OfferView, t typed, _ timeT) []ui.Component {
	var parts []ui.Component
	for _, r := range v.Onward {
		if r.Open() {
			parts = append(parts, ui.InsetText{Body: ui.Group{
				ui.Paragraph("An onward referral is still open. Support can end when it has ended or was withdrawn."),
				ui.Link{Text: "Referral " + spaced(r.Reference), Href: Root + "/referrals/" + r.ID},
			}})
		}
	}
	var met, notMet []ui.Option
	for _, o := range terms.OutcomesForReceiver() {
		opt := ui.Option{Value: string(o.Code), Text: o.Label}
		if o.NeedsTries > 0 {
			opt.Hint = ui.Count(v.Failed, "failed attempt", "failed attempts") + " recorded; it takes " + strconv.Itoa(o.NeedsTries)
		}
		if o.Attended {
			met = append(met, opt)
		} else {
			notMet = append(notMet, opt)
		}
	}
	met[0].Group, notMet[0].Group = "You met at least once", "You did not meet, or it is no longer needed"
	form := formOf(v, "end", "End support",
		ui.Radios{Name: "outcome", Label: "How did it end?", Value: t.value("outcome"), Error: t.problems.For("outcome"), Options: append(met, notMet...)},
		ui.Textarea{Name: "note", Label: "Note to " + senderName(v) + " (optional)", Hint: "They see the outcome and this note.", Value: t.value("note"), Error: t.problems.For("note"), MaxLength: noteMost})
	form.Buttons = []ui.Component{ui.Button{Text: "End support", Variant: ui.Warning}}
	return append(parts, ui.Paragraph("The referral closes and the sender is told. To help them again, somebody sends a new referral."), form)
}}

func (web *Web) endForm(w http.ResponseWriter, r *http.Request) error {
	return web.offerForm(endPage)(w, r)
}

func (web *Web) end(w http.ResponseWriter, r *http.Request) error {
	return web.take(w, r, endPage, "ended", func(f *httpx.Form, id string) error {
		version, err := f.Version()
		if err != nil {
			return err
		}
		var codes []string
		for _, o := range terms.OutcomesForReceiver() {
			codes = append(codes, string(o.Code))
		}
		in := app.EndInput{OfferID: id, Version: version, Outcome: terms.Outcome(f.Choice("outcome", "Select how it ended", codes...)), Note: f.Area("note", noteMost, "")}
		if err := f.Err(); err != nil {
			return err
		}
		_, err = web.app.EndSupport(r.Context(), who(r.Context()), httpx.Command(r.Context(), "end support"), in)
		return err
	})
}
