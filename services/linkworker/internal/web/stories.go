package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// Stories are every state of every page, with invented people. They are drawn by the same functions as the pages.
func Stories() []ui.Story {
	var all []ui.Story
	for _, some := range [][]ui.Story{homeStories(), listStories(), offerStories(), formStories(), referralStories(), teamStories()} {
		all = append(all, some...)
	}
	all = append(all, parked.Stories(Root, func(title string) ui.Page { return frame(title, "") },
		func(p ui.Page, status int, f *fault.Error) ui.Shutter { return refusalPage(p, status, f, "") })...)
	return refusals(all)
}

// storyFrame is a page with somebody signed in.
func storyFrame(title, section string) ui.Page {
	p := frame(title, section)
	p.Person = &ui.SignedIn{Name: "Maya Singh", Role: "Link worker", Organisation: "Bolton Link Workers", SignOut: "/sign-out"}
	p.Simulated = "Everybody on this page is invented."
	return p
}

func sheetStory(page, state string, s sheet) ui.Story {
	return ui.Story{Page: page, State: state, Template: "sheet", Data: s}
}

// refusedForm is a form that came back: what was typed, and what is wrong with it.
func refusedForm(wrong map[string]string, fields ...string) typed {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	var f fault.Fields
	for field, message := range wrong {
		f.Add(field, message)
	}
	return typed{sent: v, problems: ui.ProblemsOf(f.Err())}
}

func homeStories() []ui.Story {
	story := func(state string, h app.Home, lead bool) ui.Story {
		return ui.Story{Page: "home", State: state, Data: drawHome(storyFrame("Home", "Home"), h, lead, storyNow)}
	}
	full := storyHome()
	return []ui.Story{
		story("full", full, false), story("empty", app.Home{TeamKnown: true}, false), story("lead", app.Home{Team: full.Team, Mine: full.Mine}, true),
		sheetStory("meetings", "full", meetingsSheet(storyFrame("From meetings", "Meetings"), full, storyNow)),
		sheetStory("meetings", "empty", meetingsSheet(storyFrame("From meetings", "Meetings"), app.Home{}, storyNow)),
	}
}

func listStories() []ui.Story {
	list := func(page, title string, tabs []tab, show string, offers []app.ListedOffer, table func(listed, app.OfferList) ui.Table) ui.Story {
		l := listed{path: Root + "/" + page, tabs: tabs, now: storyNow, me: storyMaya, ListQuery: app.ListQuery{Show: show, Order: "due", Limit: 25}}
		of := app.OfferList{Offers: offers, Total: len(offers), Counts: map[string]int{show: len(offers)}, Names: storyNames, Colleagues: storyColleagues}
		state := "full"
		if len(offers) == 0 {
			state = "empty"
			l.Need, l.Urgent = terms.NeedLoneliness, true
		}
		return ui.Story{Page: page, State: state, Template: "queue", Data: drawList(storyFrame(title, title), l, of, "", l.address(), table)}
	}
	waiting := []app.ListedOffer{storyListed(terms.OfferOffered), storyListed(terms.OfferOffered), storyListed(terms.OfferInformationAsked)}
	waiting[1].AnswerDueAt, waiting[1].Sensitive, waiting[1].Person.FamilyName = storyNow.Add(-26*time.Hour), true, "Anstruther-Wolstenholme"
	find := storyFrame("Find a person", "People")
	person := app.PersonView{
		Person: storyPerson(), Offers: []domain.Offer{storyOffer(terms.OfferAccepted)}, KeyWorkers: storyHome().KeyWorker, Actions: storyHome().Actions,
		Crises: []domain.Crisis{storyCrisis()}, Names: storyNames,
	}
	return []ui.Story{
		list("tray", "Offers", trayTabs, "waiting", waiting, trayTable), list("tray", "Offers", trayTabs, "overdue", nil, trayTable),
		list("people", "People", peopleTabs, "people", []app.ListedOffer{storyListed(terms.OfferAccepted), storyListed(terms.OfferEnded)}, peopleTable),
		list("people", "People", peopleTabs, "review", nil, peopleTable),
		sheetStory("add", "empty", addSheet(storyFrame("Add a person", "People"), typed{})),
		sheetStory("add", "full", addSheet(storyFrame("Add a person", "People"), refusedForm(nil, "consent", "yes", "given_name", "Alma", "family_name", "Quist", "phone", "0161 496 0000"))),
		sheetStory("add", "error", addSheet(storyFrame("Add a person", "People"), refusedForm(map[string]string{"given_name": "Enter their first name", "born": "Enter their date of birth"}, "consent", "yes", "family_name", "Quist"))),
		{Page: "add", State: "no-consent", Template: ui.ShutterPage, Data: notAddedShutter(storyFrame("Nothing was kept", "People"))},
		sheetStory("find", "new", findSheet(find, "", false, app.Found{})), sheetStory("find", "nothing-entered", findSheet(find, "", true, app.Found{})),
		sheetStory("find", "empty", findSheet(find, "Quist", true, app.Found{Asked: true})),
		sheetStory("find", "full", findSheet(find, "Alma", true, app.Found{Asked: true, People: []app.FoundPerson{{Person: storyPerson(), OfferID: storyOfferID, State: "accepted"}}})),
		sheetStory("person", "full", personSheet(storyFrame("", "People"), person, storyNow)),
		sheetStory("person", "empty", personSheet(storyFrame("", "People"), app.PersonView{Person: storyPerson()}, storyNow)),
		sheetStory("person", "removed", personSheet(storyFrame("", "People"), app.PersonView{Person: domain.Person{Ref: storyRef, RemovedAt: storyNow}}, storyNow)),
	}
}

