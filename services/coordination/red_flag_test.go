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
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// flagged is a case that a meeting has, on which nobody owes anything, and a GP who may close it.
type flagged struct {
	*scene
	ref, caseID, path string
	gp                actor.Actor
}

func newFlagged(t *testing.T) flagged {
	t.Helper()
	s := newScene(t)
	f := flagged{scene: s, ref: s.patient(), gp: doortest.Person("Gwen GP", "gp", s.practice, "practice", "Park Surgery")}
	s.grant(f.gp, s.Now.Now())
	p := s.refer(f.ref, s.practice)
	f.caseID = s.progress(f.ref, p.ReferralID).CaseID
	f.path = "/case/end/" + f.caseID
	s.Tell(f.ref, &mdt.CaseDiscussedV1{PatientRef: f.ref, MeetingID: id.New(), ItemID: id.New(), CaseID: f.caseID, Decision: terms.MDTKeepUnderReview, At: s.Now.Now()})
	s.bounce(f.ref, s.offer(f.ref, p.ReferralID), terms.BounceAlreadyHelping)
	return f
}

func (f flagged) raise() (flag string) {
	flag = id.New()
	f.Now.Add(time.Second)
	at := f.Now.Now()
	f.Tell(f.ref, &primarycare.RedFlagRaisedV1{
		PatientRef: f.ref, FlagID: flag, Source: terms.RedFlagFromReception, DueAt: at.Add(15 * time.Minute), PracticeID: f.practice, RaisedBy: f.receptionist.Person.ID, RaisedAt: at,
	})
	return flag
}

func (f flagged) acts(flag string, action terms.RedFlagAction) {
	f.Now.Add(time.Second)
	f.Tell(f.ref, &primarycare.RedFlagAcknowledgedV1{PatientRef: f.ref, FlagID: flag, PracticeID: f.practice, Action: action, AcknowledgedBy: f.gp.Person.ID, AcknowledgedAt: f.Now.Now()})
}

func (f flagged) close(by actor.Actor) answer {
	version := strconv.Itoa(f.count(`select version from case_record where id = $1`, f.caseID))
	return f.send(by, f.path, url.Values{"idempotency_key": {id.New()}, "version": {version}, "outcome": {"work_done"}})
}

// stays tells that the case can not be closed, on the page before and in the refusal.
func (f flagged) stays(why string) {
	f.T.Helper()
	const owed = "Park Surgery owes somebody who acts on a red flag"
	require.Contains(f.T, f.page(f.gp, f.path).Body, owed, why)
	refused := f.close(f.gp)
	require.Equal(f.T, http.StatusConflict, refused.Status, why)
	require.Contains(f.T, refused.Body, owed, why)
	require.Equal(f.T, 1, f.count(`select count(*) from case_record where id = $1 and closed_at is null`, f.caseID), why)
}

func TestACaseStaysOpenOverAnOldRedFlag(t *testing.T) {
	t.Parallel()
	f := newFlagged(t)
	flag := f.raise()
	f.stays("nobody has looked yet")
	f.Now.Add(25 * time.Hour)
	require.Len(t, f.overdue(f.coordinator, "overdue", 50), 1)
	f.stays("it is still red on the list of what is overdue")
	f.acts(flag, terms.RedFlagSeenNow)
	require.Equal(t, http.StatusSeeOther, f.close(f.gp).Status)
}

func TestACaseStaysOpenWhileSomebodyIsStillTrying(t *testing.T) {
	t.Parallel()
	f := newFlagged(t)
	flag := f.raise()
	f.acts(flag, terms.RedFlagCouldNotReach)
	f.stays("nobody has reached them")
	f.acts(flag, terms.RedFlagSeenNow)
	require.Equal(t, http.StatusSeeOther, f.close(f.gp).Status)
}

// What ends one flag says nothing of another of the same practice.
func TestACaseStaysOpenUntilEachRedFlagIsSeen(t *testing.T) {
	t.Parallel()
	f := newFlagged(t)
	first, second := f.raise(), f.raise()
	f.acts(second, terms.RedFlagSeeToday)
	f.stays("the first waits")
	f.acts(first, terms.RedFlagNoActionNow)
	require.Equal(t, http.StatusSeeOther, f.close(f.gp).Status)
}

// Whoever may close the case reads whom to ask, although the practice's clock is not theirs to read.
func TestWhoHoldsACaseReadsWhoOwesARedFlag(t *testing.T) {
	t.Parallel()
	f := newFlagged(t)
	flag := f.raise()
	f.Now.Add(25 * time.Hour)
	dora := doortest.Person("Dora Discharge", "care_professional", id.New(), "other_care_organisation", "Example Hospital")
	f.grant(dora, f.Now.Now())
	f.Tell(f.ref, &mdt.CaseHolderAcceptedV1{
		PatientRef: f.ref, CaseID: f.caseID, PersonID: dora.Person.ID, OrganisationID: dora.Organisation, Role: terms.RoleCareProfessional, By: f.gp.Person.ID, At: f.Now.Now(),
	})
	require.Contains(t, f.page(dora, f.path).Body, "Park Surgery owes somebody who acts on a red flag")
	require.Equal(t, http.StatusConflict, f.close(dora).Status)
	f.acts(flag, terms.RedFlagHomeVisit)
	require.Equal(t, http.StatusSeeOther, f.close(dora).Status)
}

// Whoever comes from a practice is one click from the crisis route on the pages of the shared case too; nobody else is led there.
func TestTheCrisisRouteIsOneClickFromTheSharedCase(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	caseID := s.progress(ref, s.refer(ref, s.practice).ReferralID).CaseID
	for _, path := range []string{"/case", "/case/" + caseID, "/case/panel/" + ref} {
		require.Contains(t, s.page(s.receptionist, path).Body, `href="/practice/crisis"`, path)
		require.NotContains(t, s.page(s.coordinator, path).Body, `href="/practice/crisis"`, path)
	}
}
