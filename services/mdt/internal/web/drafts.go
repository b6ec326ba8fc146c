package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// A referral, or a case for an agenda, that somebody has begun: a list of tasks, each saved as it is done.

func draftPath(id string) string { return Root + "/drafts/" + id }

func consentFields(purpose terms.ConsentPurpose, t typed) []ui.Component {
	how := ui.Radios{Name: "how", Label: "How did you ask?", Value: t.or("how", ""), Error: t.wrong("how")}
	for _, x := range terms.ConsentHows {
		how.Options = append(how.Options, ui.Option{Value: string(x.Code), Text: x.Label})
	}
	ask := map[terms.ConsentPurpose]string{
		terms.ConsentDiscussAtMDT:   "Does the person agree to be discussed at this meeting, with the people who are asked to it?",
		terms.ConsentShareToHelp:    "Does the person agree that what is needed is shared with those who help?",
		terms.ConsentShareSensitive: "Does the person agree that a sensitive need is shared with the service that helps?",
	}[purpose]
	return []ui.Component{ui.Radios{Name: "given", Label: ask, Hint: "Ask before you write anything down about them", Value: t.or("given", ""), Error: t.wrong("given"), Options: ui.YesNo()}, how, ui.DateInput{
		Name: "until_on", Label: "Until when do they agree? (optional)", Hint: "The last day, at most two years ahead. Leave it empty unless they named one: what was shared is removed when it is over", Value: t.date("until_on", time.Time{}), Error: t.wrong("until_on"),
	}}
}

func (web *Web) readConsent(f *httpx.Form, purpose terms.ConsentPurpose) domain.Consent {
	c := domain.Consent{Purpose: purpose, Given: f.YesNo("given", "Select yes if the person agrees")}
	c.How = terms.ConsentHow(f.Text("how", 40, "Select how you asked"))
	if c.How != "" && !c.How.Known() {
		f.Add("how", "Select how you asked")
	}
	if until := f.Date("until_on", ""); !until.IsZero() {
		c.UntilOn = until.Format(time.DateOnly)
	}
	if wrong := terms.CheckConsentUntil(c.UntilOn, web.Now().In(ui.London).Format(time.DateOnly), purpose, c.Given); wrong != "" {
		f.Add("until_on", wrong)
	}
	return c
}

// untilWords is until when they agree, where they named a day.
func untilWords(c domain.Consent, now time.Time) string {
	day, err := time.ParseInLocation(time.DateOnly, c.UntilOn, ui.London)
	if err != nil {
		return ""
	}
	return ", until " + ui.Near(day, now)
}

// add is the first question of putting somebody on an agenda: nothing about them is written down before they agree.
func (web *Web) add(w http.ResponseWriter, r *http.Request) error {
	v, err := web.load(r)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawAdd(web.page(r, "Put somebody on the agenda", sectionMeetings), v.Meeting, typed{}))
}

func drawAdd(p ui.Page, m domain.Meeting, t typed) sheet {
	p.Problems, p.Back = t.problems, &ui.Link{Text: m.Name, Href: meetingPath(m.ID)}
	return sheet{Page: p, Caption: m.Name + ", " + ui.Day(m.StartsAt), Heading: "Put somebody on the agenda", Parts: []ui.Component{ui.Form{
		Action: meetingPath(m.ID) + "/add", IdempotencyKey: newKey(),
		Fields: consentFields(terms.ConsentDiscussAtMDT, t), Buttons: []ui.Component{ui.Button{Text: "Continue"}},
	}}}
}

