package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

type tasksPage struct {
	ui.Page
	Heading string
	Started string
	Notice  ui.Component
	Tasks   ui.TaskList
	Buttons []ui.Component
}

// draft reads the draft of the path. One that was sent leads to what came of it.
func (web *Web) draft(w http.ResponseWriter, r *http.Request) (d app.DraftPage, gone bool, err error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return d, false, err
	}
	d, err = web.App.Draft(r.Context(), by(r), id)
	if err != nil || !d.Done() {
		return d, false, err
	}
	to := "/practice/referrals/" + d.DoneAs + "/sent"
	if d.DoneKind == "signpost" {
		to = "/practice/signposts/" + d.DoneAs + "?done=given"
	}
	return d, true, see(w, r, to)
}

func (web *Web) onDraft(r *http.Request, d app.DraftPage, title string) ui.Page {
	p := web.page(r, "Started", title+" for "+initials(d.Patient))
	p.Header = header(d.Patient, web.Now())
	p.Back = back("All tasks", taskHref(d.ID, ""))
	return p
}

func taskHref(id, task string) string {
	if task == "" {
		return "/practice/tasks/" + id
	}
	return "/practice/tasks/" + id + "/" + task
}

func (web *Web) tasks(w http.ResponseWriter, r *http.Request) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	p := web.onDraft(r, d, "Tasks")
	web.done(r, &p)
	p.Back = back("Back to the patient", "/practice/patients/"+d.Ref)
	return web.Pages.Render(w, http.StatusOK, "tasks", drawTasks(p, d, web.Now()))
}

var taskNames = map[domain.Task]string{
	domain.TaskFlags: "Red-flag questions", domain.TaskConsent: "Consent to share", domain.TaskNeed: "What they need help with",
	domain.TaskReceiver: "Choose who to ask", domain.TaskDetails: "What to tell them", domain.TaskSend: "Check and send",
}

func drawTasks(p ui.Page, d app.DraftPage, now time.Time) tasksPage {
	page := tasksPage{
		Page: p, Heading: "Refer or give information",
		Started: "Started on " + ui.Moment(d.StartedAt, now) + " by " + d.Names.Name(d.StartedBy, "a colleague") + ". Each task is saved by itself. What is not sent is deleted on " + ui.Near(d.ExpiresAt, now) + ".",
	}
	for _, t := range domain.Tasks {
		state, why := d.Task(t, now)
		if t == domain.TaskReceiver && state == domain.TaskToDo && !d.Consent.Stands() {
			why = "They did not agree to sharing: choose what to tell them about"
		}
		task := ui.Task{Text: taskNames[t], Href: taskHref(d.ID, string(t)), Hint: why}
		switch state {
		case domain.TaskDone:
			task.Status = ui.Tag{Text: "Done"}
		case domain.TaskBlocked:
			task.Href, task.Status = "", ui.Tag{Text: "Cannot start yet"}
		default:
			task.Status = ui.Tag{Text: "To do", Colour: ui.Blue}
		}
		page.Tasks.Tasks = append(page.Tasks.Tasks, task)
	}
	if d.Stopped() {
		page.Notice = ui.WarningCallout{Heading: "A red flag stops this", Urgent: true, Body: ui.Group{
			ui.Paragraph("Nothing can be sent until the duty clinician says that it may go on."), ui.Link{Text: "Open the red flag", Href: "/practice/red-flags/" + d.FlagID},
		}}
	} else if refusal, ok := fault.Of(d.MayNot); ok {
		page.Notice = ui.InsetText{Body: ui.Text(refusal.Message + ".")}
	}
	page.Buttons = []ui.Component{ui.LinkButton{Text: "Delete", Hidden: "what was started", Href: taskHref(d.ID, "delete"), Variant: ui.Secondary}}
	return page
}

func (web *Web) questions(w http.ResponseWriter, r *http.Request) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	if d.Stopped() {
		return see(w, r, "/practice/red-flags/"+d.FlagID)
	}
	return web.plain(w, http.StatusOK, web.drawQuestions(web.onDraft(r, d, "Red-flag questions"), fresh(url.Values{}), d))
}

