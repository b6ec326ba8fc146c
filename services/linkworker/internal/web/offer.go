package web

import (
	"net/http"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// offerPage is one offer, from the tray to the end of support.
type offerPage struct {
	ui.Page
	Caption, Heading string
	Status           ui.Status
	Clock            *ui.Clock
	Next             string         // what happens next, with a date; "" when nothing does
	First            []ui.Component // what must be seen or done first
	Asked            ui.SummaryCard
	Answer           []ui.Component // only while an answer is needed
	Work             []ui.Component // only once we support the person
	History          ui.Timeline
}

func (web *Web) offer(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	return web.showOffer(w, r, id, typed{}, nil)
}

// showOffer draws the page; after a refusal with its status, its words, and everything that was typed.
func (web *Web) showOffer(w http.ResponseWriter, r *http.Request, id string, t typed, refused error) error {
	v, err := web.app.Offer(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	t.problems = ui.ProblemsOf(refused)
	p := drawOffer(web.page(r, "", "Offers"), v, t, web.Now(), who(r.Context()).Person.ID)
	return web.pages.Render(w, httpx.Status(refused), "offer", p)
}

func drawOffer(base ui.Page, v app.OfferView, t typed, now timeT, me string) offerPage {
	o := v.Offer
	base.Title = "Referral " + o.Reference + ", " + v.Person.Initials()
	base.Problems = t.problems
	base.Header = header(v.Person, o.ID, now)
	base.Trail = []ui.Link{{Text: "Offers", Href: Root + "/tray"}}
	if o.Supported() || o.State == terms.OfferEnded {
		base.Trail = []ui.Link{{Text: "People", Href: Root + "/people"}}
		for i := range base.Menu {
			base.Menu[i].Current = base.Menu[i].Text == "People"
		}
	}
	p := offerPage{Page: base, Caption: "From " + senderName(v), Heading: "Referral " + spaced(o.Reference), Status: statusOf(o, v, now), Clock: clockOf(o, now)}
	p.Next = nextOfOffer(o, now)
	p.First = first(v, now)
	p.Asked = asked(v, now)
	switch {
	case o.State == terms.OfferOffered, o.State == terms.OfferInformationAsked, o.State == terms.OfferExpired:
		p.Answer = answerForms(v, t, me)
	case t.sent != nil && kept(t) != "":
		p.First = append([]ui.Component{ui.InsetText{Body: ui.Group{ui.Paragraph("What you typed was not sent. It is kept here so that you can copy it:"), ui.Prose(kept(t))}}}, p.First...)
	}
	if o.Supported() || o.State == terms.OfferEnded || len(v.Contacts) > 0 {
		p.Work = work(v, now)
	}
	p.History = history(v, now)
	return p
}

// nextOfOffer says what happens next and by when.
func nextOfOffer(o domain.Offer, now timeT) string {
	switch {
	case o.MustStandDown(), o.State == terms.OfferWithdrawn, o.State == terms.OfferExpired:
		return ""
	case o.State == terms.OfferOffered:
		return "Accept, ask or bounce by " + ui.Near(o.AnswerDueAt, now) + ". Without an answer it goes on to somebody else."
	case o.State == terms.OfferInformationAsked:
		return "The sender answers, and the offer comes back to the top of your list. You can accept or bounce it meanwhile."
	case o.State == terms.OfferAccepted && o.StartedAt.IsZero():
		return "Make first contact by " + ui.Near(o.FirstContactDueAt, now) + ". The sender sees that date."
	case o.State == terms.OfferAccepted && o.ReviewOn != "":
		return "Look at the plan together " + dayWords(o.ReviewOn, now) + "."
	case o.State == terms.OfferAccepted:
		return "Agree a plan, with a date to look at it together again."
	case o.State == terms.OfferBounced && o.Bounce.Reason == terms.BounceMentalHealthCrisis:
		return "The practice's duty clinician acts on the red flag within 15 minutes. A named person keeps the referral."
	case o.State == terms.OfferBounced:
		return "It goes on to the next who can help, or to a named person. There is nothing more for your team to do."
	case o.State == terms.OfferEnded && o.ClosedAt.IsZero():
		return "The referral closes once this is confirmed, mostly within seconds."
	}
	return ""
}

// kept is what somebody typed into a form that is no longer on the page.
func kept(t typed) string {
	for _, name := range []string{"question", "detail", "criterion", "note"} {
		if s := t.value(name); s != "" {
			return s
		}
	}
	return ""
}

func senderName(v app.OfferView) string {
	if v.Sender.Name != "" {
		return v.Sender.Name
	}
	return "a sender whose name has not arrived yet"
}

// spaced is a reference as it is read out, in two halves.
func spaced(reference string) string {
	if len(reference) != terms.ReferenceLength {
		return reference
	}
	return reference[:4] + " " + reference[4:]
}

// needWords name the need; that of a sensitive referral only where it was asked for.
func needWords(o domain.Offer, unasked bool) string {
	switch {
	case o.Sensitive && unasked:
		return "Sensitive need"
	case o.Need == "":
		return "Removed"
	}
	if len(o.Also) > 0 {
		return o.Need.Label() + ". Also asked: " + alsoWords(o.Also)
	}
	return o.Need.Label()
}

// statusOf is the one table from where an offer stands to what the team sees.
func statusOf(o domain.Offer, v app.OfferView, now timeT) ui.Status {
	info, _ := terms.OfferStateByCode(o.State)
	s := ui.Status{Tag: ui.Tag{Text: info.Receiver, Colour: ui.Grey}}
	switch {
	case o.MustStandDown():
		s.Tag = ui.Tag{Text: "Stand down", Colour: ui.Red}
		s.Reason = standDownWhy(o)
	case o.State == terms.OfferWithdrawn:
		s.Reason = standDownWhy(o)
	case o.State == terms.OfferOffered:
		s.Tag.Colour = ui.Blue
		if o.Reply != "" {
			s.Reason = "The sender answered your question " + ui.Moment(o.RepliedAt, now)
		}
	case o.State == terms.OfferInformationAsked:
		s.Tag.Colour = ui.Yellow
		s.Reason = "Asked by " + v.Name(o.AnsweredBy) + " " + ui.Moment(o.AnsweredAt, now)
	case o.State == terms.OfferAccepted && o.Sent():
		s.Tag = ui.Tag{Text: "Accepted, being confirmed", Colour: ui.Yellow}
		s.Reason = v.Name(o.AnsweredBy) + " accepted this " + ui.Moment(o.AnsweredAt, now) + ". Wait for the confirmation before you promise anything"
	case o.State == terms.OfferAccepted:
		s.Tag = ui.Tag{Text: "You support them", Colour: ui.Green}
		s.Reason = "With " + v.Name(o.AssignedTo)
	case o.State == terms.OfferBounced:
		s.Reason = v.Name(o.AnsweredBy) + " bounced this " + ui.Moment(o.AnsweredAt, now) + ": " + o.Bounce.Reason.Label()
		if o.Sent() {
			s.Tag = ui.Tag{Text: "Bounced, being confirmed", Colour: ui.Yellow}
		}
	case o.State == terms.OfferExpired:
		s.Reason = "It has gone on to somebody else. You can still accept: if nobody else has, it is yours"
	case o.State == terms.OfferEnded:
		s.Reason = v.Name(o.EndedBy) + " ended the support " + ui.Moment(o.EndedAt, now) + ": " + o.Outcome.Label()
	}
	return s
}

func standDownWhy(o domain.Offer) string {
	for _, r := range terms.AnswerRefusals {
		if r.Code == o.RefusedWhy {
			return r.Label
		}
	}
	return o.TakenBackWhy.Label()
}

// clockOf is what is owed next and by when, if anything is.
func clockOf(o domain.Offer, now timeT) *ui.Clock {
	switch {
	case o.MustStandDown():
		return &ui.Clock{Since: o.TakenBackAt, Due: o.StandDownDueAt, What: "your word that you stood down", Now: now}
	case o.State == terms.OfferOffered:
		return &ui.Clock{Since: o.OfferedAt, Due: o.AnswerDueAt, What: "reply", Now: now}
	case o.State == terms.OfferInformationAsked:
		return &ui.Clock{Since: o.AnsweredAt, Now: now}
	case o.State == terms.OfferAccepted && o.StartedAt.IsZero():
		return &ui.Clock{Since: o.AnsweredAt, Due: o.FirstContactDueAt, What: "first contact", Now: now}
	case o.State == terms.OfferAccepted && o.ReviewOn != "":
		return &ui.Clock{Due: dayEnd(o.ReviewOn), What: "review", Now: now}
	}
	return nil
}

// first is what must be seen or done before anything else.
func first(v app.OfferView, now timeT) []ui.Component {
	o := v.Offer
	var parts []ui.Component
	if o.MustStandDown() {
		parts = append(parts, ui.WarningCallout{Heading: "Stop what you began", Body: ui.Group{
			ui.Paragraph(standDownWhy(o) + ". Your yes did not count, so somebody else helps the person now, or nobody may. Do not contact them again. If you have promised something, tell them once that your team stands down."),
			ui.Form{Action: Root + "/offers/" + o.ID + "/stand-down", IdempotencyKey: key(), Version: o.Version, Buttons: []ui.Component{ui.Button{Text: "We have stood down"}}},
		}})
	} else if !o.StoodDown.IsZero() {
		parts = append(parts, ui.InsetText{Body: ui.Text(v.Name(o.StoodDownBy) + " confirmed " + ui.Moment(o.StoodDown, now) + " that your team stood down.")})
	}
	if !o.RemovedAt.IsZero() {
		parts = append(parts, ui.InsetText{Body: ui.Text("The person no longer agrees to sharing. What was shared with your team was removed " + ui.Near(o.RemovedAt, now) + ".")})
	}
	for _, x := range v.Others {
		if x.ID != o.ID && x.Supported() {
			parts = append(parts, ui.InsetText{Body: ui.Link{Text: "Your team already supports this person: referral " + spaced(x.Reference), Href: Root + "/offers/" + x.ID}})
		}
	}
	for _, c := range v.Crises {
		parts = append(parts, ui.WarningCallout{
			Heading: "Crisis reported " + ui.Moment(c.At, now), Urgent: true,
			Body: ui.Group{ui.Paragraph(v.Name(c.By) + " rang: " + c.Rung.Label() + "."), ui.Prose(c.Note)},
		})
		break
	}
	if o.Safeguarding != "" || len(o.SafeguardingCodes) > 0 {
		body := ui.Group{}
		for _, c := range o.SafeguardingCodes {
			body = append(body, ui.Paragraph(c.Label()))
		}
		parts = append(parts, ui.WarningCallout{Heading: "Keep in mind for safety", Body: append(body, ui.Prose(o.Safeguarding))})
	}
	return parts
}