func (web *Web) startAgenda(w http.ResponseWriter, r *http.Request) error {
	v, err := web.load(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	c := web.readConsent(f, terms.ConsentDiscussAtMDT)
	if err := f.Err(); err != nil {
		return web.show(w, httpx.Status(err), drawAdd(web.page(r, "Put somebody on the agenda", sectionMeetings), v.Meeting, typed{f, ui.ProblemsOf(err)}))
	}
	return web.begin(w, r, v.ID, "", c)
}

// begin starts an agenda draft with what the person agreed to; a no ends it with nothing written down.
func (web *Web) begin(w http.ResponseWriter, r *http.Request, meeting, patient string, c domain.Consent) error {
	if !c.Given {
		return web.noConsent(w, r, meetingPath(meeting))
	}
	a, command := who(r.Context()), httpx.Command(r.Context(), "start agenda")
	done, err := web.app.StartAgenda(r.Context(), a, command, meeting, patient)
	if err != nil {
		return err
	}
	if _, err := web.app.RecordConsent(r.Context(), a, then(command, "consent"), done.ID, done.Version, c); err != nil {
		return err
	}
	return to(w, r, draftPath(done.ID), "")
}

// then is a second step of one submit: repeated, it is found again as the first is.
func then(c pg.Command, step string) pg.Command {
	return pg.Command{Verb: c.Verb + " " + step, Key: c.Key + " " + step, BodyHash: c.BodyHash}
}

func (web *Web) noConsent(w http.ResponseWriter, r *http.Request, back string) error {
	return web.pages.Render(w, http.StatusOK, ui.ShutterPage, drawNoConsent(web.page(r, "Nothing is shared", ""), back))
}

func drawNoConsent(p ui.Page, back string) ui.Shutter {
	return ui.Shutter{Page: p, Heading: "Nothing is shared without consent", Body: ui.Group{
		ui.Paragraph("Nothing was written down about the person, and nobody was told anything."),
		ui.Paragraph("They can change their mind at any time: start again from the same page and ask once more. If you think that somebody is in danger, ring 999 or 111; that needs no consent."),
		ui.Link{Text: "Go back", Href: back},
	}}
}

func (web *Web) drafts(w http.ResponseWriter, r *http.Request) error {
	all, err := web.app.Drafts(r.Context(), who(r.Context()))
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawDrafts(web.page(r, "Started and not sent", sectionHome), all, web.Now()))
}

func drawDrafts(p ui.Page, all []app.DraftView, now time.Time) sheet {
	p.Back = &ui.Link{Text: "Home", Href: Root}
	if len(all) == 0 {
		return sheet{Page: p, Heading: "Started and not sent", Parts: []ui.Component{ui.EmptyState{Heading: "Nothing is started", Body: ui.Paragraph("What somebody begins and does not send stays here for 7 days.")}}}
	}
	t := ui.Table{Caption: "Started", HideCaption: true, Columns: []ui.Column{{Text: "What"}, {Text: "Who"}, {Text: "Started on"}, {Text: "Kept until"}}}
	for _, d := range all {
		person := "Not said yet"
		if d.Known {
			person = d.Patient.Name()
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Component{ui.Link{Text: draftWords(d.Draft) + " for: " + person, Href: draftPath(d.ID)}, ui.Text(name(d.Names, d.StartedBy)), ui.Text(ui.Moment(d.StartedAt, now)), ui.Text(ui.Near(d.ExpiresAt, now))}})
	}
	return sheet{Page: p, Heading: "Started and not sent", Parts: []ui.Component{t}}
}

func draftWords(d domain.Draft) string {
	if d.Kind == domain.DraftAgenda {
		return "Agenda item"
	}
	return "Referral"
}

// begun reads the draft in the path. One that was sent leads to what came of it.
func (web *Web) begun(w http.ResponseWriter, r *http.Request) (v app.DraftView, gone bool, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return v, false, err
	}
	if v, err = web.app.DraftByID(r.Context(), who(r.Context()), id); err != nil || v.DoneAs == "" {
		return v, false, err
	}
	return v, true, to(w, r, sentPath(v.Draft), "there-already")
}

func sentPath(d domain.Draft) string {
	if d.Kind == domain.DraftAgenda {
		return itemPath(d.DoneAs)
	}
	return referralPath(d.DoneAs)
}

var taskWords = map[domain.Task]string{domain.TaskFlags: "Red-flag questions", domain.TaskConsent: "Consent", domain.TaskPatient: "Who it is about", domain.TaskDetails: "What the others need to know", domain.TaskSend: "Check and send"}

func (web *Web) draft(w http.ResponseWriter, r *http.Request) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
		return err
	}
	return web.show(w, http.StatusOK, drawDraft(web.page(r, draftWords(v.Draft), draftSection(v.Draft)), v, web.Now()))
}

func draftSection(d domain.Draft) string {
	if d.Kind == domain.DraftAgenda {
		return sectionMeetings
	}
	return sectionReferrals
}

func drawDraft(p ui.Page, v app.DraftView, now time.Time) sheet {
	caption := ""
	p.Back = &ui.Link{Text: "Started and not sent", Href: Root + "/drafts"}
	if v.Kind == domain.DraftAgenda {
		caption = v.Meeting.Name + ", " + ui.Day(v.Meeting.StartsAt)
	}
	if v.Known {
		p.Header = header(v.Patient, true, now)
	}
	list := ui.TaskList{}
	for _, t := range v.Tasks() {
		state, why := v.Task(t, now)
		task := ui.Task{Text: taskWords[t], Hint: why, Href: draftPath(v.ID) + "/" + string(t)}
		switch state {
		case domain.TaskDone:
			task.Status = ui.Tag{Text: "Done"}
		case domain.TaskBlocked:
			task.Status, task.Href = ui.Tag{Text: "Can not start yet"}, ""
		default:
			task.Status = ui.Tag{Text: "To do", Colour: ui.Blue}
		}
		list.Tasks = append(list.Tasks, task)
	}
	return sheet{Page: p, Caption: caption, Heading: map[domain.DraftKind]string{domain.DraftAgenda: "Put somebody on the agenda", domain.DraftReferral: "Refer somebody"}[v.Kind], Parts: []ui.Component{
		list,
		ui.Paragraph("Each part is saved as you do it, for your organisation, until " + ui.Near(v.ExpiresAt, now) + "."),
		ui.Form{Action: draftPath(v.ID) + "/delete", IdempotencyKey: newKey(), Buttons: []ui.Component{ui.Button{Text: "Delete what you have started", Variant: ui.Secondary, Small: true}}},
	}}
}

