package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

// Everybody in the stories is invented.
const (
	storyRef      = "7d3c1c1e-4a53-4f0e-9d52-2b1f0a6c9e11"
	storyID       = "0193a1c2-5b7e-7c11-8a22-9f3e5d6c7b81"
	storyService  = "0193a1c2-5b7e-7c11-8a22-9f3e5d6c7b82"
	storyTeam     = "0193a1c2-5b7e-7c11-8a22-9f3e5d6c7b83"
	storySam      = "0193a1c2-5b7e-7c11-8a22-9f3e5d6c7b84"
	storyPatel    = "0193a1c2-5b7e-7c11-8a22-9f3e5d6c7b85"
	storyHale     = "0193a1c2-5b7e-7c11-8a22-9f3e5d6c7b86"
	storyOtherRef = "7d3c1c1e-4a53-4f0e-9d52-2b1f0a6c9e12"
)

// teller makes stories at one moment.
type teller struct {
	web *Web
	now time.Time
}

// Stories are every state of every page.
func (web *Web) Stories() []ui.Story {
	t := teller{web, web.Now().UTC()}
	var all []ui.Story
	for _, some := range [][]ui.Story{t.desk(), t.people(), t.tasks(), t.sending(), t.signing(), t.following(), t.dangers()} {
		all = append(all, some...)
	}
	all = append(all, parked.Stories("/practice", func(title string) ui.Page { return t.page("", title) },
		func(p ui.Page, status int, f *fault.Error) ui.Shutter { return refusalPage(p, status, f, "") })...)
	return t.refusals(all)
}

func (t teller) page(section, title string) ui.Page {
	return ui.Page{
		Title: title, Service: ui.Link{Text: "Practice", Href: "/practice"}, Menu: menu(section), Simulated: "The people on this page are made up.",
		Person: &ui.SignedIn{Name: "Sam Reed", Role: "Receptionist", Organisation: "Example Road Surgery", SignOut: "/sign-out"},
		Footer: []ui.Link{{Text: "Somebody is in danger: crisis page", Href: "/practice/crisis"}},
	}
}

func (t teller) wrong(p ui.Page, typed url.Values, err error) (ui.Page, form) {
	f, _ := refused(typed, err)
	f.dress(&p)
	return p, f
}

func fields(pairs ...string) error {
	var f fault.Fields
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f.Err()
}

func plainStory(page, state string, p plainPage) ui.Story {
	return ui.Story{Page: page, State: state, Template: "plain", Data: p}
}

func (t teller) names() app.Names {
	return app.Names{Of: map[string]string{storySam: "Sam Reed", storyPatel: "Dr Asha Patel", storyHale: "Dr Tom Hale"}, Receivers: map[string]app.Receiver{
		storyService: {Kind: terms.ReceiverService, ID: storyService, Name: "Friendly Mornings", OrganisationName: "Friendly Neighbours"},
		storyTeam:    {Kind: terms.ReceiverTeam, ID: storyTeam, Name: "North Link Workers"},
	}}
}

func (t teller) patient() domain.Patient {
	return domain.Patient{
		Ref: storyRef, PracticeID: storyID, Status: terms.PatientActive, Version: 3, AddedAt: t.now.AddDate(0, -3, 0), ChangedAt: t.now, ChangedBy: storySam,
		Details: domain.Details{
			GivenName: "Jean", FamilyName: "Holt", DateOfBirth: time.Date(1954, 3, 27, 0, 0, 0, 0, time.UTC), NHSNumber: nhsnumber.Test(1), Sex: terms.SexFemale,
			Phone: "0161 496 0000", Address: "1 Example Road\nManchester", Postcode: "M14 5TQ", Safe: domain.SafeWays{Phone: true, Letter: true},
			SafeNote: "Not after five: her son is home then", Accessibility: []terms.Accessibility{terms.AccessStepFree, terms.AccessHearingLoop},
		},
	}
}

