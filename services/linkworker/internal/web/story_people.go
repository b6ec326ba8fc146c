package web

import (
	"time"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/app"
	"example.org/waypost/services/linkworker/internal/domain"
)

// The people of the stories; all are invented, and numbers are from the ranges kept for that.
const (
	storyMaya    = "0197aa00-0000-7000-8000-000000000001"
	storyOmar    = "0197aa00-0000-7000-8000-000000000002"
	storyRita    = "0197aa00-0000-7000-8000-000000000003"
	storyElm     = "0197aa00-0000-7000-8000-000000000004"
	storyRef     = "0197aa00-0000-4000-8000-000000000005"
	storyOfferID = "0197aa00-0000-7000-8000-000000000006"
	storyService = "0197aa00-0000-7000-8000-000000000007"
	storySentID  = "0197aa00-0000-7000-8000-000000000008"
	storyCase    = "0197aa00-0000-7000-8000-000000000009"
)

// storyNow is a Tuesday morning.
var storyNow = time.Date(2026, 11, 24, 10, 50, 0, 0, time.UTC)

var storyNames = map[string]string{storyMaya: "Maya Singh", storyOmar: "Omar Reid", storyRita: "Rita Desk", storyElm: "Elm Street Surgery"}

var storyColleagues = []app.Colleague{{ID: storyMaya, Name: "Maya Singh", Role: terms.RoleLinkWorker, Load: 14}, {ID: storyOmar, Name: "Omar Reid", Role: terms.RoleLinkWorker, Load: 1}}

func storyPerson() domain.Person {
	return domain.Person{
		Ref: storyRef, GivenName: "Alma", FamilyName: "Quist", DateOfBirth: "1956-11-26", NHSNumber: "9990000018", Phone: "0161 496 0000", Postcode: "BL1 1AA",
		Address: "1 High Street\nBolton", SafePhone: true, SafeText: true, SafeNote: "Not after five", InterpreterNeeded: true, Language: "ur", ChangedAt: storyNow,
	}
}

func storyOffer(state terms.OfferState) domain.Offer {
	o := domain.Offer{
		ID: storyOfferID, PatientRef: storyRef, ReferralID: storySentID, CaseID: storyCase, Reference: "WK4J7KQA", Attempt: 2, SenderOrganisationID: storyElm,
		SenderKind: terms.KindPractice, RequestedBy: storyRita, Need: terms.NeedLoneliness, Urgency: terms.UrgencyUrgent,
		Narrative: "Widowed in spring.\nHardly goes out, misses singing.", Accessibility: []terms.Accessibility{terms.AccessInterpreter, terms.AccessStepFree},
		OfferedAt: storyNow.Add(-72 * time.Hour), AnswerDueAt: storyNow.Add(50 * time.Hour), State: state, Version: 3,
	}
	switch state {
	case terms.OfferAccepted, terms.OfferEnded:
		o.Answer, o.AnsweredBy, o.AnsweredAt, o.ConfirmedAt = terms.AnswerAccepted, storyOmar, storyNow.Add(-8*time.Minute), storyNow.Add(-7*time.Minute)
		o.AssignedTo, o.AssignedAt, o.FirstContactDueAt = storyMaya, o.AnsweredAt, storyNow.Add(120*time.Hour)
		o.Also = []terms.Need{terms.NeedHousing}
	case terms.OfferInformationAsked:
		o.Answer, o.AnsweredBy, o.AnsweredAt, o.Question = terms.AnswerAsked, storyOmar, storyNow.Add(-20*time.Hour), "Does she have a car?"
	}
	if state == terms.OfferEnded {
		o.Outcome, o.EndedBy, o.EndedAt, o.EndNote = terms.OutcomeHelped, storyMaya, storyNow, "She sings on Thursdays now."
	}
	return o
}

func removed(o domain.Offer) domain.Offer {
	o.RemovedAt, o.Narrative, o.Accessibility = storyNow.Add(-time.Hour), "", nil
	return o
}

func storyListed(state terms.OfferState) app.ListedOffer {
	return app.ListedOffer{Offer: storyOffer(state), Person: storyPerson(), LookedAt: storyNow.Add(-24 * time.Hour)}
}

func storyView(state terms.OfferState) app.OfferView {
	elm := app.Organisation{ID: storyElm, Name: "Elm Street Surgery", Phone: "0161 496 0001", Postcode: "BL1 1AB", NetworkCode: "U12345"}
	o := storyOffer(state)
	if state == terms.OfferOffered {
		o.Safeguarding = "A neighbour shouts at her."
	}
	return app.OfferView{Offer: o, Person: storyPerson(), Sender: elm, Practice: elm, Colleagues: storyColleagues, Names: storyNames}
}

func storyCrisis() domain.Crisis {
	return domain.Crisis{PatientRef: storyRef, Rung: terms.RungDutyClinician, Note: "She said that she can not go on.", By: storyOmar, At: storyNow.Add(-30 * time.Hour)}
}

