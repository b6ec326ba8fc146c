package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

type referralPage struct {
	ui.Page
	Heading   string
	Reference string
	State     ui.Component
	Actions   []ui.Component
	Parts     []ui.Component
}

func (web *Web) onReferral(r *http.Request) (app.ReferralPage, error) {
	rid, err := httpx.PathID(r, "id")
	if err != nil {
		return app.ReferralPage{}, err
	}
	return web.App.Referral(r.Context(), by(r), rid)
}

func (web *Web) referral(w http.ResponseWriter, r *http.Request) error {
	page, err := web.onReferral(r)
	if err != nil {
		return err
	}
	p := web.page(r, "Referrals", "Referral "+spelled(page.Reference)+" for "+initials(page.Patient))
	web.done(r, &p)
	return web.Pages.Render(w, http.StatusOK, "referral", web.drawReferral(p, page))
}

func (web *Web) drawReferral(p ui.Page, page app.ReferralPage) referralPage {
	now := web.Now()
	p.Header, p.Back = header(page.Patient, now), back("Referrals", "/practice/referrals")
	out := referralPage{Page: p, Heading: needLabel(page.Need), Reference: spelled(page.Reference)}
	href := "/practice/referrals/" + page.ID
	status := statusOf(page.Referral)
	if page.Notice.Phone() {
		status.Reason = "" // it stands below, with what to do
	}
	live := ui.Group{status}
	if page.Open && page.WithdrawnAt.IsZero() {
		live = append(live, clockOf(page.Referral, page.Names, now))
	}
	live = append(live, notice(page), whatNow(page, now))
	out.State = ui.Live{ID: "state", Label: "Status", Events: "/practice/live", Refresh: href, Now: now, Body: live}
	if page.May(domain.ActionInform) {
		out.Actions = append(out.Actions, ui.LinkButton{Text: "Answer their question", Href: href + "/information"})
	}
	if page.May(domain.ActionJoin) || page.May(domain.ActionConfirm) {
		out.Actions = append(out.Actions, ui.LinkButton{Text: "Decide about the duplicate", Href: "/case/referrals/" + page.ID})
	}
	if page.May(domain.ActionWithdraw) {
		out.Actions = append(out.Actions, ui.LinkButton{Text: "Withdraw", Href: href + "/withdraw", Variant: ui.Secondary})
	}
	if page.Patient.MayStart() == nil && (!page.Open || page.Bounces > 0) {
		out.Parts = append(out.Parts, ui.Form{
			Action: href + "/again", IdempotencyKey: web.NewID(), Version: page.Version, Values: []ui.Value{{Name: "need", Value: "same"}},
			Buttons: []ui.Component{ui.Button{Text: "Send it elsewhere", Hidden: "with the form filled in", Variant: ui.Secondary}},
		})
	}
	if page.CaseID != "" {
		out.Parts = append(out.Parts, ui.Paragraph("Everyone who helps this person is on the shared case."), line("Open the shared case", "/case/"+page.CaseID, ""))
	}
	out.Parts = append(out.Parts, ui.Heading{Text: "What happened"}, history(page, now), whatWasSent(page, now))
	return out
}

// whatNow says in a sentence whose turn it is, and shows the words of the other side.
func whatNow(page app.ReferralPage, now time.Time) ui.Component {
	var g ui.Group
	switch {
	case !page.WithdrawnAt.IsZero() && page.Open:
		return ui.Paragraph("It was withdrawn " + ui.Moment(page.WithdrawnAt, now) + " because: " + page.WithdrawalReason.Label() + ".")
	case page.State == terms.ReferralHeld && page.Open:
		g = append(g, ui.Paragraph("Somebody may already help with this need. Nothing is sent on until your practice says whether to join that help, to send this as well, or to withdraw it."))
		if page.Existing != nil {
			g = append(g, line("See the referral it may repeat", "/practice/referrals/"+page.Existing.ID, ""))
		}
	case page.State == terms.ReferralInformationAsked && page.Message != "" && page.Open:
		g = append(g, ui.InsetText{Body: ui.Group{ui.Text(receiverName(page.Referral, page.Names) + " wrote: "), ui.Prose(page.Message)}})
	case page.State == terms.ReferralEscalated:
		g = append(g, ui.Paragraph(page.Names.Name(page.EscalatedTo, page.Names.Name(page.OwesPerson, "The area’s office"))+" is finding a way. You do not have to do anything."))
	case page.State == terms.ReferralRequested && page.Open:
		g = append(g, ui.Paragraph("Waypost is checking whether somebody already helps. That takes seconds; if it stays like this, the message waits and is not lost."))
	case !page.Open:
		g = append(g, ui.Paragraph(ended(page)))
	}
	if page.Bounces > 0 && page.Open {
		g = append(g, ui.Paragraph("Bounced "+ui.Count(page.Bounces, "time", "times")+". It does not come back to the GP: what happens next stands above."))
	}
	return g
}

