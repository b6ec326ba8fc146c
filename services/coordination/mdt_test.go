package coordination_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// A meeting takes a case with or without a referral; what it decides and who holds the case stand on the shared page, and the
// case stays open until a person closes it.
func TestAMeetingTakesTheCase(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref, hospital := s.patient(), id.New()
	discharge := doortest.Person("Dora Discharge", "care_professional", hospital, "other_care_organisation", "Example Hospital")
	s.grant(discharge, s.Now.Now())
	now := s.Now.Now()
	s.Tell(ref, &mdt.CaseRequestedV1{
		PatientRef: ref, RequestID: id.New(), OrganisationID: hospital, Reason: terms.MDTHospitalDischarge, Contact: schemas.Seal(ada),
		Consent: schemas.Consent{ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, Given: true, AskedBy: discharge.Person.ID, AskedAt: now, How: terms.ConsentInPerson},
		By:      discharge.Person.ID, At: now,
	})
	var opened said.CaseOpenedV1
	s.Last(ref, &opened)
	require.Equal(t, "case_requested", opened.Because)

	meeting := id.New()
	s.Tell(meeting, &mdt.MeetingScheduledV1{MeetingID: meeting, OrganisationID: hospital, Name: "Tuesday MDT", StartsAt: now, EndsAt: now, Status: terms.MeetingStatuses[0].Code, At: now, Version: 1})
	holder := func(p doortestPerson) mdt.CaseHolderOfferedV1 {
		return mdt.CaseHolderOfferedV1{PatientRef: ref, CaseID: opened.CaseID, PersonID: p.person, OrganisationID: p.organisation, Role: terms.RoleCareProfessional, By: discharge.Person.ID, At: s.Now.Now()}
	}
	dora := holder(doortestPerson{discharge.Person.ID, hospital})
	accepted := mdt.CaseHolderAcceptedV1(dora)
	s.Tell(ref, &dora)
	s.Tell(ref, &accepted)
	s.Tell(ref, &mdt.CaseDiscussedV1{
		PatientRef: ref, MeetingID: meeting, ItemID: id.New(), CaseID: opened.CaseID, Decision: terms.MDTKeepUnderReview,
		Note: schemas.Seal(schemas.Narrative{Text: "She wants to go home"}), Present: []string{discharge.Person.ID}, At: now,
	})
	action := id.New()
	s.Tell(ref, &mdt.ActionAgreedV1{
		PatientRef: ref, ActionID: action, CaseID: opened.CaseID, MeetingID: meeting, OwnerPersonID: discharge.Person.ID, OwnerOrganisationID: hospital,
		DueOn: "2026-12-01", What: schemas.Seal(schemas.Narrative{Text: "Visit her at home"}), By: discharge.Person.ID, At: now,
	})

	page := s.page(discharge, "/case/"+opened.CaseID)
	require.Equal(t, http.StatusOK, page.Status)
	for _, words := range []string{"Dora Discharge", "Case-holder", "Discussed at Tuesday MDT", "She wants to go home", "Visit her at home", "Leaving hospital"} {
		require.Contains(t, page.Body, words)
	}
	s.Tell(ref, &mdt.ActionDoneV1{PatientRef: ref, ActionID: action, CaseID: opened.CaseID, Result: terms.ActionResults[0].Code, By: discharge.Person.ID, At: now})
	require.Equal(t, 1, s.count(`select count(*) from action where done_at is not null`))

	p := s.refer(ref, s.practice)
	s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceAlreadyHelping)
	require.Equal(t, terms.ReferralClosed, s.progress(ref, p.ReferralID).State)
	require.False(t, s.saidSo(ref, "case_closed", 1), "a meeting has it")

	other := holder(doortestPerson{s.receptionist.Person.ID, s.practice})
	handed := mdt.CaseHolderAcceptedV1(other)
	handed.At = s.Now.Now().Add(1000)
	s.Tell(ref, &handed)
	require.Equal(t, 1, s.count(`select count(*) from case_person where part = 'case_holder' and state = 'accepted'`), "exactly one holder")
}

// A meeting service's copies need not agree what time it is. What they say of somebody is heard in the order in which they said it, and counts so.
func TestAHolderIsReleasedWhateverTheClocksSay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	held := s.progress(ref, p.ReferralID).CaseID
	now := s.Now.Now()
	gp := doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")
	part := func(who actor.Actor, at time.Time) mdt.CaseHolderOfferedV1 {
		return mdt.CaseHolderOfferedV1{PatientRef: ref, CaseID: held, PersonID: who.Person.ID, OrganisationID: who.Organisation, Role: terms.RoleLinkWorker, By: who.Person.ID, At: at}
	}
	holds := func() string {
		var who string
		require.NoError(t, s.Admin.QueryRow(t.Context(), `select coalesce(string_agg(person_id::text, ' '), '') from coordination.case_person where state = 'accepted'`).Scan(&who))
		return who
	}
	ahead := mdt.CaseHolderAcceptedV1(part(s.linkWorker, now.Add(26*time.Hour)))
	s.Tell(ref, &ahead)
	require.Equal(t, s.linkWorker.Person.ID, holds())
	handed := mdt.CaseHolderAcceptedV1(part(gp, now))
	s.Tell(ref, &handed)
	require.Equal(t, gp.Person.ID, holds())
	s.Tell(ref, &ahead)
	s.Tell(ref, &mdt.CaseHolderReleasedV1{PatientRef: ref, CaseID: held, PersonID: s.linkWorker.Person.ID, OrganisationID: ahead.OrganisationID, Role: ahead.Role, By: ahead.By, At: now})
	require.Empty(t, holds())
}

