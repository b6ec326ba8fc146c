package stories

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

func (v *visitor) reads(t *testing.T, path string) (int, string) {
	t.Helper()
	return v.asks(t, http.MethodGet, path, "", "")
}

func (v *visitor) sends(t *testing.T, path string, form url.Values) (int, string) {
	t.Helper()
	form.Set("idempotency_key", id.New())
	return v.asks(t, http.MethodPost, path, formType, form.Encode())
}

// Somebody no longer agrees while the provider has not answered yet: the offer goes, what was sent is removed, the provider can not
// accept any more, and the privacy officer sees who has removed it.
func TestConsentIsWithdrawnWhileAnOfferIsOpen(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Walking group", terms.NeedLoneliness)
	p := s.patient("Changes")
	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service))
	worker := s.as(s.first, terms.RoleProviderWorker)
	o := s.tray(worker, "vcse", sent)
	caseID := s.comesTo(s.reception(), sent, terms.ReferralOffered).CaseID
	provider := s.visitor(s.first, terms.RoleProviderWorker)
	status, _ := provider.reads(t, "/case/"+caseID)
	require.Equal(t, http.StatusOK, status)

	require.NoError(t, s.noLongerAgrees(s.reception(), p.Ref))
	s.comesTo(s.reception(), sent, terms.ReferralWithdrawn)
	s.removed(o)
	status, _ = provider.reads(t, "/case/"+caseID)
	require.Equal(t, http.StatusNotFound, status, "it has no part in the case any more")
	_ = refused(t, worker.Step(t.Context(), "/api/vcse/v1/offers/"+o.ID+"/accept", id.New(), s.tag(worker, "/api/vcse/v1/offers/"+o.ID), map[string]any{}, nil))
	require.NoError(t, s.stage.Settle(t.Context()))
	_, page := s.visitor(s.office, terms.RolePrivacyOfficer).reads(t, "/case/removals")
	require.Contains(t, page, p.Ref[:8])
}

// A GP of a practice that has nothing to do with somebody must help them now. She says why, sees their case, and can change nothing;
// the practice that knows them sees that she looked; the privacy officer reviews it, and with that it is over.
func TestAGPLooksInAnEmergencyAndItIsReviewed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Lunch table", terms.NeedLoneliness)
	p := s.patient("Collapses")
	sent := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service))
	known := s.comesTo(s.reception(), sent, terms.ReferralOffered)
	gp, desk := s.visitor(s.other, terms.RoleGP), s.visitor(s.practice, terms.RoleReceptionist)
	status, _ := gp.reads(t, "/case/"+known.CaseID)
	require.Equal(t, http.StatusNotFound, status)
	status, body := s.visitor(s.other, terms.RoleReceptionist).sends(t, "/case/emergency", url.Values{"reference": {known.Reference}, "reason": {"life_at_risk"}, "words": {"Found in the street"}})
	require.Equal(t, http.StatusForbidden, status, body)

	status, body = gp.sends(t, "/case/emergency", url.Values{"reference": {known.Reference}, "reason": {"life_at_risk"}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, "Enter what has happened")
	status, body = gp.sends(t, "/case/emergency", url.Values{"reference": {known.Reference}, "reason": {"life_at_risk"}, "words": {"Found in the street"}})
	require.Equal(t, http.StatusSeeOther, status, body)
	status, body = gp.reads(t, "/case/"+known.CaseID)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "Collapses")
	require.Contains(t, body, "Has not left the house")
	require.NotContains(t, body, "on a meeting&#39;s agenda", "she can read, and change nothing")
	_, body = desk.reads(t, "/case/"+known.CaseID)
	require.Contains(t, body, "Seen in an emergency by "+gp.who.Person.Name)

	officer := s.visitor(s.office, terms.RolePrivacyOfficer)
	_, body = officer.reads(t, "/case/emergencies")
	review := ""
	for _, link := range regexp.MustCompile(`/case/emergencies/[0-9a-f-]{36}`).FindAllString(body, -1) {
		if _, one := officer.reads(t, link); strings.Contains(one, gp.who.Person.Name) {
			review, body = link, one
		}
	}
	require.NotEmpty(t, review, "the privacy officer has it on the list")
	require.Contains(t, body, "Found in the street")
	require.Contains(t, body, "Looked at: case")
	require.NotContains(t, body, "Collapses", "and need not know who it was about")
	status, body = officer.sends(t, review, url.Values{"outcome": {"right"}, "note": {"The ambulance crew confirmed it"}})
	require.Equal(t, http.StatusSeeOther, status, body)
	status, _ = gp.reads(t, "/case/"+known.CaseID)
	require.Equal(t, http.StatusNotFound, status, "it is over")

	_, body = s.visitor(s.practice, terms.RolePracticeManager).reads(t, "/case/looked/"+p.Ref)
	require.Contains(t, body, gp.who.Person.Name, "and the person can be told who looked")
	require.Contains(t, body, "(in an emergency)")
}

// everyNeed is the list to choose from, the same for everybody.
var everyNeed = regexp.MustCompile(`(?s)<select [^>]*name="need".*?</select>`)

