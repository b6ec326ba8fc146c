package coordination_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// charity makes the second service one whose name alone tells something, for a need that does not.
func (s *scene) charity() {
	service := s.listing(1)
	service.Name, service.Sensitive, service.Version = "Living with HIV", true, 2
	s.Tell(service.ServiceID, service)
}

// toCharity is a referral for company, to a service that tells more than that.
func (s *scene) toCharity(p *primarycare.ReferralRequestedV1) {
	p.Hidden = schemas.Seal(schemas.SensitiveReferral{Need: terms.NeedLoneliness, Receivers: []schemas.Receiver{{Kind: terms.ReceiverService, ID: s.services[1]}}})
	p.Need, p.Receivers, p.Sensitive = "", nil, true
}

// For an ordinary need too a sensitive service travels sealed only, and it finds its offer there.
func TestASensitiveServiceStaysSealedForAnOrdinaryNeed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.charity()
	ref := s.patient()
	p := s.refer(ref, s.practice, s.toCharity)
	o := s.offer(ref, p.ReferralID)
	var secret schemas.SensitiveReferral
	ok, err := o.Hidden.Into(&secret)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, schemas.SensitiveReferral{Need: terms.NeedLoneliness, Receivers: []schemas.Receiver{{Kind: terms.ReceiverService, ID: s.services[1]}}}, secret)
	o.ReceiverOrganisationID = s.providers[1]
	s.accept(ref, o)
	require.Equal(t, terms.ReferralAccepted, s.progress(ref, p.ReferralID).State)
	for _, e := range s.Said(ref) {
		for _, telling := range []string{s.services[1], s.providers[1]} {
			require.NotContains(t, string(e.Data), telling, e.Fact())
		}
	}
}

// The office's page lists no sensitive service for an ordinary referral, and a program can not offer it to one either: its name would stand on the shared page.
func TestTheOfficeOffersNoSensitiveServiceOpenly(t *testing.T) {
	t.Parallel()
	s, _, referral, _ := escalated(t)
	kind := s.listing(1)
	kind.ServiceID, kind.SourceID, kind.Name, kind.Sensitive = id.New(), id.New(), "Living with HIV", true
	s.Tell(kind.ServiceID, kind)
	refused := s.step(s.coordinator, referral, "offer", `{"kind":"service","id":"`+kind.ServiceID+`"}`)
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status, refused.Body)
	require.Contains(t, refused.Body, "receiver")
	require.Contains(t, refused.Body, "Select a service whose name tells nothing")
	require.Zero(t, s.count(`select count(*) from offer where receiver_id = $1`, kind.ServiceID))
	require.Equal(t, http.StatusOK, s.step(s.coordinator, referral, "offer", s.toTeam()).Status)
}

// Whoever agreed that something sensitive is shared may say no to that alone: what is sensitive ends, and the rest goes on.
func TestSharingSomethingSensitiveIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.charity()
	ref := s.patient()
	open := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		p.Need, p.Receivers = terms.NeedDebtAndMoney, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: s.team}}
	})
	s.Now.Add(time.Minute)
	secret := s.refer(ref, s.practice, s.toCharity, func(p *primarycare.ReferralRequestedV1) { p.Consent.Purpose = terms.ConsentShareSensitive })
	also := s.refer(ref, s.otherPractice, s.toCharity, func(p *primarycare.ReferralRequestedV1) { p.Consent.Purpose = terms.ConsentShareSensitive })
	require.Equal(t, terms.ReferralOffered, s.progress(ref, secret.ReferralID).State)
	require.Equal(t, terms.ReferralHeld, s.progress(ref, also.ReferralID).State)
	late := s.request(ref, s.practice, s.toCharity, func(p *primarycare.ReferralRequestedV1) { p.Consent.Purpose = terms.ConsentShareSensitive })
	s.Now.Add(time.Minute)

	path := "/case/patients/" + ref + "/consent"
	require.Contains(t, s.page(s.receptionist, path).Body, "Sharing a sensitive need with the service that helps")
	named := s.post(s.receptionist, path, path, url.Values{"purpose": {"share_sensitive"}, "how": {"phone"}, "organisation": {s.team}})
	require.Equal(t, http.StatusUnprocessableEntity, named.Status)
	done := s.post(s.receptionist, path, path, url.Values{"purpose": {"share_sensitive"}, "how": {"phone"}})
	require.Equal(t, http.StatusSeeOther, done.Status, done.Body)
	var ended said.ConsentWithdrawnV1
	s.Last(ref, &ended)
	require.Equal(t, terms.ConsentShareSensitive, ended.Purpose)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, secret.ReferralID).State)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, also.ReferralID).State, "what waited for it is offered to nobody")
	require.Equal(t, terms.ReferralOffered, s.progress(ref, open.ReferralID).State)
	s.Tell(ref, late)
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, late.ReferralID).State, "it was on its way")
	again := s.ask(s.receptionist, http.MethodPost, apiRoot+"/patients/"+ref+"/consent/withdraw", `{"purpose":"share_sensitive","how":"phone"}`, "Content-Type", "application/json", "Idempotency-Key", id.New())
	require.Equal(t, http.StatusConflict, again.Status, again.Body)
}

// It may be given until a day, and ends with it.
func TestSharingSomethingSensitiveEndsWithItsDay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.charity()
	ref := s.patient()
	p := s.refer(ref, s.practice, s.toCharity, func(p *primarycare.ReferralRequestedV1) {
		p.Consent.Purpose = terms.ConsentShareSensitive
		s.untilTomorrow(p)
	})
	s.Now.Add(48 * time.Hour)
	s.eventually("consent ends by itself", func() bool { return s.saidSo(ref, "consent_withdrawn", 1) })
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	require.Equal(t, string(terms.OutcomeConsentWithdrawn), s.progress(ref, p.ReferralID).Reason)
}
