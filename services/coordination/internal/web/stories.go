package web

import (
	"net/url"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/app"
	"example.org/waypost/services/coordination/internal/domain"
)

// What the stories are about. All of it is invented.
const (
	storyPractice = "0c9d2c7e-0000-4000-8000-000000000001"
	storyOther    = "0c9d2c7e-0000-4000-8000-000000000002"
	storyProvider = "0c9d2c7e-0000-4000-8000-000000000003"
	storyCafe     = "0c9d2c7e-0000-4000-8000-000000000004"
	storyTeam     = "0c9d2c7e-0000-4000-8000-000000000005"
	storyOffice   = "0c9d2c7e-0000-4000-8000-000000000006"
	storyRita     = "0c9d2c7e-0000-4000-8000-000000000011"
	storyCora     = "0c9d2c7e-0000-4000-8000-000000000012"
	storyLiam     = "0c9d2c7e-0000-4000-8000-000000000013"
	storyGwen     = "0c9d2c7e-0000-4000-8000-000000000014"
	storyMeeting  = "0c9d2c7e-0000-4000-8000-000000000015"
	storyCaseID   = "0c9d2c7e-0000-4000-8000-000000000020"
	storyRef      = "0c9d2c7e-0000-4000-8000-000000000030"
)

var (
	storyNow   = time.Date(2026, 11, 24, 10, 42, 0, 0, time.UTC)
	storyNames = app.Names{
		storyPractice: "Example Road Surgery", storyOther: "Example Hospital discharge team", storyProvider: "Example Community Trust", storyCafe: "Friday cafe",
		storyTeam: "Example link workers", storyOffice: "Example area office", storyRita: "Rita Reception", storyCora: "Cora Bright", storyLiam: "Liam Walker",
		storyGwen: "Gwen Okafor", storyMeeting: "Example MDT",
	}
	storyPatient = domain.Patient{
		Ref: storyRef, Status: terms.PatientActive, GivenName: "Ada", FamilyName: "Hart", DateOfBirth: "1950-03-04", NHSNumber: "9990000018",
		Phone: "0161 496 0000", SafePhone: true, SafeNote: "Not after five, her son is home then", Postcode: "M1 1AE",
		Accessibility: []terms.Accessibility{terms.Accessibilities[0].Code}, InterpreterNeeded: true,
	}
	storyCase = domain.Case{
		ID: storyCaseID, PatientRef: storyRef, Reference: "C7K49MXC", Open: true, OpenedAt: storyNow.Add(-72 * time.Hour), Version: 4,
		Holder: domain.Named{Person: storyGwen, Organisation: storyPractice},
	}
	storyCoordinator = actor.Actor{
		Person: actor.Person{ID: storyCora, Name: "Cora Bright"}, Role: string(terms.RoleCoordinator), Organisation: storyOffice,
		OrganisationKind: string(terms.KindOtherCare), OrganisationName: "Example area office",
	}
	storyReceptionist = actor.Actor{
		Person: actor.Person{ID: storyRita, Name: "Rita Reception"}, Role: string(terms.RoleReceptionist), Organisation: storyPractice,
		OrganisationKind: string(terms.KindPractice), OrganisationName: "Example Road Surgery",
	}
	storySees, _ = domain.SeesCase(terms.RoleGP)
)

func storyReferral(n int, state domain.State, need terms.Need) domain.Referral {
	id := "0c9d2c7e-0000-4000-8000-00000000010" + string(rune('0'+n))
	return domain.Referral{
		ID: id, CaseID: storyCaseID, PatientRef: storyRef, Reference: "KM24PR7X", State: state, SenderOrganisation: storyPractice, SenderKind: terms.KindPractice,
		RequestedBy: storyRita, RequestedAt: storyNow.Add(-48 * time.Hour), Need: need, Urgency: terms.UrgencyRoutine, ConsentGiven: true, Root: true, Version: 3,
		Owes: domain.Owes{Party: domain.ReceiverSide, Organisation: storyProvider}, DueAt: storyNow.Add(48 * time.Hour), Since: storyNow.Add(-24 * time.Hour),
		Offers: []domain.Offer{{
			ID: id, Attempt: 1, Receiver: domain.Receiver{Kind: terms.ReceiverService, ID: storyCafe, Organisation: storyProvider},
			State: terms.OfferOffered, OfferedAt: storyNow.Add(-24 * time.Hour),
		}},
	}
}