func (t teller) known() map[string]domain.Patient {
	return map[string]domain.Patient{storyRef: t.patient()}
}

func (t teller) referral(state terms.ReferralState, change func(*domain.Referral)) app.Listed {
	r := domain.Referral{
		ID: storyID, PracticeID: storyID, Ref: storyRef, Reference: "WB4J7KQ2", ConsentID: storyID, RequestedBy: storySam, RequestedAt: t.now.AddDate(0, 0, -3), Version: 4,
		Request: domain.Request{
			Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, Receivers: []domain.Receiver{{Kind: terms.ReceiverService, ID: storyService}, {Kind: terms.ReceiverTeam, ID: storyTeam}},
			Narrative: "Misses talking since her husband died.",
		},
		Progress: domain.Progress{Heard: 3, CaseID: storyID, State: state, Owes: terms.PartyReceiver, DueAt: t.now.AddDate(0, 0, 2), Receiver: domain.Receiver{Kind: terms.ReceiverService, ID: storyService}, Actions: []string{"withdraw"}},
		Open:     state.Open(), ChangedAt: t.now,
	}
	if change != nil {
		change(&r)
	}
	return app.Listed{Referral: r, New: true}
}

func (t teller) referralPage(state terms.ReferralState, change func(*domain.Referral)) app.ReferralPage {
	return app.ReferralPage{
		Referral: t.referral(state, change).Referral, Patient: t.patient(), Now: storyRef, Names: t.names(), LookedAt: t.now.AddDate(0, 0, -1),
		Consent: domain.Consent{ID: storyID, Given: true, How: terms.ConsentByPhone, AskedBy: storySam, AskedAt: t.now.AddDate(0, 0, -3)},
		Steps: []domain.Step{
			{ID: "3", At: t.now.Add(-time.Hour), What: string(state), Receiver: domain.Receiver{Kind: terms.ReceiverService, ID: storyService}},
			{ID: "2", At: t.now.AddDate(0, 0, -1), What: "bounced", Reason: string(terms.BounceNoCapacity), Receiver: domain.Receiver{Kind: terms.ReceiverTeam, ID: storyTeam}, Message: "We are full until the new year."},
			{ID: "1", At: t.now.AddDate(0, 0, -3), By: storySam, What: "sent"},
		},
	}
}

func (t teller) asked(r *domain.Referral) {
	r.Owes, r.QuestionID, r.Message, r.Actions = terms.PartySender, storyID, "Does she walk with a stick? There are three steps at the door.", []string{"give_information", "withdraw"}
}

func (t teller) held(r *domain.Referral) {
	r.Owes, r.ExistingReferral, r.Actions = terms.PartySender, storyOtherRef, []string{"join", "confirm", "withdraw"}
}

func (t teller) draft(change func(*app.DraftPage)) app.DraftPage {
	d := app.DraftPage{Patient: t.patient(), Now: storyRef, Names: t.names(), Draft: domain.Draft{
		ID: storyID, PracticeID: storyID, Ref: storyRef, StartedBy: storySam, StartedAt: t.now.Add(-20 * time.Minute), ChangedBy: storySam, ChangedAt: t.now,
		ExpiresAt: t.now.Add(domain.DraftTime), FlagsClearAt: t.now.Add(-19 * time.Minute), FlagsAskedBy: storySam, DescribedAt: t.now, Version: 5,
		Consent: domain.Consent{ID: storyID, Ref: storyRef, Purpose: terms.ConsentShareToHelp, Given: true, How: terms.ConsentByPhone, AskedBy: storySam, AskedAt: t.now.Add(-18 * time.Minute)},
		Request: domain.Request{
			Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, Receivers: []domain.Receiver{{Kind: terms.ReceiverService, ID: storyService}},
			Narrative: "Misses talking since her husband died.", Accessibility: []terms.Accessibility{terms.AccessStepFree},
		},
	}}
	if change != nil {
		change(&d)
	}
	return d
}

