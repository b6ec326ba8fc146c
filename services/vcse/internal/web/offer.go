package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// offerPage is one offer and everything that can be done with it: accept, ask, waiting list, bounce; later sessions and the end.
type offerPage struct {
	ui.Page
	Heading  string // what it is about, without the person: they stand above
	Status   ui.Status
	Clock    ui.Component // nil when nothing is due from us
	First    ui.Component // what comes before everything else: standing down, or the way to the answer
	Risk     ui.Component // what one must know before making contact
	Kept     ui.Component // what was typed in a form that can not be sent any more
	Contact  ui.SummaryCard
	Facts    ui.SummaryCard
	Messages ui.Component
	Answers  []ui.Component
	Sessions ui.Component
	Others   ui.Component
	Assign   ui.Component
}

// tried is a form that was sent and refused: which verb, what was typed, and what is wrong.
type tried struct {
	verb     domain.Action
	form     *httpx.Form
	fault    *fault.Error
	problems ui.Problems
}

// typed is what stood in a field of the refused form, otherwise the fallback.
func (t *tried) typed(verb domain.Action, field, otherwise string) string {
	if t == nil || t.verb != verb || t.form == nil {
		return otherwise
	}
	return t.form.Typed(field)
}

func (t *tried) date(verb domain.Action, field string, otherwise ui.DateParts) ui.DateParts {
	if t == nil || t.verb != verb || t.form == nil {
		return otherwise
	}
	return ui.TypedDate(t.form.Values(), field)
}

func (t *tried) wrong(field string) string {
	if t == nil {
		return ""
	}
	return t.problems.For(field)
}

func (t *tried) open(verb domain.Action) bool { return t != nil && t.verb == verb }

func (web *Web) offer(w http.ResponseWriter, r *http.Request) error {
	return web.showOffer(w, r, http.StatusOK, nil)
}

func (web *Web) showOffer(w http.ResponseWriter, r *http.Request, status int, t *tried) error {
	offer, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := web.App.Offer(r.Context(), who(r), offer)
	if err != nil {
		return err
	}
	return web.pages.Render(w, status, pageOffer, newOfferPage(web.page(r, title(v.Offer)), v, t, web.Now()))
}

func newOfferPage(base ui.Page, v app.OfferView, t *tried, now time.Time) offerPage {
	p := offerPage{
		Page: base, Heading: heading(v), Status: status(v.Offer, now), Clock: clockOf(v, now), Risk: risk(v.Offer),
		Contact: contactCard(v.Offer, now), Facts: factsCard(v, now), Messages: messages(v, now), Sessions: sessionTable(v), Others: others(v),
	}
	p.Back = &ui.Link{Text: "Back to the list", Href: listPath(listFor(v.Offer))}
	p.Header = header(v.Offer, now)
	if t != nil {
		p.Problems = t.problems
		if t.fault.Meaning != fault.MeaningInvalid {
			p.Banner = &ui.Banner{Kind: ui.Attention, Heading: t.fault.Message, Body: ui.Paragraph("Look at it as it stands now. What you typed is kept.")}
			p.Problems = nil
		}
		p.Kept = kept(v.Offer, t)
	}
	if v.YoursToAnswer() {
		p.First = ui.Link{Text: "Go to your answer", Href: "#accept"}
	}
	for _, a := range v.Actions() {
		if a == domain.ActionAssign {
			p.Assign = assignForm(v, t)
			continue
		}
		if a == domain.ActionStandDown {
			p.First = forms[a](v, t, now)
			continue
		}
		p.Answers = append(p.Answers, forms[a](v, t, now))
	}
	return p
}

// kept shows what was typed when its form is gone from the page.
func kept(o domain.Offer, t *tried) ui.Component {
	if o.May(t.verb) {
		return nil
	}
	var words []string
	for _, field := range []string{"question", "detail", "criterion", "note"} {
		if s := strings.TrimSpace(t.form.Typed(field)); s != "" {
			words = append(words, s)
		}
	}
	if len(words) == 0 {
		return nil
	}
	return ui.Details{Summary: "What you had typed", Open: true, Body: ui.Prose(strings.Join(words, "\n\n"))}
}

func heading(v app.OfferView) string {
	if v.State == terms.OfferAccepted {
		return "Helping with " + v.Service.Name
	}
	return "Offer for " + v.Service.Name
}

func listFor(o domain.Offer) app.Show {
	switch o.State {
	case terms.OfferInformationAsked:
		return app.ShowAsked
	case terms.OfferWaitlisted:
		return app.ShowWaitlist
	case terms.OfferAccepted:
		return app.ShowPeople
	case terms.OfferBounced:
		return app.ShowBounced
	case terms.OfferOffered:
		return app.ShowWaiting
	}
	return app.ShowOver
}

