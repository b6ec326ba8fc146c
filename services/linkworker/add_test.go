package linkworker_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
)

func TestSomebodyWhoCameDirectlyIsAskedForLikeAnybodyElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	fields := []string{
		"consent", "yes", "consent_how", "in_person", "given_name", "Noor", "family_name", "Haddad", "born-day", "2", "born-month", "3", "born-year", "1980",
		"nhs_number", "999 000 0018", "phone", "0161 496 0009", "safe", "phone", "need", "loneliness", "urgency", "routine", "narrative", "Met her in the waiting room",
	}
	a := h.post(h.maya, "/link-worker/people/add", form("", append([]string{"consent", "no"}, fields[2:]...)...))
	require.Equal(t, http.StatusOK, a.Status)
	require.Contains(t, a.Body, "Nothing was kept")
	a = h.post(h.maya, "/link-worker/people/add", form("", "consent", "yes", "consent_how", "phone", "nhs_number", "999 000 0019", "need", "loneliness", "urgency", "routine",
		"given_name", "Noor", "family_name", "Haddad", "born-day", "2", "born-month", "3", "born-year", "1980"))
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, "Enter an NHS number of 10 digits")
	require.Contains(t, a.Body, `value="Haddad"`, "what was typed is kept")

	f := form("", fields...)
	for range 2 {
		a = h.post(h.maya, "/link-worker/people/add", f)
		require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	}
	ref, err := h.Vault("primarycare").RefForNumber(t.Context(), "9990000018", nhsnumber.Holder{GivenName: "Noor", DateOfBirth: "1980-03-02"})
	require.NoError(t, err)
	require.Len(t, h.Said(ref), 1, "said once, under the ref that every service gets for the number")
	var asked said.ReferralRequestedV1
	h.Last(ref, &asked)
	require.Equal(t, []schemas.Receiver{{Kind: terms.ReceiverTeam, ID: h.team}}, asked.Receivers)
	require.Empty(t, asked.ParentReferralID)
	require.Contains(t, h.page(h.maya, a.Header.Get("Location")), "The person was added")
	require.Contains(t, h.post(h.maya, "/link-worker/people/find", form("", "q", "Noor")).Body, "/link-worker/people/"+ref)
	require.Contains(t, h.page(h.maya, "/link-worker/people/"+ref), "Nothing about this person was offered to your team.")
	require.NotContains(t, h.post(h.zoe, "/link-worker/people/find", form("", "q", "Noor")).Body, ref)

	// Her number typed for her sister is refused, and nothing is kept.
	sister := slices.Clone(fields)
	sister[slices.Index(sister, "Noor")] = "Rana"
	a = h.post(h.maya, "/link-worker/people/add", form("", sister...))
	require.Equal(t, http.StatusConflict, a.Status)
	require.Contains(t, a.Body, "with this NHS number and another first name or date of birth")
	require.Contains(t, h.post(h.maya, "/link-worker/people/find", form("", "q", "Rana")).Body, "Nobody found")

	// Nobody may ring her, the team hears. Whoever fills in the form again does not see that, and opens nothing by it.
	asOf := h.Now.Now().Add(time.Minute)
	h.Tell(ref, &coordination.ContactPreferencesChangedV1{PatientRef: ref, Reach: schemas.Seal(schemas.Reach{Notes: 1}), At: asOf, AsOf: &asOf})
	h.Now.Add(time.Hour)
	fields[slices.Index(fields, "loneliness")] = "food"
	a = h.post(h.maya, "/link-worker/people/add", form("", fields...))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	h.Last(ref, &asked)
	require.True(t, asked.ContactHeardAt.IsZero())
	var safe bool
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select safe_phone from person where ref = $1`, ref).Scan(&safe))
	require.False(t, safe)
}