func (web *Web) drawQuestions(p ui.Page, f form, d app.DraftPage) plainPage {
	page := plainPage{Page: p, Heading: "Red-flag questions", Lede: "Ask every question before anything else. You do not judge the answers: one yes goes to the duty clinician at once."}
	fields := []ui.Component{}
	for _, q := range terms.RedFlagQuestions {
		hint := "If somebody rings for them: “" + q.AskAbout + "”"
		if q.Listen != "" {
			hint += " " + q.Listen
		}
		fields = append(fields, ui.Radios{Name: string(q.Code), Label: q.Ask, Hint: hint, Size: "s", Value: f.value(string(q.Code)), Error: f.wrong(string(q.Code)), Options: ui.YesNo(), Inline: true})
	}
	fields = append(fields, ui.Textarea{
		Name: "note", Label: "If any answer is yes: what did they say? (optional)", Hint: "The duty clinician reads this. If it is urgent do not write: select Yes and press Continue now.",
		Value: f.value("note"), Error: f.wrong("note"), Rows: 3, MaxLength: domain.MaxNarrative,
	})
	page.Body = []ui.Component{ui.Form{
		Action: taskHref(d.ID, "red-flags"), IdempotencyKey: web.NewID(), Version: d.Version, Fields: fields,
		Buttons: []ui.Component{ui.Button{Text: "Continue"}, ui.Button{Text: "I asked every question: all no", Variant: ui.Secondary, Name: "all", Value: "no"}},
	}}
	return page
}

func (web *Web) answered(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	if yes := readAnswers(f); len(yes) > 0 {
		return web.stopFor(w, r, f, id, yes)
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	if err = f.Err(); err == nil {
		if _, err = web.App.ClearFlags(r.Context(), by(r), httpx.Command(r.Context(), "red flags clear"), id, version); err == nil {
			return see(w, r, taskHref(id, "consent"))
		}
	}
	return web.againOnDraft(w, r, f, err, "Red-flag questions", web.drawQuestions)
}

// stopFor raises a red flag. A yes is enough: nobody is sent back to answer the rest first, and nothing that became of the tasks
// meanwhile, nor too long a note, keeps it from the clinician.
func (web *Web) stopFor(w http.ResponseWriter, r *http.Request, f *httpx.Form, id string, yes []terms.RedFlagQuestion) error {
	d, err := web.App.Draft(r.Context(), by(r), id)
	if isFault(err, domain.ErrNoDraft) {
		return see(w, r, "/practice/crisis")
	}
	if err != nil {
		return err
	}
	note := []rune(strings.TrimSpace(f.Typed("note")))
	in := app.RaiseFlag{Ref: d.Ref, Questions: yes, Note: string(note[:min(len(note), domain.MaxNarrative)]), DraftID: id}
	flag, err := web.App.RaiseFlag(r.Context(), by(r), httpx.Command(r.Context(), "raise red flag"), in)
	if err != nil {
		return err
	}
	return see(w, r, "/practice/red-flags/"+flag.ID)
}

// readAnswers are the questions answered with yes. With none, every question must have been answered, one by one or all at once.
func readAnswers(f *httpx.Form) (yes []terms.RedFlagQuestion) {
	for _, q := range terms.RedFlagQuestions {
		if f.Typed(string(q.Code)) == "yes" {
			yes = append(yes, q.Code)
		}
	}
	if len(yes) > 0 || f.Typed("all") == "no" {
		return yes
	}
	for _, q := range terms.RedFlagQuestions {
		f.YesNo(string(q.Code), "Select yes or no: "+q.Label)
	}
	return nil
}

// againOnDraft shows a task's form again with what was typed, or hands the error on.
func (web *Web) againOnDraft(w http.ResponseWriter, r *http.Request, f *httpx.Form, cause error, title string, draw func(ui.Page, form, app.DraftPage) plainPage) error {
	d, gone, err := web.draft(w, r) // sent meanwhile: Back and submit lands on what came of it
	if err != nil || gone {
		return err
	}
	again, ok := refused(f.Values(), cause)
	if !ok {
		return cause
	}
	p := web.onDraft(r, d, title)
	again.dress(&p)
	return web.plain(w, again.status, draw(p, again, d))
}

// saveTask posts one task: read what was typed, save it, go on.
func (web *Web) saveTask(w http.ResponseWriter, r *http.Request, title string, draw func(ui.Page, form, app.DraftPage) plainPage,
	save func(id string, version int64, f *httpx.Form, cmd pg.Command) (next string, err error),
) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	next, err := save(id, version, f, httpx.Command(r.Context(), title))
	if err != nil {
		return web.againOnDraft(w, r, f, err, title, draw)
	}
	if f.Typed("from") == "check" {
		next = taskHref(id, "check")
	}
	return see(w, r, next)
}

