package web

import (
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/services/mdt/internal/app"
)

func (web *Web) home(w http.ResponseWriter, r *http.Request) error {
	a := who(r.Context())
	h, err := web.app.Home(r.Context(), a)
	if err != nil {
		return err
	}
	return web.show(w, http.StatusOK, drawHome(web.page(r, "Home", sectionHome), h, a, web.Now()))
}

// unheldFor counts the cases that nobody holds, for those who can ask somebody to.
func unheldFor(a actor.Actor, h app.Home) int {
	if !meets(a) {
		return 0
	}
	return h.Unheld
}

func drawHome(p ui.Page, h app.Home, a actor.Actor, now time.Time) sheet {
	p.Wide = true
	body := ui.Group{ui.ActionRequired{Items: []ui.ActionItem{
		{Count: h.MyOverdue, One: "action of yours is overdue", Many: "actions of yours are overdue", Href: Root + "/actions?show=overdue&whose=me", Urgent: true},
		{Count: h.Offers, One: "case you are asked to hold", Many: "cases you are asked to hold", Href: Root + "/cases"},
		{Count: unheldFor(a, h), One: "case was discussed and has no case-holder", Many: "cases were discussed and have no case-holder", Href: Root + "/unheld"},
		{Count: h.MyActions, One: "action of yours to do", Many: "actions of yours to do", Href: Root + "/actions?whose=me"},
		{Count: h.OrgOverdue, One: "action of a colleague is overdue", Many: "actions of colleagues are overdue", Href: Root + "/actions?show=overdue&whose=ours", Urgent: true},
		{Count: h.Counts.Asked, One: "referral that needs information from you", Many: "referrals that need information from you", Href: Root + "/referrals?show=asked"},
		{Count: h.Held, One: "referral held as a possible duplicate", Many: "referrals held as possible duplicates", Href: Root + "/referrals?show=held"},
		{Count: h.Drafts, One: "form you have started", Many: "forms you have started", Href: Root + "/drafts"},
	}}, ui.Heading{Text: "Next meeting"}}
	if h.Next == nil {
		body = append(body, ui.EmptyState{Heading: "No meeting is planned", Body: ui.Paragraph("Meetings of your organisation, and those you are asked to, show here.")})
	} else {
		body = append(body, meetingCard(*h.Next, now), agenda(*h.Next, now))
	}
	if len(h.Others) > 0 {
		var more ui.List
		for _, m := range h.Others {
			more = append(more, ui.Link{Text: m.Name + ", " + ui.Moment(m.StartsAt, now), Href: meetingPath(m.ID)})
		}
		body = append(body, ui.Heading{Level: 3, Text: "After that"}, more)
	}
	if len(h.Also) > 0 {
		body = append(body, ui.Heading{Text: "You are key worker, and asked to help with more"}, alsoAsked(h))
	}
	parts := []ui.Component{ui.Live{ID: "home", Label: "Your home page", Events: eventsPath, Refresh: Root, Now: now, Body: body}}
	var start ui.Group
	if meets(a) {
		start = append(start, ui.LinkButton{Text: "Schedule a meeting", Href: Root + "/meetings/new", Variant: ui.Secondary})
	}
	if refers(a) {
		start = append(start, ui.LinkButton{Text: "Refer somebody", Href: Root + "/referrals/new"})
	}
	return sheet{Page: p, Heading: "Home", Parts: append(parts, start)}
}

func alsoAsked(h app.Home) ui.List {
	var out ui.List
	for _, x := range h.Also {
		var needs []string
		for _, n := range x.Needs {
			needs = append(needs, lower(n.Label()))
		}
		out = append(out, ui.Link{Text: "Open the shared case: " + strings.Join(needs, ", "), Href: "/case/" + x.CaseID})
	}
	return out
}
