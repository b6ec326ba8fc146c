package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

// check shows the answers before they are sent. Without consent it is a shutter that says how to come back.
func (web *Web) check(w http.ResponseWriter, r *http.Request) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	if d.Consent.ID != "" && !d.Consent.Stands() {
		return web.Pages.Render(w, http.StatusOK, ui.ShutterPage, drawNoConsent(web.onDraft(r, d, "Nothing is shared"), d))
	}
	if state, _ := d.Task(domain.TaskSend, web.Now()); state == domain.TaskBlocked {
		return see(w, r, taskHref(d.ID, ""))
	}
	return web.plain(w, http.StatusOK, web.drawCheck(web.onDraft(r, d, "Check before sending"), fresh(nil), d))
}

func drawNoConsent(p ui.Page, d app.DraftPage) ui.Shutter {
	p.Back = back("All tasks", taskHref(d.ID, ""))
	return ui.Shutter{Page: p, Heading: "Nothing is shared without their consent", Body: ui.Group{
		ui.Paragraph("They did not agree, or want to think about it. You can give them the details of a service to take away: nobody is told who they are."),
		ui.Paragraph("When they agree later, come back to this page within 7 days and record it. Everything else is kept as it is."),
		ui.Group{ui.LinkButton{Text: "Find information to give", Href: taskHref(d.ID, "need")}, ui.Text(" "), ui.LinkButton{Text: "They have agreed now", Href: taskHref(d.ID, "consent"), Variant: ui.Secondary}},
		ui.InsetText{Body: ui.Text("If they are in danger you need no consent: use the crisis page.")},
	}}
}

func (web *Web) drawCheck(p ui.Page, f form, d app.DraftPage) plainPage {
	page := plainPage{Page: p, Heading: "Check before sending", Body: []ui.Component{ui.SummaryList{Rows: web.answers(d)}}}
	parts, send := web.beforeSending(f, d)
	page.Body = append(page.Body, parts...)
	if !send {
		return page
	}
	if before := recurring(d); len(before) > 0 {
		page.Body = append(page.Body, ui.WarningCallout{Heading: "Before you send", Body: ui.Group{
			before, ui.Paragraph("You can send it all the same. If it comes back, it goes on to the next who is suitable."), line("Choose somebody else", taskHref(d.ID, "services"), ""),
		}})
	}
	page.Body = append(page.Body, ui.Form{Action: taskHref(d.ID, "send"), IdempotencyKey: web.NewID(), Version: d.Version, Fields: []ui.Component{
		ui.Heading{Text: "Who already helps"},
		whoHelpsWith(f, d.Now, d.Need, "We could not see who already helps just now. You can still send: Waypost checks it when it arrives."),
		ui.Paragraph("By sending you confirm that the red-flag questions were asked and that this is what the person wants. Nothing goes to a GP unless a red flag is raised."),
	}, Buttons: []ui.Component{ui.Button{Text: "Send referral"}}})
	return page
}

// recurring is what came back again and again from those who are to be asked.
func recurring(d app.DraftPage) (out ui.List) {
	for _, x := range d.Receivers {
		if w, ok := d.Warnings[x.ID]; ok {
			out = append(out, ui.Text(w.Words(d.Need, d.Names.Receiver(x.ID))+"."))
		}
	}
	return out
}

// answers are what is to be sent, each with a link that changes it and comes back here.
func (web *Web) answers(d app.DraftPage) []ui.SummaryRow {
	now := web.Now()
	var asked ui.List
	for _, x := range d.Receivers {
		asked = append(asked, ui.Text(d.Names.Receiver(x.ID)))
	}
	var who ui.Component = asked
	if len(asked) == 0 {
		who = ui.Text("Waypost finds who can help")
	}
	to := func(task domain.Task) string { return taskHref(d.ID, string(task)) + "?from=check" }
	flags := "All answered with no, " + ui.Moment(d.FlagsClearAt, now) + ", asked by " + d.Names.Name(d.FlagsAskedBy, "a colleague")
	if d.FlagID != "" {
		flags = "The duty clinician looked at a red flag and said that this may go on"
	}
	risk := "None that we know of"
	if d.Safeguarding != "" {
		risk = d.Safeguarding
	}
	rows := []ui.SummaryRow{
		ui.Change("Red-flag questions", ui.Text(flags), to(domain.TaskFlags)),
		ui.Change("Consent to share", ui.Text("Agreed"+untilWords(d.Consent, now)+". "+d.Consent.How.Label()+", "+ui.Moment(d.Consent.AskedAt, now)+", asked by "+d.Names.Name(d.Consent.AskedBy, "a colleague")), to(domain.TaskConsent)),
		ui.Change("Need", ui.Text(needLabel(d.Need)), to(domain.TaskNeed)),
		ui.Change("Who is asked, in order", who, to(domain.TaskReceiver)),
		ui.Change("What matters to them", orNone(d.Narrative, "Nothing written"), to(domain.TaskDetails)),
		ui.Change("Risks", ui.Prose(risk), to(domain.TaskDetails)),
		ui.Change("How soon", ui.Text(d.Urgency.Label()), to(domain.TaskDetails)),
		ui.Change("Access needs", orNone(accessibilityWords(d.Accessibility), "None"), to(domain.TaskDetails)),
		ui.Change("Safe to contact by", ui.Text(d.Patient.Safe.Words()), "/practice/patients/"+d.Ref+"/edit"),
	}
	if d.FlagID != "" {
		rows[0].Links = nil
	}
	return rows
}

