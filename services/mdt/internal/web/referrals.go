package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// Referrals of other care organisations: hospitals, councils, mental health trusts.

func referralPath(id string) string { return Root + "/referrals/" + id }

// referralList is how the list is narrowed and sorted: all of it stands in the address.
type referralList struct{ Show, Need, Sort string }

func (l referralList) path(change ...string) string {
	m := map[string]string{"show": l.Show, "need": l.Need, "sort": l.Sort}
	for i := 0; i+1 < len(change); i += 2 {
		m[change[i]] = change[i+1]
	}
	return Root + "/referrals" + query("show", m["show"], "need", m["need"], "sort", m["sort"], "cursor", m["cursor"])
}

var referralShows = []struct{ Code, Words, Empty string }{
	{"", "All", "You have not sent a referral yet"},
	{"open", "Open", "No referral is open"},
	{"asked", "Information needed", "Nobody needs information from you"},
	{"held", "Possible duplicates", "No referral is held as a possible duplicate"},
	{"bounced", "Bounced", "No open referral was bounced"},
	{"ended", "Ended", "No referral has ended yet"},
}

func (web *Web) referrals(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	l := referralList{Show: oneOf(q.Get("show"), "", "open", "asked", "held", "bounced", "ended"), Sort: oneOf(q.Get("sort"), "", "oldest", "sent", "sent-oldest")}
	if n := terms.Need(q.Get("need")); n.Known() {
		l.Need = string(n)
	}
	rq := app.ReferralQuery{Show: l.Show, Need: terms.Need(l.Need), Sent: l.Sort == "sent" || l.Sort == "sent-oldest", Oldest: l.Sort == "oldest" || l.Sort == "sent-oldest", Limit: in.Limit + 1}
	var at app.ReferralPlace
	if ok, err := in.After(r.Context(), &at); err != nil {
		return err
	} else if ok {
		rq.After = &at
	}
	all, err := web.app.Referrals(r.Context(), who(r.Context()), rq)
	if err != nil {
		return err
	}
	next := ""
	if len(all) > in.Limit {
		all = all[:in.Limit]
		last := all[len(all)-1]
		place := app.ReferralPlace{At: last.ChangedAt, ID: last.ID}
		if rq.Sent {
			place.At = last.RequestedAt
		}
		next = l.path("cursor", httpx.Cursor(r.Context(), place))
	}
	return web.show(w, http.StatusOK, drawReferrals(web.page(r, "Referrals", sectionReferrals), all, l, next, web.Now()))
}

func referralTag(r domain.Referral) ui.Tag {
	colour := ui.Yellow
	switch {
	case r.Asked() || r.Held():
		colour = ui.Blue
	case !r.Open():
		colour = ui.Grey
	case r.State == terms.ReferralAccepted || r.State == terms.ReferralUnderWay:
		colour = ui.Green
	}
	return ui.Tag{Text: r.Standing(), Colour: colour}
}

