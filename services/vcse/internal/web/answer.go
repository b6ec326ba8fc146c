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

func (web *Web) assign(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionAssign, "?did=assigned", func(f *httpx.Form, in app.OfferChange) error {
		to := f.ID("assigned_to", "")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.Assign(r.Context(), who(r), httpx.Command(r.Context(), "assign"), app.AssignInput{OfferChange: in, To: to})
		return err
	})
}

func (web *Web) standDown(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionStandDown, "?did=stood", func(_ *httpx.Form, in app.OfferChange) error {
		_, err := web.App.StandDown(r.Context(), who(r), httpx.Command(r.Context(), "stand down"), in)
		return err
	})
}

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

func (web *Web) end(w http.ResponseWriter, r *http.Request) error {
	return web.answering(w, r, domain.ActionEnd, toAnswered, func(f *httpx.Form, in app.OfferChange) error {
		var codes []string
		for _, o := range terms.OutcomesForReceiver() {
			codes = append(codes, string(o.Code))
		}
		outcome := f.Choice("outcome", "Select how it ended", codes...)
		note := f.Area("note", domain.MaxText, "")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.App.End(r.Context(), who(r), httpx.Command(r.Context(), "end"), app.EndInput{OfferChange: in, Outcome: terms.Outcome(outcome), Note: note})
		return err
	})
}

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
	told := "The sender, " + name(v.Names, v.SenderOrganisation, "whose organisation is not registered yet") + ", will see it in the service. "
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
	terms.NextEscalate:      "A named person at the area's office sees to it, within 2 working days.",
	terms.NextSenderDecides: "The sender asks the person and decides, within 2 working days.",
	terms.NextJoinExisting:  "It is joined to the help that is there already, today.",
}