// A service for people who are abused helps somebody whom others help too. None of them learns that it does: not from the case, its
// timeline, its lists, the panel, a program, nor from the list of who looked.
func TestASensitiveServiceStaysUnseen(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	refuge, lunch := s.service(s.second, "Safe nights", terms.NeedDomesticAbuse), s.service(s.first, "Lunch table", terms.NeedLoneliness)
	p := s.patient("Hides")
	secret := s.refers(s.practice, p.Ref, terms.NeedDomesticAbuse, toService(refuge))
	helper := s.as(s.second, terms.RoleProviderWorker)
	o := s.tray(helper, "vcse", secret)
	s.does(o, "accept", map[string]any{})
	caseID := s.comesTo(s.reception(), secret, terms.ReferralAccepted).CaseID
	atOther := s.knownAt(s.other, "Hides", p.number)
	require.Equal(t, p.Ref, atOther)
	known := s.refers(s.other, p.Ref, terms.NeedLoneliness, toService(lunch))
	s.does(s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", known), "accept", map[string]any{})
	s.comesTo(s.as(s.other, terms.RoleReceptionist), known, terms.ReferralAccepted)

	must := s.visitor(s.second, terms.RoleProviderWorker)
	status, body := must.reads(t, "/case/"+caseID)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, terms.NeedDomesticAbuse.Label(), "who must know, knows")
	_, body = s.visitor(s.practice, terms.RoleReceptionist).reads(t, "/case/"+caseID)
	require.Contains(t, body, "Safe nights")

	for _, v := range []*visitor{s.visitor(s.other, terms.RoleReceptionist), s.visitor(s.other, terms.RoleGP), s.visitor(s.first, terms.RoleProviderWorker)} {
		for _, path := range []string{
			"/case/" + caseID, "/case/patients/" + p.Ref, "/api/coordination/v1/cases/" + caseID, "/case", "/api/coordination/v1/referrals", "/case/panel/" + p.Ref,
			"/case/patients/" + p.Ref + "/consent", "/case/referrals/" + secret, "/api/coordination/v1/referrals/" + secret, "/case/referrals/" + known, "/case/looked/" + p.Ref,
		} {
			_, body := v.reads(t, path)
			body = everyNeed.ReplaceAllString(body, "")
			for _, word := range []string{"omestic", "domestic_abuse", "Safe nights", secret, s.second.Name, s.second.OrganisationID, must.who.Person.ID} {
				require.NotContains(t, body, word, "%s at %s", v.who.Grants[0].Role, path)
			}
		}
	}
	_, body = s.visitor(s.other, terms.RoleGP).reads(t, "/case/looked/"+p.Ref)
	require.Contains(t, body, "A service that is not named here", "that somebody looked is not kept from the person")
}

// "Do not phone" said at the desk while a provider and a team help: both see it from then on, wherever the number was.
func TestDoNotPhoneFollowsEverywhere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedDebtAndMoney)
	service := s.service(s.first, "Garden", terms.NeedLoneliness)
	p := s.patient("Whispers")
	lonely := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service))
	debts := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toTeam(s.team))
	atProvider := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", lonely)
	s.does(atProvider, "accept", map[string]any{})
	atTeam := s.tray(s.as(s.team, terms.RoleLinkWorker), "linkworker", debts)
	s.does(atTeam, "accept", map[string]any{})
	caseID := s.comesTo(s.reception(), debts, terms.ReferralAccepted).CaseID
	pages := map[*visitor][]string{
		s.visitor(s.first, terms.RoleProviderWorker): {"/provider/offers/" + atProvider.ID, "/case/" + caseID},
		s.visitor(s.team, terms.RoleLinkWorker):      {"/link-worker/offers/" + atTeam.ID, "/case/" + caseID},
	}
	for v, paths := range pages {
		_, body := v.reads(t, paths[0])
		require.Contains(t, body, "900123", "it is safe to phone")
	}
	patient := "/api/primarycare/v1/patients/" + p.Ref
	require.NoError(t, s.reception().Put(t.Context(), patient, s.tag(s.reception(), patient), map[string]any{
		"given_name": "Ada", "family_name": "Whispers", "date_of_birth": "1951-03-27", "nhs_number": p.number, "phone": "07700 900123", "postcode": "M1 1AF",
		"safe_ways": map[string]bool{"phone": false, "text": false, "email": false, "letter": false}, "safe_note": "Never phone, he listens",
	}))
	require.NoError(t, s.stage.Settle(t.Context()))
	for v, paths := range pages {
		for _, path := range paths {
			_, body := v.reads(t, path)
			require.NotContains(t, body, "900123", "%s reads %s", v.who.Grants[0].Role, path)
			require.Contains(t, body, "Never phone, he listens", "%s reads %s", v.who.Grants[0].Role, path)
		}
	}
}

// Somebody asks who has looked at what is held of them. The list has the practice's own desk, and the lunch club that opened the offer in
// its own tray; another practice that wrote them down and has no part in the shared case is on it without its name, save for the privacy officer.
func TestWhoLookedIsListedWhereverItWas(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lunch := s.service(s.first, "Lunch club", terms.NeedLoneliness)
	p := s.patient("Quill")
	require.Equal(t, p.Ref, s.knownAt(s.other, "Quill", p.number), "one person, one ref")
	helper := s.as(s.first, terms.RoleProviderWorker)
	s.does(s.tray(helper, "vcse", s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(lunch))), "accept", map[string]any{})
	require.NoError(t, s.stage.Settle(t.Context()))

	desk, elsewhere := s.practice.Name, s.other.Name
	_, body := s.visitor(s.practice, terms.RoleGP).reads(t, "/case/looked/"+p.Ref)
	for _, words := range []string{desk, "Added: patient", s.first.Name, "Accepted: offer", "A service that is not named here"} {
		require.Contains(t, body, words)
	}
	require.Contains(t, body, "Changed: record", "nor what exactly they did")
	require.NotContains(t, body, elsewhere)
	require.NotContains(t, body, "not complete")
	_, body = s.visitor(s.office, terms.RolePrivacyOfficer).reads(t, "/case/looked/"+p.Ref)
	require.Contains(t, body, elsewhere)
}