func storyHeld() domain.Referral {
	r := storyReferral(1, domain.Held, terms.NeedLoneliness)
	r.Offers, r.HeldWhy, r.DuplicateOf, r.SenderOrganisation = nil, domain.HeldSameNeed, storyRef, storyOther
	r.Owes = domain.Owes{Party: domain.Sender, Organisation: storyOther}
	return r
}

func storyEscalated() domain.Referral {
	r := storyReferral(2, domain.Escalated, terms.NeedDebtAndMoney)
	r.Offers[0].State, r.Offers[0].Reason, r.Bounces, r.Escalation, r.Reason = terms.OfferBounced, "no_capacity", 3, terms.EscalationBounced, "no_capacity"
	r.Owes, r.DueAt = domain.Owes{Party: domain.Coordinator, Organisation: storyOffice, Person: storyCora}, storyNow.Add(-time.Hour)
	return r
}

func storyWho() domain.Referral {
	r := storyReferral(3, domain.Held, terms.NeedLoneliness)
	r.Offers, r.HeldWhy, r.MayBe, r.Owes = nil, domain.HeldSamePerson, storyRef, domain.Owes{Party: domain.Coordinator, Organisation: storyOffice, Person: storyCora}
	return r
}

func storyCaseView(referrals ...domain.Referral) app.CaseView {
	v := app.CaseView{Case: storyCase, Patient: storyPatient, Sees: storySees, Referrals: referrals, Names: storyNames, Now: storyNow, Can: map[string][]domain.Action{}}
	for _, r := range referrals {
		v.Can[r.ID] = domain.AvailableActions(r, domain.Coordinator)
	}
	return v
}

func storyFullCase() app.CaseView {
	helped := storyReferral(4, domain.UnderWay, terms.NeedLoneliness)
	helped.Offers[0].State = terms.OfferAccepted
	helped.Narrative, helped.Safeguarding = "She has been alone since May.\nHer daughter lives in Leeds.", "A dog that bites"
	ended := storyReferral(5, domain.Closed, terms.NeedTransport)
	ended.Outcome, ended.Owes, ended.DueAt = "helped", domain.Owes{Party: domain.Nobody}, time.Time{}
	ended.Offers[0].State = terms.OfferEnded
	v := storyCaseView(helped, storyEscalated(), storyHeld(), ended)
	v.People = []app.CasePerson{
		{CaseID: storyCaseID, Person: storyGwen, Organisation: storyPractice, Part: "case_holder", State: "accepted"},
		{CaseID: storyCaseID, Person: storyLiam, Organisation: storyTeam, Part: "key_worker", State: "accepted"},
	}
	v.Actions = []app.Action{{ID: storyRef, CaseID: storyCaseID, OwnerPerson: storyLiam, OwnerOrganisation: storyTeam, MeetingID: storyMeeting, DueOn: "2026-12-01", What: "Visit with the occupational therapist"}}
	v.Timeline = storyTimeline(helped.ID)
	return v
}

