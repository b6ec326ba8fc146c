package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/vcse/internal/app"
)

// homePage is what waits for this person, and the tray.
type homePage struct {
	ui.Page
	Waiting ui.Component // action required, and the tray for who has one; it keeps itself up to date
	Told    ui.Component // how one hears of new offers; nil for who has no tray
}

// trayRows is how many offers the home page shows.
const trayRows = 10

func (web *Web) home(w http.ResponseWriter, r *http.Request) error {
	a := who(r)
	h, err := web.App.Home(r.Context(), a)
	if err != nil {
		return err
	}
	p := homePage{Page: web.page(r, "Home")}
	var tray ui.Component
	if isProvider(a) {
		p.Wide = true
		rows, err := web.App.Offers(r.Context(), a, app.OffersQuery{Show: app.ShowWaiting, Sort: app.SortDue, Limit: trayRows, Quiet: passive(r)})
		if err != nil {
			return err
		}
		told, err := web.App.Told(r.Context(), a)
		if err != nil {
			return err
		}
		p.Told = ui.Group{toldBy(told), soon}
		tray = offerTable("Offers that wait for your answer", rows, listOf{show: app.ShowWaiting}, web.Now())
	}
	p.Waiting = ui.Live{ID: "waiting", Label: "What waits for you", Events: Root + "/events", Refresh: Root, Now: web.Now(), Body: waiting(h, tray)}
	return web.pages.Render(w, http.StatusOK, pageHome, p)
}

// toldBy says how this organisation hears of its offers: what is not so must not be relied on.
func toldBy(t app.Told) ui.Component {
	switch {
	case !t.On:
		return ui.InsetText{Body: ui.Paragraph("Nobody is told of new offers by email here. Look at this page every working day.")}
	case t.Address == "":
		return ui.InsetText{Body: ui.Group{
			ui.Paragraph("Your organisation has no email address here, so nobody can be told of new offers by email: whoever sends one has to phone you."),
			ui.Paragraph("A service lead can add an address on the page of your organisation in the register."),
		}}
	}
	return ui.Paragraph("New offers, answers that are due soon and offers that are taken back are told by email to " + t.Address + ".")
}

// soon is everything that this organisation owes before the end of the next working day: the case's own page.
var soon = ui.Link{Text: "See everything that is due soon from you", Href: "/case/overdue?list=soon"}

// waiting is what the home page is about: what is required, and the offers themselves.
func waiting(h app.Home, tray ui.Component) ui.Component {
	if tray == nil {
		return required(h)
	}
	return ui.Group{required(h), ui.Heading{Text: "Offers to answer"}, tray}
}

// passive tells whether a page is fetching itself again.
func passive(r *http.Request) bool { return r.Header.Get("Waypost-Passive") == "1" }

func required(h app.Home) ui.ActionRequired {
	href := Root + "/services"
	if len(h.Confirm) == 1 {
		href = servicePath(h.Confirm[0].ID)
	}
	return ui.ActionRequired{Items: []ui.ActionItem{
		{Count: h.Counts[app.ShowStandDown], One: "offer to stand down from", Many: "offers to stand down from", Href: listPath(app.ShowStandDown), Urgent: true},
		{Count: h.Counts[app.ShowOverdue], One: "answer overdue", Many: "answers overdue", Href: listPath(app.ShowOverdue), Urgent: true},
		{Count: h.Counts[app.ShowWaiting] - h.Counts[app.ShowOverdue], One: "offer waiting for your answer", Many: "offers waiting for your answer", Href: listPath(app.ShowWaiting)},
		{Count: h.Counts[app.ShowAlso], One: "person whom you are asked to help with more", Many: "people whom you are asked to help with more", Href: listPath(app.ShowAlso)},
		{Count: h.Counts[app.ShowRecord], One: "person without a session recorded for a week", Many: "people without a session recorded for a week", Href: listPath(app.ShowRecord)},
		{Count: len(h.Confirm), One: "service whose room nobody has confirmed for a week", Many: "services whose room nobody has confirmed for a week", Href: href},
		{Count: h.Claims, One: "claim to decide", Many: "claims to decide", Href: Root + "/claims"},
	}}
}

// listOf says which list a table is.
type listOf struct {
	show app.Show
	sort app.Sort
	href func(sort app.Sort) string // the same list in another order; nil: it can not be sorted
}

func liveList(id, label, refresh string, rows []app.OfferRow, l listOf, now time.Time) ui.Component {
	return ui.Live{ID: id, Label: label, Events: Root + "/events", Refresh: refresh, Now: now, Body: offerTable(label, rows, l, now)}
}

