// Package web is how a person sees the practice's desk: pages, forms, HTML.
package web

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
)

//go:embed html
var files embed.FS

// NewPages parses the pages of the workspace.
func NewPages() (*ui.Pages, error) { return ui.NewPages(files, "html/*.html") }

// Web are the pages over one desk.
type Web struct {
	App       *app.App
	Pages     *ui.Pages
	Now       func() time.Time
	NewID     func() string
	Simulated string
	Operating func(*http.Request) []ui.MenuItem // what the menus of operators have besides; nil in a storybook
}

// Who may see the workspace, who may do the desk's work, and who answers red flags.
var (
	Desk       = []string{"receptionist", "gp", "practice_manager", "care_coordinator", "health_coach", "service_lead"}
	senders    = []string{"receptionist", "gp", "practice_manager", "care_coordinator", "health_coach"}
	clinicians = []string{"gp", "practice_manager"}
)

func get(pattern, name string, h httpx.Handler) httpx.Route {
	return httpx.Route{Method: http.MethodGet, Pattern: pattern, Name: name, Handler: h, Roles: Desk}
}

func post(pattern, name string, roles []string, h httpx.Handler) httpx.Route {
	return httpx.Route{Method: http.MethodPost, Pattern: pattern, Name: name, Handler: h, Roles: roles, Write: true}
}

// Routes is the table of every page.
func (web *Web) Routes() []httpx.Route {
	return slices.Concat(web.patientRoutes(), web.taskRoutes(), web.referralRoutes(), web.flagRoutes())
}

func (web *Web) patientRoutes() []httpx.Route {
	return []httpx.Route{
		get("/practice", "home", web.home),

		get("/practice/patients", "find", web.find),
		{Method: http.MethodPost, Pattern: "/practice/patients/find", Name: "found", Handler: web.found, Roles: Desk},
		get("/practice/patients/new", "add", web.add),
		post("/practice/patients", "added", senders, web.added),
		get("/practice/patients/{ref}", "patient", web.patient),
		get("/practice/patients/{ref}/edit", "edit", web.edit),
		post("/practice/patients/{ref}/edit", "edited", senders, web.edited),
		get("/practice/patients/{ref}/status", "status", web.status),
		post("/practice/patients/{ref}/status", "status changed", senders, web.statusChanged),
		post("/practice/patients/{ref}/start", "start", senders, web.start),
	}
}

func (web *Web) taskRoutes() []httpx.Route {
	return []httpx.Route{
		get("/practice/tasks", "drafts", web.drafts),
		get("/practice/tasks/{id}", "tasks", web.tasks),
		get("/practice/tasks/{id}/red-flags", "questions", web.questions),
		post("/practice/tasks/{id}/red-flags", "answered", senders, web.answered),
		get("/practice/tasks/{id}/consent", "consent", web.consent),
		post("/practice/tasks/{id}/consent", "asked", senders, web.asked),
		get("/practice/tasks/{id}/need", "need", web.need),
		post("/practice/tasks/{id}/need", "needed", senders, web.needed),
		get("/practice/tasks/{id}/services", "services", web.services),
		post("/practice/tasks/{id}/services", "chosen", senders, web.chosen),
		{Method: http.MethodPost, Pattern: "/practice/tasks/{id}/services/find", Name: "services found", Handler: web.servicesFound, Roles: Desk},
		get("/practice/tasks/{id}/details", "details", web.details),
		post("/practice/tasks/{id}/details", "described", senders, web.described),
		get("/practice/tasks/{id}/check", "check", web.check),
		post("/practice/tasks/{id}/send", "send", senders, web.send),
		get("/practice/tasks/{id}/signpost", "signpost", web.signpost),
		post("/practice/tasks/{id}/signpost", "signposted", senders, web.signposted),
		post("/practice/tasks/{id}/signature", "ask signature", senders, web.askSignature),
		get("/practice/signatures", "signatures", web.signatures),
		get("/practice/signatures/{id}", "signature", web.signature),
		post("/practice/signatures/{id}", "signed", senders, web.signed),
		get("/practice/tasks/{id}/delete", "delete draft", web.askDelete),
		post("/practice/tasks/{id}/delete", "draft deleted", senders, web.deleted),
	}
}