func (web *Web) send(w http.ResponseWriter, r *http.Request) error {
	return web.saveTask(w, r, "Check before sending", web.drawCheck, func(id string, version int64, f *httpx.Form, cmd pg.Command) (string, error) {
		overlap, stop := overlapOf(f)
		if err := f.Err(); err != nil {
			return "", err
		}
		if stop {
			return taskHref(id, "") + "?done=stopped", web.App.StopForOverlap(r.Context(), by(r), cmd, id)
		}
		out, err := web.App.SendDraft(r.Context(), by(r), cmd, id, version, overlap)
		return "/practice/referrals/" + out.ID + "/sent", err
	})
}

// sent confirms: the reference, who was told, and what happens next with a date.
func (web *Web) sent(w http.ResponseWriter, r *http.Request) error {
	page, err := web.onReferral(r)
	if err != nil {
		return err
	}
	return web.plain(w, http.StatusOK, web.drawSent(web.page(r, "Referrals", "Referral sent"), page))
}

// spelled is a reference in two halves, as it is read out.
func spelled(ref string) string {
	if len(ref) != terms.ReferenceLength {
		return ref
	}
	return ref[:4] + " " + ref[4:]
}

func (web *Web) drawSent(p ui.Page, page app.ReferralPage) plainPage {
	answer := terms.ClockOffer
	first := "Waypost finds who can help and asks them."
	if len(page.Receivers) > 0 {
		first = page.Names.Receiver(page.Receivers[0].ID) + " is asked first."
		if page.Receivers[0].Kind == terms.ReceiverTeam {
			answer = terms.ClockTriage
		}
	}
	return plainPage{Page: p, Body: []ui.Component{
		ui.Panel{Heading: "Referral sent", Reference: spelled(page.Reference), Body: ui.Text("Give the person this reference: they can read it out when somebody rings")},
		ui.Heading{Text: "Who was told"},
		ui.Paragraph("Waypost’s coordination has it. " + first + " They see it in Waypost. A provider may also get an email that names nobody. Nothing was sent to the patient, and the GP was not told."),
		ui.Heading{Text: "What happens next"},
		ui.List{
			ui.Text("Waypost checks now whether somebody already helps with this. If it may be a duplicate, it comes back to you to decide."),
			ui.Text("Whoever is asked answers by " + ui.Day(web.App.CheckedBy(answer, page.Urgency)) + ". If they can not help, the next suitable service is asked: it does not come back to the GP."),
			ui.Text("You see every step on your home page. Nobody has to chase it."),
		},
		ui.Form{
			Action: "/practice/referrals/" + page.ID + "/again", IdempotencyKey: web.NewID(), Version: page.Version, Values: []ui.Value{{Name: "need", Value: "other"}},
			Buttons: []ui.Component{ui.LinkButton{Text: "Done", Href: "/practice"}, ui.Button{Text: "Refer for another need", Variant: ui.Secondary}},
		},
		line("See the referral", "/practice/referrals/"+page.ID, ""),
	}}
}

// signpost asks whether, and when, somebody asks how it went.
func (web *Web) signpost(w http.ResponseWriter, r *http.Request) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	if !d.FlagsClear(web.Now()) {
		return see(w, r, taskHref(d.ID, ""))
	}
	service := r.URL.Query().Get("service")
	if service != "" && !id.Valid(service) {
		return domain.ErrNoService
	}
	on := web.App.FollowUpOn()
	v := url.Values{"service": {service}, "ask": {"yes"}, "on-day": {strconv.Itoa(on.Day())}, "on-month": {strconv.Itoa(int(on.Month()))}, "on-year": {strconv.Itoa(on.Year())}}
	return web.showSignpost(w, r, d, fresh(v))
}

