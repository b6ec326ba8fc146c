package coordination_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	said "example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

var cursorOf = regexp.MustCompile(`"next_cursor":"([^"]+)"`)

// notReached is what vcse says when no e-mail reaches who was asked.
func (s *scene) notReached(ref string, o said.ReferralOfferedV1, kind terms.NoticeKind, version int) {
	s.Tell(ref, &vcse.NoticeRecordedV1{
		PatientRef: ref, OfferID: o.OfferID, ReferralID: o.ReferralID, NoticeID: id.New(), Kind: kind, State: terms.NoticeNoAddress, Version: version, At: s.Now.Now(),
	})
}

// takenBack is an offer that a provider without e-mail had opened, and that was taken back: the practice owes a call.
func takenBack(t *testing.T) (s *scene, ref string, p *primarycare.ReferralRequestedV1, o said.ReferralOfferedV1) {
	t.Helper()
	s = newScene(t)
	ref = s.patient()
	p = s.refer(ref, s.practice)
	o = s.offer(ref, p.ReferralID)
	s.Tell(ref, &primarycare.ReferralWithdrawnV1{PatientRef: ref, ReferralID: p.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalPatientChangedMind, By: s.receptionist.Person.ID, At: s.Now.Now()})
	require.Equal(t, terms.ReferralWithdrawn, s.progress(ref, p.ReferralID).State)
	s.notReached(ref, o, terms.NoticeWithdrawn, 1)
	s.Now.Add(3 * 24 * time.Hour)
	return s, ref, p, o
}

// A call is owed also when the referral is over: the list that leads to whom to phone has it.
func TestACallIsListedWhenTheReferralIsOver(t *testing.T) {
	t.Parallel()
	s, _, p, _ := takenBack(t)
	require.Equal(t, "notice", s.overdue(s.coordinator, "overdue", 50)[0].Kind)
	list := s.page(s.receptionist, "/case?list=phone")
	require.Equal(t, http.StatusOK, list.Status)
	require.Contains(t, list.Body, "/case/referrals/"+p.ReferralID)
	require.Contains(t, list.Body, "service to phone, because no email reaches it")
	require.NotContains(t, s.page(s.receptionist, "/case?list=open").Body, "/case/referrals/"+p.ReferralID)
	require.NotContains(t, s.page(s.otherReceptionist, "/case?list=phone").Body, p.ReferralID)
	// It is listed beside those that are open, in pages of any size.
	other := s.patient()
	live := s.refer(other, s.practice, func(p *primarycare.ReferralRequestedV1) { p.Contact = schemas.Seal(s.somebody()) })
	s.notReached(other, s.offer(other, live.ReferralID), terms.NoticeNew, 1)
	first := s.page(s.receptionist, apiRoot+"/referrals?list=phone&limit=1").Body
	require.Contains(t, first, p.ReferralID)
	require.NotContains(t, first, live.ReferralID)
	next := cursorOf.FindStringSubmatch(first)
	require.NotEmpty(t, next, first)
	second := s.page(s.receptionist, apiRoot+"/referrals?list=phone&limit=1&cursor="+next[1]).Body
	require.Contains(t, second, live.ReferralID)
	require.NotContains(t, second, p.ReferralID)
}