// showTask shows a task's form, or the list of tasks when this one can not be started yet.
func (web *Web) showTask(w http.ResponseWriter, r *http.Request, task domain.Task, title string, draw func(ui.Page, form, app.DraftPage) plainPage, values func(app.DraftPage) url.Values) error {
	d, gone, err := web.draft(w, r)
	if err != nil || gone {
		return err
	}
	if state, _ := d.Task(task, web.Now()); state == domain.TaskBlocked {
		return see(w, r, taskHref(d.ID, ""))
	}
	v := values(d)
	v.Set("from", r.URL.Query().Get("from"))
	return web.plain(w, http.StatusOK, draw(web.onDraft(r, d, title), fresh(v), d))
}

// from has a form come back to the page that its Change link was on.
func (f form) from() []ui.Value {
	if f.value("from") != "check" {
		return nil
	}
	return []ui.Value{{Name: "from", Value: "check"}}
}

func (web *Web) need(w http.ResponseWriter, r *http.Request) error {
	return web.showTask(w, r, domain.TaskNeed, "What they need", web.drawNeed, func(d app.DraftPage) url.Values { return url.Values{"need": {string(d.Need)}} })
}

func (web *Web) drawNeed(p ui.Page, f form, d app.DraftPage) plainPage {
	options := make([]ui.Option, len(terms.Needs))
	for i, n := range terms.Needs {
		options[i] = ui.Option{Value: string(n.Code), Text: n.Label, Hint: n.Hint}
	}
	return plainPage{Page: p, Body: []ui.Component{ui.Form{Action: taskHref(d.ID, "need"), IdempotencyKey: web.NewID(), Version: d.Version, Values: f.from(), Fields: []ui.Component{
		ui.Radios{
			Name: "need", Label: "What do they need help with?", Heading: true, Size: "l", Hint: "Choose what matters most to them. After sending you can go on with another need without asking everything again.",
			Value: f.value("need"), Error: f.wrong("need"), Options: options,
		},
	}, Buttons: []ui.Component{ui.Button{Text: "Save and continue"}}}}}
}

func (web *Web) needed(w http.ResponseWriter, r *http.Request) error {
	return web.saveTask(w, r, "What they need", web.drawNeed, func(id string, version int64, f *httpx.Form, cmd pg.Command) (string, error) {
		var all []string
		for _, n := range terms.Needs {
			all = append(all, string(n.Code))
		}
		need := f.Choice("need", "Select what they need help with", all...)
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.App.ChooseNeed(r.Context(), by(r), cmd, id, version, terms.Need(need))
		return taskHref(id, "services"), err
	})
}

func (web *Web) details(w http.ResponseWriter, r *http.Request) error {
	return web.showTask(w, r, domain.TaskDetails, "What to tell them", web.drawDetails, func(d app.DraftPage) url.Values {
		v := url.Values{"narrative": {d.Narrative}, "safeguarding": {d.Safeguarding}, "urgency": {string(d.Urgency)}}
		for _, c := range d.Codes {
			v.Add("safeguarding_codes", string(c))
		}
		for _, a := range d.Accessibility {
			v.Add("accessibility", string(a))
		}
		if d.Safeguarding != "" || len(d.Codes) > 0 {
			v.Set("risk", "yes")
		} else if !d.DescribedAt.IsZero() {
			v.Set("risk", "no")
		}
		return v
	})
}