func (web *Web) referralRoutes() []httpx.Route {
	return []httpx.Route{
		get("/practice/referrals", "referrals", web.referrals),
		get("/practice/referrals/{id}", "referral", web.referral),
		get("/practice/referrals/{id}/sent", "sent", web.sent),
		get("/practice/referrals/{id}/information", "information", web.information),
		post("/practice/referrals/{id}/information", "informed", senders, web.informed),
		get("/practice/referrals/{id}/withdraw", "withdraw", web.askWithdraw),
		post("/practice/referrals/{id}/withdraw", "withdrawn", senders, web.withdrawn),
		post("/practice/referrals/{id}/again", "again", senders, web.again),

		get("/practice/signposts", "signposts", web.signposts),
		get("/practice/signposts/{id}", "signpost given", web.signpostPage),
		post("/practice/signposts/{id}/follow-up", "followed up", senders, web.followedUp),
	}
}

func (web *Web) flagRoutes() []httpx.Route {
	return []httpx.Route{
		get("/practice/crisis", "crisis", web.crisis),
		post("/practice/crisis", "raise", Desk, web.raise),
		get("/practice/red-flags", "red flags", web.flags),
		get("/practice/red-flags/{id}", "red flag", web.flag),
		post("/practice/red-flags/{id}/acknowledge", "acknowledge", clinicians, web.acknowledge),
		get("/practice/duty", "duty", web.duty),
		post("/practice/duty", "set duty", clinicians, web.setDuty),

		get("/practice/actions", "actions", web.actions),
		get("/practice/services/{id}", "service", web.service),
	}
}

// Topics is what an open page of this person may hear of.
func Topics(r *http.Request) ([]string, error) {
	by, _ := actor.From(r.Context())
	return []string{app.Topic(by.Organisation)}, nil
}

func by(r *http.Request) actor.Actor {
	a, _ := actor.From(r.Context())
	return a
}

// menu is the workspace's sections. Crisis comes first, so that a narrow screen never hides it.
func menu(current string) []ui.MenuItem {
	items := []ui.MenuItem{
		{Text: "Crisis", Href: "/practice/crisis"},
		{Text: "Home", Href: "/practice"},
		{Text: "Patients", Href: "/practice/patients"},
		{Text: "Referrals", Href: "/practice/referrals"},
		{Text: "Started", Href: "/practice/tasks"},
		{Text: "To sign", Href: "/practice/signatures"},
		{Text: "Information given", Href: "/practice/signposts"},
		{Text: "Red flags", Href: "/practice/red-flags"},
	}
	for i := range items {
		items[i].Current = items[i].Text == current
	}
	return items
}

// page is what every page of the workspace has around its content.
func (web *Web) page(r *http.Request, section, title string) ui.Page {
	p := ui.Page{
		Title: title, Service: ui.Link{Text: "Practice", Href: "/practice"}, Menu: menu(section), Simulated: web.Simulated, Nonce: httpx.Nonce(r.Context()),
		Footer: []ui.Link{{Text: "Somebody is in danger: crisis page", Href: "/practice/crisis"}, {Text: "Who is on duty today", Href: "/practice/duty"}},
	}
	a, ok := actor.From(r.Context())
	if !ok {
		p.Menu, p.SignIn = nil, authn.SignInPath
		return p
	}
	if web.Operating != nil {
		parked.Onto(&p, web.Operating(r), true) // operators do no other work here
	}
	p.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
	if s, ok := authn.Current(r.Context()); ok {
		p.Session = &ui.Session{
			Seconds: max(int(s.Ends.Sub(web.Now()).Seconds()), 0), Stay: "/session", Person: a.Person.ID,
			Leave: authn.SignInPath + "?return_to=" + url.QueryEscape(r.URL.Path),
		}
	}
	return p
}

// Parked is how the pages for what could not be applied look here.
func (web *Web) Parked() parked.Look {
	return parked.Look{Root: "/practice", Pages: web.Pages, Page: func(r *http.Request, title string) ui.Page { return web.page(r, "", title) }}
}

// done shows, after a redirect, what was done and what others were told of it. Codes only stand in the address.
func (web *Web) done(r *http.Request, p *ui.Page) {
	if b, ok := banners[r.URL.Query().Get("done")]; ok {
		p.Banner = &ui.Banner{Kind: ui.Success, Heading: b.heading, Body: ui.Paragraph(b.told)}
	}
}

type banner struct{ heading, told string }