func clockOf(v app.OfferView, now time.Time) ui.Component {
	if v.Due().IsZero() {
		return nil
	}
	c := ui.Clock{Since: v.OfferedAt, Due: v.Due(), What: "your next step", Now: now}
	switch {
	case v.MustStandDown():
		c.What = "your confirmation"
	case v.YoursToAnswer():
		c.What = "your answer"
	case v.State == terms.OfferWaitlisted:
		c.Since, c.What = v.WaitingSince, "word of how the list moves"
	}
	return c
}

// header is who the page is about, when that may still be known.
func header(o domain.Offer, now time.Time) *ui.PersonHeader {
	h := &ui.PersonHeader{Name: person(o), Facts: []ui.Fact{{Key: "Reference", Value: ui.Text(reference(o.Reference))}}}
	if !o.RemovedAt.IsZero() {
		h.Restricted = o.RemovedWhy.Label() + ". Contact details and what was written were removed " + ui.Moment(o.RemovedAt, now) + "."
		return h
	}
	if born, err := time.Parse(time.DateOnly, o.Contact.DateOfBirth); err == nil {
		h.Facts = append(h.Facts, ui.Fact{Key: "Date of birth", Value: ui.Text(ui.DateOfBirth(born, now))})
	}
	if o.Contact.NHSNumber != "" {
		h.Facts = append(h.Facts, ui.Fact{Key: "NHS number", Value: ui.Text(nhsnumber.Format(o.Contact.NHSNumber))})
	}
	if o.Contact.Known() && !o.Contact.SafeWays.Any() {
		h.Alerts = append(h.Alerts, ui.Text("Do not contact them: no way is safe. They will contact you."))
	} else if o.Contact.SafeNote != "" {
		h.Alerts = append(h.Alerts, ui.Text(o.Contact.SafeNote))
	}
	return h
}

func risk(o domain.Offer) ui.Component {
	if o.Safeguarding.Text == "" && len(o.Safeguarding.Codes) == 0 {
		return nil
	}
	body := ui.Group{}
	if len(o.Safeguarding.Codes) > 0 {
		body = append(body, ui.Paragraph(labels(o.Safeguarding.Codes)))
	}
	if o.Safeguarding.Text != "" {
		body = append(body, ui.Prose(o.Safeguarding.Text))
	}
	return ui.WarningCallout{Heading: "Read this before you make contact", Body: body}
}

func contactCard(o domain.Offer, now time.Time) ui.SummaryCard {
	card := ui.SummaryCard{Heading: "How to reach them"}
	if !o.Contact.Known() {
		why := "They can not be read here."
		if !o.RemovedAt.IsZero() {
			why = "They were removed " + ui.Moment(o.RemovedAt, now) + "."
		}
		card.Body = ui.Paragraph("There are no contact details. " + why)
		return card
	}
	c := o.Contact
	add := func(key, value string) {
		if value != "" {
			card.Rows = append(card.Rows, ui.SummaryRow{Key: key, Value: ui.Text(value)})
		}
	}
	add("Safe ways", safeWays(c.SafeWays))
	add("What to know", c.SafeNote)
	for _, way := range reach(c) {
		add(way[0], way[1])
	}
	add("Language", c.Language)
	if c.InterpreterNeeded {
		add("Interpreter", "Needed")
	}
	add("To take part they need", labels(o.Needs()))
	add("Next of kin", c.NextOfKin)
	return card
}

// reach is how to make contact: only by the ways that are safe. Where somebody lives is needed for visits, also when no letter may come.
func reach(c domain.Contact) (ways [][2]string) {
	switch s := c.SafeWays; {
	case s.Phone && s.Text:
		ways = append(ways, [2]string{"Phone", c.Phone})
	case s.Phone:
		ways = append(ways, [2]string{"Phone (no text messages)", c.Phone})
	case s.Text:
		ways = append(ways, [2]string{"Phone (text messages only)", c.Phone})
	}
	if c.SafeWays.Email {
		ways = append(ways, [2]string{"Email", c.Email})
	}
	address := strings.Trim(strings.Join(append(append([]string{}, c.AddressLines...), c.Postcode), ", "), ", ")
	switch {
	case c.SafeWays.Letter:
		ways = append(ways, [2]string{"Address", address})
	case c.SafeWays.Any():
		ways = append(ways, [2]string{"Address (do not write)", address})
	}
	return ways
}

