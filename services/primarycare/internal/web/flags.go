package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

// crisis is one click from every page. It needs no consent, no other service and no broker.
func (web *Web) crisis(w http.ResponseWriter, r *http.Request) error {
	return web.showCrisis(w, r, fresh(url.Values{"patient": {r.URL.Query().Get("patient")}}))
}

func (web *Web) showCrisis(w http.ResponseWriter, r *http.Request, f form) error {
	duty, err := web.App.Duty(r.Context(), by(r))
	if err != nil {
		return err
	}
	var patient domain.Patient
	if ref := f.value("patient"); id.Valid(ref) {
		if patient, err = web.App.PatientRecord(r.Context(), by(r), ref); err != nil {
			return err
		}
	}
	p := web.page(r, "Crisis", "Somebody is in danger")
	f.dress(&p)
	return web.plain(w, f.status, web.drawCrisis(p, f, duty, patient))
}

func (web *Web) drawCrisis(p ui.Page, f form, duty app.DutyPage, patient domain.Patient) plainPage {
	p.Header = header(patient, web.Now())
	page := plainPage{Page: p, Heading: "Somebody is in danger", Body: []ui.Component{
		ui.WarningCallout{Heading: "If somebody may die or be badly hurt now, ring 999", Urgent: true, Body: ui.Group{
			ui.Paragraph("Stay with the person or on the line. For a mental health crisis ring 111 and choose option 2, day and night."), onDuty(duty),
		}},
	}}
	fields := []ui.Component{}
	values := []ui.Value{}
	if patient.Ref != "" {
		values = append(values, ui.Value{Name: "patient", Value: patient.Ref})
	} else {
		fields = append(fields, ui.Textarea{
			Name: "who", Label: "Who is it, and how can they be reached?", Hint: "Name, where they are, phone number. If they are your patient, find their record first and raise it from there, if there is time.",
			Value: f.value("who"), Error: f.wrong("who"), Rows: 2, MaxLength: domain.MaxNote,
		})
	}
	var options []ui.Option
	for _, q := range terms.RedFlagQuestions {
		options = append(options, ui.Option{Value: string(q.Code), Text: q.Label})
	}
	fields = append(fields,
		ui.Checkboxes{Name: "questions", Label: "What is it? (optional)", Values: f.values("questions"), Error: f.wrong("question_codes"), Options: options},
		ui.Textarea{Name: "note", Label: "What happened?", Value: f.value("note"), Error: f.wrong("note"), Rows: 3, MaxLength: domain.MaxNarrative})
	page.Body = append(page.Body, ui.Heading{Text: "Tell the duty clinician"}, ui.Form{
		Action: "/practice/crisis", IdempotencyKey: web.NewID(), Values: values, Fields: fields,
		Buttons: []ui.Component{ui.Button{Text: "Raise a red flag", Variant: ui.Warning}},
	})
	return page
}

func onDuty(d app.DutyPage) ui.Component {
	if !d.Set() {
		return ui.Group{ui.Paragraph("Nobody is set as duty clinician today: speak to any GP of the practice."), ui.Link{Text: "Say who is on duty", Href: "/practice/duty"}}
	}
	g := ui.Group{ui.Paragraph("Duty clinician today: " + d.Names.Name(d.ClinicianID, "a GP") + phoned(d.ClinicianPhone))}
	if d.DeputyID != "" {
		g = append(g, ui.Paragraph("If they do not answer: "+d.Names.Name(d.DeputyID, "a colleague")+phoned(d.DeputyPhone)))
	}
	return g
}

