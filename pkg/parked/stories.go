package parked

import (
	"net/http"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/ui"
)

// A Sunday morning, as in the services' own stories.
var storyNow = time.Date(2026, time.November, 22, 10, 42, 0, 0, time.UTC)

const (
	storyEvent  = "0192f0c1-0000-7000-8000-0000000000a1"
	storyBehind = "0192f0c1-0000-7000-8000-0000000000a2"
	storyCase   = "7b1f6c1e-0000-4000-8000-0000000000c1"
	storyPerson = "0b9d2c7e-0000-5000-8000-000000000011"
)

// Stories are every state of these pages in the look of a service: base is its page without anybody, refusal what stands in
// place of a page.
func Stories(root string, base func(title string) ui.Page, refusal func(p ui.Page, status int, f *fault.Error) ui.Shutter) []ui.Story {
	l := Look{Root: root}
	page := func(title string) ui.Page {
		p := base(title)
		p.Person = &ui.SignedIn{Name: "Gareth Pryce", Role: "Platform operator", Organisation: "The area's office", SignOut: "/sign-out"}
		p.Simulated = "Everything on this page is made up."
		Onto(&p, []ui.MenuItem{{Text: "Parked", Href: l.Path(), Count: 3, Current: true}, {Text: "Operations", Href: "/operations"}}, true)
		return p
	}
	head, behind := storyParked(storyEvent), storyParked(storyBehind)
	behind.Type, behind.Position, behind.Reason = "waypost.coordination.offer_withdrawn.v1", 42, "waits behind a parked event of the same case"
	unread := inbox.Parked{
		EventID: storyPerson, Speaker: "register", Type: "waypost.register", Reason: "the event is malformed: it has no position",
		Attempts: 3, FirstAt: storyNow.Add(-20 * time.Minute), DueAt: storyNow.Add(3 * time.Hour),
	}
	one := inbox.ParkedEvent{Parked: head, Epoch: 1, Partition: 3, LastAt: storyNow.Add(-time.Hour), Case: []inbox.Parked{head}}
	several := one
	several.Case = []inbox.Parked{head, behind}
	second := several
	second.Parked = behind
	settledAs := func(s inbox.Settlement) inbox.ParkedEvent {
		e := one
		s.At, s.By, e.Case = storyNow.Add(-time.Minute), storyPerson, nil
		e.Settlement = s
		return e
	}
	titled := func(e inbox.ParkedEvent) ui.Page { return page(titleOf(e)) }
	failed, replayed := titled(several), titled(settledAs(inbox.Settlement{How: "replayed"}))
	failed.Problems = ui.Problems{{Message: "It can still not be applied. What failed is below"}}
	replayed.Banner = banner("replayed")
	unsure := titled(several)
	unsure.Problems = ui.Problems{{Field: "why", Message: "Select why it can be dropped"}, {Field: "sure", Message: "Tick the box if it shall have no effect here, ever"}}
	late := titled(settledAs(inbox.Settlement{How: "dropped", Why: inbox.SaidAgain}))
	late.Problems = ui.Problems{{Message: "Somebody settled this event before you did, so nothing was done now"}}

	var all []ui.Story
	add := func(page, state string, s ui.Shutter) {
		all = append(all, ui.Story{Page: page, State: state, Template: ui.ShutterPage, Data: s})
	}
	add(PageList, "empty", l.drawList(page("Parked events"), nil, "", storyNow))
	add(PageList, "full", l.drawList(page("Parked events"), []inbox.ParkedCase{{Parked: head, Behind: 1}, {Parked: unread}}, l.Path()+"?cursor=x", storyNow))
	add(PageEvent, "empty", l.drawEvent(titled(one), one, "", storyNow))
	add(PageEvent, "full", l.drawEvent(titled(second), second, "", storyNow))
	add(PageEvent, "error", l.drawEvent(failed, several, "", storyNow))
	add(PageEvent, "replayed", l.drawEvent(replayed, settledAs(inbox.Settlement{How: "replayed"}), "", storyNow))
	add(PageEvent, "dropped", l.drawEvent(late, settledAs(inbox.Settlement{How: "dropped", Why: inbox.SaidAgain}), "", storyNow))
	add(PageDrop, "empty", l.drawDrop(titled(one), one, "", ""))
	add(PageDrop, "full", l.drawDrop(titled(several), several, string(inbox.NoEffect), ""))
	add(PageDrop, "error", l.drawDrop(unsure, several, "", ""))
	return ui.WithRefusals(all,
		refusal(page(""), http.StatusForbidden, fault.Forbidden("Your role does not include this. If it should, ask the service lead of your organisation to give you a role that does, or choose another of your roles")),
		refusal(page(""), http.StatusServiceUnavailable, fault.Unavailable("Waypost can not answer just now. Try again in a few seconds")))
}

func storyParked(id string) inbox.Parked {
	return inbox.Parked{
		EventID: id, Speaker: "coordination", Type: "waypost.coordination.referral_offered.v1", About: storyCase, Position: 41,
		Reason:   "database: 23503 offer service_id offer_service_id_fkey",
		Attempts: 3, FirstAt: storyNow.Add(-26 * time.Hour), DueAt: storyNow.Add(-22 * time.Hour),
	}
}