func (t teller) desk() []ui.Story {
	full := app.Home{Duty: domain.Duty{ClinicianID: storyPatel, ClinicianPhone: "extension 12", DeputyID: storyHale, Version: 1}, Names: t.names()}
	full.Flags, full.FlagsUnanswered, full.InformationAsked, full.Held, full.Overdue, full.Signposts, full.Agreed, full.Drafts = 2, 1, 3, 1, 4, 2, 1, 5
	full.Feed = app.ReferralList{Total: 12, Patients: t.known(), Names: t.names(), Referrals: []app.Listed{
		t.referral(terms.ReferralAccepted, nil), t.referral(terms.ReferralInformationAsked, t.asked), t.referral(terms.ReferralOffered, func(r *domain.Referral) { r.Bounces, r.DueAt = 1, t.now.AddDate(0, 0, -1) }),
	}}
	untrained := app.Home{MayNot: untaught, Names: t.names()}
	list := app.AgreedList{Patients: t.known(), Names: t.names(), Agreed: []domain.Agreed{{ID: storyID, Ref: storyRef, OwnerID: storyPatel, DueOn: t.now.AddDate(0, 0, 2), What: "Review her tablets and tell the key worker."}}}
	return []ui.Story{
		{Page: "home", State: "empty", Data: drawHome(t.page("Home", "Home"), app.Home{Duty: full.Duty, Names: t.names()}, t.now)},
		{Page: "home", State: "full", Data: drawHome(t.page("Home", "Home"), full, t.now)},
		{Page: "home", State: "untrained", Data: drawHome(t.page("Home", "Home"), untrained, t.now)},
		{Page: "actions", State: "empty", Template: "listing", Data: drawActions(t.page("", "Actions from meetings"), app.AgreedList{}, t.now)},
		{Page: "actions", State: "full", Template: "listing", Data: drawActions(t.page("", "Actions from meetings"), list, t.now)},
	}
}

