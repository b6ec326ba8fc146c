package coordination_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

const noLonger = `{"purpose":"share_to_help","how":"phone"}`

func (s *scene) withdraws(ref string) answer {
	s.T.Helper()
	return s.ask(s.receptionist, http.MethodPost, apiRoot+"/patients/"+ref+"/consent/withdraw", noLonger, "Content-Type", "application/json", "Idempotency-Key", id.New())
}

// Withdrawn consent ends everything that is open, says so to whoever holds a copy, and closes the case.
func TestConsentIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	require.Equal(t, http.StatusNotFound, s.withdraws(ref).Status, "nothing was shared")
	p := s.refer(ref, s.practice)
	o := s.offer(ref, p.ReferralID)
	s.accept(ref, o)
	consent := apiRoot + "/patients/" + ref + "/consent"
	require.Contains(t, s.ask(s.receptionist, http.MethodGet, consent, "").Body, `"purpose":"share_to_help"`)
	got := s.withdraws(ref)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	var back said.OfferWithdrawnV1
	s.Last(ref, &back)
	require.True(t, back.StandDown)
	require.Equal(t, terms.OfferWithdrawalConsentWithdrawn, back.Reason)
	var ended said.ConsentWithdrawnV1
	s.Last(ref, &ended)
	require.Equal(t, p.Consent.ConsentID, ended.ConsentID)
	require.Equal(t, terms.ConsentShareToHelp, ended.Purpose)
	require.Equal(t, s.receptionist.Person.ID, ended.By)
	var closed said.CaseClosedV1
	s.Last(ref, &closed)
	require.Equal(t, terms.CaseConsentWithdrawn, closed.Outcome)
	require.Contains(t, s.ask(s.receptionist, http.MethodGet, consent, "").Body, `"agreed":[]`)
	require.Equal(t, http.StatusConflict, s.withdraws(ref).Status)
}

// A request that was on its way when consent was withdrawn is not offered; one that was asked for afterwards is.
func TestConsentIsWithdrawnWhileARequestIsOnItsWay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	s.refer(ref, s.practice)
	late := s.request(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	s.Now.Add(time.Minute)
	require.Equal(t, http.StatusOK, s.withdraws(ref).Status)
	s.Tell(ref, late)
	got := s.progress(ref, late.ReferralID)
	require.Equal(t, terms.ReferralWithdrawn, got.State)
	require.Equal(t, "no_consent", got.Reason)
	s.Now.Add(time.Minute)
	anew := s.refer(ref, s.practice)
	require.Equal(t, terms.ReferralOffered, s.progress(ref, anew.ReferralID).State)
}
