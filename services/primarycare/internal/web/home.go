package web

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/primarycare/internal/app"
)

type homePage struct {
	ui.Page
	Heading string
	Notice  ui.Component
	Buttons []ui.Component
	Waiting ui.Component
	Duty    ui.Component
}

func (web *Web) home(w http.ResponseWriter, r *http.Request) error {
	h, err := web.App.Home(r.Context(), by(r))
	if err != nil {
		return err
	}
	p := web.page(r, "Home", "Home")
	web.done(r, &p)
	return web.Pages.Render(w, http.StatusOK, "home", drawHome(p, h, web.Now()))
}

func drawHome(p ui.Page, h app.Home, now time.Time) homePage {
	p.Wide = true
	page := homePage{Page: p, Heading: "What waits for you", Buttons: []ui.Component{
		ui.LinkButton{Text: "Find or add a patient", Href: "/practice/patients"},
	}}
	if refusal, ok := fault.Of(h.MayNot); ok {
		page.Notice = ui.InsetText{Body: ui.Text(refusal.Message + ".")}
	}
	page.Waiting = ui.Live{ID: "desk", Label: "What waits for you", Events: "/practice/live", Refresh: "/practice", Now: now, Body: ui.Group{
		actionRequired(h), feed(h.Feed, now),
	}}
	page.Duty = ui.Card{Heading: "On duty today", Body: dutyWords(h)}
	return page
}

// actionRequired is what waits at the practice, each line leading to a list of just that.
func actionRequired(h app.Home) ui.ActionRequired {
	return ui.ActionRequired{Items: []ui.ActionItem{
		{Count: h.FlagsUnanswered, One: "red flag that nobody has answered in time", Many: "red flags that nobody has answered in time", Href: "/practice/red-flags?show=open", Urgent: true},
		{Count: max(h.Flags-h.FlagsUnanswered, 0), One: "red flag waiting for the duty clinician", Many: "red flags waiting for the duty clinician", Href: "/practice/red-flags?show=open", Urgent: true},
		{Count: h.InformationAsked, One: "referral that needs information from you", Many: "referrals that need information from you", Href: "/practice/referrals?show=yours&state=information_asked"},
		{Count: h.Held, One: "possible duplicate for you to decide", Many: "possible duplicates for you to decide", Href: "/practice/referrals?show=yours&state=held"},
		{Count: h.Yours, One: "other referral that waits for you", Many: "other referrals that wait for you", Href: "/practice/referrals?show=yours"},
		{Count: h.Overdue, One: "referral whose next step is overdue", Many: "referrals whose next step is overdue", Href: "/practice/referrals?show=overdue&sort=due"},
		{Count: h.Signposts, One: "person to ask how it went", Many: "people to ask how it went", Href: "/practice/signposts?show=due"},
		{Count: h.Agreed, One: "action that a meeting gave your practice", Many: "actions that meetings gave your practice", Href: "/practice/actions"},
		{Count: h.ToSign, One: "referral that waits for your signature", Many: "referrals that wait for your signature", Href: "/practice/signatures"},
		{Count: h.Drafts, One: "referral started and not sent", Many: "referrals started and not sent", Href: "/practice/tasks"},
	}}
}

// feed is what changed since this person last looked: how the referrals they sent are going.
func feed(l app.ReferralList, now time.Time) ui.Component {
	if len(l.Referrals) == 0 {
		return ui.Group{ui.Heading{Text: "New since you last looked"}, ui.EmptyState{Heading: "Nothing new", Body: ui.Paragraph("When somebody accepts, asks or bounces, it shows here at once.")}}
	}
	t := ui.Table{Caption: "New since you last looked", Columns: []ui.Column{{Text: "Patient"}, {Text: "Status"}, {Text: "What is due"}}}
	for _, r := range l.Referrals {
		t.Rows = append(t.Rows, ui.Row{New: r.New, Cells: []ui.Component{
			ui.Link{Text: callName(l.Patients, r.Ref, "A patient"), Href: "/practice/referrals/" + r.ID, Hidden: "referral " + r.Reference},
			statusOf(r.Referral), clockOf(r.Referral, l.Names, now),
		}})
	}
	more := ui.Group{t}
	if l.Total > len(l.Referrals) {
		more = append(more, line("See all "+ui.Count(l.Total, "referral that changed", "referrals that changed"), "/practice/referrals?show=new", ""))
	}
	return more
}

func dutyWords(h app.Home) ui.Component {
	change := ui.Link{Text: "Change", Href: "/practice/duty", Hidden: "who is on duty today"}
	if !h.Duty.Set() {
		return ui.Group{ui.Paragraph("Nobody has been set for today. A red flag would go straight to “ring 999 or 111”."), ui.Link{Text: "Say who is on duty", Href: "/practice/duty"}}
	}
	g := ui.Group{ui.Paragraph("Duty clinician: " + h.Names.Name(h.Duty.ClinicianID, "a GP") + phoned(h.Duty.ClinicianPhone))}
	if h.Duty.DeputyID != "" {
		g = append(g, ui.Paragraph("Deputy: "+h.Names.Name(h.Duty.DeputyID, "a colleague")+phoned(h.Duty.DeputyPhone)))
	} else {
		g = append(g, ui.Paragraph("No deputy."))
	}
	return append(g, change)
}

func phoned(number string) string {
	if number == "" {
		return ""
	}
	return ", " + number
}
