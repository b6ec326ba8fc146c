package linkworker_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
)

// The thin way through: offered, seen in the tray, accepted, contacted, ended.
func TestAnOfferIsAcceptedSupportedAndEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	tray := h.page(h.maya, "/link-worker/tray")
	require.Contains(t, tray, "Alma Quist")
	require.Contains(t, tray, "reply due")
	page := h.page(h.maya, o.path())
	for _, words := range []string{"Widowed in spring", "A neighbour shouts at her", "Not after five", "Elm Street Surgery", "Rita Desk", "999 000 0018", "See who already helps"} {
		require.Contains(t, page, words)
	}

	o.must(h.maya, "accept", "assign_to", h.omar.Person.ID)
	var accepted said.OfferAcceptedV1
	h.Last(o.PatientRef, &accepted)
	require.Equal(t, o.OfferID, accepted.OfferID)
	require.Equal(t, h.team, accepted.OrganisationID)
	require.NotEmpty(t, accepted.FirstContactByOn)
	require.Contains(t, h.page(h.maya, o.path()), "Accepted, being confirmed", "it counts when coordination confirms it")
	o.progress(terms.ReferralAccepted, 3)
	require.Contains(t, h.page(h.maya, o.path()), "With Omar Reid")
	require.Contains(t, h.page(h.omar, "/link-worker"), "1 person passed to you")
	h.page(h.omar, o.path())
	require.NotContains(t, h.page(h.omar, "/link-worker"), "passed to you", "they have looked")

	o.must(h.omar, "contact", append([]string{"how", "phone", "result", "reached", "note", "Will come on Thursday"}, h.day("on", 0)...)...)
	var contact said.ContactRecordedV1
	h.Last(o.PatientRef, &contact)
	require.Equal(t, terms.ContactReached, contact.Result)

	o.must(h.omar, "end", "outcome", "helped", "note", "She goes to the choir now")
	var ended said.SupportEndedV1
	h.Last(o.PatientRef, &ended)
	require.Equal(t, terms.OutcomeHelped, ended.Outcome)
	require.Contains(t, h.page(h.maya, o.path()), "Omar Reid ended the support")
	a := o.post(h.maya, "end", "outcome", "helped")
	require.Equal(t, http.StatusConflict, a.Status)
	require.Contains(t, a.Body, "Omar Reid ended the support at")
}