func offerTable(label string, rows []app.OfferRow, l listOf, now time.Time) ui.Component {
	if len(rows) == 0 {
		return empties[l.show]
	}
	due, received := ui.Column{Text: "Due"}, ui.Column{Text: "Received"}
	if l.href != nil {
		due.SortHref, received.SortHref = l.href(app.SortDue), l.href(app.SortNewest)
		switch l.sort {
		case app.SortDue:
			due.Sorted = "ascending"
		case app.SortNewest:
			received.Sorted = "descending"
		case app.SortOldest:
			received.Sorted = "ascending"
		}
	}
	t := ui.Table{Caption: label, HideCaption: true, Columns: []ui.Column{{Text: "Person"}, {Text: "For"}, {Text: "Status"}, due, received, {Text: "Who deals with it"}}}
	for _, o := range rows {
		t.Rows = append(t.Rows, offerRow(o, now))
	}
	return t
}

func offerRow(o app.OfferRow, now time.Time) ui.Row {
	whose := o.Assigned
	if whose == "" {
		whose = "Nobody yet"
	}
	what := ui.Group{ui.Text(o.Service)}
	if o.Need != "" {
		what = append(what, ui.Text(" – "+o.Need.Label()))
	}
	for _, need := range o.Also {
		what = append(what, ui.Paragraph("Also asked: "+strings.ToLower(need.Label())))
	}
	from := o.Sender
	if from == "" {
		from = "a sender not registered yet"
	}
	state := status(o.Offer, now)
	if o.YoursToAnswer() {
		state.Reason = "" // the tag says it; a list has little room
	}
	return ui.Row{New: o.New, Cells: []ui.Component{
		ui.Link{Text: person(o.Offer), Href: offerPath(o.ID), Hidden: "reference " + reference(o.Reference)},
		what, state, dueCell(o, now),
		ui.Group{ui.Text(ui.Near(o.OfferedAt, now) + " from " + from)},
		ui.Text(whose),
	}}
}

// dueCell is the clock of a list: by when we owe something, or how long somebody has waited.
func dueCell(o app.OfferRow, now time.Time) ui.Component {
	due := o.Due()
	if due.IsZero() {
		return ui.Text("Nothing due from you")
	}
	what := map[bool]string{true: "your answer", false: "your next step"}[o.YoursToAnswer()]
	if o.MustStandDown() {
		what = "your confirmation"
	}
	since := o.OfferedAt
	if !o.WaitingSince.IsZero() {
		since = o.WaitingSince
	}
	return ui.Clock{Since: since, Due: due, What: what, Now: now}
}

var empties = map[app.Show]ui.EmptyState{
	app.ShowWaiting:   {Heading: "No offers are waiting for your answer", Body: ui.Paragraph("New offers appear here by themselves.")},
	app.ShowOverdue:   {Heading: "No answer is overdue", Body: ui.Paragraph("Offers appear here when the time for your answer is over.")},
	app.ShowAsked:     {Heading: "You are not waiting for an answer from a sender", Body: ui.Paragraph("Offers about which you asked something appear here until the sender answers.")},
	app.ShowSent:      {Heading: "Every answer was received", Body: ui.Paragraph("Answers appear here for the few seconds until Waypost has confirmed them.")},
	app.ShowWaitlist:  {Heading: "Nobody is on your waiting list", Body: ui.Paragraph("People appear here in the order in which you put them on the list.")},
	app.ShowPeople:    {Heading: "You are not helping anybody at the moment", Body: ui.Paragraph("People appear here when you accept an offer, until you end your support.")},
	app.ShowRecord:    {Heading: "Every session is recorded", Body: ui.Paragraph("People appear here when nothing was recorded for them for a week.")},
	app.ShowBounced:   {Heading: "You have bounced nothing", Body: ui.Paragraph("Offers that you bounce stay here, with what came of them.")},
	app.ShowAlso:      {Heading: "You are asked to help nobody with more", Body: ui.Paragraph("People appear here when a practice asks you to help with another need too, until somebody of yours opens them.")},
	app.ShowStandDown: {Heading: "There is nothing to stand down from", Body: ui.Paragraph("Offers appear here when somebody else helps after all, or the referral ended while you were answering.")},
	app.ShowOver:      {Heading: "Nothing has ended yet", Body: ui.Paragraph("Support that ended, and offers that expired or were taken back, stay here.")},
	app.ShowAll:       {Heading: "There are no offers yet", Body: ui.Paragraph("Offers come when a practice or a link worker sends somebody to one of your services.")},
}