func drawReferrals(p ui.Page, all []app.ReferralView, l referralList, next string, now time.Time) sheet {
	p.Wide = true
	nav, empty := ui.SubNav{Label: "Referrals"}, ""
	for _, x := range referralShows {
		nav.Items = append(nav.Items, ui.MenuItem{Text: x.Words, Href: l.path("show", x.Code), Current: x.Code == l.Show})
		if x.Code == l.Show {
			empty = x.Empty
		}
	}
	filter := ui.Filter{Action: Root + "/referrals", Values: []ui.Value{{Name: "show", Value: l.Show}, {Name: "sort", Value: l.Sort}}, Fields: []ui.Component{ui.Select{Name: "need", Label: "Need", Value: l.Need, Options: needOptions("Any")}}}
	if l.Need != "" {
		filter.Chips, filter.Clear = []ui.Link{{Text: terms.Need(l.Need).Label(), Href: l.path("need", "")}}, l.path("need", "")
	}
	sorted := func(text, newest, oldest string) ui.Column {
		switch l.Sort {
		case newest:
			return ui.Column{Text: text, Sorted: "descending", SortHref: l.path("sort", oldest)}
		case oldest:
			return ui.Column{Text: text, Sorted: "ascending", SortHref: l.path("sort", newest)}
		}
		return ui.Column{Text: text, SortHref: l.path("sort", newest)}
	}
	var body ui.Component = ui.EmptyState{Heading: empty, Body: ui.Link{Text: "Refer somebody", Href: Root + "/referrals/new"}}
	if len(all) > 0 {
		t := ui.Table{Caption: "Referrals", HideCaption: true, Columns: []ui.Column{{Text: "Person"}, {Text: "Reference"}, {Text: "Need"}, {Text: "Status"}, sorted("Sent", "sent", "sent-oldest"), sorted("Changed", "", "oldest")}}
		for _, x := range all {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
				ui.Link{Text: x.Patient.Name(), Href: referralPath(x.ID), Hidden: "referral " + reference(x.Reference)},
				ui.Text(reference(x.Reference)), ui.Text(x.Need.Label()),
				ui.Status{Tag: referralTag(x.Referral), Reason: notReached(x.Referral)},
				ui.Text(ui.Near(x.RequestedAt, now)), ui.Text(ui.Moment(x.ChangedAt, now)),
			}})
		}
		body = ui.Group{t, ui.Pagination{Next: next, Showing: "Showing " + ui.Count(len(all), "referral", "referrals")}}
	}
	return sheet{Page: p, Heading: "Referrals", Parts: []ui.Component{ui.LinkButton{Text: "Refer somebody", Href: Root + "/referrals/new"}, nav, filter, ui.Live{ID: "referrals", Label: "Referrals", Events: eventsPath, Refresh: l.path(), Now: now, Body: body}}}
}

// notReached says in a list that somebody has to phone whoever is asked.
func notReached(r domain.Referral) string {
	if !r.Open() || !r.Notice.Phone() {
		return ""
	}
	return r.Notice.Label()
}

func (web *Web) referralOf(r *http.Request) (app.ReferralView, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return app.ReferralView{}, err
	}
	return web.app.ReferralByID(r.Context(), who(r.Context()), id)
}

func (web *Web) referral(w http.ResponseWriter, r *http.Request) error {
	v, err := web.referralOf(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawReferral(web.page(r, "Referral "+reference(v.Reference), sectionReferrals), v, typed{}, web.Now()))
}

func reached(v app.ReferralView, id string) string {
	if x, ok := v.Receivers[id]; ok {
		return x.Name
	}
	if id == "" {
		return "Nobody yet"
	}
	return "A service not in our directory"
}

