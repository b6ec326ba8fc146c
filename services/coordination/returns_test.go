package coordination_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/terms"
)

// A referral that lands at its practice again all the same is counted once, by way, need and month: as it is for the office, without small
// numbers beyond.
func TestWhatComesBackToThePracticeIsCounted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ref, other := s.patient(), s.patient()
	asked := s.refer(ref, s.practice)
	s.bounce(ref, s.offer(ref, asked.ReferralID), terms.BouncePatientChangedMind)
	taken := s.refer(other, s.practice, of(s.somebody()))
	s.bounce(other, s.offer(other, taken.ReferralID), terms.BounceNoCapacity)
	for range 2 { // said twice, counted once
		s.Tell(other, &primarycare.ReferralWithdrawnV1{
			PatientRef: other, ReferralID: taken.ReferralID, SenderOrganisationID: s.practice, Reason: terms.WithdrawalNoLongerNeeded, By: s.receptionist.Person.ID, At: s.Now.Now(),
		})
	}
	type count struct {
		Need, Choice, Month string
		Count               *int
	}
	type returns struct {
		Exact bool    `json:"exact"`
		Ways  []count `json:"by_way"`
		Needs []count `json:"by_need"`
		Month []count `json:"by_month"`
	}
	var office, beyond returns
	require.NoError(t, json.Unmarshal([]byte(s.page(s.coordinator, apiRoot+"/returns?days=30").Body), &office))
	found := map[string]int{}
	for _, c := range append(append(office.Ways, office.Needs...), office.Month...) {
		found[c.Choice+c.Need+c.Month] += *c.Count
	}
	require.True(t, office.Exact)
	require.Equal(t, map[string]int{
		string(terms.ReturnAskAgain): 1, string(terms.ReturnTakenBack): 1, string(terms.NeedLoneliness): 2, s.Now.Now().In(clock.London).Format("2006-01"): 2,
	}, found)
	page := s.page(s.coordinator, "/case/returns").Body
	require.Contains(t, page, terms.ReturnTakenBack.Label())
	require.Contains(t, page, "<svg")

	lead := doortest.Person("Lea Lead", "service_lead", s.providers[1], "provider", "Phone friends")
	s.grant(lead, s.Now.Now())
	require.NoError(t, json.Unmarshal([]byte(s.page(lead, apiRoot+"/returns").Body), &beyond))
	require.False(t, beyond.Exact)
	for _, c := range append(append(beyond.Ways, beyond.Needs...), beyond.Month...) {
		require.Nil(t, c.Count, "small numbers are not told beyond the office")
	}
	require.Contains(t, s.page(lead, "/case/returns").Body, "fewer than 8")
	require.Equal(t, http.StatusForbidden, s.page(s.receptionist, "/case/returns").Status)
	require.Equal(t, http.StatusUnprocessableEntity, s.page(s.coordinator, "/case/returns?days=7").Status)
	s.Now.Add(40 * 24 * time.Hour)
	require.Contains(t, s.page(s.coordinator, "/case/returns?days=30").Body, "Nothing came back")
}