func (t teller) people() []ui.Story {
	find := func(f form, found *app.Found) plainPage {
		return drawFind(t.page("Patients", "Find a patient"), f, found, t.now)
	}
	typed := func(s string) form { return fresh(url.Values{"who": {s}}) }
	badDate, f := t.wrong(t.page("Patients", "Find a patient"), url.Values{"born-day": {"31"}, "born-month": {"2"}, "born-year": {"1954"}}, fields("born", "Enter a real date with a day, a month and a year, such as 27 3 1984"))
	bad := url.Values{"given_name": {"Jean"}, "nhs_number": {"999 999 9999"}, "safe_ways": {"email"}}
	p, wrong := t.wrong(t.page("Patients", "Add a patient"), bad, fields("family_name", "Enter their family name", "date_of_birth", "Enter their date of birth",
		"nhs_number", nhsnumber.ErrCheck.Message, "email", "Enter an email address, because email is a safe way to contact them"))
	stale, old := t.wrong(t.page("Patients", "Change details of JH"), typedDetails(t.patient().Details), fault.Stale("Dr Asha Patel changed this record at 10:42. Nothing was changed by this page. What you typed is still below"))
	full := app.PatientPage{
		Patient: t.patient(), Now: storyRef, CaseID: storyID, Reference: "CASE4QT7", Names: t.names(),
		Drafts: []domain.Draft{t.draft(nil).Draft}, Consents: []domain.Consent{t.draft(nil).Consent},
		Referrals: []app.Listed{t.referral(terms.ReferralUnderWay, nil), t.referral(terms.ReferralHeld, t.held)},
		Signposts: []domain.Signpost{{ID: storyID, Ref: storyRef, Need: terms.NeedBenefits, ServiceID: storyService, By: storySam, At: t.now.AddDate(0, 0, -9), FollowUpOn: t.now}},
		Changes:   []domain.Change{{At: t.now, By: storySam, Fields: []string{"phone", "safe_ways"}}, {At: t.now.AddDate(0, -3, 0), By: storySam, Fields: []string{"added"}}},
	}
	flagged := full
	flagged.Flags = []domain.Flag{t.flagPage(domain.RungDuty).Flag}
	flagged.Others = []domain.Patient{t.patient()}
	died := app.PatientPage{Patient: t.patient(), Now: storyRef, Names: t.names()}
	died.Status = terms.PatientDied
	erased := app.PatientPage{Patient: domain.Patient{Ref: storyRef, Status: terms.PatientActive, ErasedAt: t.now}, Now: storyRef, Names: t.names()}
	bare := t.patient()
	bare.Details = domain.Details{GivenName: bare.GivenName, FamilyName: bare.FamilyName, DateOfBirth: bare.DateOfBirth}
	patient := func(x app.PatientPage) patientPage {
		return drawPatient(t.page("Patients", "Patient JH"), x, storyID, t.now)
	}
	return []ui.Story{
		plainStory("find", "empty", find(fresh(nil), nil)),
		plainStory("find", "nothing entered", find(fresh(nil), &app.Found{Nothing: true})),
		plainStory("find", "nobody by name", find(typed("Jeen Hollt"), &app.Found{})),
		plainStory("find", "nobody by number", find(typed("999 123 4567"), &app.Found{ByNumber: true})),
		plainStory("find", "full", find(typed("holt"), &app.Found{Patients: []domain.Patient{t.patient(), died.Patient}})),
		plainStory("find", "error", drawFind(badDate, f, nil, t.now)),
		plainStory("add", "empty", t.web.drawAdd(t.page("Patients", "Add a patient"), fresh(url.Values{}), "", 0)),
		plainStory("add", "full", t.web.drawAdd(t.page("Patients", "Add a patient"), fresh(typedDetails(t.patient().Details)), "yes", 0)),
		plainStory("add", "error", t.web.drawAdd(p, wrong, "yes", 0)),
		{Page: "patient", State: "empty", Data: patient(app.PatientPage{Patient: t.patient(), Now: storyRef, Names: t.names()})},
		{Page: "patient", State: "full", Data: patient(full)},
		{Page: "patient", State: "red flag", Data: patient(flagged)},
		{Page: "patient", State: "died", Data: patient(died)},
		{Page: "patient", State: "erased", Data: patient(erased)},
		plainStory("edit", "empty", t.web.drawEdit(t.page("Patients", "Change details of JH"), fresh(typedDetails(bare.Details)), bare)),
		plainStory("edit", "full", t.web.drawEdit(t.page("Patients", "Change details of JH"), fresh(typedDetails(t.patient().Details)), t.patient())),
		plainStory("edit", "error", t.web.drawEdit(stale, old, t.patient())),
		plainStory("status", "empty", t.web.drawStatus(t.page("Patients", "Status of JH"), fresh(url.Values{}), t.patient())),
		plainStory("status", "full", t.web.drawStatus(t.page("Patients", "Status of JH"), fresh(url.Values{"status": {"active"}}), t.patient())),
	}
}

func (t teller) onDraft(title string) ui.Page {
	p := t.page("Started", title+" for JH")
	p.Header, p.Back = header(t.patient(), t.now), back("All tasks", taskHref(storyID, ""))
	return p
}

