package web

import (
	"net/http"
	"net/url"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/parked"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
	"example.org/waypost/services/mdt/internal/domain"
)

// The people and places of the stories. Nobody of them exists.
const (
	idMeeting  = "01990000-0000-7000-8000-000000000001"
	idPractice = "01990000-0000-7000-8000-000000000002"
	idHospital = "01990000-0000-7000-8000-000000000003"
	idTeam     = "01990000-0000-7000-8000-000000000004"
	idMaya     = "01990000-0000-7000-8000-000000000005"
	idGreta    = "01990000-0000-7000-8000-000000000006"
	idNia      = "01990000-0000-7000-8000-000000000007"
	idLee      = "01990000-0000-7000-8000-000000000008"
	idRef      = "01990000-0000-7000-8000-000000000009"
	idItem     = "01990000-0000-7000-8000-00000000000a"
	idCase     = "01990000-0000-7000-8000-00000000000b"
	idThing    = "01990000-0000-7000-8000-00000000000c"
	idService  = "01990000-0000-7000-8000-00000000000d"
)

var (
	storyNow   = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	storyNames = map[string]string{idPractice: "Ardwick Surgery", idHospital: "Wythenshawe Discharge Team", idTeam: "Ardwick Link Workers", idMaya: "Maya Meeting", idGreta: "Greta Physician", idNia: "Nia Nurse", idLee: "Lee Link"}
	storyMaya  = actor.Actor{Person: actor.Person{ID: idMaya, Name: "Maya Meeting"}, Role: string(terms.RoleMDTCoordinator), Organisation: idPractice, OrganisationKind: string(terms.KindPractice), OrganisationName: "Ardwick Surgery"}
	storyNia   = actor.Actor{Person: actor.Person{ID: idNia, Name: "Nia Nurse"}, Role: string(terms.RoleCareProfessional), Organisation: idHospital, OrganisationKind: string(terms.KindOtherCare), OrganisationName: "Wythenshawe Discharge Team"}
	hostile    = `<script>alert("x")</script> ` + "Averyveryverylongwordwithoutanyspaceinitthatmustnotpushthepagewider"
)

func storyMeeting() domain.Meeting {
	return domain.Meeting{
		ID: idMeeting, OrganisationID: idPractice, SeriesID: idThing, Name: "Ardwick weekly MDT", StartsAt: storyNow.Add(4 * time.Hour), EndsAt: storyNow.Add(5 * time.Hour), Place: "Room 1, or join online",
		Status: terms.MeetingPlanned, Weekly: true, Invited: []string{idTeam, idHospital}, Version: 3, ChangedBy: idMaya, ChangedAt: storyNow,
	}
}

func storyPatient() domain.Patient {
	return domain.Patient{OrganisationID: idPractice, PatientRef: idRef, Version: 2, AddedAt: storyNow, ChangedAt: storyNow, Contact: domain.Contact{
		GivenName: "Ada", FamilyName: "Hart", DateOfBirth: "1950-03-04", NHSNumber: "9990000026",
		Phone: "0161 496 0000", AddressLines: []string{"4 Ash Street", "Ardwick"}, Postcode: "M12 4AA", SafeWays: domain.SafeWays{Phone: true, Letter: true}, SafeNote: "Ring before noon, she is alone then", NextOfKin: "Her son Ben",
	}}
}

func storyCase() app.Case {
	return app.Case{ID: idCase, PatientRef: idRef, Reference: "CDEF2346", Open: true, OpenedAt: storyNow.AddDate(0, -1, 0)}
}

func storyHolding(state domain.HoldingState) domain.Holding {
	return domain.Holding{
		ID: idThing, CaseID: idCase, PatientRef: idRef, PersonID: idNia, OrganisationID: idHospital, Role: terms.RoleCareProfessional, State: state, ItemID: idItem, AskedBy: idMaya, AskedByOrg: idPractice,
		AskedAt: storyNow.Add(-3 * time.Hour), DueAt: storyNow.Add(40 * time.Hour), AnsweredAt: storyNow.Add(-time.Hour), Version: 1,
	}
}

