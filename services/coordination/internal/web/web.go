// Package web is how a person sees cases: the shared case, who already helps, and what waits for the area's office.
package web

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/live"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

//go:embed html
var files embed.FS

// Web draws the pages of cases. App and Hub are hung in by the door before the first request.
type Web struct {
	App       *app.App
	Hub       *live.Hub
	Simulated string // what of the data is made up, said on every page
	Now       func() time.Time
	Operating func(*http.Request) []ui.MenuItem // what the menus of operators have besides; nil in a storybook

	pages *ui.Pages
}

// New parses the pages.
func New(simulated string, now func() time.Time) (*Web, error) {
	pages, err := ui.NewPages(files, "html/*.html")
	if err != nil {
		return nil, fmt.Errorf("draw cases: %w", err)
	}
	return &Web{Simulated: simulated, Now: now, pages: pages}, nil
}

// Root is where the pages begin.
const Root = "/case"

// The pages, by their routes' names, which are those of their templates and stories too.
const (
	pageCases       = "cases"
	pageCase        = "case"
	pageReferral    = "referral"
	pageDuplicate   = "duplicate"
	pageWho         = "who_is_this"
	pageOffice      = "find_a_way"
	pagePanel       = "who_helps"
	pageEnd         = "end_case"
	pageConsent     = "consent"
	pageRemovals    = "removals"
	pageCertificate = "certificate"
	pageRetention   = "retention"
	pageMerges      = "merges"
	pageUndo        = "undo_merge"
	pageLookalikes  = "lookalikes"
	pageLookalike   = "lookalike"
	pageApart       = "apart"
	pageOverlaps    = "overlaps"
	pageReturns     = "returns"
	pageHousehold   = "household"

	pageEmergency   = "emergency"
	pageEmergencies = "emergencies"
	pageReview      = "review"
	pageLooked      = "looked"
	pageWhoSees     = "who_sees_what"
	pageOverdue     = "overdue"
	pageReassign    = "reassign"
	pageCall        = "call"
)