// storyFull is somebody supported for some weeks.
func storyFull() app.OfferView {
	v := storyView(terms.OfferAccepted)
	weeks := func(n int) time.Time { return storyNow.AddDate(0, 0, -7*n) }
	v.Offer.OfferedAt, v.Offer.AnsweredAt, v.Offer.ConfirmedAt, v.Offer.StartedAt, v.Offer.ReviewOn = weeks(7), weeks(6), weeks(6), weeks(5), "2026-11-26"
	v.Contacts = []domain.Contact{
		{How: terms.ContactPhone, Result: terms.ContactNotReached, By: storyMaya, At: weeks(1)},
		{How: terms.ContactHomeVisit, Result: terms.ContactReached, Note: "Tea at hers. Wants to sing again.", By: storyMaya, At: weeks(5)},
	}
	v.Failed = 1
	three, five, six, two, seven := 3, 5, 6, 2, 7
	v.Assessments = []domain.Assessment{
		{Stage: terms.StageStart, Scores: domain.Scores{Satisfied: &three, Worthwhile: &five, Happy: &three, Anxious: &seven}, Matters: "To be missed when I am not there.", Needs: []terms.Need{terms.NeedLoneliness}, By: storyMaya, At: weeks(5)},
		{Stage: terms.StageReview, Scores: domain.Scores{Satisfied: &six, Worthwhile: &five, Happy: nil, Anxious: &two}, Result: terms.ResultBetter, Matters: "Singing, and the bus back.", By: storyMaya, At: weeks(1)},
	}
	v.Plans = []domain.Plan{{Matters: "To be missed when I am not there.", Goals: []domain.Goal{{
		Text: "Sing with others every week", Need: terms.NeedArtsCulture,
		Steps: []domain.Step{{Text: "Try the Thursday choir", Who: "Alma"}, {Text: "Go along the first time", Who: "Maya"}},
	}}, ReviewOn: "2026-11-26", By: storyMaya, At: weeks(4)}}
	sent := storyReferral().Referral
	v.Onward, v.Receivers = []domain.Referral{sent}, map[string]app.Receiver{storyService: {Name: "Choir"}}
	v.KeyWorkers, v.Actions = storyHome().KeyWorker, storyHome().Actions
	v.Passed = []domain.Passed{{From: storyOmar, To: storyMaya, By: storyOmar, Why: "Maya speaks Urdu.", At: weeks(6)}}
	return v
}

func storyReferral() app.ReferralView {
	r := domain.Referral{
		ID: storySentID, PatientRef: storyRef, Reference: "TQ9H3MXE", ParentOfferID: storyOfferID, CaseID: storyCase, Need: terms.NeedArtsCulture, Urgency: terms.UrgencyRoutine,
		Receivers: []domain.Receiver{{Kind: terms.ReceiverService, ID: storyService}}, Narrative: "She would like to sing again.", Consent: domain.Consent{Given: true, How: terms.ConsentInPerson},
		RequestedBy: storyMaya, RequestedAt: storyNow.Add(-50 * time.Hour), State: terms.ReferralOffered, Owes: terms.PartyReceiver, DueAt: storyNow.Add(30 * time.Hour),
		ReceiverKind: terms.ReceiverService, ReceiverID: storyService, ChangedAt: storyNow.Add(-40 * time.Hour), Version: 3,
	}
	return app.ReferralView{
		Referral: r, Person: storyPerson(), Names: storyNames, Receivers: map[string]app.Receiver{storyService: {Name: "Choir"}},
		Steps: []domain.ReferralStep{{State: terms.ReferralOffered, ReceiverID: storyService, At: storyNow.Add(-49 * time.Hour)}},
	}
}

func storyHome() app.Home {
	return app.Home{
		TeamKnown: true,
		Mine:      map[string]int{"passed": 1, "first-contact": 2, "review": 1, "people": 14},
		Team:      map[string]int{"waiting": 4, "overdue": 1, "stand-down": 1, "people": 15, "first-contact": 3, "review": 4, "asked": 1},
		Referrals: map[string]int{"asked": 1, "held": 1, "open": 6},
		Actions:   []domain.Action{{PatientRef: storyRef, CaseID: storyCase, PersonID: storyMaya, DueOn: "2026-11-25", What: "Ring the choir about the bus.", At: storyNow}},
		KeyWorker: []domain.KeyWorker{{PatientRef: storyRef, CaseID: storyCase, PersonID: storyMaya, At: storyNow.AddDate(0, 0, -20), Also: []terms.Need{terms.NeedHousing, terms.NeedFood}}},
		People:    map[string]domain.Person{storyRef: storyPerson()},
	}
}

func storyServices() app.ServicePage {
	near, free := 1.4, 3
	room := app.ServiceCapacity{Status: terms.CapacityHas, Freshness: terms.FreshnessFresh, PlacesFree: &free, ReportedAt: storyNow.Add(-48 * time.Hour)}
	return app.ServicePage{Total: 2, Found: []app.FoundService{
		{Service: app.Service{ID: storyService, Name: "Choir", ProviderName: "Bolton Sings", Capacity: room}, Km: &near, Next: &app.Occurrence{From: storyNow.AddDate(0, 0, 1), To: storyNow.AddDate(0, 0, 1).Add(2 * time.Hour)}},
		{Service: app.Service{ID: storySentID, Name: "Allotment group", ProviderName: "Green Bolton", Capacity: app.ServiceCapacity{Freshness: terms.FreshnessUnknown}}},
	}}
}

func storyTeam() domain.Team {
	return domain.Team{
		ID: storyCase, Name: "Bury Link Workers", NetworkCodes: []string{"U12345", "U54321"}, PracticeIDs: []string{storyElm}, Needs: []terms.Need{terms.NeedLoneliness, terms.NeedDebtAndMoney},
		WhatWeDo: "We listen, and find with you what would help.", NotHere: []domain.Refusal{{Need: terms.NeedHousing, Why: "the council's housing options team"}, {Need: terms.NeedDebtAndMoney, Why: "the advice centre", NetworkCode: "U54321"}}, Accepts: true,
		Phone: "0161 496 0002", ChangedBy: storyOmar, ChangedAt: storyNow.AddDate(0, -1, 0), Version: 2,
	}
}