func storyActions() []domain.Action {
	x := domain.Action{
		ID: idThing, ItemID: idItem, MeetingID: idMeeting, OrganisationID: idPractice, PatientRef: idRef, CaseID: idCase, CaseReference: "CDEF2346", OwnerID: idLee, OwnerOrg: idTeam, DueOn: "2026-11-20", What: "Visit her at home and look at the heating",
		AgreedBy: idMaya, AgreedAt: storyNow.AddDate(0, 0, -7), State: domain.ActionOpen, Version: 1,
	}
	y := x
	y.State, y.Note, y.EndedBy, y.EndedAt, y.What = domain.ActionDone, "She has a hearing aid now", idGreta, storyNow.Add(-time.Hour), hostile
	return []domain.Action{x, y}
}

func storyLine() app.Line {
	h := storyHolding(domain.HoldingHolds)
	return app.Line{Item: domain.Item{
		ID: idItem, MeetingID: idMeeting, OrganisationID: idPractice, PatientRef: idRef, Reason: terms.MDTOftenSeen, Need: terms.NeedLoneliness, Why: domain.WhyAction, PutByOrg: idPractice, PutAt: storyNow, State: domain.ItemWaiting,
		Narrative: "Comes to the practice every week and eats little", Version: 2,
	}, Patient: storyPatient(), MayKnow: true, Case: storyCase(), Actions: storyActions(), Holder: &h, New: true, Meeting: storyMeeting()}
}

func storyMeetingView(ours bool) app.MeetingView {
	l := storyLine()
	if !ours {
		l.MayKnow, l.Patient, l.Narrative = false, domain.Patient{}, ""
	}
	v := app.MeetingView{Meeting: storyMeeting(), Ours: ours, Names: storyNames, Lines: []app.Line{l}, Agreed: storyActions(), Invitations: []domain.Invitation{
		{ID: idItem, MeetingID: idMeeting, GuestID: idPractice, PersonID: idMaya, Role: terms.RoleMDTCoordinator, Must: true, Attendance: domain.AttendancePresent},
		{ID: idThing, MeetingID: idMeeting, GuestID: idHospital, PersonID: idNia, Role: terms.RoleCareProfessional, Must: true, Attendance: domain.AttendanceApologies},
		{ID: idCase, MeetingID: idMeeting, GuestID: idTeam},
	}}
	if ours {
		v.Lines[0].Still = domain.Standstill{Times: 3, Since: storyNow.AddDate(0, 0, -21)}
		v.Seats = domain.Seats([]domain.InRoom{{ItemID: idItem, Needs: []terms.Need{terms.NeedLoneliness}, Reason: terms.MDTOftenSeen, Parties: []domain.Party{
			{PersonID: idNia, OrganisationID: idHospital, Role: terms.RoleCareProfessional, Why: domain.SeatHolder}, {PersonID: idLee, OrganisationID: idTeam, Why: domain.SeatKeyWorker}, {OrganisationID: idTeam, Why: domain.SeatHelps},
		}}}, v.Invitations)
	}
	return v
}

func storyItem(ours bool) app.ItemView {
	v := app.ItemView{Line: storyLine(), Ours: ours, Names: storyNames, SinceAt: storyNow.AddDate(0, 0, -7), NextOn: "2026-12-01", KeyWorker: &domain.KeyWorker{PersonID: idLee, OrganisationID: idTeam}}
	v.People = []app.Role{{PersonID: idGreta, PersonName: "Greta Physician", OrganisationID: idPractice, OrganisationName: "Ardwick Surgery", Role: terms.RoleGP}, {PersonID: idLee, PersonName: "Lee Link", OrganisationID: idTeam, OrganisationName: "Ardwick Link Workers", Role: terms.RoleLinkWorker}}
	v.Since = []app.Happened{{EventID: "e1", Fact: "referral_progressed", Code: "accepted", Need: terms.NeedLoneliness, Organisation: idTeam, At: storyNow.Add(-50 * time.Hour)}, {EventID: "e2", Fact: "contact_recorded", Code: "reached", Person: idLee, Need: terms.NeedLoneliness, At: storyNow.Add(-60 * time.Hour)}}
	v.Before = []domain.Item{{ID: "before", Decision: terms.MDTAssignCaseHolder, DiscussedBy: idMaya, DiscussedAt: storyNow.AddDate(0, 0, -7), Note: "The hospital leads until she is settled"}}
	v.Holdings = []domain.Holding{storyHolding(domain.HoldingHolds)}
	if !ours {
		v.MayKnow, v.Patient, v.Narrative, v.Since, v.People = false, domain.Patient{}, "", nil, nil
	}
	return v
}