// notice is how far the e-mail to whoever is asked got, where it has not gone out.
func notice(page app.ReferralPage) ui.Component {
	switch {
	case !page.Open || !page.WithdrawnAt.IsZero() || page.Notice == "":
		return nil
	case page.Notice.Phone():
		return ui.NotReached(page.Notice.Label(), page.Phone, "/case/referrals/"+page.ID)
	}
	return ui.Paragraph(page.Notice.Label() + ".")
}

// ended is why it is over, as a sentence.
func ended(page app.ReferralPage) string {
	switch page.State {
	case terms.ReferralJoined:
		words := "This is over because it was joined to help that is there already."
		if now := domain.ReasonWords(page.State, page.Reason); now != "" {
			words += " " + now + "."
		}
		return words
	case terms.ReferralWithdrawn:
		why := page.WithdrawalReason.Label()
		if why == "" {
			why = domain.ReasonWords(page.State, page.Reason)
		}
		return "This is over because it was withdrawn: " + why + "."
	}
	if page.Outcome != "" {
		return "This is over: " + page.Outcome.Label() + "."
	}
	return "This is over."
}

// history is everything that happened, the latest first.
func history(page app.ReferralPage, now time.Time) ui.Component {
	var t ui.Timeline
	for _, s := range page.Steps {
		e := ui.TimelineEntry{
			ID: "step-" + s.ID, Title: stepWords(s, page), At: s.At, When: ui.Moment(s.At, now), Author: page.Names.Name(s.By, "Waypost"),
			New: !page.LookedAt.IsZero() && s.At.After(page.LookedAt),
		}
		var body ui.Group
		if why := domain.ReasonWords(terms.ReferralState(s.What), s.Reason); why != "" {
			body = append(body, ui.Paragraph(why))
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

func stepWords(s domain.Step, page app.ReferralPage) string {
	who := "the service"
	if s.Receiver.ID != "" {
		who = page.Names.Receiver(s.Receiver.ID)
	}
	switch s.What {
	case "sent":
		return "You sent the referral"
	case "signed":
		return "A supervisor signed it"
	case "bounced":
		return upper(who) + " bounced it"
	case "expired":
		return upper(who) + " did not answer in time"
	case "informed":
		return "You answered " + who
	case "withdrawn_here":
		return "You withdrew it"
	case domain.StepCameBack:
		return "It came back to your practice: " + terms.ReturnWay(s.Reason).Label()
	case "confirmed":
		return "Confirmed: it is not a duplicate"
	}
	words := map[terms.ReferralState]string{
		terms.ReferralRequested: "It arrived", terms.ReferralChecked: "It was checked", terms.ReferralHeld: "It was held: possible duplicate",
		terms.ReferralOffered: "Offered to " + who, terms.ReferralInformationAsked: upper(who) + " asked for information",
		terms.ReferralWaitlisted: upper(who) + " put them on the waiting list", terms.ReferralAccepted: upper(who) + " accepted",
		terms.ReferralUnderWay: "Help is under way with " + who, terms.ReferralEscalated: "It went to a named person",
		terms.ReferralJoined: "It was joined to help that is there already", terms.ReferralWithdrawn: "It was withdrawn", terms.ReferralClosed: "It ended",
	}
	if w := words[terms.ReferralState(s.What)]; w != "" {
		return w
	}
	return terms.ReferralState(s.What).Label()
}

// whatWasSent is what was sent.
func whatWasSent(page app.ReferralPage, now time.Time) ui.Component {
	var who ui.List
	for _, x := range page.Receivers {
		who = append(who, ui.Text(page.Names.Receiver(x.ID)))
	}
	var named ui.Component = who
	if len(who) == 0 {
		named = ui.Text("Nobody: Waypost finds who can help")
	}
	consent := "Asked by " + page.Names.Name(page.Consent.AskedBy, "a colleague") + ", " + ui.Moment(page.Consent.AskedAt, now) + untilWords(page.Consent, now) + ". " + page.Consent.How.Label()
	if !page.Consent.WithdrawnAt.IsZero() {
		consent = "Withdrawn " + ui.Moment(page.Consent.WithdrawnAt, now)
	}
	sent := ui.Moment(page.RequestedAt, now) + " by " + page.Names.Name(page.RequestedBy, "a colleague")
	if page.SignedBy != "" {
		sent += ", signed by " + page.Names.Name(page.SignedBy, "a colleague") + " " + ui.Moment(page.SignedAt, now)
	}
	return ui.SummaryCard{Heading: "What was sent", Rows: []ui.SummaryRow{
		{Key: "Sent", Value: ui.Text(sent)},
		{Key: "Asked, in order", Value: named},
		{Key: "What matters to them", Value: orNone(page.Narrative, "Nothing written")},
		{Key: "Risks", Value: orNone(page.Safeguarding, "None written")},
		{Key: "How soon", Value: ui.Text(page.Urgency.Label())},
		{Key: "Access needs", Value: orNone(accessibilityWords(page.Accessibility), "None")},
		{Key: "Consent", Value: ui.Text(consent)},
	}}
}

func (web *Web) information(w http.ResponseWriter, r *http.Request) error {
	page, err := web.onReferral(r)
	if err != nil {
		return err
	}
	if !page.May(domain.ActionInform) {
		return see(w, r, "/practice/referrals/"+page.ID)
	}
	return web.plain(w, http.StatusOK, web.drawInformation(web.page(r, "Referrals", "Answer a question about "+initials(page.Patient)), fresh(url.Values{"question": {page.QuestionID}}), page))
}

func (web *Web) drawInformation(p ui.Page, f form, page app.ReferralPage) plainPage {
	href := "/practice/referrals/" + page.ID
	p.Header, p.Back = header(page.Patient, web.Now()), back("Back to the referral", href)
	out := plainPage{Page: p, Heading: "Answer their question"}
	if page.Message != "" {
		out.Body = append(out.Body, ui.InsetText{Body: ui.Group{ui.Text(receiverName(page.Referral, page.Names) + " wrote: "), ui.Prose(page.Message)}})
	} else if page.Reason != "" {
		out.Body = append(out.Body, ui.InsetText{Body: ui.Text(domain.ReasonWords(page.State, page.Reason))})
	}
	out.Body = append(out.Body, ui.Form{
		Action: href + "/information", IdempotencyKey: web.NewID(), Version: page.Version, Values: []ui.Value{{Name: "question", Value: page.QuestionID}},
		Fields:  []ui.Component{ui.Textarea{Name: "answer", Label: "Your answer", Hint: "Only what they need to know. They see it in Waypost.", Value: f.value("answer"), Error: f.wrong("answer"), MaxLength: domain.MaxNarrative}},
		Buttons: []ui.Component{ui.Button{Text: "Send answer"}, ui.LinkButton{Text: "Cancel", Href: href, Variant: ui.Secondary}},
	})
	return out
}

func (web *Web) informed(w http.ResponseWriter, r *http.Request) error {
	return web.onReferralForm(w, r, "Answer a question about ", web.drawInformation, func(rid string, version int64, f *httpx.Form) (string, error) {
		question, answer := f.ID("question", "Load the page again"), f.Area("answer", domain.MaxNarrative, "Enter your answer")
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.App.Inform(r.Context(), by(r), httpx.Command(r.Context(), "give information"), rid, version, question, answer)
		return "informed", err
	})
}

// onReferralForm posts a form about a referral, and shows it again with what was typed when it is refused.
func (web *Web) onReferralForm(w http.ResponseWriter, r *http.Request, title string, draw func(ui.Page, form, app.ReferralPage) plainPage, save func(rid string, version int64, f *httpx.Form) (string, error)) error {
	rid, err := httpx.PathID(r, "id")
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
	done, err := save(rid, version, f)
	if err == nil {
		return see(w, r, "/practice/referrals/"+rid+"?done="+done)
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	page, err := web.onReferral(r)
	if err != nil {
		return err
	}
	p := web.page(r, "Referrals", title+initials(page.Patient))
	again.dress(&p)
	return web.plain(w, again.status, draw(p, again, page))
}

func (web *Web) askWithdraw(w http.ResponseWriter, r *http.Request) error {
	page, err := web.onReferral(r)
	if err != nil {
		return err
	}
	if !page.May(domain.ActionWithdraw) {
		return see(w, r, "/practice/referrals/"+page.ID)
	}
	return web.plain(w, http.StatusOK, web.drawWithdraw(web.page(r, "Referrals", "Withdraw a referral for "+initials(page.Patient)), fresh(nil), page))
}

// withdrawalGroups are the headings under which the reasons stand.
var withdrawalGroups = []struct {
	heading string
	reasons []terms.WithdrawalReason
}{
	{"The person", []terms.WithdrawalReason{terms.WithdrawalPatientChangedMind, terms.WithdrawalNoLongerNeeded, terms.WithdrawalPatientDied, terms.WithdrawalPatientMovedAway}},
	{"The referral", []terms.WithdrawalReason{terms.WithdrawalMadeInError}},
	{"Something else", []terms.WithdrawalReason{terms.WithdrawalOther}},
}

func (web *Web) drawWithdraw(p ui.Page, f form, page app.ReferralPage) plainPage {
	href := "/practice/referrals/" + page.ID
	p.Header, p.Back = header(page.Patient, web.Now()), back("Back to the referral", href)
	var options []ui.Option
	for _, g := range withdrawalGroups {
		for i, code := range g.reasons {
			o := ui.Option{Value: string(code), Text: code.Label()}
			if i == 0 {
				o.Group = g.heading
			}
			options = append(options, o)
		}
	}
	return plainPage{Page: p, Heading: "Withdraw this referral?", Body: []ui.Component{
		ui.WarningCallout{Heading: "This can not be undone", Body: ui.Paragraph("The help that was asked for stops, also when somebody has accepted. Whoever was asked is told in Waypost. You can send a new referral later.")},
		ui.Form{Action: href + "/withdraw", IdempotencyKey: web.NewID(), Version: page.Version, Fields: []ui.Component{
			ui.Radios{Name: "reason", Label: "Why do you withdraw it?", Size: "m", Value: f.value("reason"), Error: f.wrong("reason"), Options: options},
			ui.Textarea{Name: "note", Label: "What to tell those who were asked", Hint: "Needed when you chose another reason", Value: f.value("note"), Error: f.wrong("note"), Rows: 3, MaxLength: domain.MaxNarrative},
		}, Buttons: []ui.Component{ui.Button{Text: "Withdraw referral", Variant: ui.Warning}, ui.LinkButton{Text: "Keep the referral", Href: href, Variant: ui.Secondary}}},
	}}
}

func (web *Web) withdrawn(w http.ResponseWriter, r *http.Request) error {
	return web.onReferralForm(w, r, "Withdraw a referral for ", web.drawWithdraw, func(rid string, version int64, f *httpx.Form) (string, error) {
		var all []string
		for _, x := range terms.WithdrawalReasons {
			all = append(all, string(x.Code))
		}
		reason, note := f.Choice("reason", "Select why you withdraw it", all...), f.Area("note", domain.MaxNarrative, "")
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.App.Withdraw(r.Context(), by(r), httpx.Command(r.Context(), "withdraw referral"), rid, version, terms.WithdrawalReason(reason), note)
		return "withdrawn", err
	})
}

func (web *Web) again(w http.ResponseWriter, r *http.Request) error {
	rid, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	d, err := web.App.Again(r.Context(), by(r), httpx.Command(r.Context(), "again"), rid, f.Typed("need") == "same")
	if err != nil {
		return err
	}
	return see(w, r, taskHref(d.ID, "")+"?done=saved")
}