// storyTimeline has a line of every kind, so that each is looked at.
func storyTimeline(referral string) []app.Entry {
	detail := map[string]string{
		"receiver": storyCafe, "kind": "service", "reason": "no_capacity", "why": "silent", "outcome": "helped", "who": storyGwen, "meeting": storyMeeting,
		"decision": "keep_under_review", "how": "phone", "result": "reached", "due_on": "2026-12-01", "until": "2027-03-01", "stage": "start", "whom_rung": "duty_clinician", "action": "seen_same_day",
	}
	var out []app.Entry
	at := storyNow
	for _, what := range toldOf() {
		at = at.Add(-47 * time.Minute)
		e := app.Entry{
			ID: "0c9d2c7e-0000-4000-8000-0000000002" + string(rune('a'+len(out)/26)) + string(rune('a'+len(out)%26)), At: at, What: what, ReferralID: referral,
			Organisation: storyProvider, Person: storyLiam, Detail: detail,
		}
		if what == string(domain.KindBounced) {
			e.Class, e.Text = "message", "We are full until March.\nTry the craft circle <meanwhile>."
		}
		out = append(out, e)
	}
	return out
}

func storyReferralView(r domain.Referral, part domain.Party) app.ReferralView {
	return app.ReferralView{Referral: r, Case: storyCase, Patient: storyPatient, Actions: domain.AvailableActions(r, part), Sees: storySees, Names: storyNames, Now: storyNow}
}

func storyPage(title string, a actor.Actor) ui.Page {
	p := base(title)
	p.Simulated = "The people and what they do are made up"
	signedIn(&p, a)
	return p
}

func storyChoices() []app.Choice {
	cafe := domain.Candidate{Name: "Friday cafe", DistanceKM: 1.2}
	cafe.Kind, cafe.ID = terms.ReceiverService, storyCafe
	team := domain.Candidate{Name: "Example link workers", Remote: true}
	team.Kind, team.ID = terms.ReceiverTeam, storyTeam
	tried := domain.Candidate{Name: "Craft circle"}
	return []app.Choice{{Candidate: cafe, Best: true, Room: "Has room"}, {Candidate: team, Room: "Room unknown: ring to ask"}, {Candidate: tried, Lately: true}}
}

// Stories is every page in every state.
func Stories() []ui.Story {
	var all []ui.Story
	add := func(page, state string, data ui.Laid) {
		story := ui.Story{Page: page, State: state, Data: data}
		switch d := data.(type) { // nothing changes in a storybook, so it listens to nothing
		case casePage:
			d.Live.Events = ""
			story.Data = d
		case casesPage:
			d.Live.Events = ""
			story.Data = d
		case overduePage:
			d.Live.Events = ""
			story.Data = d
		case ui.Shutter:
			story.Template = ui.ShutterPage
		}
		all = append(all, story)
	}
	storiesOfLists(add)
	storiesOfCases(add)
	storiesOfChoices(add)
	storiesOfRemovals(add)
	storiesOfLookalikes(add)
	storiesOfOverlaps(add)
	storiesOfVisibility(add)
	storiesOfOverdue(add)
	denied := fault.NotFound("case")
	broken := fault.Unavailable("The database does not answer. Try again in a few minutes; nothing you did is lost")
	for _, page := range []string{pageCases, pageCase, pageReferral, pageDuplicate, pageWho, pageOffice, pagePanel, pageEnd, pageConsent, pageRemovals, pageCertificate, pageRetention, pageMerges, pageUndo, pageLookalikes, pageLookalike, pageApart, pageOverlaps, pageReturns, pageHousehold, pageEmergency, pageEmergencies, pageReview, pageLooked, pageWhoSees, pageOverdue, pageReassign, pageCall} {
		refusal := denied
		if page == pageCases || page == pageWho || page == pageOffice || page == pagePanel || page == pageMerges || page == pageLookalikes || page == pageOverlaps || page == pageReturns || page == pageOverdue {
			refusal = domain.ErrNoCaseRole
		}
		all = append(all,
			ui.Story{Page: page, State: "denied", Template: ui.ShutterPage, Data: refusalPage(storyPage("You can not see this", storyReceptionist), refusal)},
			ui.Story{Page: page, State: "broken", Template: ui.ShutterPage, Data: refusalPage(storyPage("Waypost can not answer just now", storyReceptionist), broken)})
	}
	return append(all, parked.Stories(Root, base, func(p ui.Page, status int, f *fault.Error) ui.Shutter {
		p.Title = headings[status]
		return refusalPage(p, f)
	})...)
}