func storyReferral(state terms.ReferralState) app.ReferralView {
	r := domain.Referral{ID: idThing, OrganisationID: idHospital, PatientRef: idRef, Reference: "WACD2346", Need: terms.NeedLoneliness, Urgency: terms.UrgencyRoutine, RequestedBy: idNia, RequestedAt: storyNow.AddDate(0, 0, -3), ChangedAt: storyNow.Add(-5 * time.Hour), Version: 4}
	r.Progress = domain.Progress{Heard: 3, CaseID: idCase, State: state, Owes: terms.PartyReceiver, DueAt: storyNow.AddDate(0, 0, 2), ReachedKind: terms.ReceiverService, ReachedID: idService, Bounces: 1}
	if state == terms.ReferralInformationAsked {
		r.QuestionID, r.Message, r.Owes = idItem, "Can she climb stairs?\n"+hostile, terms.PartySender
	}
	return app.ReferralView{Referral: r, Patient: storyPatient(), Known: true, Names: storyNames, Receivers: map[string]app.Receiver{idService: {ID: idService, Name: "Friday cafe"}}, Steps: []app.Step{
		{ID: "s3", At: storyNow.Add(-5 * time.Hour), What: string(state), ReachedID: idService}, {ID: "s2", At: storyNow.Add(-30 * time.Hour), What: "bounced", Reason: string(terms.BounceNoCapacity), Message: "Try again after Easter"}, {ID: "s1", At: storyNow.AddDate(0, 0, -3), By: idNia, What: "requested"},
	}}
}

func storyDraft(kind domain.DraftKind, ready bool) app.DraftView {
	d := domain.Draft{ID: idThing, OrganisationID: idHospital, Kind: kind, StartedBy: idNia, StartedAt: storyNow.Add(-time.Hour), ExpiresAt: storyNow.AddDate(0, 0, 7), Version: 2, FlagsClearAt: storyNow.Add(-time.Hour), Urgency: terms.UrgencyRoutine}
	v := app.DraftView{Draft: d, Names: storyNames, Meeting: storyMeeting()}
	if ready {
		v.Consent = domain.Consent{ID: idItem, Purpose: terms.ConsentShareToHelp, Given: true, How: terms.ConsentInPerson}
		v.PatientRef, v.Patient, v.Known, v.DescribedAt = idRef, storyPatient(), true, storyNow
		v.Need, v.Reason, v.Narrative, v.Safeguarding, v.Codes = terms.NeedLoneliness, terms.MDTHospitalDischarge, hostile, "A dog that bites", []terms.SafeguardingCode{terms.SafeguardingAdult}
	}
	return v
}

func wrong(field, message string) typed {
	return typed{problems: ui.Problems{{Field: field, Message: message}}}
}

// entered is a form as it was filled in, with nothing wrong in it.
func entered(pairs ...string) typed {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return typed{Form: httpx.FormOf(v)}
}

// Stories are every state of every page, with invented people.
func Stories() []ui.Story {
	var all []ui.Story
	add := func(page, state string, a actor.Actor, draw func(p ui.Page) sheet) {
		p := frame("Story", "", a)
		p.Person = &ui.SignedIn{Name: a.Person.Name, Role: terms.Role(a.Role).Label(), Organisation: a.OrganisationName, SignOut: "/sign-out"}
		p.Simulated = "The people on these pages are made up"
		all = append(all, ui.Story{Page: page, State: state, Template: "sheet", Data: draw(p)})
	}
	shut := func(page, state string, data ui.Shutter) {
		all = append(all, ui.Story{Page: page, State: state, Template: ui.ShutterPage, Data: data})
	}
	denied := func(page string, status int, f *fault.Error) {
		shut(page, "denied", refusal(frame("Story", "", storyNia), status, f))
	}
	meetingStories(add, denied)
	itemStories(add, denied)
	workStories(add, denied)
	draftStories(add, shut)
	referralStories(add, denied)
	all = append(all, parked.Stories(Root, func(title string) ui.Page { return frame(title, "", actor.Actor{}) }, refusal)...)
	away := fault.Unavailable("Waypost can not answer just now. Try again in a few seconds")
	return ui.WithRefusals(all, refusal(frame("Story", "", storyNia), http.StatusForbidden, domain.ErrRoleMayNot), refusal(frame("Story", "", storyNia), http.StatusServiceUnavailable, away))
}

