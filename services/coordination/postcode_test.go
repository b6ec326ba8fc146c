package coordination_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// Somebody of whom no postcode is known, such as who sleeps rough, is offered to somebody like anyone else; distance then tells nothing.
func TestWithoutAPostcodeAReceiverIsFoundToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref := s.patient()
	p := s.refer(ref, s.practice, func(p *primarycare.ReferralRequestedV1) {
		c := ada
		c.Postcode, p.Receivers = "", nil
		p.Contact = schemas.Seal(c)
	})
	for range 3 {
		s.bounce(ref, s.offer(ref, p.ReferralID), terms.BounceNoCapacity)
	}
	require.Equal(t, terms.ReferralEscalated, s.progress(ref, p.ReferralID).State)
	office := s.page(s.coordinator, "/case/referrals/"+p.ReferralID+"/office")
	require.Equal(t, http.StatusOK, office.Status, office.Body)
}
