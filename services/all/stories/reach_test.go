package stories

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// offerPage waits until the page of an offer, as a worker of the provider sees it, says these words.
func (s *scene) offerPage(as *visitor, o offer, says string) string {
	s.t.Helper()
	for end := time.Now().Add(patience); ; s.breathe() {
		_, page := as.reads(s.t, "/provider/offers/"+o.ID)
		if strings.Contains(page, says) {
			return page
		}
		require.True(s.t, time.Now().Before(end), "the page does not say %q", says)
	}
}

// mergeFrom is the merge in which a ref went.
func (s *scene) mergeFrom(office *demo.Client, from string) string {
	s.t.Helper()
	var made struct {
		Items []struct {
			ID      string `json:"id"`
			FromRef string `json:"from_ref"`
		} `json:"items"`
	}
	_, err := office.Get(s.t.Context(), "/api/coordination/v1/merges", &made)
	require.NoError(s.t, err)
	for _, m := range made.Items {
		if m.FromRef == from {
			return m.ID
		}
	}
	require.Fail(s.t, "there is no such merge")
	return ""
}

// A café rings people. Another practice knows the same woman under another spelling, and that nobody may ring her: he answers her phone.
// The area's office finds that both are one. At once the café's page has no number any more and says not to ring, and not who says so or why.
// When it turns out that they are two, the café may ring its own again.
func TestNobodyRingsAHouseWhereItIsNotSafe(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Café for company", terms.NeedLoneliness)
	other := s.as(s.other, terms.RoleReceptionist)
	here := s.comes(s.reception(), "Thistlewood", nil)
	first := s.refers(s.practice, here, terms.NeedLoneliness, toService(service))
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", first)
	s.does(o, "accept", map[string]any{})
	s.comesTo(s.reception(), first, terms.ReferralAccepted)
	cafe := s.visitor(s.first, terms.RoleProviderWorker)
	number := s.look(o).Contact.Phone
	require.NotEmpty(t, number)
	require.Contains(t, s.offerPage(cafe, o, "By phone"), number)

	there := s.comes(other, "Thisselwood", map[string]any{
		"given_name": "Margret", "phone": "0161 496 0779", "safe_note": "He answers her phone",
		"safe_ways": map[string]bool{"phone": false, "text": false, "email": false, "letter": false},
	})
	second := s.refers(s.other, there, terms.NeedHousing, toService(s.service(s.first, "Advice", terms.NeedHousing)))
	u := s.toRecognise(second)
	s.is(u, map[string]any{"same": u.MayBe[0].Ref})

	page := s.offerPage(cafe, o, "None: they will contact you")
	require.Contains(t, page, "Do not contact them")
	require.NotContains(t, page, number)
	require.NotContains(t, page, "He answers")
	require.NotContains(t, page, s.other.Name, "not who says so")
	seen := s.look(o)
	require.Empty(t, seen.Contact.Phone, "nor does a program get it")
	require.Equal(t, terms.MoreIsKnown, seen.Contact.SafeNote)
	desk := s.visitor(s.practice, terms.RoleReceptionist)
	_, own := desk.reads(t, "/practice/patients/"+here)
	require.NotContains(t, own, number, "nor at her own practice's desk")

	merge := s.mergeFrom(u.office, there)
	require.NoError(t, u.office.Make(t.Context(), "/api/coordination/v1/merges/"+merge+"/undo", id.New(), map[string]any{"note": "They are cousins"}, nil))
	page = s.offerPage(cafe, o, "By phone")
	require.Contains(t, page, number)
	require.NotContains(t, page, terms.MoreIsKnown)
	require.Equal(t, http.StatusOK, s.sees(u.office, "/api/coordination/v1/merges"))
}

// One practice has written down that nobody may ring her, and never sent her anywhere. Another practice, where she says nothing of it, sends her to a
// café, which rings people. As soon as there is a shared case the first practice's word counts: the café's page has no number.
func TestWhatAPracticeKnewBeforeAnybodySharedHerCounts(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	service := s.service(s.first, "Café for company", terms.NeedLoneliness)
	s.comes(s.reception(), "Wrigglesworth", map[string]any{
		"nhs_number": nhsnumber.Test(31), "safe_note": "He listens in",
		"safe_ways": map[string]bool{"phone": false, "text": false, "email": false, "letter": true}, "address_lines": []string{"1 Quill Row"},
	})
	there := s.comes(s.as(s.other, terms.RoleReceptionist), "Wrigglesworth", map[string]any{
		"nhs_number": nhsnumber.Test(31), "phone": "0161 496 0785",
		"safe_ways": map[string]bool{"phone": true, "text": false, "email": false, "letter": true}, "address_lines": []string{"1 Quill Row"},
	})
	first := s.refers(s.other, there, terms.NeedLoneliness, toService(service))
	o := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", first)
	page := s.offerPage(s.visitor(s.first, terms.RoleProviderWorker), o, "By letter")
	require.NotContains(t, page, "0161 496 0785")
	require.Empty(t, s.look(o).Contact.Phone, "nor does a program get it")
}

// Somebody may not be rung, written to or mailed. Nobody's page has the number or the address to do it by, and no program gets them: not the
// practice's own, the link workers' or the meeting's.
func TestANumberThatIsNotSafeIsShownToNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedDebtAndMoney)
	const number, mail = "0161 496 0781", "not.this@example.org"
	never := map[string]any{"phone": number, "email": mail, "safe_ways": map[string]bool{"phone": false, "text": false, "email": false, "letter": false}}
	here := s.comes(s.reception(), "Mapplebeck", never)
	debts := s.refers(s.practice, here, terms.NeedDebtAndMoney, toTeam(s.team))
	o := s.tray(s.as(s.team, terms.RoleLinkWorker), "linkworker", debts)
	require.NotNil(t, o.Person)
	require.Empty(t, o.Person.Phone+o.Person.Email)

	m := s.meets()
	known := map[string]any{"given_name": "Ada", "family_name": "Mapplebeck", "date_of_birth": "1951-03-27"}
	maps.Copy(known, never)
	atMeeting := m.make("/patients", known)
	for _, page := range []struct {
		as   *visitor
		path string
	}{
		{s.visitor(s.practice, terms.RoleReceptionist), "/practice/patients/" + here},
		{s.visitor(s.team, terms.RoleLinkWorker), "/link-worker/offers/" + o.ID},
		{s.visitor(s.hospital, terms.RoleMDTCoordinator), "/mdt/patients/" + atMeeting},
		{s.visitor(s.practice, terms.RoleReceptionist), "/case/" + s.comesTo(s.reception(), debts, terms.ReferralOffered).CaseID},
	} {
		status, text := page.as.reads(t, page.path)
		require.Equal(t, http.StatusOK, status, page.path)
		require.NotContains(t, text, number, page.path)
		require.NotContains(t, text, mail, page.path)
	}
}