// What was agreed outlives the case where that ends with its person; once somebody says that it is done, nobody owes it any more.
func TestAnActionOfACaseThatEndedIsDone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice)
	caseID, action := s.progress(ref, p.ReferralID).CaseID, id.New()
	s.Tell(ref, &mdt.ActionAgreedV1{
		PatientRef: ref, ActionID: action, CaseID: caseID, MeetingID: id.New(), OwnerPersonID: s.coordinator.Person.ID, OwnerOrganisationID: s.office,
		DueOn: "2099-01-05", What: schemas.Seal(schemas.Narrative{Text: "Visit"}), By: s.coordinator.Person.ID, At: s.Now.Now(),
	})
	s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(ada), Status: terms.PatientDied, ChangedAt: s.Now.Now()})
	require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))
	s.Tell(ref, &mdt.ActionDoneV1{PatientRef: ref, ActionID: action, CaseID: caseID, Result: terms.ActionResults[0].Code, By: s.coordinator.Person.ID, At: s.Now.Now()})
	require.Zero(t, s.count(`select count(*) from action where done_at is null`))
}

// Whoever was asked to hold a case may look at it; once they have said no, or the asking was taken back, they may not.
func TestWhoWillNotHoldACaseNoLongerSeesIt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref, hospital := s.patient(), id.New()
	discharge := doortest.Person("Dora Discharge", "care_professional", hospital, "other_care_organisation", "Example Hospital")
	s.grant(discharge, s.Now.Now())
	caseID := s.progress(ref, s.refer(ref, s.practice).ReferralID).CaseID
	asked := mdt.CaseHolderOfferedV1{
		PatientRef: ref, CaseID: caseID, PersonID: discharge.Person.ID, OrganisationID: hospital, Role: terms.RoleCareProfessional,
		By: discharge.Person.ID, At: s.Now.Now(),
	}
	s.Tell(ref, &asked)
	require.Equal(t, http.StatusOK, s.page(discharge, "/case/"+caseID).Status)
	s.Tell(ref, &mdt.CaseHolderReleasedV1{
		PatientRef: ref, CaseID: caseID, PersonID: discharge.Person.ID, OrganisationID: hospital, Role: terms.RoleCareProfessional, NeverHeld: true,
		By: discharge.Person.ID, At: s.Now.Now(),
	})
	require.Equal(t, http.StatusNotFound, s.page(discharge, "/case/"+caseID).Status)
	gp := doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")
	s.grant(gp, s.Now.Now())
	page := s.page(gp, "/case/"+caseID)
	require.Contains(t, page.Body, "Dora Discharge was asked to hold the case and will not")
	require.NotContains(t, page.Body, "Example Hospital", "nor do they stand among who is involved")
}

// A case that a meeting asked for ends with the patient, also when there never was a referral; one that nobody wants to
// discuss again and nobody holds ends as done.
func TestACaseWithoutReferralsEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	open := func() (ref, caseID string) {
		ref = s.patient()
		s.Tell(ref, &mdt.CaseRequestedV1{
			PatientRef: ref, RequestID: id.New(), OrganisationID: s.practice, Reason: terms.MDTHospitalDischarge, Contact: schemas.Seal(ada),
			Consent: schemas.Consent{ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, Given: true, AskedBy: s.receptionist.Person.ID, AskedAt: s.Now.Now(), How: terms.ConsentInPerson},
			By:      s.receptionist.Person.ID, At: s.Now.Now(),
		})
		var opened said.CaseOpenedV1
		s.Last(ref, &opened)
		return ref, opened.CaseID
	}
	closed := func(ref string) terms.CaseOutcome {
		t.Helper()
		var p said.CaseClosedV1
		s.Last(ref, &p)
		return p.Outcome
	}
	for status, outcome := range map[terms.PatientStatus]terms.CaseOutcome{
		terms.PatientDied: terms.CasePatientDied, terms.PatientMovedAway: terms.CasePatientMovedAway,
	} {
		ref, _ := open()
		s.Tell(ref, &primarycare.PatientDetailsChangedV1{PatientRef: ref, PracticeID: s.practice, Contact: schemas.Seal(ada), Status: status, ChangedAt: s.Now.Now()})
		require.Equal(t, outcome, closed(ref))
	}
	ref, caseID := open()
	s.Tell(ref, &mdt.CaseDiscussedV1{PatientRef: ref, MeetingID: id.New(), ItemID: id.New(), CaseID: caseID, Decision: terms.MDTKeepUnderReview, At: s.Now.Now()})
	require.False(t, s.saidSo(ref, "case_closed", 1))
	s.Tell(ref, &mdt.CaseDiscussedV1{PatientRef: ref, MeetingID: id.New(), ItemID: id.New(), CaseID: caseID, Decision: terms.MDTNoFurtherDiscussion, At: s.Now.Now()})
	require.Equal(t, terms.CaseWorkDone, closed(ref))
}

