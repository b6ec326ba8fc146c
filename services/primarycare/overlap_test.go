package primarycare_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// Who was shown an overlap says why they send all the same, joins it, or stops; who was shown nobody, or could not be shown anything, is
// stopped by nothing.
func TestTheDeskSaysWhatIsToBeDoneAboutAnOverlap(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	path := w.readyDraft(t, w.receptionist, ref)
	check := w.page(t, w.receptionist, path+"/check")
	require.Contains(t, check.Body, `hx-post="/case/panel"`, "the need is not in the address")
	shown := url.Values{"seen_helping": {"1"}, "seen_overlaps": {"1"}}
	sends := func(more url.Values) answer {
		v := url.Values{}
		for _, from := range []url.Values{shown, more} {
			for name, value := range from {
				v[name] = value
			}
		}
		return w.submit(t, w.receptionist, path+"/check", "/send", v)
	}
	const what, why, whether = "Select what to do about who helps already", "Select why it is sent although somebody helps already", "Select whether somebody who helps already does this too"
	for _, x := range []struct {
		typed url.Values
		wants string
	}{
		{url.Values{}, what},
		{url.Values{"overlap": {"none"}}, what},
		{url.Values{"overlap": {"send"}}, why},
		{url.Values{"seen_overlaps": {""}}, whether},
		{url.Values{"overlap": {"send"}, "seen_overlaps": {""}}, why},
	} {
		res := sends(x.typed)
		require.Equal(t, http.StatusUnprocessableEntity, res.Status, x.wants)
		require.Contains(t, res.text(), x.wants)
	}
	stopped := sends(url.Values{"overlap": {"stop"}})
	require.Equal(t, path+"?done=stopped", stopped.Location)
	require.Contains(t, w.page(t, w.receptionist, stopped.Location).text(), "Nothing was sent")

	res := sends(url.Values{"overlap": {"send"}, "send_reason": {string(terms.SendPatientAsked)}, "send_note": {"She asked for a group of women"}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	var said primarycare.ReferralRequestedV1
	w.Last(ref, &said)
	require.Equal(t, 1, *said.SeenOverlaps)
	require.Equal(t, terms.OverlapSend, said.OverlapChoice)
	require.Equal(t, terms.SendPatientAsked, said.SendReason)
	var note schemas.Message
	ok, err := said.SendNote.Into(&note)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "She asked for a group of women", note.Text)
}

func TestAProgramSaysTheSame(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	send := func(more map[string]any) answer {
		body := map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": terms.NeedLoneliness, "consent": map[string]any{"given": true, "how": "phone"}}
		for k, v := range more {
			body[k] = v
		}
		return w.call(t, w.receptionist, http.MethodPost, "/referrals", body)
	}
	for _, refused := range []map[string]any{
		{"seen_overlaps": 1}, {"seen_overlaps": 2, "overlap": "send"}, {"overlap": "send"}, {"overlap": "stop"}, {"seen_overlaps": 1, "send_reason": "because"}, {"seen_overlaps": -1},
	} {
		require.Equal(t, http.StatusUnprocessableEntity, send(refused).Status, "%v", refused)
	}
	for _, taken := range []map[string]any{
		{},
		{"seen_overlaps": 0},
		{"seen_helping": 3},
		{"seen_overlaps": 1, "send_reason": terms.SendHelpEnded},
		{"seen_overlaps": 1, "overlap": "join", "join_referral_id": id.New()},
	} {
		require.Equal(t, http.StatusCreated, send(taken).Status, "%v", taken)
	}
	var said primarycare.ReferralRequestedV1
	w.Last(ref, &said)
	require.Equal(t, terms.OverlapJoin, said.OverlapChoice)
	require.NotEmpty(t, said.JoinReferralID)
}