func drawReferral(p ui.Page, v app.ReferralView, t typed, now time.Time) sheet {
	p.Problems, p.Back, p.Header = t.problems, &ui.Link{Text: "Referrals", Href: Root + "/referrals"}, header(v.Patient, v.Known, now)
	status := ui.Group{ui.Status{Tag: referralTag(v.Referral), Reason: reason(v)}}
	if v.Open() && v.Notice.Phone() {
		status = append(status, ui.NotReached(v.Notice.Label(), v.Phone, "/case/referrals/"+v.ID))
	}
	if v.Open() && !v.DueAt.IsZero() {
		status = append(status, ui.Clock{Since: v.ChangedAt, Due: v.DueAt, What: map[terms.Party]string{terms.PartySender: "your answer", terms.PartyReceiver: "their answer", terms.PartyCoordinator: "the next step of the area's office"}[v.Owes], Now: now})
	}
	if v.Held() {
		status = append(status, ui.InsetText{Body: ui.Group{ui.Paragraph("Somebody may already help this person with the same need. You decide what becomes of your referral."), ui.Link{Text: "Join it, send it on with a reason, or withdraw it", Href: "/case/referrals/" + v.ID}}})
	}
	if v.State == terms.ReferralEscalated && v.EscalatedTo != "" {
		status = append(status, ui.Paragraph(name(v.Names, v.EscalatedTo)+" is finding a way."))
	}
	rows := []ui.SummaryRow{
		{Key: "Reference", Value: ui.Text(reference(v.Reference))},
		{Key: "Need", Value: ui.Text(v.Need.Label())},
		{Key: "How soon", Value: ui.Text(v.Urgency.Label())},
		{Key: "Who has it", Value: ui.Text(reached(v, v.ReachedID))},
		{Key: "Sent", Value: ui.Text(name(v.Names, v.RequestedBy) + ", " + ui.Moment(v.RequestedAt, now))},
	}
	if v.Bounces > 0 {
		rows = append(rows, ui.SummaryRow{Key: "Bounced", Value: ui.Text(ui.Count(v.Bounces, "time", "times"))})
	}
	parts := []ui.Component{ui.Live{ID: "referral", Label: "The referral", Events: eventsPath, Refresh: referralPath(v.ID), Now: now, Body: ui.Group{status, ui.SummaryList{Rows: rows}}}}
	if v.Asked() {
		parts = append(parts, ui.Heading{Text: "They ask you"}, ui.InsetText{Body: ui.Prose(orRemoved(v.Message))}, ui.Form{Action: referralPath(v.ID) + "/answer", IdempotencyKey: newKey(), Version: v.Version, Fields: []ui.Component{
			ui.Textarea{Name: "answer", Label: "Your answer", Value: t.or("answer", ""), Error: t.wrong("answer"), MaxLength: domain.MaxText},
		}, Buttons: []ui.Component{ui.Button{Text: "Send the answer"}}})
	}
	links := ui.List{}
	if v.CaseID != "" {
		links = append(links, ui.Link{Text: "Open the shared case", Href: "/case/" + v.CaseID})
	}
	if v.Open() {
		links = append(links, ui.Link{Text: "Withdraw this referral", Href: referralPath(v.ID) + "/withdraw"})
	}
	if len(links) > 0 {
		parts = append(parts, links)
	}
	return sheet{Page: p, Caption: "Referral", Heading: reference(v.Reference), Parts: append(parts, ui.Heading{Text: "What happened"}, steps(v, now))}
}

// reason is the line under the tag: why it stands as it does, in words.
func reason(v app.ReferralView) string {
	if !v.WithdrawnAt.IsZero() {
		return v.WithdrawalReason.Label()
	}
	if v.Outcome != "" && !v.Open() {
		return v.Outcome.Label()
	}
	return reasonWords(v.Reason)
}

func reasonWords(code string) string {
	if terms.ReferralState(code).Known() { // of one that was joined: where the one stands that carries it
		return "The help that is there: " + terms.ReferralState(code).Label()
	}
	if b, ok := terms.BounceReasonByCode(terms.BounceReason(code)); ok {
		return b.Told
	}
	for _, label := range []string{terms.EscalationReason(code).Label(), terms.Outcome(code).Label(), terms.WithdrawalReason(code).Label(), terms.SendReason(code).Label()} {
		if label != code {
			return label
		}
	}
	return ""
}

func steps(v app.ReferralView, now time.Time) ui.Component {
	var t ui.Timeline
	for _, s := range v.Steps {
		e := ui.TimelineEntry{ID: s.ID, At: s.At, When: ui.Moment(s.At, now), Author: v.Names[s.By], Title: terms.ReferralState(s.What).Label()}
		switch s.What {
		case "bounced":
			e.Title = "Bounced, and offered on"
		case "answered":
			e.Title = "You answered"
		case string(terms.ReferralOffered):
			e.Title = "Offered to " + reached(v, s.ReachedID)
		}
		body := ui.Group{}
		if words := reasonWords(s.Reason); words != "" {
			body = append(body, ui.Paragraph(words))
		}
		if s.Message != "" {
			body = append(body, ui.Prose(s.Message))
		}
		if len(body) > 0 {
			e.Body = body
		}
		t.Entries = append(t.Entries, e)
	}
	return t
}

func (web *Web) sent(w http.ResponseWriter, r *http.Request) error {
	v, err := web.referralOf(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawSent(web.page(r, "Referral sent", sectionReferrals), v, web.app.AnswerBy(v.RequestedAt, v.Urgency)))
}