// Routes lists every page.
func (web *Web) Routes() []httpx.Route {
	office := rolesThat(func(r terms.Role) bool { return domain.May(r, domain.MayFindAWay) })
	see := rolesThat(func(r terms.Role) bool { _, err := domain.SeesCase(r); return err == nil })
	asks := rolesThat(domain.MayAsk)
	manage := rolesThat(app.Manages)
	privacy := rolesThat(func(r terms.Role) bool { return domain.May(r, domain.MayGuardPrivacy) })
	const one = Root + "/referrals/{id}"
	return append(web.visibility(privacy), []httpx.Route{
		{Method: http.MethodGet, Pattern: Root, Name: pageCases, Handler: web.cases, Roles: see},
		{Method: http.MethodPost, Pattern: Root + "/find", Name: "find case", Handler: web.find, Roles: see},
		{Method: http.MethodGet, Pattern: Root + "/{id}", Name: pageCase, Handler: web.sharedCase, Roles: see},
		{Method: http.MethodGet, Pattern: Root + "/patients/{ref}", Name: pageCase, Handler: web.caseOfPatient, Roles: see},
		{Method: http.MethodGet, Pattern: Root + "/patients/{ref}/consent", Name: pageConsent, Handler: web.askConsent, Roles: asks},
		{Method: http.MethodPost, Pattern: Root + "/patients/{ref}/consent", Name: "withdraw consent", Handler: web.withdrawConsent, Roles: asks, Write: true},
		{Method: http.MethodGet, Pattern: Root + "/patients/{ref}/household", Name: pageHousehold, Handler: web.askHousehold, Roles: asks},
		{Method: http.MethodPost, Pattern: Root + "/patients/{ref}/household", Name: "record household", Handler: web.answerHousehold, Roles: asks, Write: true},
		{Method: http.MethodGet, Pattern: removalsPath, Name: pageRemovals, Handler: web.removals, Roles: privacy},
		{Method: http.MethodPost, Pattern: removalsPath, Name: "erase", Handler: web.erase, Roles: privacy, Write: true},
		{Method: http.MethodGet, Pattern: removalsPath + "/{id}", Name: pageCertificate, Handler: web.certificate, Roles: privacy},
		{Method: http.MethodGet, Pattern: retentionPath, Name: pageRetention, Handler: web.retention, Roles: privacy},
		{Method: http.MethodPost, Pattern: retentionPath, Name: "decide retention", Handler: web.decideRetention, Roles: privacy, Write: true},
		{Method: http.MethodGet, Pattern: overduePath, Name: pageOverdue, Handler: web.overdue, Roles: manage},
		{Method: http.MethodGet, Pattern: overduePath + "/live", Name: "overdue live", Face: httpx.FaceLive, Handler: web.Hub.Handler(web.listTopics), Roles: manage},
		{Method: http.MethodGet, Pattern: one + "/reassign", Name: pageReassign, Handler: web.askReassign, Roles: manage},
		{Method: http.MethodPost, Pattern: one + "/reassign", Name: "reassign", Handler: web.reassign, Roles: manage, Write: true},
		{Method: http.MethodGet, Pattern: mergesPath, Name: pageMerges, Handler: web.merges, Roles: office},
		{Method: http.MethodGet, Pattern: mergesPath + "/{id}", Name: pageUndo, Handler: web.askUndo, Roles: office},
		{Method: http.MethodPost, Pattern: mergesPath + "/{id}", Name: "undo merge", Handler: web.undo, Roles: office, Write: true},
		{Method: http.MethodGet, Pattern: lookalikesPath, Name: pageLookalikes, Handler: web.lookalikes, Roles: office},
		{Method: http.MethodGet, Pattern: lookalikesPath + "/{id}", Name: pageLookalike, Handler: web.askLookalike, Roles: office},
		{Method: http.MethodPost, Pattern: lookalikesPath + "/{id}", Name: "settle lookalike", Handler: web.settleLookalike, Roles: office, Write: true},
		{Method: http.MethodGet, Pattern: Root + "/apart/{one}/{other}", Name: pageApart, Handler: web.askApart, Roles: office},
		{Method: http.MethodPost, Pattern: Root + "/apart/{one}/{other}", Name: "look at apart", Handler: web.lookAtApart, Roles: office, Write: true},
		{Method: http.MethodGet, Pattern: overlapsPath, Name: pageOverlaps, Handler: web.overlaps, Roles: []string{string(terms.RoleCoordinator), string(terms.RoleServiceLead)}},
		{Method: http.MethodGet, Pattern: returnsPath, Name: pageReturns, Handler: web.returns, Roles: []string{string(terms.RoleCoordinator), string(terms.RoleServiceLead)}},
		{Method: http.MethodGet, Pattern: Root + "/end/{id}", Name: pageEnd, Handler: web.askEnd, Roles: see},
		{Method: http.MethodPost, Pattern: Root + "/end/{id}", Name: "close case", Handler: web.end, Roles: see, Write: true},
		{Method: http.MethodGet, Pattern: one, Name: pageReferral, Handler: web.referral, Roles: see},
		{Method: http.MethodGet, Pattern: one + "/duplicate", Name: pageDuplicate, Handler: web.askDuplicate, Roles: see},
		{Method: http.MethodPost, Pattern: one + "/duplicate", Name: "choose", Handler: web.chooseDuplicate, Roles: see, Write: true},
		{Method: http.MethodGet, Pattern: one + "/offers/{offer}/call", Name: pageCall, Handler: web.askCall, Roles: see},
		{Method: http.MethodPost, Pattern: one + "/offers/{offer}/call", Name: "record call", Handler: web.recordCall, Roles: see, Write: true},
		{Method: http.MethodGet, Pattern: one + "/who", Name: pageWho, Handler: web.askWho, Roles: office},
		{Method: http.MethodPost, Pattern: one + "/who", Name: "settle", Handler: web.settle, Roles: office, Write: true},
		{Method: http.MethodGet, Pattern: one + "/office", Name: pageOffice, Handler: web.askOffice, Roles: office},
		{Method: http.MethodPost, Pattern: one + "/office", Name: "decide", Handler: web.decide, Roles: office, Write: true},
		{Method: http.MethodGet, Pattern: Root + "/panel/{ref}", Name: pagePanel, Handler: web.panel, Roles: see},
		{Method: http.MethodPost, Pattern: Root + "/panel", Name: "ask who helps", Handler: web.panel, Roles: see},
		{Method: http.MethodGet, Pattern: Root + "/live", Name: "cases live", Face: httpx.FaceLive, Handler: web.Hub.Handler(web.listTopics), Roles: see},
		{Method: http.MethodGet, Pattern: Root + "/live/{id}", Name: "case live", Face: httpx.FaceLive, Handler: web.Hub.Handler(web.caseTopics), Roles: see},
		{Method: http.MethodGet, Pattern: Root + "/storybook", Name: "storybook", Handler: ui.Storybook(web.pages, httpx.Nonce, Stories()), Public: true},
		{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "asset", Handler: ui.ServeAsset, Face: httpx.FaceAsset},
	}...)
}