func (t teller) tasks() []ui.Story {
	begun := t.draft(func(d *app.DraftPage) {
		d.FlagsClearAt, d.Consent, d.DescribedAt, d.Need, d.Receivers = time.Time{}, domain.Consent{}, time.Time{}, "", nil
	})
	stopped := t.draft(func(d *app.DraftPage) {
		d.FlagID, d.Flag, d.FlagsClearAt = storyID, t.flagPage(domain.RungDuty).Flag, time.Time{}
	})
	list := app.DraftList{Drafts: []domain.Draft{t.draft(nil).Draft, begun.Draft}, Patients: t.known(), Names: t.names()}
	p, f := t.wrong(t.onDraft("Red-flag questions"), url.Values{"chest_or_breathing": {"no"}, "note": {"She sounds very tired."}}, fields("stroke_signs", "Select yes or no: Signs of a stroke"))
	c, cf := t.wrong(t.onDraft("Consent to share"), url.Values{}, fields("given", "Select whether they agree to sharing", "how", "Select how you asked"))
	n, nf := t.wrong(t.onDraft("What they need"), url.Values{}, fields("need", "Select what they need help with"))
	x, xf := t.wrong(t.onDraft("What to tell them"), url.Values{"risk": {"yes"}, "urgency": {"routine"}}, fields("safeguarding", "Say what keeps the person and the worker safe"))
	chosen := url.Values{"need": {"loneliness"}}
	told := url.Values{"urgency": {"urgent"}, "narrative": {"Misses talking since her husband died."}, "risk": {"yes"}, "safeguarding": {"A dog that bites."}}
	return []ui.Story{
		{Page: "drafts", State: "empty", Template: "listing", Data: drawDrafts(t.page("Started", "Started and not sent"), app.DraftList{}, false, "", t.now)},
		{Page: "drafts", State: "full", Template: "listing", Data: drawDrafts(t.page("Started", "Started and not sent"), list, true, "/practice/tasks?cursor=x", t.now)},
		{Page: "tasks", State: "empty", Data: drawTasks(t.onDraft("Tasks"), begun, t.now)},
		{Page: "tasks", State: "full", Data: drawTasks(t.onDraft("Tasks"), t.draft(nil), t.now)},
		{Page: "tasks", State: "stopped by a red flag", Data: drawTasks(t.onDraft("Tasks"), stopped, t.now)},
		plainStory("questions", "empty", t.web.drawQuestions(t.onDraft("Red-flag questions"), fresh(url.Values{}), begun)),
		plainStory("questions", "full", t.web.drawQuestions(t.onDraft("Red-flag questions"), fresh(url.Values{"stroke_signs": {"no"}, "chest_or_breathing": {"no"}, "note": {"She sounds very tired."}}), begun)),
		plainStory("questions", "error", t.web.drawQuestions(p, f, begun)),
		plainStory("consent", "empty", t.web.drawConsent(t.onDraft("Consent to share"), fresh(url.Values{}), begun)),
		plainStory("consent", "full", t.web.drawConsent(t.onDraft("Consent to share"), fresh(url.Values{"given": {"yes"}, "how": {"phone"}}), t.draft(nil))),
		plainStory("consent", "error", t.web.drawConsent(c, cf, begun)),
		plainStory("need", "empty", t.web.drawNeed(t.onDraft("What they need"), fresh(url.Values{}), begun)),
		plainStory("need", "full", t.web.drawNeed(t.onDraft("What they need"), fresh(chosen), t.draft(nil))),
		plainStory("need", "error", t.web.drawNeed(n, nf, t.draft(nil))),
		plainStory("details", "empty", t.web.drawDetails(t.onDraft("What to tell them"), fresh(url.Values{"urgency": {"routine"}}), t.draft(nil))),
		plainStory("details", "full", t.web.drawDetails(t.onDraft("What to tell them"), fresh(told), t.draft(nil))),
		plainStory("details", "error", t.web.drawDetails(x, xf, t.draft(nil))),
		plainStory("delete draft", "empty", t.web.drawDelete(t.onDraft("Delete"), fresh(nil), begun)),
		plainStory("delete draft", "full", t.web.drawDelete(t.onDraft("Delete"), fresh(nil), t.draft(nil))),
	}
}

