package linkworker_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/event"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
)

// A link worker who was shown an overlap says why they send all the same, joins it, or stops.
func TestALinkWorkerSaysWhatIsToBeDoneAboutAnOverlap(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	fields := func(more ...string) []string {
		return append([]string{"need", "loneliness", "urgency", "routine", "consent", "yes", "consent_how", "phone", "receiver", "any", "seen_helping", "1", "seen_overlaps", "1"}, more...)
	}
	for _, more := range [][]string{nil, {"overlap", "send"}, {"overlap", "none"}} {
		a := o.post(h.maya, "refer", fields(more...)...)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, more)
		require.Contains(t, a.Body, "who helps already", "the page still asks")
	}
	require.Contains(t, o.must(h.maya, "refer", fields("overlap", "stop")...), "done=stopped")
	stopped := slices.DeleteFunc(h.Said(""), func(e event.Event) bool { return e.Type != (&said.OverlapStoppedV1{}).EventType() })
	require.Len(t, stopped, 1)
	require.Contains(t, string(stopped[0].Data), `"need":"loneliness"`)
	o.must(h.maya, "refer", fields("overlap", "send", "send_reason", string(terms.SendPatientAsked), "send_note", "She knows the choir")...)
	var asked said.ReferralRequestedV1
	h.Last(o.PatientRef, &asked)
	require.Equal(t, terms.SendPatientAsked, asked.SendReason)
	require.Equal(t, terms.OverlapSend, asked.OverlapChoice)
	require.Equal(t, 1, *asked.SeenOverlaps)
	require.NotNil(t, asked.SendNote)
}