func (web *Web) deleteDraft(w http.ResponseWriter, r *http.Request) error {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := web.app.DropDraft(r.Context(), who(r.Context()), httpx.Command(r.Context(), "delete draft"), id); err != nil {
		return err
	}
	return to(w, r, Root+"/drafts", "deleted")
}

// task runs one part of a draft: what is wrong is drawn again with what was typed.
func (web *Web) task(w http.ResponseWriter, r *http.Request, do func(v app.DraftView, version int64, f *httpx.Form) (ref string, err error), again func(status int, v app.DraftView, t typed) error) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
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
	next, err := do(v, version, f)
	if refused(err) || app.OutOfScope(err) {
		return again(httpx.Status(err), v, typed{f, ui.ProblemsOf(err)})
	}
	if err != nil || next == "answered" {
		return err
	}
	return to(w, r, draftPath(v.ID)+next, "")
}

func (web *Web) askConsent(w http.ResponseWriter, r *http.Request) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
		return err
	}
	return web.show(w, http.StatusOK, drawConsent(web.page(r, "Consent", draftSection(v.Draft)), v, typed{}))
}

func drawConsent(p ui.Page, v app.DraftView, t typed) sheet {
	p.Problems, p.Back = t.problems, &ui.Link{Text: "All tasks", Href: draftPath(v.ID)}
	fields := consentFields(terms.ConsentDiscussAtMDT, t)
	if v.Kind == domain.DraftReferral {
		q := ui.Radios{Name: "purpose", Label: "What is it about?", Value: t.or("purpose", string(terms.ConsentShareToHelp)), Error: t.wrong("purpose"), Options: []ui.Option{
			{Value: string(terms.ConsentShareToHelp), Text: "Everyday help", Hint: "Sharing what is needed with those who help"},
			{Value: string(terms.ConsentShareSensitive), Text: "Something sensitive", Hint: "Alcohol and drugs, domestic abuse, sexual health and HIV: shared with the service that helps and nobody else"},
		}}
		fields = append([]ui.Component{q}, consentFields(terms.ConsentShareToHelp, t)...)
	}
	return sheet{Page: p, Heading: "Consent", Parts: []ui.Component{ui.Form{Action: draftPath(v.ID) + "/consent", IdempotencyKey: newKey(), Version: v.Version, Fields: fields, Buttons: []ui.Component{ui.Button{Text: "Save and continue"}}}}}
}

func (web *Web) recordConsent(w http.ResponseWriter, r *http.Request) error {
	return web.task(w, r, func(v app.DraftView, version int64, f *httpx.Form) (string, error) {
		purpose := terms.ConsentDiscussAtMDT
		if v.Kind == domain.DraftReferral {
			purpose = terms.ConsentPurpose(f.Choice("purpose", "Select what it is about", string(terms.ConsentShareToHelp), string(terms.ConsentShareSensitive)))
		}
		c := web.readConsent(f, purpose)
		if err := f.Err(); err != nil {
			return "", err
		}
		if !c.Given {
			if _, err := web.app.DropDraft(r.Context(), who(r.Context()), httpx.Command(r.Context(), "delete draft"), v.ID); err != nil {
				return "", err
			}
			return "answered", web.noConsent(w, r, Root)
		}
		_, err := web.app.RecordConsent(r.Context(), who(r.Context()), httpx.Command(r.Context(), "record consent"), v.ID, version, c)
		return "", err
	}, func(status int, v app.DraftView, t typed) error {
		return web.show(w, status, drawConsent(web.page(r, "Consent", draftSection(v.Draft)), v, t))
	})
}

func age(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", said " + ui.Ago(at, now) + " ago"
}

func (web *Web) check(w http.ResponseWriter, r *http.Request) error {
	v, gone, err := web.begun(w, r)
	if err != nil || gone {
		return err
	}
	if err := v.Ready(web.Now()); err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawCheck(web.page(r, "Check and send", draftSection(v.Draft)), v, typed{}, web.Now()))
}

