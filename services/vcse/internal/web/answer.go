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

// answering reads the offer's form, does what it says, and shows the page again with everything typed when it can not be done.
func (web *Web) answering(w http.ResponseWriter, r *http.Request, verb domain.Action, next string, do func(f *httpx.Form, in app.OfferChange) error) error {
	offer, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	err = do(f, app.OfferChange{OfferID: offer, Version: version})
	if err == nil {
		http.Redirect(w, r, offerPath(offer)+next, http.StatusSeeOther)
		return nil
	}
	fault, ok := refused(err)
	if !ok {
		return err
	}
	return web.showOffer(w, r, httpx.Status(err), &tried{verb, f, fault, ui.ProblemsOf(fault)})
}

const (
	toAnswered = "/answered"
)

// answeredPage confirms what was said of an offer: the reference, who was told, and what happens next, with a date.
type answeredPage struct {
	ui.Page
	Panel ui.Panel
	Told  ui.Component
	Next  ui.Component
	Links ui.Component
}

func (web *Web) answered(w http.ResponseWriter, r *http.Request) error {
	offer, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := web.App.Offer(r.Context(), who(r), offer)
	if err != nil {
		return err
	}
	if v.Answer == "" { // nothing was said, or the sender has answered meanwhile: the offer itself tells more
		http.Redirect(w, r, offerPath(offer), http.StatusSeeOther)
		return nil
	}
	return web.pages.Render(w, http.StatusOK, pageAnswered, newAnsweredPage(web.page(r, "Your answer, "+reference(v.Reference)), v, web.Now()))
}

func newAnsweredPage(base ui.Page, v app.OfferView, now time.Time) answeredPage {
	heading, next := outcome(v)
	told := "The sender, " + name(v.Names, v.SenderOrganisation, "whose organisation is not registered yet") + ", will see it in Waypost. "
	if v.Receipt == domain.ReceiptSent {
		told += "Your answer was sent " + ui.Moment(v.AnsweredAt, now) + "; it counts once Waypost has confirmed it, which takes a few seconds."
	} else {
		told += "Waypost has confirmed it."
	}
	return answeredPage{
		Page: base, Panel: ui.Panel{Heading: heading, Reference: reference(v.Reference)}, Told: ui.Paragraph(told), Next: ui.Paragraph(next),
		Links: ui.List{ui.Link{Text: "See this offer", Href: offerPath(v.ID)}, ui.Link{Text: "Go to the offers that wait for an answer", Href: listPath(app.ShowWaiting)}},
	}
}

// outcome is what was said, and what happens next.
func outcome(v app.OfferView) (heading, next string) {
	switch {
	case v.State == terms.OfferEnded:
		return "You ended your support", "The referral closes today. There is nothing more for you to do; the place is free again."
	case v.MustStandDown() || v.Receipt == domain.ReceiptRefused:
		return "Your answer could not be used", takenBack(v.Offer) + " Open the offer to see what to do."
	case v.Answer == terms.AnswerAccepted:
		return "You accepted", "Be in touch with them by " + onDay(v.FirstContactByOn) + ". Record their first session after that."
	case v.Answer == terms.AnswerWaitlisted:
		next = "They are number " + number(v.Position) + " on the list. "
		if v.ExpectedByOn != "" {
			return "You put them on the waiting list", next + "You said that you expect a place by " + onDay(v.ExpectedByOn) + "."
		}
		return "You put them on the waiting list", next + "Accept them when there is a place; Waypost asks you how the list moves within 20 working days."
	case v.Answer == terms.AnswerAsked:
		return "You sent a question", "It is the sender's turn, for 2 working days. Their answer appears in the offer, and your clock starts anew."
	}
	info, _ := terms.BounceReasonByCode(terms.BounceReason(v.Reason))
	return "You bounced this", nexts[info.Next] + " It stays in your list of bounced offers."
}

// nexts is what follows a bounce, by the shared table of reasons.
var nexts = map[terms.NextStep]string{
	terms.NextOfferNext:     "Waypost offers it to the next suitable service today.",
	terms.NextRedFlag:       "The practice's duty clinician gets a red flag now and must act within 15 minutes. If somebody is in danger now, ring 999; do not wait for an answer.",
	terms.NextEscalate:      "A named person at the area's office sees to it, within 2 working days.",
	terms.NextSenderDecides: "The sender asks the person and decides, within 2 working days.",
	terms.NextJoinExisting:  "It is joined to the help that is there already, today.",
}
