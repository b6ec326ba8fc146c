package coordination_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
)

// whoSeesWhat is, by hand, what a person in each role reads of a case that their own organisation has a part in. The words are what stands on the
// page: who the person is, why they are helped, what a receiver wrote back, what keeps people safe, what the sender said about them, what a
// meeting noted about them, who else is named.
// "no case" means that the case is not shown to the role at all, wherever they work. Whoever answers for a service can check this line by line.
const whoSeesWhat = `
role               at        | Ada Hart | Loneliness | We are full | A dog that bites | alone since May | wants to go home | Her son
receptionist       practice  | yes      | yes        | yes         | -                | -               | -                | -
practice_manager   practice  | yes      | yes        | yes         | -                | -               | -                | -
gp                 practice  | yes      | yes        | yes         | yes              | yes             | yes              | yes
care_coordinator   practice  | yes      | yes        | yes         | yes              | yes             | yes              | yes
health_coach       practice  | yes      | yes        | yes         | yes              | yes             | yes              | -
mdt_coordinator    practice  | yes      | yes        | yes         | yes              | yes             | yes              | yes
link_worker        team      | yes      | yes        | yes         | yes              | yes             | yes              | yes
care_coordinator   team      | yes      | yes        | yes         | yes              | yes             | yes              | yes
health_coach       team      | yes      | yes        | yes         | yes              | yes             | yes              | -
mdt_coordinator    team      | yes      | yes        | yes         | yes              | yes             | yes              | yes
provider_worker    provider  | yes      | yes        | yes         | yes              | -               | -                | -
care_professional  hospital  | yes      | yes        | yes         | yes              | yes             | yes              | yes
mdt_coordinator    hospital  | yes      | yes        | yes         | yes              | yes             | yes              | yes
coordinator        office    | yes      | yes        | yes         | yes              | yes             | yes              | yes
service_lead       practice  | no case
service_lead       team      | no case
service_lead       provider  | no case
service_lead       hospital  | no case
privacy_officer    practice  | no case
privacy_officer    team      | no case
privacy_officer    provider  | no case
privacy_officer    office    | no case
platform_operator  office    | no case
`

// What a role sees of a case is cut down in one place: the same on every page and for a program.
func TestARoleSeesWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	k := s.caseOfMany()
	lines := strings.Split(strings.TrimSpace(whoSeesWhat), "\n")
	kinds := cells(lines[0])[1:]
	left := map[string]bool{}
	for _, r := range terms.Roles {
		left[string(r.Code)] = true
	}
	for _, line := range lines[1:] {
		row := cells(line)
		who := strings.Fields(row[0])
		by := s.worksAt(who[0], k.at[who[1]])
		delete(left, who[0])
		var pages, program string
		for _, path := range k.paths {
			page := s.page(by, path)
			if row[1] == "no case" {
				require.Contains(t, []int{http.StatusForbidden, http.StatusNotFound}, page.Status, "%s: %s", line, path)
			} else {
				require.Equal(t, http.StatusOK, page.Status, "%s: %s", line, path)
			}
			if strings.HasPrefix(path, apiRoot) {
				program += page.Body
			} else {
				pages += everyNeed.ReplaceAllString(page.Body, "")
			}
		}
		require.NotContains(t, pages, "<title>Ada", "a name stays out of the window's title")
		for i, words := range kinds {
			seen := row[1] != "no case" && row[i+1] == "yes"
			contains(t, seen, pages, words, line)
			contains(t, seen && !onPagesOnly[words], program, toProgram.Replace(words), line)
		}
	}
	require.Empty(t, left, "the table says nothing of these roles")
}

// toProgram says what stands on a page as the API says it.
var toProgram = strings.NewReplacer("Ada Hart", `"family_name":"Hart"`, "Loneliness", `"loneliness"`)

// onPagesOnly is what coordination's API tells no role: the sender's own words.
var onPagesOnly = map[string]bool{"A dog that bites": true, "alone since May": true}

func cells(line string) []string {
	all := strings.Split(line, "|")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// manysCase is a case in which every kind of organisation has a part, and on which something of every kind was said.
type manysCase struct {
	at    map[string]workplace
	paths []string // of the case and of its referrals, pages and API
}

type workplace struct{ id, kind, name string }

func (s *scene) caseOfMany() manysCase {
	s.T.Helper()
	now, hospital := s.Now.Now(), id.New()
	k := manysCase{at: map[string]workplace{
		"practice": {s.practice, "practice", "Park Surgery"}, "team": {s.team, "link_worker_team", "Park Link Workers"},
		"provider": {s.providers[0], "provider", "Provider 0"}, "hospital": {hospital, "other_care_organisation", "Example Hospital"},
		"office": {s.office, "other_care_organisation", "The area's office"},
	}}
	s.Tell(hospital, &register.OrganisationRegisteredV1{OrganisationID: hospital, Kind: terms.KindOtherCare, Name: "Example Hospital", Status: terms.OrganisationActive, MayRefer: true, Version: 1})
	ref := s.patient()
	first := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Receivers = []schemas.Receiver{{Kind: terms.ReceiverService, ID: s.services[1]}, {Kind: terms.ReceiverService, ID: s.services[0]}}
	})
	s.bounce(ref, s.offer(ref, first.ReferralID), terms.BounceNoCapacity)
	s.accept(ref, s.offer(ref, first.ReferralID))
	second := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers, p.SendReason = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}, terms.SendDifferentHelp
	})
	s.linkWorkerAccepts(ref, s.offer(ref, second.ReferralID))
	for _, asks := range []string{hospital, s.office} {
		s.Tell(ref, &mdt.CaseRequestedV1{
			PatientRef: ref, RequestID: id.New(), OrganisationID: asks, Reason: terms.MDTHospitalDischarge, Contact: schemas.Seal(ada),
			Consent: schemas.Consent{ConsentID: id.New(), Purpose: terms.ConsentDiscussAtMDT, Given: true, AskedBy: s.coordinator.Person.ID, AskedAt: now, How: terms.ConsentInPerson},
			By:      s.coordinator.Person.ID, At: now,
		})
	}
	caseID := s.progress(ref, first.ReferralID).CaseID
	s.Tell(ref, &mdt.CaseDiscussedV1{
		PatientRef: ref, MeetingID: id.New(), ItemID: id.New(), CaseID: caseID, Decision: terms.MDTKeepUnderReview,
		Note: schemas.Seal(schemas.Narrative{Text: "She wants to go home"}), Present: []string{s.coordinator.Person.ID}, At: now,
	})
	k.paths = []string{
		"/case/" + caseID, apiRoot + "/cases/" + caseID, "/case/referrals/" + first.ReferralID, apiRoot + "/referrals/" + first.ReferralID,
		"/case/referrals/" + second.ReferralID, apiRoot + "/referrals/" + second.ReferralID,
	}
	return k
}

// worksAt is somebody new in a role there.
func (s *scene) worksAt(role string, at workplace) actor.Actor {
	s.T.Helper()
	by := doortest.Person("Willa Works", role, at.id, at.kind, at.name)
	s.grant(by, s.Now.Now())
	return by
}
