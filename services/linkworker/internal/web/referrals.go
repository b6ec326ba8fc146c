package web

import (
	"net/http"
	"slices"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

var referralTabs = []tab{
	{"open", "Open", "Nothing that your team sent on is open."},
	{"asked", "Questions to you", "Nobody asks you anything."},
	{"held", "Possible duplicates", "Nothing is held."},
	{"over", "Over", "Nothing that your team sent on has ended yet."},
}

func (web *Web) referrals(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	show := r.URL.Query().Get("show")
	if !slices.ContainsFunc(referralTabs, func(t tab) bool { return t.show == show }) {
		show = referralTabs[0].show
	}
	var after *app.OfferPlace
	var at app.OfferPlace
	if ok, err := in.After(r.Context(), &at); err != nil {
		return err
	} else if ok {
		after = &at
	}
	limit := min(in.Limit, 25)
	l, err := web.app.Referrals(r.Context(), who(r.Context()), show, after, limit)
	if err != nil {
		return err
	}
	next := ""
	if len(l.Referrals) > limit {
		l.Referrals = l.Referrals[:limit]
		last := l.Referrals[limit-1]
		next = Root + "/referrals?show=" + show + "&cursor=" + httpx.Cursor(r.Context(), app.OfferPlace{At: last.RequestedAt, ID: last.Referral.ID})
	}
	return web.pages.Render(w, http.StatusOK, "queue", drawReferrals(web.page(r, "Sent on", "Sent on"), show, l, next, after != nil, r.URL.RequestURI(), web.Now()))
}

func drawReferrals(base ui.Page, show string, l app.ReferralList, next string, later bool, here string, now timeT) listPage {
	base.Wide = true
	p := listPage{Page: base, Heading: "Sent on", Parts: ui.SubNav{Label: "Sent on"}}
	empty := ""
	for _, t := range referralTabs {
		p.Parts.Items = append(p.Parts.Items, ui.MenuItem{Text: t.text, Href: Root + "/referrals?show=" + t.show, Current: t.show == show, Count: l.Counts[t.show]})
		if t.show == show {
			empty = t.empty
		}
	}
	body := ui.Group{}
	if len(l.Referrals) == 0 {
		body = append(body, ui.EmptyState{Heading: "Nothing here", Body: ui.Paragraph(empty)})
	} else {
		table := ui.Table{Caption: "Referrals your team sent, newest first", HideCaption: true, Columns: []ui.Column{{Text: "Person"}, {Text: "Need"}, {Text: "With"}, {Text: "Sent"}, {Text: "Where it stands"}}}
		for _, r := range l.Referrals {
			table.Rows = append(table.Rows, ui.Row{New: r.ChangedAt.After(r.LookedAt), Cells: []ui.Component{
				ui.Group{ui.Link{Text: r.Person.Name(), Href: Root + "/referrals/" + r.Referral.ID}, ui.Paragraph(spaced(r.Reference))},
				ui.Text(referralNeed(r.Referral)), ui.Text(withWhom(r.Referral, l.Name(r.ReceiverID))), ui.Text(ui.Near(r.RequestedAt, now) + ", " + l.Name(r.RequestedBy)),
				ui.Status{Tag: referralTag(r.Referral), Reason: owesWords(r.Referral, l.Name, now)},
			}})
		}
		first := ""
		if later {
			first = Root + "/referrals?show=" + show
		}
		body = append(body, table, ui.Pagination{Next: next, Previous: first, Showing: "Showing " + ui.Count(len(l.Referrals), "referral", "referrals") + " of " + ui.Count(l.Total, "referral", "referrals")})
	}
	p.Live = ui.Live{ID: "list", Label: "Sent on", Events: Root + "/events", Refresh: here, Now: now, Body: body}
	return p
}

// referral is one that we sent: what was said, where it stands, and what we owe.
func (web *Web) referral(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	return web.showReferral(w, r, id, typed{}, nil)
}

func (web *Web) showReferral(w http.ResponseWriter, r *http.Request, id string, t typed, refused error) error {
	v, err := web.app.Referral(r.Context(), who(r.Context()), id)
	if err != nil {
		return err
	}
	t.problems = ui.ProblemsOf(refused)
	return web.show(w, httpx.Status(refused), referralSheet(web.page(r, "", "Sent on"), v, t, web.Now()))
}

func referralSheet(base ui.Page, v app.ReferralView, t typed, now timeT) sheet {
	r := v.Referral
	base.Title, base.Problems = "Referral "+r.Reference+", "+v.Person.Initials(), t.problems
	base.Header = header(v.Person, r.ParentOfferID, now)
	base.Trail = []ui.Link{{Text: "Sent on", Href: Root + "/referrals"}}
	s := sheet{Page: base, Caption: "Sent by your team", Heading: "Referral " + spaced(r.Reference)}
	status := ui.Status{Tag: referralTag(r), Reason: owesWords(r, v.Name, now)}
	if r.Notice.Phone() {
		status.Reason = "" // it stands below, with what to do
	}
	s.Parts = append(s.Parts, status)
	if r.Open() && r.Notice.Phone() {
		s.Parts = append(s.Parts, ui.NotReached(r.Notice.Label(), v.Phone, "/case/referrals/"+r.ID))
	}
	if r.Open() && !r.DueAt.IsZero() {
		s.Parts = append(s.Parts, ui.Clock{Since: r.RequestedAt, Due: r.DueAt, What: "next step", Now: now})
	}
	if why := reasonWords(r.Reason); why != "" {
		s.Parts = append(s.Parts, ui.InsetText{Body: ui.Group{ui.Paragraph(why), ui.Prose(r.Message)}})
	}
	s.Parts = append(s.Parts, yourTurn(v, t, now)...)
	s.Parts = append(s.Parts, ui.Heading{Text: "What happens next"}, ui.Paragraph(nextWords(v, now)), sentCard(v, now))
	if r.Open() {
		s.Parts = append(s.Parts, ui.List{ui.Link{Text: "Withdraw this referral", Href: Root + "/referrals/" + r.ID + "/withdraw"}})
	}
	return sheet{Page: s.Page, Caption: s.Caption, Heading: s.Heading, Parts: append(s.Parts, ui.Heading{Text: "What happened"}, stepLine(v, now))}
}

// yourTurn is what we owe: an answer, or a choice about a possible duplicate.
func yourTurn(v app.ReferralView, t typed, now timeT) []ui.Component {
	r := v.Referral
	switch {
	case r.State == terms.ReferralHeld && r.Open():
		return []ui.Component{ui.WarningCallout{Heading: "Possible duplicate", Body: ui.Group{
			ui.Paragraph("Somebody may already be helping with this need. Nobody is asked until you have chosen: join what is there, go on with a reason, or withdraw."),
			ui.Link{Text: "Choose on the case's page", Href: "/case/referrals/" + r.ID},
		}}}
	case r.Asked():
		question := ui.Group{}
		if r.Message != "" && reasonWords(r.Reason) == "" {
			question = append(question, ui.Prose(r.Message))
		}
		return []ui.Component{
			ui.Heading{Text: "They ask you"},
			question,
			ui.Form{
				Action: Root + "/referrals/" + r.ID + "/answer", IdempotencyKey: key(), Version: r.Version, Fields: []ui.Component{
					ui.Textarea{Name: "answer", Label: "Your answer", Hint: "The receiver sees it.", Value: t.value("answer"), Error: t.problems.For("answer"), MaxLength: noteMost},
				},
				Buttons: []ui.Component{ui.Button{Text: "Send answer"}},
			},
		}
	case t.sent != nil && t.value("answer") != "":
		return []ui.Component{ui.InsetText{Body: ui.Group{ui.Paragraph("What you typed was not sent. It is kept here so that you can copy it:"), ui.Prose(t.value("answer"))}}}
	case !r.AnsweredAt.IsZero() && r.Open():
		return []ui.Component{ui.InsetText{Body: ui.Text(v.Name(r.AnsweredBy) + " answered " + ui.Moment(r.AnsweredAt, now) + ".")}}
	}
	return nil
}

// nextWords say what happens next, with a date where there is one.
func nextWords(v app.ReferralView, now timeT) string {
	r := v.Referral
	by := ""
	if !r.DueAt.IsZero() {
		by = " by " + ui.Near(r.DueAt, now)
	}
	switch {
	case !r.WithdrawnAt.IsZero():
		return v.Name(r.WithdrawnBy) + " withdrew it " + ui.Moment(r.WithdrawnAt, now) + ": " + r.WithdrawnWhy.Label() + ". Whoever had it in hand stops."
	case r.State == terms.ReferralRequested, r.State == terms.ReferralChecked:
		return "Waypost checks whether somebody helps already, and then asks " + orSomebody(withWhom(r, firstReceiver(v))) + ". You will see their name and the date of their reply here."
	case r.State == terms.ReferralOffered:
		return withWhom(r, v.Receivers[r.ReceiverID].Name) + " answers" + by + ". Without an answer it goes on to the next who can help."
	case r.State == terms.ReferralAccepted:
		return withWhom(r, v.Receivers[r.ReceiverID].Name) + " makes first contact" + by + "."
	case r.State == terms.ReferralWaitlisted:
		return withWhom(r, v.Receivers[r.ReceiverID].Name) + " keeps them on the waiting list and says how it moves" + by + "."
	case r.State == terms.ReferralUnderWay:
		return "Help is under way. The next word is due" + by + "."
	case r.State == terms.ReferralEscalated:
		return "A named person at the area's office finds a way" + by + ". You need do nothing."
	case r.State == terms.ReferralHeld, r.State == terms.ReferralInformationAsked:
		return "It is your turn" + by + ". Nothing moves until then."
	case r.State == terms.ReferralJoined:
		return "It was joined to help that was there already. Nobody new is asked."
	}
	if r.Outcome != "" {
		return "It has ended: " + r.Outcome.Label() + "."
	}
	return "It has ended."
}

func orSomebody(name string) string {
	if name == "Nobody yet" {
		return "the next suitable service"
	}
	return name
}

func firstReceiver(v app.ReferralView) string {
	if len(v.Referral.Receivers) == 0 {
		return ""
	}
	return v.Receivers[v.Referral.Receivers[0].ID].Name
}

func sentCard(v app.ReferralView, now timeT) ui.Component {
	r := v.Referral
	need := "Removed"
	if r.Need != "" {
		need = r.Need.Label()
	}
	rows := []ui.SummaryRow{
		{Key: "Need", Value: ui.Text(need)},
		{Key: "How soon", Value: ui.Text(r.Urgency.Label())},
		{Key: "Sent", Value: ui.Text(v.Name(r.RequestedBy) + ", " + ui.Moment(r.RequestedAt, now))},
		{Key: "Agreed to sharing", Value: ui.Text("Yes: " + r.Consent.How.Label())},
	}
	if r.ReceiverID != "" {
		rows = append(rows, ui.SummaryRow{Key: "With", Value: ui.Text(v.Receivers[r.ReceiverID].Name)})
	}
	if r.Narrative != "" {
		rows = append(rows, ui.SummaryRow{Key: "What you wrote", Value: ui.Prose(r.Narrative)})
	}
	if r.Safeguarding != "" {
		rows = append(rows, ui.SummaryRow{Key: "For safety", Value: ui.Prose(r.Safeguarding)})
	}
	if r.ParentOfferID != "" {
		rows = append(rows, ui.SummaryRow{Key: "Came of", Value: ui.Link{Text: "The referral to your team", Href: Root + "/offers/" + r.ParentOfferID}})
	}
	if r.CaseID != "" {
		rows = append(rows, ui.SummaryRow{Key: "The shared case", Value: ui.Link{Text: "Open the shared case", Href: "/case/" + r.CaseID}})
	}
	return ui.SummaryCard{Heading: "What was sent", Rows: rows}
}

func stepLine(v app.ReferralView, now timeT) ui.Component {
	var t ui.Timeline
	for _, s := range v.Steps {
		info, _ := terms.ReferralStateByCode(s.State)
		body := ui.Group{}
		if why := reasonWords(s.Reason); why != "" {
			body = append(body, ui.Paragraph(why))
		}
		if name := v.Receivers[s.ReceiverID].Name; name != "" {
			body = append(body, ui.Paragraph("With "+name+"."))
		}
		if s.Message != "" {
			body = append(body, ui.Prose(s.Message))
		}
		t.Entries = append(t.Entries, ui.TimelineEntry{
			Title: info.Sender, At: s.At, When: ui.Moment(s.At, now), Author: "Coordination", Role: "Waypost", Body: body,
			New: !v.LookedAt.IsZero() && s.At.After(v.LookedAt),
		})
	}
	r := v.Referral
	if !r.WithdrawnAt.IsZero() {
		t.Entries = append(t.Entries, ui.TimelineEntry{Title: "Withdrawn", At: r.WithdrawnAt, When: ui.Moment(r.WithdrawnAt, now), Author: v.Name(r.WithdrawnBy), Role: "Our team"})
	}
	t.Entries = append(t.Entries, ui.TimelineEntry{Title: "Sent", At: r.RequestedAt, When: ui.Moment(r.RequestedAt, now), Author: v.Name(r.RequestedBy), Role: "Our team"})
	sortNewest(t.Entries)
	return t
}

func (web *Web) inform(w http.ResponseWriter, r *http.Request) error {
	return web.onReferral(w, r, "answered", func(f *httpx.Form, id string, version int64) error {
		answer := f.Area("answer", noteMost, "Enter your answer")
		if err := f.Err(); err != nil {
			return err
		}
		_, err := web.app.Inform(r.Context(), who(r.Context()), httpx.Command(r.Context(), "give information"), id, answer, version)
		return err
	}, web.showReferral)
}

// onReferral reads a form about a referral that we sent, does it, and shows the page again with what was typed when it is refused.
func (web *Web) onReferral(w http.ResponseWriter, r *http.Request, banner string, do func(f *httpx.Form, id string, version int64) error,
	show func(w http.ResponseWriter, r *http.Request, id string, t typed, refused error) error,
) error {
	id, err := httpx.PathID(r, "id")
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
	if err := do(f, id, version); err != nil {
		if again(err) {
			return show(w, r, id, typed{sent: f.Values()}, err)
		}
		return err
	}
	return done(w, r, "/referrals/"+id, banner)
}