func safeWays(s domain.SafeWays) string {
	var out []string
	for _, way := range []struct {
		safe bool
		name string
	}{{s.Phone, "phone"}, {s.Text, "text message"}, {s.Email, "email"}, {s.Letter, "letter"}} {
		if way.safe {
			out = append(out, way.name)
		}
	}
	if len(out) == 0 {
		return "None: they will contact you"
	}
	return "By " + strings.Join(out, ", ")
}

func factsCard(v app.OfferView, now time.Time) ui.SummaryCard {
	card := ui.SummaryCard{Heading: "The referral"}
	add := func(key string, value ui.Component) {
		card.Rows = append(card.Rows, ui.SummaryRow{Key: key, Value: value})
	}
	add("For", ui.Link{Text: v.Service.Name, Href: servicePath(v.ServiceID)})
	if v.Need != "" {
		add("Need", ui.Text(v.Need.Label()))
	}
	for _, need := range v.Also {
		add("Also asked to help with", ui.Text(need.Label()))
	}
	add("How soon", ui.Text(v.Urgency.Label()))
	add("From", ui.Text(sender(v)))
	add("Received", ui.Text(ui.Moment(v.OfferedAt, now)))
	if !v.KeptUntil.IsZero() {
		add("Place", ui.Text("A place is kept until "+ui.Day(v.KeptUntil)))
	}
	if v.Position > 0 {
		add("Waiting list", ui.Text("Number "+number(v.Position)+", since "+ui.Near(v.WaitingSince, now)))
	}
	if v.ExpectedByOn != "" && v.State == terms.OfferWaitlisted {
		add("Place expected by", ui.Text(onDay(v.ExpectedByOn)))
	}
	if v.FirstContactByOn != "" && v.State == terms.OfferAccepted {
		add("First contact by", ui.Text(onDay(v.FirstContactByOn)))
	}
	if v.Answer != "" {
		add("Answer", ui.Text(v.Answer.Label()+" by "+name(v.Names, v.AnsweredBy, "a colleague")+", "+ui.Moment(v.AnsweredAt, now)))
	}
	if v.Criterion != "" {
		add("Criterion not met", ui.Text(v.Criterion))
	}
	if v.UntilOn != "" {
		add("Room again from", ui.Text(onDay(v.UntilOn)))
	}
	if v.WhoseRole != "" {
		add("Whose work it is", ui.Text(v.WhoseRole.Label()))
	}
	if !v.StoodDownAt.IsZero() {
		add("Stood down", ui.Text(name(v.Names, v.StoodDownBy, "A colleague")+", "+ui.Moment(v.StoodDownAt, now)))
	}
	if v.AssignedTo != "" {
		add("Who deals with it", ui.Text(name(v.Names, v.AssignedTo, "A colleague who has left")))
	}
	return card
}

var kinds = map[string]string{"question": "You asked", "answer": "The sender answered", "bounce": "You wrote when you bounced it", "end": "You wrote at the end"}

func messages(v app.OfferView, now time.Time) ui.Component {
	if len(v.Messages) == 0 {
		return nil
	}
	var t ui.Timeline
	for i := len(v.Messages) - 1; i >= 0; i-- {
		m := v.Messages[i]
		body := ui.Component(ui.Prose(m.Text))
		if m.Text == "" {
			body = ui.Paragraph("What was written was removed.")
		}
		author := name(v.Names, m.By, "")
		if m.Kind == "answer" {
			author = name(v.Names, v.SenderOrganisation, "The sender")
		}
		t.Entries = append(t.Entries, ui.TimelineEntry{ID: m.ID, Title: kinds[m.Kind], At: m.At, When: ui.Moment(m.At, now), Author: author, Body: body})
	}
	return ui.Group{ui.Heading{Text: "Questions and answers"}, t}
}

func sessionTable(v app.OfferView) ui.Component {
	if len(v.Sessions) == 0 {
		return nil
	}
	t := ui.Table{Caption: "Sessions", Columns: []ui.Column{{Text: "Day"}, {Text: "Did they come?"}, {Text: "Recorded by"}}}
	for _, s := range v.Sessions {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Text(onDay(s.On)), ui.Text(s.Result.Label()), ui.Text(name(v.Names, s.By, "A colleague"))}})
	}
	return t
}

// others is the shared case's answer to "who already helps": another service's page, fetched by the browser.
func others(v app.OfferView) ui.Component {
	if !v.RemovedAt.IsZero() {
		return nil
	}
	return ui.Fetched{
		ID: "who-helps", URL: "/case/panel/" + v.CurrentRef, Link: ui.Link{Text: "See who else helps, in the shared case", Href: "/case/" + v.CaseID},
		Late: "Who else helps could not be shown just now. You can still answer.",
	}
}