func (web *Web) raise(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	in := app.RaiseFlag{Ref: f.ID("patient", ""), Who: f.Area("who", domain.MaxNote, ""), Note: f.Area("note", domain.MaxNarrative, "")}
	var all []string
	for _, q := range terms.RedFlagQuestions {
		all = append(all, string(q.Code))
	}
	for _, q := range f.Choices("questions", "", all...) {
		in.Questions = append(in.Questions, terms.RedFlagQuestion(q))
	}
	if err = f.Err(); err == nil {
		var out app.FlagRaised
		if out, err = web.App.RaiseFlag(r.Context(), by(r), httpx.Command(r.Context(), "raise red flag"), in); err == nil {
			return see(w, r, "/practice/red-flags/"+out.ID)
		}
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	return web.showCrisis(w, r, again)
}

func (web *Web) flag(w http.ResponseWriter, r *http.Request) error {
	page, err := web.onFlag(r)
	if err != nil {
		return err
	}
	p := web.page(r, "Red flags", "Red flag for "+initials(page.Patient))
	web.done(r, &p)
	return web.plain(w, http.StatusOK, web.drawFlag(p, fresh(nil), page, by(r)))
}

func (web *Web) onFlag(r *http.Request) (app.FlagPage, error) {
	fid, err := httpx.PathID(r, "id")
	if err != nil {
		return app.FlagPage{}, err
	}
	return web.App.Flag(r.Context(), by(r), fid)
}

func (web *Web) drawFlag(p ui.Page, f form, page app.FlagPage, who actor.Actor) plainPage {
	now := web.Now()
	p.Header, p.Back = header(page.Patient, now), back("Red flags", "/practice/red-flags?show=open")
	out := plainPage{Page: p, Heading: "Red flag"}
	state := ui.Group{flagState(page, now)}
	if page.Open() && page.Rung != domain.RungNobody {
		state = append(state, ui.Clock{Since: page.RaisedAt, Due: page.DueAt, What: rungName(page) + "’s answer", Now: now})
	}
	out.Body = append(out.Body, ui.Live{ID: "flag", Label: "Red flag", Events: "/practice/live", Refresh: "/practice/red-flags/" + page.ID, Now: now, Seconds: 10, Body: state})
	if page.Open() {
		out.Body = append(out.Body, doNow(page))
	}
	if page.Open() && mayAct(who) {
		var options []ui.Option
		for _, a := range terms.RedFlagActions {
			options = append(options, ui.Option{Value: string(a.Code), Text: a.Label})
		}
		out.Body = append(out.Body, ui.Form{Action: "/practice/red-flags/" + page.ID + "/acknowledge", IdempotencyKey: web.NewID(), Version: page.Version, Fields: []ui.Component{
			ui.Radios{Name: "action", Label: "What are you doing about it?", Size: "m", Value: f.value("action"), Error: f.wrong("action"), Options: options},
		}, Buttons: []ui.Component{ui.Button{Text: "Acknowledge"}}})
	}
	out.Body = append(out.Body, flagFacts(page, now), ui.Heading{Text: "What happened"}, flagHistory(page, now))
	return out
}

func mayAct(a actor.Actor) bool {
	for _, role := range clinicians {
		if a.Role == role {
			return true
		}
	}
	return false
}

// rungName is who is to answer now.
func rungName(page app.FlagPage) string {
	switch page.Rung {
	case domain.RungDuty:
		return page.Names.Name(page.DutyID, "the duty clinician")
	case domain.RungDeputy:
		return page.Names.Name(page.DeputyID, "the deputy")
	}
	return "somebody"
}

func flagState(page app.FlagPage, now time.Time) ui.Component {
	switch {
	case !page.Open():
		return ui.Status{Tag: ui.Tag{Text: "Dealt with", Colour: ui.Green}, Reason: page.Action.Label() + ", by " + page.Names.Name(page.ActedBy, "a clinician") + ", " + ui.Moment(page.EndedAt, now)}
	case page.Rung == domain.RungNobody:
		return ui.WarningCallout{Heading: "Nobody has answered: ring 999 or 111 now", Urgent: true, Body: ui.Paragraph("Ring 999 if somebody may die or be badly hurt. Otherwise ring 111 (option 2 for a mental health crisis). Then tell any GP in the building. Do not wait for this page.")}
	case page.Rung == domain.RungDeputy:
		return ui.Status{Tag: ui.Tag{Text: "Waiting for the deputy", Colour: ui.Orange}, Reason: rungName(page) + " must answer by " + ui.TimeOfDay(page.DueAt)}
	}
	return ui.Status{Tag: ui.Tag{Text: "Waiting for the duty clinician", Colour: ui.Red}, Reason: rungName(page) + " must answer by " + ui.TimeOfDay(page.DueAt)}
}

// doNow is what reception does until a clinician has them: a referral is stopped, and this is no waiting room.
func doNow(page app.FlagPage) ui.Component {
	var l ui.List
	for _, q := range page.Questions {
		if i, ok := terms.RedFlagQuestionByCode(q); ok {
			l = append(l, ui.Text(i.Label+": "+i.Do))
		}
	}
	if len(l) == 0 {
		l = append(l, ui.Text("Stay with them or on the line until a clinician has them. If it gets worse, ring 999."))
	}
	heading := "What to do now"
	if page.Ring999() {
		heading = "Ring 999 now"
	}
	g := ui.Group{l}
	if phone := page.Duty.ClinicianPhone; phone != "" {
		g = append(g, ui.Paragraph("Ring "+page.Names.Name(page.Duty.ClinicianID, "the duty clinician")+" as well: "+phone))
	}
	if phone := page.Duty.DeputyPhone; phone != "" && page.Rung != domain.RungDuty {
		g = append(g, ui.Paragraph("Ring "+page.Names.Name(page.Duty.DeputyID, "the deputy")+": "+phone))
	}
	return ui.WarningCallout{Heading: heading, Urgent: true, Body: g}
}

func flagFacts(page app.FlagPage, now time.Time) ui.Component {
	var questions ui.List
	for _, q := range page.Questions {
		questions = append(questions, ui.Text(q.Label()))
	}
	var what ui.Component = questions
	if len(questions) == 0 {
		what = ui.Text("Not one of the questions")
	}
	rows := []ui.SummaryRow{{Key: "Yes to", Value: what}, {Key: "What they said", Value: orNone(page.Note, "Nothing written")}}
	if page.Who != "" {
		rows = append(rows, ui.SummaryRow{Key: "Who", Value: ui.Prose(page.Who)})
	}
	if page.Patient.Ref != "" && page.Patient.Phone != "" {
		key := "Phone"
		if !page.Patient.Safe.Phone {
			key = "Phone (not safe to ring: only if a life is at risk)"
		}
		rows = append(rows, ui.SummaryRow{Key: key, Value: ui.Text(page.Patient.Phone)}, ui.SummaryRow{Key: "Safe to contact by", Value: ui.Text(page.Patient.Safe.Words())})
	}
	return ui.SummaryCard{Heading: "Raised by " + page.Names.Name(page.RaisedBy, page.Source.Label()) + ", " + ui.Moment(page.RaisedAt, now), Rows: rows}
}

func flagHistory(page app.FlagPage, now time.Time) ui.Component {
	var t ui.Timeline
	for i := len(page.Steps) - 1; i >= 0; i-- {
		s := page.Steps[i]
		words := map[string]string{
			"raised": "Raised", "deputy": "Nobody answered in 15 minutes: it went to the deputy", "nobody": "Nobody answered: 999 or 111 was put on the screen",
			"told_again": "The link worker told us more", "acted": s.Action.Label(),
		}[s.What]
		t.Entries = append(t.Entries, ui.TimelineEntry{Title: words, At: s.At, When: ui.Moment(s.At, now), Author: page.Names.Name(s.By, "Waypost")})
	}
	return t
}

func (web *Web) acknowledge(w http.ResponseWriter, r *http.Request) error {
	fid, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	var all []string
	for _, a := range terms.RedFlagActions {
		all = append(all, string(a.Code))
	}
	action := terms.RedFlagAction(f.Choice("action", "Select what you are doing about it", all...))
	if err = f.Err(); err == nil {
		if _, err = web.App.ActOnFlag(r.Context(), by(r), httpx.Command(r.Context(), "acknowledge"), fid, action); err == nil {
			done := "acknowledged"
			if i, _ := terms.RedFlagActionByCode(action); !i.Ends {
				done = "trying"
			}
			return see(w, r, "/practice/red-flags/"+fid+"?done="+done)
		}
	}
	again, ok := refused(f.Values(), err)
	if !ok {
		return err
	}
	page, err := web.onFlag(r)
	if err != nil {
		return err
	}
	p := web.page(r, "Red flags", "Red flag for "+initials(page.Patient))
	again.dress(&p)
	return web.plain(w, again.status, web.drawFlag(p, again, page, by(r)))
}

const flagsShown = 25

func (web *Web) flags(w http.ResponseWriter, r *http.Request) error {
	var after app.FlagPlace
	if _, err := (httpx.ListInput{Cursor: r.URL.Query().Get("cursor")}).After(r.Context(), &after); err != nil {
		return err
	}
	open := r.URL.Query().Get("show") == "open"
	l, err := web.App.Flags(r.Context(), by(r), open, after, flagsShown+1)
	if err != nil {
		return err
	}
	next := ""
	if len(l.Flags) > flagsShown {
		l.Flags = l.Flags[:flagsShown]
		last := l.Flags[flagsShown-1]
		next = withQuery("/practice/red-flags", "show", map[bool]string{true: "open"}[open], "cursor", httpx.Cursor(r.Context(), app.FlagPlace{At: last.RaisedAt, ID: last.ID}))
	}
	return web.Pages.Render(w, http.StatusOK, "listing", web.drawFlags(web.page(r, "Red flags", "Red flags"), l, open, next, r.URL.RequestURI()))
}

func (web *Web) drawFlags(p ui.Page, l app.FlagList, open bool, next, here string) listPage {
	now := web.Now()
	p.Wide = true
	page := listPage{Page: p, Heading: "Red flags", Nav: ui.SubNav{Label: "Red flags", Items: []ui.MenuItem{
		{Text: "All", Href: "/practice/red-flags", Current: !open}, {Text: "Waiting", Href: "/practice/red-flags?show=open", Current: open},
	}}}
	var list ui.Component = ui.EmptyState{Heading: map[bool]string{true: "No red flag is waiting", false: "Your practice has raised no red flag yet"}[open]}
	if len(l.Flags) > 0 {
		t := ui.Table{Caption: "Red flags", HideCaption: true, Columns: []ui.Column{{Text: "Who"}, {Text: "Raised"}, {Text: "Status"}}}
		for _, f := range l.Flags {
			page := app.FlagPage{Flag: f, Names: l.Names}
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{
				ui.Link{Text: callName(l.Patients, f.Ref, "Somebody who is no patient here"), Href: "/practice/red-flags/" + f.ID, Hidden: "raised " + ui.Moment(f.RaisedAt, now)},
				ui.Text(ui.Moment(f.RaisedAt, now)), flagTag(page, now),
			}})
		}
		list = t
	}
	page.List = ui.Live{ID: "flags", Label: "Red flags", Events: "/practice/live", Refresh: here, Now: now, Seconds: 10, Body: list}
	page.Pages = paged(next, len(l.Flags))
	return page
}

// flagTag is a red flag's status in a list, where a callout would shout once for each row.
func flagTag(page app.FlagPage, now time.Time) ui.Component {
	if page.Open() && page.Rung == domain.RungNobody {
		return ui.Status{Tag: ui.Tag{Text: "Nobody answered: ring 999 or 111", Colour: ui.Red}, Reason: "Waiting " + ui.Ago(page.RaisedAt, now)}
	}
	return flagState(page, now)
}