// visibility are the pages about who sees what, and who looked.
func (web *Web) visibility(privacy []string) []httpx.Route {
	emergency := rolesThat(func(r terms.Role) bool { return domain.May(r, domain.MayBreakGlass) })
	looked := rolesThat(func(r terms.Role) bool { return domain.May(r, domain.MayListLooks) })
	everybody := rolesThat(func(terms.Role) bool { return true })
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: whoSeesPath, Name: pageWhoSees, Handler: web.whoSees, Roles: everybody},
		{Method: http.MethodGet, Pattern: emergencyPath, Name: pageEmergency, Handler: web.askEmergency, Roles: emergency},
		{Method: http.MethodGet, Pattern: emergencyPath + "/{ref}", Name: pageEmergency, Handler: web.askEmergencyOf, Roles: emergency},
		{Method: http.MethodPost, Pattern: emergencyPath, Name: "break glass", Handler: web.breakGlass, Roles: emergency, Write: true},
		{Method: http.MethodGet, Pattern: emergenciesPath, Name: pageEmergencies, Handler: web.emergencies, Roles: privacy},
		{Method: http.MethodGet, Pattern: emergenciesPath + "/{id}", Name: pageReview, Handler: web.askReview, Roles: privacy},
		{Method: http.MethodPost, Pattern: emergenciesPath + "/{id}", Name: "review look", Handler: web.review, Roles: privacy, Write: true},
		{Method: http.MethodPost, Pattern: lookedPath, Name: "find who looked", Handler: web.findLooked, Roles: privacy},
		{Method: http.MethodGet, Pattern: lookedPath + "/{ref}", Name: pageLooked, Handler: web.looked, Roles: looked},
	}
}

func rolesThat(may func(terms.Role) bool) (codes []string) {
	for _, r := range terms.Roles {
		if may(r.Code) {
			codes = append(codes, string(r.Code))
		}
	}
	return codes
}

func (web *Web) listTopics(*http.Request) ([]string, error) { return []string{"cases"}, nil }

// caseTopics lets in who may see the case; the hint itself carries nothing.
func (web *Web) caseTopics(r *http.Request) ([]string, error) {
	caseID, err := httpx.PathID(r, "id")
	if err != nil {
		return nil, err
	}
	if err := web.App.MaySee(r.Context(), who(r), caseID); err != nil {
		return nil, err
	}
	return []string{"case." + caseID}, nil
}

// who is the person of a request; the edge lets nobody in without one.
func who(r *http.Request) actor.Actor {
	a, _ := actor.From(r.Context())
	return a
}

// page is what every page of this person has around its own content.
func (web *Web) page(r *http.Request, title string) ui.Page {
	p := base(title)
	p.Simulated, p.Nonce = web.Simulated, httpx.Nonce(r.Context())
	if s, ok := authn.Current(r.Context()); ok {
		p.Session = &ui.Session{
			Seconds: int(s.Ends.Sub(web.Now()).Seconds()), Stay: "/session",
			Leave: authn.SignInPath + "?return_to=" + url.QueryEscape(r.URL.Path), Person: s.Person.ID,
		}
	}
	if a, ok := actor.From(r.Context()); ok {
		signedIn(&p, a)
		if web.Operating != nil {
			parked.Onto(&p, web.Operating(r), terms.Role(a.Role) == terms.RolePlatformOperator)
		}
	}
	return p
}

// Parked is how the pages for what could not be applied look here.
func (web *Web) Parked() parked.Look {
	return parked.Look{Root: Root, Pages: web.pages, Page: web.page}
}

// base is what every page has, whoever looks.
func base(title string) ui.Page {
	return ui.Page{Title: title, Service: ui.Link{Text: "Cases", Href: Root}, SignIn: authn.SignInPath}
}