func (t teller) sending() []ui.Story {
	km, free := 1.4, 4
	service := app.Service{
		ID: storyService, ProviderID: storyID, ProviderName: "Friendly Neighbours", Name: "Friendly Mornings", Description: "Company and a hot drink, every Monday. Come as you are.",
		Needs: []terms.Need{terms.NeedLoneliness}, Claimed: true, AcceptsReferrals: true, Simulated: true, Status: terms.ServiceActive, Phone: "0161 496 0001", Source: "A sample", SourceLicence: "OGL",
		Delivery: []terms.Delivery{terms.DeliveryInPerson, terms.DeliveryPhone},
	}
	service.Capacity = app.Capacity{Status: terms.CapacityHas, Freshness: terms.FreshnessFresh, PlacesFree: &free, ReportedAt: t.now.AddDate(0, 0, -2), Simulated: true}
	listing := app.Service{ID: storyTeam, Name: "Tea and Talk", ProviderName: "Church hall", Status: terms.ServiceActive, Capacity: app.Capacity{Freshness: terms.FreshnessUnknown}}
	found := app.ServicesFound{Total: 2, Measured: true, Services: []app.FoundService{
		{
			Service: service, Km: &km, Next: &app.Occurrence{From: t.now.AddDate(0, 0, 1), To: t.now.AddDate(0, 0, 1).Add(2 * time.Hour)}, Missing: []terms.Accessibility{terms.AccessHearingLoop},
			Notes: []app.Note{{Kind: terms.NoteNew, Text: "Ring the side bell, the front one is broken.", OrganisationName: "North Link Workers", LastSaidAt: t.now.AddDate(0, 0, -12), Confirmed: 2}},
		}, {Service: listing},
	}, Teams: []app.Team{{
		ID: storyTeam, Name: "North Link Workers", WhatWeDo: "We meet people where they are and ask what matters to them.", AcceptsReferrals: true, Phone: "0161 496 0002",
		Capacity: app.Capacity{Status: terms.CapacityWaitlist, Freshness: terms.FreshnessStale, ReportedAt: t.now.AddDate(0, 0, -10)},
	}}}
	noConsent := t.draft(func(d *app.DraftPage) { d.Consent.Given, d.Receivers = false, nil })
	untrained := t.draft(func(d *app.DraftPage) { d.MayNot, d.Supervisors = untaught, t.supervisors() })
	given := app.SignpostPage{Patient: t.patient(), Names: t.names(), Signpost: domain.Signpost{ID: storyID, Ref: storyRef, Need: terms.NeedLoneliness, ServiceID: storyService, By: storySam, At: t.now, FollowUpOn: t.now.AddDate(0, 0, 14), Version: 1}}
	went := given
	went.Result = terms.SignpostHelped
	ask := url.Values{"service": {storyService}, "ask": {"yes"}, "on-day": {"4"}, "on-month": {"12"}, "on-year": {"2026"}}
	e, ef := t.wrong(t.onDraft("Give information"), url.Values{"ask": {"yes"}, "on-day": {"31"}, "on-month": {"2"}}, fields("on", "Enter a real date with a day, a month and a year, such as 27 3 1984"))
	s, sf := t.wrong(t.page("Information given", "Information given to JH"), url.Values{}, fields("result", "Select how it went"))
	list := app.SignpostList{Signposts: []domain.Signpost{given.Signpost}, Patients: t.known(), Names: t.names()}
	services := func(d app.DraftPage, f app.ServicesFound, v url.Values) servicesPage {
		return t.web.drawServices(t.onDraft("Choose who to ask"), d, f, v, fresh(nil), "")
	}
	return []ui.Story{
		{Page: "services", State: "empty", Data: services(t.draft(func(d *app.DraftPage) { d.Receivers = nil }), app.ServicesFound{}, url.Values{})},
		{Page: "services", State: "full", Data: services(t.draft(nil), found, url.Values{"day": {"1"}, "within": {"5"}})},
		{Page: "services", State: "warned", Data: services(t.draft(nil), t.recurring(found), url.Values{})},
		{Page: "services", State: "found", Data: t.web.drawServices(t.onDraft("Choose who to ask"), t.draft(nil), found, url.Values{}, fresh(url.Values{"words": {"bell"}}), "")},
		{Page: "services", State: "no consent", Data: services(noConsent, found, url.Values{})},
		plainStory("service", "full", drawService(t.page("", "Friendly Mornings"), app.ServicePage{Service: service, Notes: found.Services[0].Notes}, t.now)),
		plainStory("service", "empty", drawService(t.page("", "Tea and Talk"), app.ServicePage{Service: listing}, t.now)),
		plainStory("check", "empty", t.web.drawCheck(t.onDraft("Check before sending"), fresh(nil), t.draft(func(d *app.DraftPage) {
			d.Narrative, d.Accessibility, d.Receivers = "", nil, nil
		}))),
		plainStory("check", "full", t.web.drawCheck(t.onDraft("Check before sending"), fresh(nil), t.draft(nil))),
		plainStory("check", "warned", t.web.drawCheck(t.onDraft("Check before sending"), fresh(nil), t.draft(func(d *app.DraftPage) {
			d.Warnings = t.recurring(found).Warnings
		}))),
		plainStory("check", "untrained", t.web.drawCheck(t.onDraft("Check before sending"), fresh(nil), untrained)),
		{Page: "check", State: "no consent", Template: ui.ShutterPage, Data: drawNoConsent(t.onDraft("Nothing is shared"), noConsent)},
		plainStory("sent", "empty", t.web.drawSent(t.page("Referrals", "Referral sent"), t.referralPage(terms.ReferralRequested, func(r *domain.Referral) { r.Receivers = nil }))),
		plainStory("sent", "full", t.web.drawSent(t.page("Referrals", "Referral sent"), t.referralPage(terms.ReferralRequested, nil))),
		plainStory("signpost", "empty", t.web.drawSignpost(t.onDraft("Give information"), fresh(url.Values{"service": {storyService}}), noConsent, app.ServicePage{Service: service})),
		plainStory("signpost", "full", t.web.drawSignpost(t.onDraft("Give information"), fresh(ask), noConsent, app.ServicePage{Service: service})),
		plainStory("signpost", "error", t.web.drawSignpost(e, ef, noConsent, app.ServicePage{})),
		plainStory("signpost given", "just now", t.web.drawSignpostPage(t.page("Information given", "Information given to JH"), fresh(url.Values{}), given, true)),
		plainStory("signpost given", "empty", t.web.drawSignpostPage(t.page("Information given", "Information given to JH"), fresh(url.Values{}), given, false)),
		plainStory("signpost given", "full", t.web.drawSignpostPage(t.page("Information given", "Information given to JH"), fresh(url.Values{}), went, false)),
		plainStory("signpost given", "error", t.web.drawSignpostPage(s, sf, given, false)),
		{Page: "signposts", State: "empty", Template: "listing", Data: t.web.drawSignposts(t.page("Information given", "Information given"), app.SignpostList{}, true, "")},
		{Page: "signposts", State: "full", Template: "listing", Data: t.web.drawSignposts(t.page("Information given", "Information given"), list, false, "")},
	}
}

