package primarycare_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
)

// What a team does not do in a practice's neighbourhood is seen before sending; what it does not do in another's does not matter.
func TestATeamThatDoesNotDoThatHereIsSeenBeforeSending(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	offer := &linkworker.TeamOfferPublishedV1{
		TeamID: w.team, Name: "North Link Workers", NetworkCodes: []string{w.network, "U54321"}, WhatWeDo: "What matters to you?", AcceptsReferrals: true, Simulated: true,
		Needs: []terms.Need{terms.NeedLoneliness, terms.NeedHousing, terms.NeedFood}, At: w.Now.Now(), Version: 2,
		NotHere: []linkworker.TeamOfferPublishedV1NotHere{{Need: terms.NeedFood, Why: "The pantry on Elm Street does.", NetworkCode: "U54321"}, {Need: terms.NeedHousing, Why: "The housing office does.", NetworkCode: w.network}},
	}
	w.Tell(w.team, offer)
	ref := w.addPatient(t, w.receptionist, 1)
	path := w.startDraft(t, w.receptionist, ref)
	w.submit(t, w.receptionist, path+"/consent", "/consent", url.Values{"given": {"yes"}, "how": {"phone"}})
	need := func(n terms.Need) string {
		w.submit(t, w.receptionist, path+"/need", "/need", url.Values{"need": {string(n)}})
		return w.page(t, w.receptionist, path+"/services").text()
	}
	housing := need(terms.NeedHousing)
	require.Contains(t, housing, "Does not take this need. The housing office does.")
	require.Contains(t, housing, "Does here: loneliness, food")
	require.NotContains(t, housing, "pantry", "that is about another neighbourhood")
	food := need(terms.NeedFood)
	require.Contains(t, food, "Not here: housing. The housing office does.")
	require.Contains(t, food, "Refer here North Link Workers")

	res := w.submit(t, w.receptionist, path+"/services", "/services", url.Values{"kind": {"team"}, "receiver": {w.team}, "how": {"refer"}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	w.submit(t, w.receptionist, path+"/details", "/details", url.Values{"risk": {"no"}})
	ready := w.page(t, w.receptionist, path+"/check")
	offer.Version, offer.NotHere = 3, []linkworker.TeamOfferPublishedV1NotHere{{Need: terms.NeedFood, Why: "The pantry on Elm Street does."}}
	w.Tell(w.team, offer)
	check := w.page(t, w.receptionist, path+"/check").text()
	require.Contains(t, check, "They do not do that here")
	require.Contains(t, check, "The pantry on Elm Street does.")
	require.NotContains(t, check, "Send referral")
	require.Equal(t, http.StatusUnprocessableEntity, w.send(t, w.receptionist, ready, "/send", url.Values{"overlap": {"none"}}).Status, "an old page does not send it either")
	res = w.call(t, w.receptionist, http.MethodPost, "/referrals", map[string]any{
		"patient_ref": ref, "red_flags_clear": true, "need": "food", "receivers": []any{map[string]any{"kind": "team", "id": w.team}}, "consent": map[string]any{"given": true, "how": "phone"},
	})
	require.Equal(t, http.StatusUnprocessableEntity, res.Status, res.Body)
	require.Contains(t, res.Body, "The pantry on Elm Street does.")
}