// homes are the workspaces that people come from.
var homes = map[string]ui.MenuItem{
	string(terms.KindPractice):       {Text: "Practice", Href: "/practice"},
	string(terms.KindLinkWorkerTeam): {Text: "Link workers", Href: "/link-worker"},
	string(terms.KindProvider):       {Text: "Provider", Href: "/provider"},
	string(terms.KindOtherCare):      {Text: "Meetings", Href: "/mdt"},
}

// signedIn puts the person and the way back to their workspace on the page.
func signedIn(p *ui.Page, a actor.Actor) {
	p.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
	p.Menu = []ui.MenuItem{{Text: "Cases", Href: Root}}
	if home, ok := homes[a.OrganisationKind]; ok {
		p.Menu = append(p.Menu, home)
	}
	if a.OrganisationKind == string(terms.KindPractice) { // the crisis route is one click from wherever its people are
		p.Menu = append(p.Menu, ui.MenuItem{Text: "Crisis", Href: "/practice/crisis"})
		p.Footer = []ui.Link{{Text: "Somebody is in danger: crisis page", Href: "/practice/crisis"}}
	}
	if app.Manages(terms.Role(a.Role)) {
		p.Menu = append(p.Menu, ui.MenuItem{Text: overdueTitle, Href: overduePath})
	}
	if terms.Role(a.Role) == terms.RolePrivacyOfficer {
		p.Menu = []ui.MenuItem{
			{Text: removalsTitle, Href: removalsPath},
			{Text: retentionTitle, Href: retentionPath},
			{Text: emergenciesTitle, Href: emergenciesPath},
			{Text: whoSeesTitle, Href: whoSeesPath},
			{Text: "Register", Href: "/register"},
		}
	}
	if terms.Role(a.Role) == terms.RoleServiceLead {
		p.Menu[0] = ui.MenuItem{Text: overlapsTitle, Href: overlapsPath}
		p.Menu = append(p.Menu, ui.MenuItem{Text: returnsTitle, Href: returnsPath}, ui.MenuItem{Text: whoSeesTitle, Href: whoSeesPath})
	}
	if domain.Meets(terms.Role(a.Role)) && a.OrganisationKind != string(terms.KindOtherCare) {
		p.Menu = append(p.Menu, homes[string(terms.KindOtherCare)])
	}
}

// seeOther leads to a page after something was done, so that going back and sending again does nothing twice.
func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func casePath(id string) string     { return Root + "/" + id }
func referralPath(id string) string { return Root + "/referrals/" + id }

// newKey is what makes a second submit of the same form harmless.
func newKey() string { return id.New() }

// ErrorPage says why one can not go on, in the look of these pages.
func (web *Web) ErrorPage(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	p := refusalPage(web.page(r, headings[status]), f)
	if status >= http.StatusInternalServerError {
		p.Body = append(p.Body.(ui.Group), ui.Paragraph("Request number: "+httpx.RequestID(r.Context())))
	}
	if err := web.pages.Render(w, status, ui.ShutterPage, p); err != nil {
		http.Error(w, f.Message, status)
	}
}

// headings are what an error page is called.
var headings = map[int]string{
	http.StatusForbidden: "You can not see this", http.StatusNotFound: "There is nothing here for you", http.StatusConflict: "This can not be done now",
	http.StatusPreconditionFailed: "Somebody was faster", http.StatusUnprocessableEntity: "There is a problem",
	http.StatusServiceUnavailable: "Waypost can not answer just now", http.StatusInternalServerError: "Something went wrong",
}

func refusalPage(p ui.Page, f *fault.Error) ui.Shutter {
	if p.Title == "" {
		p.Title = "This did not work"
	}
	body := ui.Group{ui.Paragraph(f.Message)}
	for _, field := range f.Fields {
		body = append(body, ui.Paragraph(field.Message))
	}
	if f.Meaning == fault.MeaningNotFound {
		body = append(body, ui.Paragraph("A case can be seen by organisations that sent a referral on it, have one in hand, hold it, or are asked to find a way. If yours should be one of them, ask the sender or the area's office."))
	}
	return ui.Shutter{Page: p, Heading: p.Title, Body: append(body, ui.Link{Text: "Go to your cases", Href: Root})}
}

// spoken is a reference as it is read out: in two groups of four.
func spoken(reference string) string {
	if len(reference) != terms.ReferenceLength {
		return reference
	}
	return reference[:4] + " " + reference[4:]
}