func offerStories() []ui.Story {
	story := func(state string, v app.OfferView, t typed) ui.Story {
		return ui.Story{Page: "offer", State: state, Data: drawOffer(storyFrame("", "Offers"), v, t, storyNow, storyMaya)}
	}
	view := func(state terms.OfferState, change func(o *domain.Offer)) app.OfferView {
		v := storyView(state)
		if change != nil {
			change(&v.Offer)
		}
		return v
	}
	late := storyNow.Add(-3 * time.Hour)
	return []ui.Story{
		story("waiting", view(terms.OfferOffered, nil), typed{}),
		story("overdue", view(terms.OfferOffered, func(o *domain.Offer) { o.AnswerDueAt = storyNow.Add(-26 * time.Hour) }), typed{}),
		story("answered-by-sender", view(terms.OfferOffered, func(o *domain.Offer) {
			o.Question, o.Reply, o.RepliedAt = "Does she have a car?", "No, she takes the bus.", late
		}), typed{}),
		story("error", view(terms.OfferOffered, nil), refusedForm(map[string]string{"reason": "Select why you can not take this"}, "detail", "We are full")),
		story("somebody-was-first", view(terms.OfferAccepted, nil), typed{
			sent:     refusedForm(nil, "question", "Does she have a car?").sent,
			problems: ui.Problems{{Message: "Omar Reid accepted this at 10:42. Nothing was changed by you"}},
		}),
		story("asked", view(terms.OfferInformationAsked, func(o *domain.Offer) { o.Answer, o.AnsweredBy, o.AnsweredAt = terms.AnswerAsked, storyOmar, late }), typed{}),
		story("sent", view(terms.OfferAccepted, func(o *domain.Offer) { o.ConfirmedAt = time.Time{} }), typed{}),
		story("full", storyFull(), typed{}),
		story("bounced", view(terms.OfferBounced, func(o *domain.Offer) {
			o.Answer, o.AnsweredBy, o.AnsweredAt, o.ConfirmedAt = terms.AnswerBounced, storyOmar, late, late.Add(time.Minute)
			o.Bounce = domain.Bounce{Reason: terms.BounceNotOurRole, WhoseRole: terms.RoleGP, Detail: "She asks for a change of tablets."}
		}), typed{}),
		story("expired", view(terms.OfferExpired, nil), typed{}),
		story("stand-down", view(terms.OfferWithdrawn, func(o *domain.Offer) {
			o.Answer, o.AnsweredBy, o.AnsweredAt, o.RefusedWhy, o.TakenBackAt, o.StandDownDueAt = terms.AnswerAccepted, storyMaya, late, terms.RefusalAcceptedElsewhere, late, storyNow.Add(5*time.Hour)
		}), typed{}),
		story("taken-back", view(terms.OfferWithdrawn, func(o *domain.Offer) {
			o.TakenBackWhy, o.TakenBackAt = terms.OfferWithdrawalReferralWithdrawn, late
		}), typed{}),
		story("ended", view(terms.OfferEnded, nil), typed{}),
		story("empty", app.OfferView{Offer: removed(storyOffer(terms.OfferAccepted)), Person: domain.Person{Ref: storyRef, RemovedAt: late}, Names: storyNames}, typed{}),
	}
}

