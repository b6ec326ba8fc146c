package mdt_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// Consent for a referral, and for a meeting, may end with a day. One that is over or years away is refused by page and API. So
// may consent for a sensitive need, as at the other desks.
func TestUntilWhenSomebodyAgreesToBeHelpedOrDiscussed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	flags := url.Values{"idempotency_key": {id.New()}}
	for _, q := range terms.RedFlagQuestions {
		flags.Set(string(q.Code), "no")
	}
	status, _, head := h.send(h.nurse, "POST", "/mdt/referrals/new", formType, flags.Encode())
	require.Equal(t, http.StatusSeeOther, status)
	draft := head.Get("Location")
	answer := func(purpose terms.ConsentPurpose, day, month, year string) (int, string) {
		status, body, _ := h.send(h.nurse, "POST", draft+"/consent", formType, url.Values{
			"idempotency_key": {id.New()}, "version": {"1"}, "purpose": {string(purpose)}, "given": {"yes"}, "how": {"phone"},
			"until_on-day": {day}, "until_on-month": {month}, "until_on-year": {year},
		}.Encode())
		return status, body
	}
	status, body := answer(terms.ConsentShareToHelp, "1", "1", "2020")
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, "Enter a day that is not over, or leave it empty")
	require.Contains(t, body, `href="#until_on`)
	end := h.Now.Now().AddDate(0, 1, 0)
	_, body = answer(terms.ConsentShareSensitive, "1", "1", "2020")
	require.Contains(t, body, "Enter a day that is not over, or leave it empty")
	status, body = answer(terms.ConsentShareSensitive, end.Format("2"), end.Format("1"), end.Format("2006"))
	require.Equal(t, http.StatusSeeOther, status, body)
	var kept string
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select consent_until::text from draft where consent_given`).Scan(&kept))
	require.Equal(t, end.Format("2006-01-02"), kept)
	put := `{"patient_ref":"` + id.New() + `","consent":{"given":true,"how":"phone","until_on":"2020-01-01"},"reason":"often_seen","narrative":"Eats little"}`
	status, body, _ = h.send(h.coordinator, "POST", "/api/mdt/v1/meetings/"+id.New()+"/items", "application/json", put, "Idempotency-Key", id.New())
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, "until_on")
}