type (
	adds   = func(page, state string, a actor.Actor, draw func(p ui.Page) sheet)
	denies = func(page string, status int, f *fault.Error)
)

func meetingStories(add adds, denied denies) {
	v := storyMeetingView(true)
	add("home", "empty", storyNia, func(p ui.Page) sheet { return drawHome(p, app.Home{}, storyNia, storyNow) })
	add("home", "full", storyMaya, func(p ui.Page) sheet {
		return drawHome(p, app.Home{Counts: app.Counts{MyActions: 2, MyOverdue: 1, OrgOverdue: 3, Offers: 1, Asked: 1, Held: 1, Drafts: 1, Unheld: 2}, Next: &v, Others: []domain.Meeting{storyMeeting()}}, storyMaya, storyNow)
	})
	add("meetings", "empty", storyMaya, func(p ui.Page) sheet { return drawMeetings(p, nil, nil, false, "", storyMaya, storyNow) })
	add("meetings", "full", storyMaya, func(p ui.Page) sheet {
		return drawMeetings(p, []domain.Meeting{storyMeeting()}, storyNames, false, "?cursor=x", storyMaya, storyNow)
	})
	add("new meeting", "empty", storyMaya, func(p ui.Page) sheet { return drawMeetingForm(p, domain.Meeting{}, typed{}) })
	add("new meeting", "error", storyMaya, func(p ui.Page) sheet {
		return drawMeetingForm(p, domain.Meeting{}, wrong("name", "Enter what the meeting is called"))
	})
	add("new meeting", "full", storyMaya, func(p ui.Page) sheet {
		return drawMeetingForm(p, domain.Meeting{}, entered("name", "Ardwick weekly MDT", "place", "Room 1, or join online"))
	})
	denied("new meeting", http.StatusForbidden, domain.ErrRoleMayNot)
	add("change meeting", "full", storyMaya, func(p ui.Page) sheet { return drawMeetingForm(p, storyMeeting(), typed{}) })
	add("meeting", "full", storyMaya, func(p ui.Page) sheet { return drawMeeting(p, v, storyMaya, typed{}, storyNow) })
	add("meeting", "invited", storyNia, func(p ui.Page) sheet { return drawMeeting(p, storyMeetingView(false), storyNia, typed{}, storyNow) })
	add("meeting", "empty", storyMaya, func(p ui.Page) sheet {
		return drawMeeting(p, app.MeetingView{Meeting: storyMeeting(), Ours: true, Names: storyNames}, storyMaya, typed{}, storyNow)
	})
	add("meeting", "error", storyMaya, func(p ui.Page) sheet {
		return drawMeeting(p, v, storyMaya, wrong("", domain.ErrMeetingOver.Message), storyNow)
	})
	denied("meeting", http.StatusNotFound, domain.ErrNoMeeting)
	add("cancel meeting", "full", storyMaya, func(p ui.Page) sheet { return drawCancel(p, storyMeeting()) })
	g := app.Guests{Organisations: nil, People: map[string][]app.Role{}}
	add("invite", "empty", storyMaya, func(p ui.Page) sheet { return drawGuests(p, storyMeeting(), g, "nowhere", typed{}) })
	add("invite", "full", storyMaya, func(p ui.Page) sheet {
		return drawGuests(p, storyMeeting(), storyGuests(), "discharge", typed{})
	})
	add("invite", "error", storyMaya, func(p ui.Page) sheet {
		return drawGuests(p, storyMeeting(), storyGuests(), "discharge", wrong("guest", "Select whom you ask"))
	})
	add("room", "full", storyMaya, func(p ui.Page) sheet { return drawRoom(p, v, storyMaya) })
	add("room", "empty", storyNia, func(p ui.Page) sheet {
		return drawRoom(p, app.MeetingView{Meeting: storyMeeting(), Names: storyNames}, storyNia)
	})
	minutesStories(add)
	add("add to agenda", "empty", storyMaya, func(p ui.Page) sheet { return drawAdd(p, storyMeeting(), typed{}) })
	add("add to agenda", "full", storyMaya, func(p ui.Page) sheet { return drawAdd(p, storyMeeting(), entered("given", "yes", "how", "phone")) })
	add("add to agenda", "error", storyMaya, func(p ui.Page) sheet {
		return drawAdd(p, storyMeeting(), wrong("given", "Select yes if the person agrees"))
	})
}

