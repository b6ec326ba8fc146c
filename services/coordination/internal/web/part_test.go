package web

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
)

func TestWhoWasOnlyAskedDoesNotHelpYet(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Asked to help", partOf(terms.OfferOffered))
	require.Equal(t, "Asked to help", partOf(terms.OfferInformationAsked))
	require.Equal(t, "Has them on the waiting list", partOf(terms.OfferWaitlisted))
	require.Equal(t, "Helps", partOf(terms.OfferAccepted))
}