type adder func(page, state string, data ui.Laid)

func storiesOfLists(add adder) {
	full := app.ListView{Name: app.ListOpen, Names: storyNames, Now: storyNow, Counts: map[string]int{app.ListOpen: 3, app.ListOverdue: 1, app.ListEscalated: 1, app.ListHeld: 1, app.ListWho: 1}}
	for _, r := range []domain.Referral{storyEscalated(), storyHeld(), storyWho()} {
		full.Rows = append(full.Rows, app.Listing{Referral: r, Initials: "AH", CaseReference: storyCase.Reference})
	}
	add(pageCases, "full", casesPageOf(storyPage("Cases", storyCoordinator), full, storyCoordinator))
	add(pageCases, "sender", casesPageOf(storyPage("Cases", storyReceptionist), full, storyReceptionist))
	empty := app.ListView{Name: app.ListOpen, Names: storyNames, Now: storyNow}
	add(pageCases, "empty", casesPageOf(storyPage("Cases", storyReceptionist), empty, storyReceptionist))
	wrong := storyPage("Cases", storyReceptionist)
	wrong.Problems = ui.Problems{{Field: "reference", Message: "No case that you can see has this reference. Check it, or ask who read it out"}}
	page := casesPageOf(wrong, full, storyReceptionist)
	page.Find = findForm(wrong.Problems, "C7K4 9MX2")
	add(pageCases, "error", page)
	panel := app.Panel{PatientRef: storyRef, CaseID: storyCaseID, Now: storyNow, Working: []app.Working{{Name: "Gwen Okafor", At: "Ardwick Surgery", Role: terms.RoleGP}}, Helping: []app.Helping{
		{Need: terms.NeedLoneliness, State: domain.UnderWay, With: "Friday cafe", Since: storyNow.Add(-500 * time.Hour), Same: true},
		{Need: terms.NeedTransport, State: domain.Escalated, Since: storyNow.Add(-30 * time.Hour)},
	}}
	add(pagePanel, "full", panelPage{storyPage("Who already helps", storyReceptionist), panelOf(panel), askAboutNeed(panel)})
	add(pagePanel, "empty", panelPage{storyPage("Who already helps", storyReceptionist), panelOf(app.Panel{PatientRef: storyRef, Now: storyNow}), askAboutNeed(app.Panel{PatientRef: storyRef})})
	add(pagePanel, "error", ui.Shutter{Page: storyPage("Who already helps", storyReceptionist), Body: ui.Paragraph("Waypost can not say just now who already helps. You can still send: it is checked again when it arrives.")})
}