func (web *Web) showSignpost(w http.ResponseWriter, r *http.Request, d app.DraftPage, f form) error {
	var s app.ServicePage
	if service := f.value("service"); id.Valid(service) {
		var err error
		if s, err = web.App.Service(r.Context(), by(r), service); err != nil {
			return err
		}
	}
	p := web.onDraft(r, d, "Give information")
	f.dress(&p)
	return web.plain(w, f.status, web.drawSignpost(p, f, d, s))
}

func (web *Web) drawSignpost(p ui.Page, f form, d app.DraftPage, s app.ServicePage) plainPage {
	p.Back = back("Back to the services", taskHref(d.ID, "services"))
	page := plainPage{Page: p, Heading: "Give information", Lede: "Nobody takes charge and the service is not told who they are."}
	if s.ID != "" {
		page.Body = append(page.Body, ui.SummaryCard{Heading: s.Name, Rows: []ui.SummaryRow{
			{Key: "Phone", Value: orNone(s.Phone, "Not known")},
			{Key: "Website", Value: orNone(s.URL, "Not known")},
			{Key: "Where", Value: placeList(s.Service)},
			{Key: "When", Value: sessionList(s.Service)},
			{Key: "Room", Value: roomOf(s.Capacity, web.Now())},
		}})
	}
	page.Body = append(page.Body, ui.Form{
		Action: taskHref(d.ID, "signpost"), IdempotencyKey: web.NewID(), Version: d.Version, Values: []ui.Value{{Name: "service", Value: f.value("service")}},
		Fields: []ui.Component{ui.Radios{Name: "ask", Label: "Should somebody ask them how it went?", Size: "m", Value: f.value("ask"), Error: f.wrong("ask"), Options: []ui.Option{
			{Value: "yes", Text: "Yes, on this day", Reveal: ui.DateInput{Name: "on", Label: "When to ask", Value: ui.TypedDate(f.typed, "on"), Error: f.wrong("on") + f.wrong("follow_up_on")}},
			{Value: "no", Text: "No"},
		}}},
		Buttons: []ui.Component{ui.Button{Text: "Record that you gave this"}},
	})
	return page
}