func (t teller) following() []ui.Story {
	list := app.ReferralList{Total: 3, Patients: t.known(), Names: t.names(), Referrals: []app.Listed{
		t.referral(terms.ReferralInformationAsked, t.asked), t.referral(terms.ReferralHeld, t.held), t.referral(terms.ReferralClosed, func(r *domain.Referral) { r.Outcome = terms.OutcomeHelped }),
	}}
	draw := func(x app.ReferralPage) referralPage {
		return t.web.drawReferral(t.page("Referrals", "Referral WB4J 7KQ2 for JH"), x)
	}
	asked := t.referralPage(terms.ReferralInformationAsked, t.asked)
	unheard := t.referralPage(terms.ReferralRequested, func(r *domain.Referral) { r.Progress = domain.Progress{State: terms.ReferralRequested} })
	unheard.Steps = nil
	i, f := t.wrong(t.page("Referrals", "Answer a question about JH"), url.Values{"answer": {""}}, fields("answer", "Enter your answer"))
	w, wf := t.wrong(t.page("Referrals", "Withdraw a referral for JH"), url.Values{"reason": {"other"}}, fields("note", "Say why you withdraw it"))
	bounced := t.referralPage(terms.ReferralOffered, func(r *domain.Referral) {
		r.Bounces, r.Reason, r.Message = 1, string(terms.BounceNoCapacity), "We are full until the new year."
	})
	ended := t.referralPage(terms.ReferralClosed, func(r *domain.Referral) { r.Outcome, r.DueAt = terms.OutcomePartlyHelped, time.Time{} })
	late := t.referralPage(terms.ReferralEscalated, func(r *domain.Referral) {
		r.Owes, r.EscalatedTo, r.Reason, r.DueAt = terms.PartyCoordinator, storyHale, string(terms.EscalationSilent), t.now.AddDate(0, 0, -1)
	})
	unreached := t.referralPage(terms.ReferralOffered, func(r *domain.Referral) { r.Notice = terms.NoticeFailed })
	unreached.Phone = "0161 496 0101"
	list.Referrals, list.Total = append(list.Referrals, app.Listed{Referral: unreached.Referral}), list.Total+1
	return []ui.Story{
		{Page: "referrals", State: "empty", Template: "listing", Data: drawReferrals(t.page("Referrals", "Referrals"), app.ReferralList{}, app.Filter{}, "", t.now)},
		{Page: "referrals", State: "full", Template: "listing", Data: drawReferrals(t.page("Referrals", "Referrals"), list, app.Filter{Show: "yours", State: terms.ReferralHeld, Order: app.ByDue}, "/practice/referrals?cursor=x", t.now)},
		{Page: "referral", State: "empty", Data: draw(unheard)},
		{Page: "referral", State: "full", Data: draw(t.referralPage(terms.ReferralAccepted, nil))},
		{Page: "referral", State: "information asked", Data: draw(asked)},
		{Page: "referral", State: "held", Data: draw(t.referralPage(terms.ReferralHeld, t.held))},
		{Page: "referral", State: "bounced", Data: draw(bounced)},
		{Page: "referral", State: "escalated", Data: draw(late)},
		{Page: "referral", State: "no email", Data: draw(unreached)},
		{Page: "referral", State: "ended", Data: draw(ended)},
		plainStory("information", "empty", t.web.drawInformation(t.page("Referrals", "Answer a question about JH"), fresh(url.Values{}), asked)),
		plainStory("information", "full", t.web.drawInformation(t.page("Referrals", "Answer a question about JH"), fresh(url.Values{"answer": {"Yes, and a neighbour walks with her."}}), asked)),
		plainStory("information", "error", t.web.drawInformation(i, f, asked)),
		plainStory("withdraw", "empty", t.web.drawWithdraw(t.page("Referrals", "Withdraw a referral for JH"), fresh(nil), asked)),
		plainStory("withdraw", "full", t.web.drawWithdraw(t.page("Referrals", "Withdraw a referral for JH"), fresh(url.Values{"reason": {"other"}, "note": {"She moved to her daughter."}}), asked)),
		plainStory("withdraw", "error", t.web.drawWithdraw(w, wf, asked)),
	}
}

// refusals adds what every page shows instead of itself to those who may not see it, and while it can not be shown.
func (t teller) refusals(all []ui.Story) []ui.Story {
	shut := func(status int, f *fault.Error) ui.Shutter { return refusalPage(t.page("", ""), status, f, storyID) }
	story := func(state string, status int, f *fault.Error) ui.Story {
		return ui.Story{Page: "any page", State: state, Template: ui.ShutterPage, Data: shut(status, f)}
	}
	all = append(all, story("not found", http.StatusNotFound, domain.ErrNoReferral), story("somebody was faster", http.StatusConflict, domain.ErrFlagEnded))
	return ui.WithRefusals(all, shut(http.StatusForbidden, untaught), shut(http.StatusServiceUnavailable, fault.Unavailable("Waypost can not answer just now. Try again in a few seconds")))
}