func itemStories(add adds, denied denies) {
	add("item", "full", storyMaya, func(p ui.Page) sheet { return drawItem(p, storyItem(true), storyMaya, typed{}, storyNow) })
	add("item", "invited", storyNia, func(p ui.Page) sheet { return drawItem(p, storyItem(false), storyNia, typed{}, storyNow) })
	add("item", "error", storyMaya, func(p ui.Page) sheet {
		return drawItem(p, storyItem(true), storyMaya, wrong("decision", "Select what the meeting decided"), storyNow)
	})
	add("item", "empty", storyMaya, func(p ui.Page) sheet {
		return drawItem(p, app.ItemView{Line: app.Line{Item: domain.Item{ID: idItem, Reason: terms.MDTOther, Why: domain.WhyPerson, PutBy: idGreta, PutByOrg: idPractice, State: domain.ItemWaiting}, MayKnow: true, Patient: storyPatient(), Meeting: storyMeeting()}, Ours: true, Names: storyNames}, storyMaya, typed{}, storyNow)
	})
	over, stopped := storyItem(true), storyItem(true)
	over.Meeting.Status, over.State, over.Decision, over.DiscussedBy, over.DiscussedAt = terms.MeetingHeld, domain.ItemDiscussed, terms.MDTRefer, idMaya, storyNow.Add(-time.Hour)
	stopped.State, stopped.WithdrawnAt, stopped.Narrative = domain.ItemRemoved, storyNow.Add(-time.Hour), ""
	add("item", "meeting over", storyMaya, func(p ui.Page) sheet { return drawItem(p, over, storyMaya, typed{}, storyNow) })
	add("item", "no longer agrees", storyMaya, func(p ui.Page) sheet { return drawItem(p, stopped, storyMaya, typed{}, storyNow) })
	denied("item", http.StatusNotFound, domain.ErrNoItem)
	add("remove from agenda", "full", storyMaya, func(p ui.Page) sheet { return drawRemove(p, storyItem(true)) })
	hold := func(state domain.HoldingState) app.HoldingView {
		return app.HoldingView{Holding: storyHolding(state), Patient: storyPatient(), Known: true, Case: storyCase(), Names: storyNames, Item: storyLine().Item}
	}
	add("holding", "full", storyNia, func(p ui.Page) sheet { return drawHolding(p, hold(domain.HoldingOffered), storyNia, typed{}, storyNow) })
	add("holding", "empty", storyNia, func(p ui.Page) sheet {
		return drawHolding(p, app.HoldingView{Holding: storyHolding(domain.HoldingOffered), Case: storyCase(), Names: storyNames}, storyNia, typed{}, storyNow)
	})
	add("holding", "asked by us", storyMaya, func(p ui.Page) sheet {
		return drawHolding(p, hold(domain.HoldingOffered), storyMaya, typed{}, storyNow)
	})
	add("holding", "holds", storyNia, func(p ui.Page) sheet { return drawHolding(p, hold(domain.HoldingHolds), storyNia, typed{}, storyNow) })
	add("holding", "error", storyNia, func(p ui.Page) sheet {
		return drawHolding(p, hold(domain.HoldingOffered), storyNia, wrong("why_not", "Enter why you can not hold this case"), storyNow)
	})
	add("unheld", "empty", storyMaya, func(p ui.Page) sheet { return drawUnheld(p, nil, storyNow) })
	unheld := storyLine()
	unheld.Item.State, unheld.Item.Decision, unheld.Item.DiscussedAt = domain.ItemDiscussed, terms.MDTKeepUnderReview, storyNow.AddDate(0, 0, -7)
	add("unheld", "full", storyMaya, func(p ui.Page) sheet { return drawUnheld(p, []app.Line{unheld}, storyNow) })
	add("cases", "empty", storyNia, func(p ui.Page) sheet { return drawCases(p, nil, nil, storyNia, storyNow) })
	add("cases", "full", storyNia, func(p ui.Page) sheet {
		return drawCases(p, []app.Held{{Holding: storyHolding(domain.HoldingOffered), Patient: storyPatient(), Known: true, Case: storyCase()}, {Holding: storyHolding(domain.HoldingHolds), Case: storyCase()}}, storyNames, storyNia, storyNow)
	})
}