func (web *Web) signposted(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	draft, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	in := app.Signpost{DraftID: draft, Version: version, ServiceID: f.ID("service", "")}
	if f.YesNo("ask", "Select whether somebody should ask") {
		in.FollowUpOn = f.Date("on", "Enter the day on which somebody asks")
	}
	err = f.Err()
	if err == nil {
		var out app.ReferralSent
		if out, err = web.App.Signpost(r.Context(), by(r), httpx.Command(r.Context(), "signpost"), in); err == nil {
			return see(w, r, "/practice/signposts/"+out.ID+"?done=given")
		}
	}
	d, gone, derr := web.draft(w, r)
	if derr != nil || gone {
		return derr
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	return web.showSignpost(w, r, d, again)
}

func (web *Web) signpostPage(w http.ResponseWriter, r *http.Request) error {
	sid, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	s, err := web.App.SignpostPage(r.Context(), by(r), sid)
	if err != nil {
		return err
	}
	p := web.page(r, "Information given", "Information given to "+initials(s.Patient))
	web.done(r, &p)
	return web.plain(w, http.StatusOK, web.drawSignpostPage(p, fresh(url.Values{}), s, r.URL.Query().Get("done") == "given"))
}

func (web *Web) drawSignpostPage(p ui.Page, f form, s app.SignpostPage, confirm bool) plainPage {
	now := web.Now()
	page := plainPage{Page: p, Heading: "Information given"}
	if confirm {
		page.Heading = ""
		next := "Nobody asks how it went."
		if !s.FollowUpOn.IsZero() {
			next = "On " + dayOf(s.FollowUpOn) + " your home page asks somebody to ring and ask how it went."
		}
		page.Body = []ui.Component{
			ui.Panel{Heading: "Information recorded", Body: ui.Text("Nobody outside your practice was told who they are")},
			ui.Heading{Text: "What happens next"},
			ui.Paragraph(next),
		}
	} else {
		page.Header = header(s.Patient, now)
	}
	page.Back = back("Back to the patient", "/practice/patients/"+s.Ref)
	page.Body = append(page.Body, ui.SummaryList{Rows: []ui.SummaryRow{
		{Key: "What", Value: ui.Text(signpostName(s.Signpost, s.Names))},
		{Key: "Need", Value: ui.Text(needLabel(s.Need))},
		{Key: "Given", Value: ui.Text(ui.Moment(s.At, now) + " by " + s.Names.Name(s.By, "a colleague"))},
		{Key: "How it went", Value: ui.Text(howItWent(s.Signpost))},
	}})
	if s.Result == "" && !confirm {
		page.Body = append(page.Body, web.followUpForm(f, s))
	}
	return page
}

func (web *Web) followUpForm(f form, s app.SignpostPage) ui.Form {
	var options []ui.Option
	for _, x := range terms.SignpostResults {
		options = append(options, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	return ui.Form{
		Action: "/practice/signposts/" + s.ID + "/follow-up", IdempotencyKey: web.NewID(), Version: s.Version, Fields: []ui.Component{
			ui.Radios{Name: "result", Label: "How did it go?", Size: "m", Value: f.value("result"), Error: f.wrong("result"), Options: options},
		},
		Buttons: []ui.Component{ui.Button{Text: "Save"}},
	}
}

func (web *Web) followedUp(w http.ResponseWriter, r *http.Request) error {
	sid, err := httpx.PathID(r, "id")
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
	result := f.Choice("result", "Select how it went", codes(terms.SignpostResults)...)
	if err = f.Err(); err == nil {
		if _, err = web.App.FollowUp(r.Context(), by(r), httpx.Command(r.Context(), "follow up"), sid, version, terms.SignpostResult(result)); err == nil {
			return see(w, r, "/practice/signposts/"+sid+"?done=followed_up")
		}
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	s, err := web.App.SignpostPage(r.Context(), by(r), sid)
	if err != nil {
		return err
	}
	p := web.page(r, "Information given", "Information given to "+initials(s.Patient))
	again.dress(&p)
	return web.plain(w, again.status, web.drawSignpostPage(p, again, s, false))
}

func (web *Web) signposts(w http.ResponseWriter, r *http.Request) error {
	in, err := httpx.ListOf(r)
	if err != nil {
		return err
	}
	var after app.FlagPlace
	if _, err := in.After(r.Context(), &after); err != nil {
		return err
	}
	due := r.URL.Query().Get("show") == "due"
	l, err := web.App.Signposts(r.Context(), by(r), due, after, in.Limit+1)
	if err != nil {
		return err
	}
	next := ""
	if len(l.Signposts) > in.Limit {
		l.Signposts = l.Signposts[:in.Limit]
		last := l.Signposts[in.Limit-1]
		next = withQuery("/practice/signposts", "show", strings.TrimSpace(r.URL.Query().Get("show")), "cursor", httpx.Cursor(r.Context(), app.FlagPlace{At: last.At, ID: last.ID}))
	}
	return web.Pages.Render(w, http.StatusOK, "listing", web.drawSignposts(web.page(r, "Information given", "Information given"), l, due, next))
}

func (web *Web) drawSignposts(p ui.Page, l app.SignpostList, due bool, next string) listPage {
	now := web.Now()
	p.Wide = true
	page := listPage{Page: p, Heading: "Information given", Nav: ui.SubNav{Label: "Information given", Items: []ui.MenuItem{
		{Text: "All", Href: "/practice/signposts", Current: !due}, {Text: "To ask about now", Href: "/practice/signposts?show=due", Current: due},
	}}}
	if len(l.Signposts) == 0 {
		page.List = ui.EmptyState{Heading: map[bool]string{true: "There is nobody to ask today", false: "Your practice has given no information yet"}[due]}
		return page
	}
	t := ui.Table{Caption: "Information given", HideCaption: true, Columns: []ui.Column{{Text: "Patient"}, {Text: "What"}, {Text: "Given"}, {Text: "How it went"}}}
	for _, s := range l.Signposts {
		what := signpostName(s, l.Names)
		if s.Sensitive {
			what = "Sensitive"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
			ui.Link{Text: callName(l.Patients, s.Ref, "A patient"), Href: "/practice/signposts/" + s.ID, Hidden: "given " + ui.Moment(s.At, now)}, ui.Text(what), ui.Text(ui.Near(s.At, now)), ui.Text(howItWent(s)),
		}})
	}
	page.List, page.Pages = t, paged(next, len(l.Signposts))
	return page
}