// banners say what was done, and what the other side was or was not told.
var banners = map[string]banner{
	"added":        {"Patient added", "Nobody else was told who they are: those who help hear of them when you send a referral."},
	"existing":     {"This patient is already on your list", "Their NHS number is the same, so no second record was made. Nothing was changed."},
	"changed":      {"Details saved", "Everyone who helps this person now will see the new contact details in Waypost."},
	"status":       {"Status saved", "Everyone who helps this person will see it in Waypost. Open referrals will be closed where that follows from it."},
	"withdrawn":    {"Referral withdrawn", "Whoever was asked will see in Waypost that there is nothing left to do. A provider may also get an email that names nobody."},
	"informed":     {"Your answer was sent", "Whoever asked will see it in Waypost on the referral. No email was sent. Their time to reply starts anew."},
	"duty":         {"Duty list saved", "Red flags raised from now on go to these people. They see it in Waypost; no text message or email was sent."},
	"acknowledged": {"Recorded", "Reception can see what you did, and so can those who hold this person's case."},
	"trying":       {"Recorded: still trying", "The clock was started again for 15 minutes. Then it goes to the deputy."},
	"followed_up":  {"Follow-up recorded", "It is in this person's history. The service was not told."},
	"signed":       {"Signed", "Whoever began it can send it now. You are recorded beside them. If anything is changed first, you are asked again."},
	"sent_back":    {"Sent back", "Whoever began it sees that you sent it back. Nothing was sent to anybody else."},
	"deleted":      {"Deleted", "Nothing had been sent, so nobody was told."},
	"stopped":      {"Nothing was sent", "Nobody was told. What you wrote is kept here for 7 days."},
	"saved":        {"Saved", "Nothing has been sent yet. Anyone at your practice can go on with it."},
}

// plainPage is a page of one column: a heading, a lede and what follows.
type plainPage struct {
	ui.Page
	Heading string // "" when a question or panel is the heading
	Lede    string
	Body    []ui.Component
}

func (web *Web) plain(w http.ResponseWriter, status int, p plainPage) error {
	return web.Pages.Render(w, status, "plain", p)
}

// back is a link to where somebody came from.
func back(text, href string) *ui.Link { return &ui.Link{Text: text, Href: href} }

// ErrorPage says what went wrong in the workspace's own look.
func (web *Web) ErrorPage(w http.ResponseWriter, r *http.Request, status int, refusal *fault.Error) {
	page := web.page(r, "", "")
	if page.Person == nil { // the edge does not say who asked
		page.Menu, page.SignIn = menu(""), ""
	}
	if web.Pages == nil || web.Pages.Render(w, status, ui.ShutterPage, refusalPage(page, status, refusal, httpx.RequestID(r.Context()))) != nil {
		http.Error(w, refusal.Message, status)
	}
}

func refusalPage(page ui.Page, status int, refusal *fault.Error, request string) ui.Shutter {
	heading := map[int]string{
		http.StatusForbidden: "You can not do this", http.StatusNotFound: "There is nothing here that you can see", http.StatusConflict: "This can not be done now",
		http.StatusPreconditionFailed: "Somebody was faster", http.StatusServiceUnavailable: "Waypost can not answer just now",
	}[status]
	if heading == "" {
		heading = "Something is wrong with this page"
	}
	body := ui.Group{ui.Paragraph(refusal.Message + ".")}
	for _, f := range refusal.Fields {
		body = append(body, ui.Paragraph(f.Message+"."))
	}
	if status >= http.StatusInternalServerError && request != "" {
		body = append(body, ui.Paragraph("Request number: "+request+"."))
	}
	page.Title = heading
	return ui.Shutter{Page: page, Heading: heading, Body: append(body,
		ui.InsetText{Body: ui.Text("If somebody is in danger do not wait for this page: ring 999, or speak to the duty clinician.")},
		ui.Link{Text: "Go to the practice's home page", Href: "/practice"})}
}

// form is a posted form, or nothing on the first showing. Its problems are shown at the fields and on top.
type form struct {
	typed    url.Values
	problems ui.Problems
	status   int
}

// fresh is a form that nobody has typed into.
func fresh(values url.Values) form { return form{typed: values, status: http.StatusOK} }

func (f form) value(name string) string    { return f.typed.Get(name) }
func (f form) values(name string) []string { return f.typed[name] }
func (f form) wrong(name string) string    { return f.problems.For(name) }

// refused makes the form to show again from a refusal, with everything that was typed. ok is false for errors that are no
// refusal of what was typed, which are the edge's.
func refused(typed url.Values, err error) (f form, ok bool) {
	refusal, is := fault.Of(err)
	if !is {
		return form{}, false
	}
	switch refusal.Meaning {
	case fault.MeaningInvalid, fault.MeaningConflict, fault.MeaningStale, fault.MeaningMismatch:
		return form{typed: typed, problems: ui.ProblemsOf(err), status: httpx.Status(err)}, true
	}
	return form{}, false
}

// dress puts a form's problems on a page.
func (f form) dress(p *ui.Page) { p.Problems = f.problems }

func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// isFault tells whether err is one of these refusals.
func isFault(err error, of ...*fault.Error) bool {
	f, ok := fault.Of(err)
	if !ok {
		return false
	}
	for _, x := range of {
		if f.Is(x) {
			return true
		}
	}
	return false
}
