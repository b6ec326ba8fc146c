package vcse_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	said "example.org/waypost/schemas/vcse"
)

func TestAnOfferIsAcceptedAndConfirmed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	b, _ := o.read()
	require.Equal(t, terms.OfferOffered, b.State)
	require.Equal(t, "Alma", b.Contact.GivenName)
	require.Equal(t, []string{"accept", "ask", "waitlist", "bounce", "assign"}, b.Actions)

	o.must(h.jo, "accept", nil)
	var p said.OfferAcceptedV1
	h.Last(o.PatientRef, &p)
	require.Equal(t, o.OfferID, p.OfferID)
	require.Equal(t, h.mind, p.OrganisationID)
	require.NotEmpty(t, p.FirstContactByOn)
	b, _ = o.read()
	require.Equal(t, "sent", b.Receipt, "it counts when coordination confirms it")

	o.progress(terms.ReferralAccepted, 3)
	b, _ = o.read()
	require.Equal(t, "confirmed", b.Receipt)
	a := o.act(h.jo, "bounce", map[string]any{"reason": "wrong_area"})
	require.Equal(t, http.StatusConflict, a.Status, a.Body)
}