func storiesOfCases(add adder) {
	add(pageCase, "full", casePageOf(storyPage("Case C7K4 9MXC", storyCoordinator), storyFullCase()))
	add(pageCase, "empty", casePageOf(storyPage("Case C7K4 9MXC", storyCoordinator), storyCaseView()))
	provider := storyFullCase()
	provider.Sees, _ = domain.SeesCase(terms.RoleProviderWorker)
	for i := range provider.Referrals {
		provider.Referrals[i].Narrative = ""
	}
	provider.Actions[0].What = ""
	add(pageCase, "provider", casePageOf(storyPage("Case C7K4 9MXC", storyReceptionist), provider))
	hidden := storyCaseView()
	hidden.Sees, hidden.Patient = domain.Sees{}, domain.Patient{Ref: storyRef}
	add(pageCase, "hidden", casePageOf(storyPage("Case C7K4 9MXC", storyReceptionist), hidden))
	refused := storyCaseView(storyReferral(4, domain.UnderWay, terms.NeedLoneliness))
	refused.Sees, refused.Patient = refused.Sees.Refused(), domain.Patient{Ref: storyRef}
	add(pageCase, "refused", casePageOf(storyPage("Case C7K4 9MXC", storyReceptionist), refused))
	closed := storyCaseView()
	closed.Case.Open, closed.Case.ClosedAt, closed.Case.Outcome, closed.Patient.Status = false, storyNow, terms.CasePatientDied, terms.PatientDied
	add(pageCase, "error", casePageOf(storyPage("Case C7K4 9MXC", storyReceptionist), closed))

	agreed := app.ConsentView{Case: storyCase, Patient: storyCaseView().Patient, Sees: storyCaseView().Sees, Names: storyNames, Now: storyNow, Standing: []app.Consent{
		{ID: storyRef, Purpose: string(terms.ConsentShareToHelp), Given: true, AskedBy: storyRita, By: storyPractice, AskedAt: storyNow.AddDate(0, 0, -2), How: string(terms.ConsentInPerson)},
		{ID: storyRef, Purpose: string(terms.ConsentDiscussAtMDT), Given: true, AskedBy: storyGwen, By: storyPractice, AskedAt: storyNow.AddDate(0, 0, -1), How: string(terms.ConsentByPhone), UntilOn: storyNow.AddDate(0, 0, 9).Format(time.DateOnly)},
	}}
	add(pageConsent, "full", consentPageOf(storyPage(consentTitle, storyReceptionist), agreed, nil))
	noHow := storyPage(consentTitle, storyReceptionist)
	noHow.Problems = ui.Problems{{Field: "how", Message: "Select how they told you"}}
	add(pageConsent, "error", consentPageOf(noHow, agreed, nil))
	agreed.Standing = nil
	add(pageConsent, "empty", consentPageOf(storyPage(consentTitle, storyReceptionist), agreed, nil))

	ended := storyCaseView()
	ended.MayEnd, ended.MayMeet = true, true
	add(pageEnd, "full", endPageOf(storyPage("Close this case", storyCoordinator), ended, nil))
	add(pageEnd, "empty", endPageOf(storyPage("Close this case", storyCoordinator), storyFullCase(), nil))
	closed.MayEnd, closed.MayMeet = true, true
	noNote := storyPage("Open this case again", storyCoordinator)
	noNote.Problems = ui.Problems{{Field: "note", Message: "Enter why the case is opened again"}}
	add(pageEnd, "error", endPageOf(noNote, closed, nil))

	add(pageReferral, "full", referralPageOf(storyPage("Referral KM24 PR7X", storyCoordinator), storyReferralView(storyEscalated(), domain.Coordinator), ""))
	plainView := storyReferralView(storyReferral(6, domain.Requested, terms.NeedHousing), domain.Sender)
	plainView.Referral.Offers = nil
	add(pageReferral, "empty", referralPageOf(storyPage("Referral KM24 PR7X", storyReceptionist), plainView, ""))
	add(pageReferral, "done", referralPageOf(storyPage("Referral KM24 PR7X", storyCoordinator), storyReferralView(storyReferral(7, domain.Offered, terms.NeedHousing), domain.Coordinator), "offer"))
	add(pageReferral, "error", referralPageOf(storyPage("Referral KM24 PR7X", storyReceptionist), storyReferralView(storyHeld(), domain.Sender), ""))
}

