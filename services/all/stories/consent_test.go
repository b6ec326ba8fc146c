package stories

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

// removed waits until nothing that names the person is left of an offer.
func (s *scene) removed(o offer) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; s.breathe() {
		now := s.look(o)
		if now.Contact == nil && now.Person == nil && now.Narrative == "" {
			return
		}
		require.True(s.t, time.Now().Before(end), "the receiver still has what was shared")
	}
}

// noLongerAgrees records by a program that somebody withdrew their consent.
func (s *scene) noLongerAgrees(as *demo.Client, ref string) error {
	s.t.Helper()
	return as.Make(s.t.Context(), "/api/coordination/v1/patients/"+ref+"/consent/withdraw", id.New(), map[string]any{"purpose": "share_to_help", "how": "phone"}, nil)
}

// Somebody tells the receptionist that they no longer agree: referrals end, and provider and team remove what they were sent. What was
// agreed before sends nothing any more; agreeing anew does.
func TestConsentWithdrawnAtTheDeskReachesEverybody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedDebtAndMoney)
	service := s.service(s.first, "Tea and talk", terms.NeedLoneliness)
	p := s.patient("Withdraws")
	lonely := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service))
	debts := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toTeam(s.team))
	atProvider := s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", lonely)
	s.does(atProvider, "accept", map[string]any{})
	s.comesTo(s.reception(), lonely, terms.ReferralAccepted)
	atTeam := s.tray(s.as(s.team, terms.RoleLinkWorker), "linkworker", debts)
	require.NotNil(t, s.look(atProvider).Contact)
	require.NotNil(t, atTeam.Person)

	notAllowed(t, s.noLongerAgrees(s.as(s.other, terms.RoleReceptionist), p.Ref)) // a practice that has no part in it
	notAllowed(t, s.noLongerAgrees(s.as(s.first, terms.RoleProviderWorker), p.Ref))
	desk, html := s.visitor(s.practice, terms.RoleReceptionist), "application/x-www-form-urlencoded"
	_, page := desk.asks(t, http.MethodGet, "/practice/patients/"+p.Ref, "", "")
	path := "/case/patients/" + p.Ref + "/consent"
	require.Contains(t, page, path, "from the patient's page")
	status, page := desk.asks(t, http.MethodPost, path, html, url.Values{"idempotency_key": {id.New()}, "purpose": {"share_to_help"}}.Encode())
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, page, "Select how they told you")
	status, page = desk.asks(t, http.MethodPost, path, html, url.Values{"idempotency_key": {id.New()}, "purpose": {"share_to_help"}, "how": {"phone"}}.Encode())
	require.Equal(t, http.StatusSeeOther, status, page)

	for _, r := range []string{lonely, debts} {
		require.Equal(t, "consent_withdrawn", s.comesTo(s.reception(), r, terms.ReferralWithdrawn).Reason)
	}
	s.removed(atProvider)
	s.removed(atTeam)
	require.Equal(t, http.StatusConflict, refused(t, s.noLongerAgrees(s.reception(), p.Ref)).Status, "once")
	require.NoError(t, s.stage.Settle(t.Context()))
	_, page = desk.asks(t, http.MethodGet, "/practice/patients/"+p.Ref, "", "")
	require.Contains(t, page, "No longer agrees to sharing")
	require.NotContains(t, page, path)

	again := s.refers(s.practice, p.Ref, terms.NeedLoneliness, toService(service)) // with what they said just now
	require.NotNil(t, s.tray(s.as(s.first, terms.RoleProviderWorker), "vcse", again).Contact)
}

// The link worker hears it, and records it in the same place.
func TestConsentWithdrawnToALinkWorker(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.teamOffers(terms.NeedDebtAndMoney)
	p := s.patient("Tells")
	debts := s.refers(s.practice, p.Ref, terms.NeedDebtAndMoney, toTeam(s.team))
	linkWorker := s.as(s.team, terms.RoleLinkWorker)
	o := s.tray(linkWorker, "linkworker", debts)
	s.does(o, "accept", map[string]any{})
	s.comesTo(s.reception(), debts, terms.ReferralAccepted)
	require.NoError(t, s.noLongerAgrees(linkWorker, p.Ref))
	s.comesTo(s.reception(), debts, terms.ReferralWithdrawn)
	s.removed(o)
}
