package coordination_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// An old case of a record that was found to be another's is the person's when it is opened again: the next referral comes into it.
func TestAnOldCaseOfAMergedRecordIsOpenedForThePerson(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	withdraws := func(ref, practice, referral string) {
		s.Tell(ref, &primarycare.ReferralWithdrawnV1{
			PatientRef: ref, ReferralID: referral, SenderOrganisationID: practice, Reason: terms.WithdrawalOther, By: s.receptionist.Person.ID, At: s.Now.Now(),
		})
	}
	first := s.refer(known, s.otherPractice, almost)
	old := s.refer(fresh, s.practice, withoutNumber)
	withdraws(fresh, s.practice, old.ReferralID)
	oldCase, _ := s.caseOf(old.ReferralID)
	require.Equal(t, 1, s.count(`select count(*) from case_record where id = $1 and closed_at is not null`, oldCase))
	s.Now.Add(time.Minute)
	second := s.refer(fresh, s.practice, withoutNumber)
	got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	withdraws(fresh, s.practice, second.ReferralID)
	withdraws(known, s.otherPractice, first.ReferralID)
	require.Zero(t, s.count(`select count(*) from case_record where closed_at is null`))

	a := s.reopens(oldCase)
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	s.Now.Add(time.Minute)
	into, ref := s.caseOf(s.refer(fresh, s.practice, withoutNumber).ReferralID)
	require.Equal(t, []string{oldCase, known}, []string{into, ref})
	require.Equal(t, 1, s.count(`select count(*) from case_record where closed_at is null`), "one person has one open case")
}

// A meeting has taken the one of two cases that are made one: the one that goes on waits for a person to close it.
func TestACaseThatAMeetingHasTakenWaitsAfterAMergeToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	known, fresh := s.patient(), s.patient()
	first := s.refer(known, s.practice, withoutNumber)
	second := s.refer(fresh, s.otherPractice, almost)
	caseID, _ := s.caseOf(second.ReferralID)
	now := s.Now.Now()
	dora := doortest.Person("Dora Discharge", "care_professional", id.New(), "other_care_organisation", "Example Hospital")
	s.grant(dora, now)
	offered := mdt.CaseHolderOfferedV1{PatientRef: fresh, CaseID: caseID, PersonID: dora.Person.ID, OrganisationID: dora.Organisation, Role: terms.RoleCareProfessional, By: dora.Person.ID, At: now}
	accepted := mdt.CaseHolderAcceptedV1(offered)
	s.Tell(fresh, &offered)
	s.Tell(fresh, &accepted)
	require.Equal(t, 1, s.count(`select count(*) from case_record where id = $1 and with_mdt`, caseID))
	got := s.step(s.coordinator, second.ReferralID, "settle", `{"same":"`+known+`"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	for _, x := range []struct{ ref, practice, referral string }{{fresh, s.otherPractice, second.ReferralID}, {known, s.practice, first.ReferralID}} {
		s.Tell(x.ref, &primarycare.ReferralWithdrawnV1{
			PatientRef: x.ref, ReferralID: x.referral, SenderOrganisationID: x.practice, Reason: terms.WithdrawalOther, By: s.receptionist.Person.ID, At: s.Now.Now(),
		})
	}
	require.Equal(t, 1, s.count(`select count(*) from case_record where patient_ref = $1 and closed_at is null`, known), "it did not end by itself")
}

// That a case was one with another, or erased, only the machine knows.
func TestNobodyClosesACaseAsMerged(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	gp := doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")
	s.grant(gp, s.Now.Now())
	p := s.refer(ref, s.practice)
	caseID := s.progress(ref, p.ReferralID).CaseID
	s.Tell(ref, &mdt.CaseDiscussedV1{PatientRef: ref, MeetingID: id.New(), ItemID: id.New(), CaseID: caseID, Decision: terms.MDTKeepUnderReview, At: s.Now.Now()})
	s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceAlreadyHelping)
	etag := s.ask(gp, http.MethodGet, apiRoot+"/cases/"+caseID, "").Header.Get("ETag")
	a := s.ask(gp, http.MethodPost, apiRoot+"/cases/"+caseID+"/close", `{"outcome":"merged"}`, "Content-Type", "application/json", "Idempotency-Key", id.New(), "If-Match", etag)
	require.Equal(t, http.StatusUnprocessableEntity, a.Status, a.Body)
}