func workStories(add adds, denied denies) {
	x := storyActions()
	views := []app.ActionView{{Action: x[0]}, {Action: x[1], Known: true, Ours: true, Patient: storyPatient()}}
	add("actions", "empty", storyNia, func(p ui.Page) sheet {
		return drawActions(p, nil, nil, actionList{Show: "overdue", Whose: "me"}, "", storyNow)
	})
	add("actions", "full", storyNia, func(p ui.Page) sheet { return drawActions(p, views, storyNames, actionList{}, "?cursor=x", storyNow) })
	add("action", "full", storyNia, func(p ui.Page) sheet { return drawAction(p, views[0], storyNames, typed{}, storyNow) })
	left := views[0]
	left.Left, left.Takers = true, []app.Role{{PersonID: idNia, PersonName: "Nia", OrganisationID: idHospital, OrganisationName: "Hospital", Role: terms.RoleCareProfessional}}
	add("action", "owner has left", storyNia, func(p ui.Page) sheet { return drawAction(p, left, storyNames, typed{}, storyNow) })
	add("action", "ended", storyMaya, func(p ui.Page) sheet { return drawAction(p, views[1], storyNames, typed{}, storyNow) })
	add("action", "error", storyNia, func(p ui.Page) sheet {
		return drawAction(p, views[0], storyNames, wrong("note", "Enter why it is no longer needed"), storyNow)
	})
	bare := x[0]
	bare.CaseID, bare.CaseReference, bare.What = "", "", ""
	add("action", "empty", storyNia, func(p ui.Page) sheet {
		return drawAction(p, app.ActionView{Action: bare}, storyNames, typed{}, storyNow)
	})
	denied("action", http.StatusNotFound, domain.ErrNoAction)
	add("patients", "empty", storyNia, func(p ui.Page) sheet { return drawFind(p, nil, "", storyNow) })
	add("patients", "nothing entered", storyNia, func(p ui.Page) sheet { return drawFind(p, &app.Found{}, " ", storyNow) })
	add("patients", "nobody", storyNia, func(p ui.Page) sheet { return drawFind(p, &app.Found{}, hostile, storyNow) })
	add("patients", "full", storyNia, func(p ui.Page) sheet {
		return drawFind(p, &app.Found{Patients: []domain.Patient{storyPatient()}, Referrals: []domain.Referral{storyReferral(terms.ReferralOffered).Referral}}, "Hart", storyNow)
	})
	full := app.PatientView{
		Patient: storyPatient(), Case: storyCase(), Names: storyNames, Items: []app.Line{storyLine()}, Referrals: []domain.Referral{storyReferral(terms.ReferralAccepted).Referral}, Meetings: []domain.Meeting{storyMeeting()},
		Consents: []domain.Consent{{Purpose: terms.ConsentDiscussAtMDT, Given: true, How: terms.ConsentByPhone, AskedBy: idNia, AskedAt: storyNow}},
	}
	gone := storyPatient()
	gone.RemovedAt, gone.RemovedWhy, gone.Contact = storyNow, terms.RemovalConsentWithdrawn, domain.Contact{}
	add("patient", "full", storyNia, func(p ui.Page) sheet { return drawPatient(p, full, true, storyNow) })
	add("patient", "empty", storyMaya, func(p ui.Page) sheet {
		return drawPatient(p, app.PatientView{Patient: storyPatient()}, false, storyNow)
	})
	add("patient", "removed", storyMaya, func(p ui.Page) sheet { return drawPatient(p, app.PatientView{Patient: gone}, false, storyNow) })
	denied("patient", http.StatusNotFound, domain.ErrNoPatient)
	add("put on agenda", "full", storyNia, func(p ui.Page) sheet { return drawPutOnAgenda(p, full, typed{}, storyNow) })
	add("put on agenda", "empty", storyNia, func(p ui.Page) sheet {
		return drawPutOnAgenda(p, app.PatientView{Patient: storyPatient()}, typed{}, storyNow)
	})
	add("change patient", "full", storyNia, func(p ui.Page) sheet { return drawChangePatient(p, storyPatient(), typed{}) })
	add("change patient", "empty", storyNia, func(p ui.Page) sheet {
		bare := storyPatient()
		bare.Contact = domain.Contact{GivenName: "Ada", FamilyName: "Hart", DateOfBirth: "1950-03-04"}
		return drawChangePatient(p, bare, typed{})
	})
	add("change patient", "error", storyNia, func(p ui.Page) sheet {
		return drawChangePatient(p, storyPatient(), wrong("postcode", "Enter a full UK postcode, like M1 1AE"))
	})
}
