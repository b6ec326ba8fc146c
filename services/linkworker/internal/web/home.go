package web

import (
	"net/http"
	"strings"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
)

// homePage is what waits for the person signed in, and for their team.
type homePage struct {
	ui.Page
	Heading string
	Live    ui.Live
	Find    ui.Component
}

func (web *Web) home(w http.ResponseWriter, r *http.Request) error {
	a := who(r.Context())
	h, err := web.app.Home(r.Context(), a)
	if err != nil {
		return err
	}
	return web.pages.Render(w, http.StatusOK, "home", drawHome(web.page(r, "Home", "Home"), h, a.Role == string(terms.RoleServiceLead), web.Now()))
}

func drawHome(base ui.Page, h app.Home, lead bool, now timeT) homePage {
	// A lead answers for the whole team; a link worker for their own people. Offers that wait are everybody's.
	people, whose := h.Mine, "me"
	if lead {
		people, whose = h.Team, ""
	}
	list := func(show string) string {
		if whose == "" {
			return Root + "/people?show=" + show
		}
		return Root + "/people?show=" + show + "&whose=" + whose
	}
	required := ui.ActionRequired{Items: []ui.ActionItem{
		{Count: h.Team["stand-down"], One: "offer to stand down from", Many: "offers to stand down from", Href: Root + "/tray?show=stand-down", Urgent: true},
		{Count: h.Team["overdue"], One: "offer past its reply date", Many: "offers past their reply date", Href: Root + "/tray?show=overdue", Urgent: true},
		{Count: h.Team["waiting"], One: "offer to answer", Many: "offers to answer", Href: Root + "/tray?show=waiting"},
		{Count: h.Mine["passed"], One: "person passed to you", Many: "people passed to you", Href: Root + "/people?show=passed"},
		{Count: people["also"], One: "person to help with more", Many: "people to help with more", Href: list("also")},
		{Count: people["first-contact"], One: "first contact due", Many: "first contacts due", Href: list("first-contact"), Urgent: people["first-contact"] > 0},
		{Count: people["review"], One: "review due", Many: "reviews due", Href: list("review")},
		{Count: h.Referrals["asked"], One: "question to you about a referral you sent", Many: "questions to you about referrals you sent", Href: Root + "/referrals?show=asked"},
		{Count: h.Referrals["held"], One: "referral held as a possible duplicate", Many: "referrals held as possible duplicates", Href: Root + "/referrals?show=held"},
		{Count: len(h.Actions), One: "action from a meeting", Many: "actions from meetings", Href: Root + "/meetings"},
	}}
	if lead && !h.TeamKnown {
		required.Items = append(required.Items, ui.ActionItem{Count: 1, One: "page to fill in: what your team does", Href: Root + "/team/edit"})
	}
	body := ui.Group{required, ui.Heading{Text: "At a glance"}, ui.SummaryList{Rows: []ui.SummaryRow{
		glance("You support", ui.Count(h.Mine["people"], "person", "people"), Root+"/people?show=people&whose=me"),
		glance("Your team supports", ui.Count(h.Team["people"], "person", "people"), Root+"/people?show=people"),
		glance("Waiting for a sender's answer", ui.Count(h.Team["asked"], "offer", "offers"), Root+"/tray?show=asked"),
		glance("Sent on and still open", ui.Count(h.Referrals["open"], "referral", "referrals"), Root+"/referrals?show=open"),
		glance("Key worker for", ui.Count(len(h.KeyWorker), "person", "people"), Root+"/meetings"),
	}}}
	return homePage{Page: base, Heading: "Home", Live: ui.Live{ID: "home", Label: "Your home page", Events: Root + "/events", Refresh: Root, Now: now, Body: body}, Find: findBox("")}
}

func glance(what, count, href string) ui.SummaryRow {
	return ui.SummaryRow{Key: what, Value: ui.Link{Text: count, Href: href, Hidden: "(" + what + ")"}}
}

// findBox searches the team's own people. It posts: names and numbers stay out of addresses.
func findBox(value string) ui.Component {
	return ui.Form{
		Action: Root + "/people/find", IdempotencyKey: key(), Fields: []ui.Component{
			ui.Input{Name: "q", Label: "Find a person", Hint: "Name, NHS number or a referral's reference", Value: value, Width: 30},
		},
		Buttons: []ui.Component{ui.Button{Text: "Find", Variant: ui.Secondary}},
	}
}

// meetings is what meetings gave to the person signed in.
func (web *Web) meetings(w http.ResponseWriter, r *http.Request) error {
	h, err := web.app.Home(r.Context(), who(r.Context()))
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, meetingsSheet(web.page(r, "From meetings", "Meetings"), h, web.Now()))
}

func meetingsSheet(base ui.Page, h app.Home, now timeT) sheet {
	base.Wide = true
	s := sheet{Page: base, Heading: "From meetings"}
	link := func(ref, caseID string) ui.Component {
		if p, ok := h.People[ref]; ok && p.Ref != "" {
			return ui.Link{Text: p.Name(), Href: Root + "/people/" + p.Ref}
		}
		if caseID == "" {
			return ui.Text("Somebody your team does not support")
		}
		return ui.Link{Text: "Open the shared case", Href: "/case/" + caseID}
	}
	s.Parts = append(s.Parts, ui.Heading{Text: "Actions for you"})
	if len(h.Actions) == 0 {
		s.Parts = append(s.Parts, ui.EmptyState{Heading: "No actions", Body: ui.Paragraph("What a meeting agrees that you do is listed here until it is done.")})
	} else {
		table := ui.Table{Caption: "Actions for you, soonest first", HideCaption: true, Columns: []ui.Column{{Text: "Person"}, {Text: "What was agreed"}, {Text: "By when"}}}
		for _, a := range h.Actions {
			table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{link(a.PatientRef, a.CaseID), ui.Prose(a.What), ui.Clock{Due: dayEnd(a.DueOn), What: "action", Now: now}}})
		}
		s.Parts = append(s.Parts, table, ui.Paragraph("Say on the meeting's page that an action is done: it comes back to the next agenda until then."), ui.List{ui.Link{Text: "Open meetings", Href: "/mdt"}})
	}
	s.Parts = append(s.Parts, ui.Heading{Text: "You are key worker for"})
	if len(h.KeyWorker) == 0 {
		s.Parts = append(s.Parts, ui.EmptyState{Heading: "Nobody now", Body: ui.Paragraph("A key worker stays in touch with the person between meetings. A meeting asks you to be one.")})
		return s
	}
	table := ui.Table{Caption: "People you are key worker for", HideCaption: true, Columns: []ui.Column{{Text: "Person"}, {Text: "Since"}, {Text: "Asked to help with too"}, {Text: "Shared case"}}}
	for _, k := range h.KeyWorker {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Component{
			link(k.PatientRef, ""), ui.Text(ui.Near(k.At, now)), ui.Text(ui.UpperFirst(alsoWords(k.Also))),
			ui.Link{Text: "Open", Hidden: "the shared case", Href: "/case/" + k.CaseID},
		}})
	}
	s.Parts = append(s.Parts, table)
	return s
}

// alsoWords is what somebody was asked to help with too.
func alsoWords(needs []terms.Need) string {
	var words []string
	for _, n := range needs {
		words = append(words, strings.ToLower(n.Label()))
	}
	if len(words) == 0 {
		return "Nothing"
	}
	return strings.Join(words, ", ")
}