func drawSent(p ui.Page, v app.ReferralView, answerBy time.Time) sheet {
	return sheet{Page: p, Parts: []ui.Component{
		ui.Panel{Heading: "Referral sent", Reference: reference(v.Reference), Body: ui.Text("Their reference number")},
		ui.Heading{Text: "Who was told"},
		ui.Paragraph("Waypost has it and checks whether somebody already helps. Who is asked to help sees it in Waypost. A provider may also get an email that names nobody."),
		ui.Heading{Text: "What happens next"},
		ui.Paragraph("The service that is asked answers by " + ui.Day(answerBy) + " when it is asked today. You see every step on the referral's page and on your home page."),
		ui.List{ui.Link{Text: "Open the referral", Href: referralPath(v.ID)}, ui.Link{Text: "Go to your home page", Href: Root}},
	}}
}

func (web *Web) answer(w http.ResponseWriter, r *http.Request) error {
	v, err := web.referralOf(r)
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
	words := f.Area("answer", domain.MaxText, "Enter your answer")
	if err = f.Err(); err == nil {
		_, err = web.app.Answer(r.Context(), who(r.Context()), httpx.Command(r.Context(), "answer"), app.ReferralChange{ID: v.ID, Version: version}, words)
	}
	if refused(err) {
		return web.show(w, httpx.Status(err), drawReferral(web.page(r, "Referral "+reference(v.Reference), sectionReferrals), v, typed{f, ui.ProblemsOf(err)}, web.Now()))
	}
	if err != nil {
		return err
	}
	return to(w, r, referralPath(v.ID), "answered")
}

func (web *Web) askWithdraw(w http.ResponseWriter, r *http.Request) error {
	v, err := web.referralOf(r)
	if err != nil {
		return err
	}
	if !v.Open() {
		return domain.ErrNotOpen
	}
	return web.show(w, http.StatusOK, drawWithdraw(web.page(r, "Withdraw the referral", sectionReferrals), v, typed{}, web.Now()))
}

func drawWithdraw(p ui.Page, v app.ReferralView, t typed, now time.Time) sheet {
	p.Problems, p.Back, p.Header = t.problems, &ui.Link{Text: "Referral " + reference(v.Reference), Href: referralPath(v.ID)}, header(v.Patient, v.Known, now)
	q := ui.Radios{Name: "reason", Label: "Why do you withdraw it?", Value: t.or("reason", ""), Error: t.wrong("reason")}
	for _, x := range terms.WithdrawalReasons {
		q.Options = append(q.Options, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	return sheet{Page: p, Caption: "Referral " + reference(v.Reference), Heading: "Withdraw the referral?", Parts: []ui.Component{
		ui.Paragraph("Whoever has it sees that it was taken back and stops. It can not be started again: you would send a new one."),
		ui.Form{
			Action: referralPath(v.ID) + "/withdraw", IdempotencyKey: newKey(), Version: v.Version, Fields: []ui.Component{
				q,
				ui.Textarea{Name: "note", Label: "What should the others know?", Hint: "Needed for another reason", Rows: 3, Value: t.or("note", ""), Error: t.wrong("note"), MaxLength: domain.MaxNote},
			},
			Buttons: []ui.Component{ui.Button{Text: "Withdraw it", Variant: ui.Warning}},
		},
		ui.Link{Text: "Keep it", Href: referralPath(v.ID)},
	}}
}

func (web *Web) withdraw(w http.ResponseWriter, r *http.Request) error {
	v, err := web.referralOf(r)
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
	why, note := terms.WithdrawalReason(f.Text("reason", 60, "Select why you withdraw it")), f.Area("note", domain.MaxNote, "")
	if err = f.Err(); err == nil {
		_, err = web.app.Withdraw(r.Context(), who(r.Context()), httpx.Command(r.Context(), "withdraw"), app.ReferralChange{ID: v.ID, Version: version}, why, note)
	}
	if refused(err) {
		return web.show(w, httpx.Status(err), drawWithdraw(web.page(r, "Withdraw the referral", sectionReferrals), v, typed{f, ui.ProblemsOf(err)}, web.Now()))
	}
	if err != nil {
		return err
	}
	return to(w, r, referralPath(v.ID), "withdrawn")
}
