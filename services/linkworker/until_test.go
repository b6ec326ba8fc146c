package linkworker_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
	said "example.org/waypost/schemas/linkworker"
)

// Who is added may agree until a day: one that is over, or years away, is refused where it was typed, and what was typed is kept.
func TestUntilWhenSomebodyWhoIsAddedAgrees(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	until := func(day, month, year string) []string {
		return []string{
			"consent", "yes", "consent_how", "in_person", "given_name", "Noor", "family_name", "Haddad", "born-day", "2", "born-month", "3", "born-year", "1980",
			"nhs_number", "999 000 0018", "need", "loneliness", "urgency", "routine", "until_on-day", day, "until_on-month", month, "until_on-year", year,
		}
	}
	for wrong, words := range map[[3]string]string{
		{"1", "1", "2020"}:  "Enter a day that is not over, or leave it empty",
		{"1", "1", "2999"}:  "Enter a day within two years, or leave it empty",
		{"31", "2", "2027"}: "Enter a real date",
	} {
		a := h.post(h.maya, "/link-worker/people/add", form("", until(wrong[0], wrong[1], wrong[2])...))
		require.Equal(t, http.StatusUnprocessableEntity, a.Status)
		require.Contains(t, a.Body, words)
		require.Contains(t, a.Body, `href="#until_on`)
		require.Contains(t, a.Body, `value="Haddad"`)
	}
	end := h.Now.Now().AddDate(0, 1, 0)
	a := h.post(h.maya, "/link-worker/people/add", form("", until(end.Format("2"), end.Format("1"), end.Format("2006"))...))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	ref, err := h.Vault("primarycare").RefForNumber(t.Context(), "9990000018", nhsnumber.Holder{GivenName: "Noor", DateOfBirth: "1980-03-02"})
	require.NoError(t, err)
	var asked said.ReferralRequestedV1
	h.Last(ref, &asked)
	require.Equal(t, end.Format("2006-01-02"), asked.Consent.UntilOn)
}

// A program that refers somebody on may say until when they agreed; a day that has passed is refused by its name.
func TestAReferralOnIsAgreedUntilADay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	refer := func(until string) answer {
		return h.send(h.maya, "POST", "/offers/"+o.OfferID+"/referrals", "", id.New(), map[string]any{
			"need": "loneliness", "urgency": "routine", "consent": map[string]any{"given": true, "how": "phone", "until_on": until},
		})
	}
	refused := refer(h.Now.Now().AddDate(0, 0, -2).Format(time.DateOnly))
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status, refused.Body)
	require.Contains(t, refused.Body, "until_on")
	until := h.Now.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	made := refer(until)
	require.Equal(t, http.StatusOK, made.Status, made.Body)
	var asked said.ReferralRequestedV1
	h.Last(o.PatientRef, &asked)
	require.Equal(t, until, asked.Consent.UntilOn)
}