func formStories() []ui.Story {
	form := func(page, state string, d drawn, v app.OfferView, t typed) ui.Story {
		return sheetStory(page, state, formSheet(storyFrame("", "People"), d, v, t, storyNow))
	}
	full, blank, waiting := storyFull(), storyView(terms.OfferAccepted), storyView(terms.OfferOffered)
	alone := storyView(terms.OfferAccepted)
	alone.Colleagues = nil
	unknown := storyView(terms.OfferAccepted)
	unknown.Practice.ID, unknown.Practice.Name, unknown.Practice.Phone = "", "", ""
	found := app.Help{Services: storyServices(), Teams: []domain.Team{storyTeam()}}
	need := refusedForm(nil, "need", "loneliness", "words", "choir")
	return []ui.Story{
		sheetStory("crisis", "full", ladderSheet(storyFrame("Crisis: whom to ring", "Crisis"))),
		form("crisis of a person", "empty", crisisPage, waiting, typed{}),
		form("crisis of a person", "full", crisisPage, waiting, refusedForm(nil, "rung", "duty_clinician", "note", "She says that she can not go on")), form("crisis of a person", "no-practice", crisisPage, unknown, typed{}),
		form("crisis of a person", "error", crisisPage, waiting, refusedForm(map[string]string{"rung": "Select whom you rang", "note": "Enter what the duty clinician must know"})),
		form("contact", "empty", contactPage, blank, typed{}),
		form("contact", "full", contactPage, blank, refusedForm(nil, "how", "phone", "result", "reached", "note", "Rang twice")),
		form("contact", "error", contactPage, blank, refusedForm(map[string]string{"how": "Select how you tried to reach them", "on": "Enter a date that is not in the future"}, "note", "Rang twice")),
		form("assessment", "empty", assessmentPage, blank, typed{}), form("assessment", "full", assessmentPage, full, typed{}),
		form("assessment", "error", assessmentPage, blank, refusedForm(map[string]string{"happy": "Enter a whole number from 0 to 10"}, "stage", "start", "happy", "eleven", "needs", "loneliness")),
		form("plan", "empty", planPage, blank, typed{}), form("plan", "full", planPage, full, typed{}),
		form("plan", "error", planPage, blank, refusedForm(map[string]string{"goal-1": "Enter at least one goal", "review": "Enter when you will look at it together again"})),
		form("assign", "full", assignPage, blank, typed{}), form("assign", "empty", assignPage, alone, typed{}),
		form("assign", "error", assignPage, blank, refusedForm(map[string]string{"assign_to": "Select who will support them"})),
		form("refer", "new", referPage(nil), blank, typed{}), form("refer", "full", referPage(&found), blank, need), form("refer", "empty", referPage(&app.Help{}), blank, need),
		form("refer", "error", referPage(&found), blank, refusedForm(map[string]string{"consent": "Select whether they agree to sharing", "receiver": "Select who should be asked"}, "need", "loneliness")),
		form("refer", "not-here", referPage(&app.Help{Services: storyServices(), NotHere: []app.NotHere{{Team: "Bury Link Workers", Why: "The housing office does."}}}), blank, refusedForm(map[string]string{"receiver": "Bury Link Workers does not take this need. Choose another. The housing office does"}, "need", "housing")),
		form("refer", "may-not", referPage(&app.Help{MayNot: fault.Forbidden("Your role, Link worker, does not do this for domestic abuse. Nobody at your organisation may just now. Ask the person's GP")}), blank, refusedForm(nil, "need", "domestic_abuse")),
		form("refer", "not-supported", referPage(nil), waiting, typed{}),
		{Page: "refer", State: "no-consent", Template: ui.ShutterPage, Data: noConsentShutter(storyFrame("Nothing was sent", "People"), storyOfferID)},
		form("end", "empty", endPage, blank, typed{}), form("end", "full", endPage, blank, refusedForm(nil, "outcome", "helped", "note", "She goes to the choir every week")),
		form("end", "onward-open", endPage, full, typed{}),
		form("end", "error", endPage, blank, refusedForm(map[string]string{"outcome": "Select how it ended"}, "note", "She moved")),
	}
}