func storiesOfChoices(add adder) {
	existing := storyReferral(8, domain.UnderWay, terms.NeedLoneliness)
	held := storyReferralView(storyHeld(), domain.Sender)
	held.Existing = &existing
	add(pageDuplicate, "full", duplicatePageOf(storyPage("Is this a duplicate?", storyReceptionist), held, nil))
	unseen := held
	unseen.Existing = nil
	add(pageDuplicate, "empty", duplicatePageOf(storyPage("Is this a duplicate?", storyReceptionist), unseen, nil))
	wrong := storyPage("Is this a duplicate?", storyReceptionist)
	wrong.Problems = ui.Problems{{Field: "send_reason", Message: "Select why a second referral is right"}}
	add(pageDuplicate, "error", duplicatePageOf(wrong, held, url.Values{"choice": {chooseConfirm}}))
	add(pageDuplicate, "settled", duplicatePageOf(storyPage("Is this a duplicate?", storyReceptionist), storyReferralView(existing, domain.Sender), nil))

	who := storyReferralView(storyWho(), domain.Coordinator)
	who.Patient.NHSNumber = ""
	who.MayBe = []domain.Match{{Patient: storyPatient, Is: domain.Unsure}}
	add(pageWho, "one", whoPageOf(storyPage("Who is this?", storyCoordinator), who, nil))
	twin := storyPatient
	twin.Ref, twin.GivenName, twin.Phone = storyCafe, "Ida", ""
	who.MayBe = append(who.MayBe, domain.Match{Patient: twin, Is: domain.Unsure})
	add(pageWho, "full", whoPageOf(storyPage("Who is this?", storyCoordinator), who, nil))
	add(pageWho, "empty", whoPageOf(storyPage("Who is this?", storyCoordinator), storyReferralView(existing, domain.Coordinator), nil))
	unsure := storyPage("Who is this?", storyCoordinator)
	unsure.Problems = ui.Problems{{Field: "same", Message: "Select who this is"}}
	add(pageWho, "error", whoPageOf(unsure, who, nil))

	m := app.Merge{ID: storyCaseID, From: storyRef, Into: storyOther, By: storyCora, At: storyNow.Add(-26 * time.Hour)}
	identical := app.Merge{ID: storyRef, From: storyRef, Into: storyOther, At: storyNow.Add(-time.Hour)}
	add(pageMerges, "full", mergesPageOf(storyPage(mergesTitle, storyCoordinator), app.MergesView{Merges: []app.MergeListed{{Merge: identical, Initials: "AH"}, {Merge: m, Initials: "BO"}}, Names: storyNames, Now: storyNow}))
	add(pageMerges, "empty", mergesPageOf(storyPage(mergesTitle, storyCoordinator), app.MergesView{Now: storyNow}))
	undo := app.MergeView{Merge: m, From: twin, Into: storyPatient, Names: storyNames, Now: storyNow}
	add(pageUndo, "full", undoPageOf(storyPage(undoTitle, storyCoordinator), undo, nil))
	empty := storyPage(undoTitle, storyCoordinator)
	empty.Problems = ui.Problems{{Field: "note", Message: domain.ErrNoUndoNote.Fields[0].Message}}
	add(pageUndo, "error", undoPageOf(empty, undo, nil))
	undo.Merge.At = storyNow.Add(-40 * 24 * time.Hour)
	add(pageUndo, "too late", undoPageOf(storyPage(undoTitle, storyCoordinator), undo, nil))
	undo.Merge.UndoneAt, undo.Merge.UndoneBy = storyNow.Add(-time.Hour), storyCora
	add(pageUndo, "undone", undoPageOf(storyPage(undoTitle, storyCoordinator), undo, nil))

	escalated := storyReferralView(storyEscalated(), domain.Coordinator)
	add(pageOffice, "full", officePageOf(storyPage("Find a way", storyCoordinator), escalated, storyChoices(), nil))
	add(pageOffice, "empty", officePageOf(storyPage("Find a way", storyCoordinator), escalated, nil, nil))
	raced := storyPage("Find a way", storyCoordinator)
	raced.Problems = ui.Problems{{Message: "Tom Bright changed this referral at 10:42. It is now: Offered. Nothing was changed by you"}}
	add(pageOffice, "error", officePageOf(raced, escalated, storyChoices(), url.Values{"way": {wayClose}, "outcome": {"no_suitable_help"}}))
}