func (web *Web) drawDetails(p ui.Page, f form, d app.DraftPage) plainPage {
	urgencies := []ui.Option{{Value: "routine", Text: "Routine", Hint: "They can wait for an answer within 3 working days"}, {Value: "urgent", Text: "Soon", Hint: "It should be looked at first. What can not wait for working hours is a red flag"}}
	var risks []ui.Option
	for _, s := range terms.SafeguardingCodes {
		risks = append(risks, ui.Option{Value: string(s.Code), Text: s.Label})
	}
	return plainPage{Page: p, Heading: "What to tell them", Body: []ui.Component{
		ui.Form{Action: taskHref(d.ID, "details"), IdempotencyKey: web.NewID(), Version: d.Version, Values: f.from(), Fields: []ui.Component{
			ui.Textarea{
				Name: "narrative", Label: "What matters to them (optional)", Hint: "In their own words where you can. Only link worker teams read this; providers do not.",
				Value: f.value("narrative"), Error: f.wrong("narrative"), MaxLength: domain.MaxNarrative,
			},
			ui.Radios{Name: "risk", Label: "Is there any risk that a worker or the person must be kept safe from?", Value: f.value("risk"), Error: f.wrong("risk"), Options: []ui.Option{
				{Value: "no", Text: "None that we know of"},
				{Value: "yes", Text: "Yes", Reveal: ui.Group{
					ui.Checkboxes{Name: "safeguarding_codes", Label: "What kind", Values: f.values("safeguarding_codes"), Error: f.wrong("safeguarding_codes"), Options: risks},
					ui.Textarea{Name: "safeguarding", Label: "What must they know to keep people safe?", Value: f.value("safeguarding"), Error: f.wrong("safeguarding"), Rows: 3, MaxLength: domain.MaxNarrative},
				}},
			}},
			ui.Radios{Name: "urgency", Label: "How soon is help needed?", Value: f.value("urgency"), Error: f.wrong("urgency"), Options: urgencies},
			ui.Details{Summary: "What they need to take part", Open: f.value("accessibility") != "", Body: ui.Checkboxes{
				Name: "accessibility", Label: "What they need to take part", Values: f.values("accessibility"), Error: f.wrong("accessibility"), Options: accessibilityOptions(),
			}},
		}, Buttons: []ui.Component{ui.Button{Text: "Save and continue"}}},
	}}
}

func (web *Web) described(w http.ResponseWriter, r *http.Request) error {
	return web.saveTask(w, r, "What to tell them", web.drawDetails, func(id string, version int64, f *httpx.Form, cmd pg.Command) (string, error) {
		q := domain.Request{
			Narrative: f.Area("narrative", domain.MaxNarrative, ""),
			Urgency:   terms.Urgency(f.Choice("urgency", "Select how soon help is needed", codes(terms.Urgencies)...)),
		}
		for _, a := range f.Choices("accessibility", "", accessibilityCodes()...) {
			q.Accessibility = append(q.Accessibility, terms.Accessibility(a))
		}
		if f.YesNo("risk", "Select whether there is any risk") {
			q.Safeguarding = f.Area("safeguarding", domain.MaxNarrative, "Say what keeps the person and the worker safe")
			for _, c := range f.Choices("safeguarding_codes", "", safeguardingCodes()...) {
				q.Codes = append(q.Codes, terms.SafeguardingCode(c))
			}
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := web.App.Describe(r.Context(), by(r), cmd, id, version, q)
		return taskHref(id, "check"), err
	})
}

func safeguardingCodes() []string {
	var out []string
	for _, s := range terms.SafeguardingCodes {
		out = append(out, string(s.Code))
	}
	return out
}