func referralStories() []ui.Story {
	story := func(state string, change func(r *domain.Referral), t typed) ui.Story {
		v := storyReferral()
		if change != nil {
			change(&v.Referral)
		}
		return sheetStory("referral", state, referralSheet(storyFrame("", "Sent on"), v, t, storyNow))
	}
	asked := func(r *domain.Referral) {
		r.State, r.QuestionID, r.Message, r.Owes = terms.ReferralInformationAsked, storyRef, "Can she manage stairs?", terms.PartySender
	}
	v := storyReferral()
	list := app.ReferralList{Referrals: []app.ListedReferral{{Referral: v.Referral, Person: v.Person}}, Total: 1, Counts: map[string]int{"open": 1}, Names: map[string]string{storyService: "Choir", storyMaya: "Maya Singh"}}
	base := storyFrame("Sent on", "Sent on")
	unreached := storyReferral()
	unreached.Referral.State, unreached.Referral.Notice, unreached.Phone = terms.ReferralOffered, terms.NoticeFailed, "0161 496 0101"
	return []ui.Story{
		sheetStory("referral", "no email", referralSheet(storyFrame("", "Sent on"), unreached, typed{}, storyNow)),
		{Page: "referrals", State: "full", Template: "queue", Data: drawReferrals(base, "open", list, Root+"/referrals?cursor=x", true, Root+"/referrals", storyNow)},
		{Page: "referrals", State: "empty", Template: "queue", Data: drawReferrals(base, "asked", app.ReferralList{}, "", false, Root+"/referrals", storyNow)},
		story("full", nil, typed{}), story("asked", asked, typed{}),
		story("error", asked, refusedForm(map[string]string{"answer": "Enter your answer"})),
		story("empty", func(r *domain.Referral) {
			r.State, r.Owes, r.DueAt, r.ReceiverID = terms.ReferralRequested, "", time.Time{}, ""
		}, typed{}),
		story("held", func(r *domain.Referral) { r.State, r.Owes = terms.ReferralHeld, terms.PartySender }, typed{}),
		story("bounced", func(r *domain.Referral) {
			r.State, r.Reason, r.Message, r.Bounces = terms.ReferralOffered, "no_capacity", "We start again in spring.", 1
		}, typed{}),
		story("escalated", func(r *domain.Referral) {
			r.State, r.Reason, r.Owes, r.EscalatedTo = terms.ReferralEscalated, "bounced_three_times", terms.PartyCoordinator, storyOmar
		}, typed{}),
		story("closed", func(r *domain.Referral) {
			r.State, r.Outcome, r.DueAt = terms.ReferralClosed, terms.OutcomeHelped, time.Time{}
		}, typed{}),
		sheetStory("withdraw", "full", withdrawSheet(storyFrame("", "Sent on"), v, refusedForm(nil, "reason", "other", "note", "She moved away"), storyNow)),
		sheetStory("withdraw", "empty", withdrawSheet(storyFrame("", "Sent on"), v, typed{}, storyNow)),
		sheetStory("withdraw", "error", withdrawSheet(storyFrame("", "Sent on"), v, refusedForm(map[string]string{"note": "Enter the reason"}, "reason", "other"), storyNow)),
		sheetStory("withdraw", "over", withdrawSheet(storyFrame("", "Sent on"), app.ReferralView{Referral: domain.Referral{State: terms.ReferralClosed}}, typed{}, storyNow)),
	}
}

func teamStories() []ui.Story {
	full := app.TeamView{
		Team: storyTeam(), Own: storyView(terms.OfferOffered).Practice, Names: storyNames,
		Capacity: domain.Capacity{Status: terms.CapacityWaitlist, ReportedAt: storyNow.Add(-50 * time.Hour), ReportedBy: storyOmar},
	}
	full.Practices = append(full.Practices, full.Own)
	base := func() ui.Page { return storyFrame("Our team", "Our team") }
	return []ui.Story{
		sheetStory("team", "full", teamSheet(base(), full, "Bolton Link Workers", false, storyNow)), sheetStory("team", "lead", teamSheet(base(), full, "Bolton Link Workers", true, storyNow)),
		sheetStory("team", "empty", teamSheet(base(), app.TeamView{}, "Bolton Link Workers", true, storyNow)),
		sheetStory("edit team", "empty", teamFormSheet(base(), app.TeamView{}, typed{})), sheetStory("edit team", "full", teamFormSheet(base(), full, typed{})),
		sheetStory("edit team", "error", teamFormSheet(base(), full, refusedForm(map[string]string{"what_we_do": "Enter what your team does", "not_here": "Loneliness is in both lists: take it out of one"}))),
		sheetStory("capacity", "empty", capacitySheet(base(), app.TeamView{Team: storyTeam()}, typed{})), sheetStory("capacity", "full", capacitySheet(base(), full, typed{})),
		sheetStory("capacity", "error", capacitySheet(base(), full, refusedForm(map[string]string{"status": "Select how much room your team has"}))),
	}
}

// refusals are what each page shows who may not see it, and what there is in place of what is not there.
func refusals(all []ui.Story) []ui.Story {
	shut := func(status int, f *fault.Error) ui.Shutter {
		return refusalPage(storyFrame("", ""), status, f, storyRef)
	}
	all = append(all,
		ui.Story{Page: "offer", State: "not-found", Template: ui.ShutterPage, Data: shut(404, domain.ErrNoOffer)},
		ui.Story{Page: "edit team", State: "denied", Template: ui.ShutterPage, Data: refusalPage(storyFrame("", "Our team"), 403, domain.ErrNotLead, "")})
	return ui.WithRefusals(all, shut(403, notOfTeam), shut(503, fault.Unavailable("Waypost can not answer just now. Try again in a few seconds")))
}