func drawCheck(p ui.Page, v app.DraftView, t typed, now time.Time) sheet {
	p.Problems, p.Back, p.Header = t.problems, &ui.Link{Text: "All tasks", Href: draftPath(v.ID)}, header(v.Patient, v.Known, now)
	at := func(task domain.Task) string { return draftPath(v.ID) + "/" + string(task) }
	rows := []ui.SummaryRow{ui.Change("Consent", ui.Text(v.Consent.Purpose.Label()+untilWords(v.Consent, now)+". "+v.Consent.How.Label()), at(domain.TaskConsent)), ui.Change("Who it is about", ui.Text(v.Patient.Name()), at(domain.TaskPatient))}
	send := "Send the referral"
	if v.Kind == domain.DraftAgenda {
		send = "Put them on the agenda"
		rows = append(rows, ui.Change("Reason", ui.Text(v.Reason.Label()), at(domain.TaskDetails)))
	} else {
		wanted := "Waypost finds who can help"
		if v.Wanted != nil {
			wanted = v.Wanted.Name
		}
		rows = append(rows, ui.Change("How soon", ui.Text(v.Urgency.Label()), at(domain.TaskDetails)), ui.Change("Who should help", ui.Text(wanted), at(domain.TaskDetails)))
	}
	if v.Need != "" {
		rows = append(rows, ui.Change("Need", ui.Text(v.Need.Label()), at(domain.TaskDetails)))
	}
	rows = append(rows, ui.Change("What the others need to know", ui.Prose(v.Narrative), at(domain.TaskDetails)))
	if v.Safeguarding != "" {
		rows = append(rows, ui.Change("What keeps people safe", ui.Prose(v.Safeguarding), at(domain.TaskDetails)))
	}
	parts, fields := []ui.Component{ui.SummaryList{Rows: rows}}, []ui.Component(nil)
	if not := hindrances(v); len(not) > 0 {
		p.Problems = nil // they stand below, where the button would
		return sheet{Page: p, Heading: "Check and send", Parts: append(parts, not...)}
	}
	if v.Kind == domain.DraftReferral {
		fields = []ui.Component{ui.Heading{Text: "Who already helps"}, helpers(v.PatientRef, v.Need, t)}
	}
	return sheet{Page: p, Heading: "Check and send", Parts: append(parts, ui.Form{Action: draftPath(v.ID) + "/check", IdempotencyKey: newKey(), Version: v.Version, Fields: fields, Buttons: []ui.Component{ui.Button{Text: send}}})}
}

// hindrances stand where the button to send would: what was chosen, or who sends, is not the right one.
func hindrances(v app.DraftView) (parts []ui.Component) {
	if not, refused := fault.Of(v.NotHere); refused {
		for _, x := range not.Fields {
			parts = append(parts, ui.WarningCallout{Heading: "They do not do that here", Body: ui.Group{ui.Paragraph(strings.TrimSuffix(x.Message, ".") + "."), ui.Link{Text: "Choose who should help", Href: draftPath(v.ID) + "/" + string(domain.TaskDetails)}}})
		}
	}
	if not, refused := fault.Of(v.MayNot); refused {
		parts = append(parts, ui.WarningCallout{Heading: "You can not send this", Body: ui.Paragraph(not.Message + ". What you have written is kept for 7 days.")})
	}
	return parts
}

func (web *Web) send(w http.ResponseWriter, r *http.Request) error {
	return web.task(w, r, func(v app.DraftView, version int64, f *httpx.Form) (string, error) {
		var overlap terms.OverlapAnswer
		if v.Kind == domain.DraftReferral {
			var stop bool
			if overlap, stop = overlapOf(f); stop {
				if err := web.app.StopForOverlap(r.Context(), who(r.Context()), httpx.Command(r.Context(), "stop"), v.ID); err != nil {
					return "", err
				}
				return "answered", to(w, r, draftPath(v.ID), "stopped")
			}
			if err := f.Err(); err != nil {
				return "", err
			}
		}
		done, err := web.app.SendDraft(r.Context(), who(r.Context()), httpx.Command(r.Context(), "send"), v.ID, version, overlap)
		if err != nil {
			return "", err
		}
		d := v.Draft
		d.DoneAs = done.ID
		if d.Kind == domain.DraftReferral {
			return "answered", to(w, r, referralPath(done.ID)+"/sent", "")
		}
		return "answered", to(w, r, itemPath(done.ID), map[bool]string{true: "on-agenda", false: "there-already"}[done.Made])
	}, func(status int, v app.DraftView, t typed) error {
		return web.show(w, status, drawCheck(web.page(r, "Check and send", draftSection(v.Draft)), v, t, web.Now()))
	})
}