type doortestPerson struct{ person, organisation string }

// A case that a meeting has is closed by a person with an outcome, once nobody owes anything; and opened again with a note.
func TestCloseACaseAndOpenItAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	gp := doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")
	s.grant(gp, s.Now.Now())
	p := s.refer(ref, s.practice)
	caseID := s.progress(ref, p.ReferralID).CaseID
	s.Tell(ref, &mdt.CaseDiscussedV1{PatientRef: ref, MeetingID: id.New(), ItemID: id.New(), CaseID: caseID, Decision: terms.MDTKeepUnderReview, At: s.Now.Now()})
	path := "/case/end/" + caseID
	require.Contains(t, s.page(gp, path).Body, "Somebody still owes a step")
	s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceAlreadyHelping)

	hospital, action := id.New(), id.New()
	dora := doortest.Person("Dora Discharge", "care_professional", hospital, "other_care_organisation", "Example Hospital")
	s.grant(dora, s.Now.Now())
	s.Tell(ref, &mdt.ActionAgreedV1{
		PatientRef: ref, ActionID: action, CaseID: caseID, MeetingID: id.New(), OwnerPersonID: dora.Person.ID, OwnerOrganisationID: hospital,
		DueOn: "2026-12-01", What: schemas.Seal(schemas.Narrative{Text: "Visit her at home"}), By: gp.Person.ID, At: s.Now.Now(),
	})
	page := s.page(gp, path).Body
	require.Contains(t, page, "Dora Discharge owes an action that was agreed at a meeting, by 1 December 2026")
	require.NotContains(t, page, "Visit her at home")
	version := strconv.Itoa(s.count(`select version from case_record where id = $1`, caseID))
	refused := s.send(gp, path, url.Values{"idempotency_key": {id.New()}, "version": {version}, "outcome": {"work_done"}})
	require.Equal(t, http.StatusConflict, refused.Status)
	require.Contains(t, refused.Body, "Dora Discharge owes an action")
	s.Tell(ref, &mdt.CaseDiscussedV1{PatientRef: ref, MeetingID: id.New(), ItemID: id.New(), CaseID: caseID, Decision: terms.MDTNoFurtherDiscussion, At: s.Now.Now()})
	require.False(t, s.saidSo(ref, "case_closed", 1), "an action is open")
	s.Tell(ref, &mdt.ActionDoneV1{PatientRef: ref, ActionID: action, CaseID: caseID, Result: terms.ActionDone, By: dora.Person.ID, At: s.Now.Now()})

	require.Equal(t, http.StatusUnprocessableEntity, s.post(gp, path, path, url.Values{}).Status)
	require.Equal(t, http.StatusForbidden, s.post(s.receptionist, path, path, url.Values{"outcome": {"work_done"}}).Status)
	require.Equal(t, http.StatusSeeOther, s.post(gp, path, path, url.Values{"outcome": {"work_done"}}).Status)
	var closed said.CaseClosedV1
	s.Last(ref, &closed)
	require.Equal(t, gp.Person.ID, closed.By)

	require.Equal(t, http.StatusUnprocessableEntity, s.post(gp, path, path, url.Values{"again": {"yes"}, "note": {""}}).Status)
	require.Equal(t, http.StatusSeeOther, s.post(gp, path, path, url.Values{"again": {"yes"}, "note": {"She rang again"}}).Status)
	var again said.CaseReopenedV1
	s.Last(ref, &again)
	require.Contains(t, s.page(gp, "/case/"+caseID).Body, "She rang again")
}

// From the shared case whoever takes cases to meetings comes to the agenda; and from "who already helps" to the case, also
// while nobody helps.
func TestTheWayToAMeeting(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	gp := doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")
	s.grant(gp, s.Now.Now())
	p := s.refer(ref, s.practice)
	caseID := s.progress(ref, p.ReferralID).CaseID
	agenda := `href="/mdt/patients/` + ref + `/agenda"`
	page := s.page(gp, "/case/"+caseID).Body
	require.Contains(t, page, agenda)
	require.Contains(t, page, `href="/mdt"`)
	require.NotContains(t, s.page(s.receptionist, "/case/"+caseID).Body, "/mdt")

	s.Tell(ref, &mdt.CaseDiscussedV1{PatientRef: ref, MeetingID: id.New(), ItemID: id.New(), CaseID: caseID, Decision: terms.MDTKeepUnderReview, At: s.Now.Now()})
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{
		PatientRef: ref, ReferralID: p.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded, By: s.receptionist.Person.ID, At: s.Now.Now(),
	})
	panel := s.page(gp, "/case/panel/"+ref).Body
	require.Contains(t, panel, "nobody helps with a referral at the moment")
	require.Contains(t, panel, `href="/case/`+caseID+`"`)
}
