package vcse_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/schemas/terms"
	said "example.org/waypost/schemas/vcse"
)

// TestABounceAsksForExactlyWhatItsReasonNeeds: what is missing is named by its field, on the page and to a program, without JavaScript.
func TestABounceAsksForExactlyWhatItsReasonNeeds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	v := h.versionOn(h.get(h.jo, "/provider/offers/"+o.OfferID))
	today := h.Now.Now()
	day := func(n int) []string {
		name := "tried_" + strconv.Itoa(n)
		return []string{name + "-day", strconv.Itoa(today.Day()), name + "-month", strconv.Itoa(int(today.Month())), name + "-year", strconv.Itoa(today.Year())}
	}
	for reason, asked := range map[string][]string{
		"mental_health_crisis": {"detail"}, "safeguarding_concern": {"detail"}, "other": {"detail"}, "not_eligible": {"criterion"}, "no_capacity": {"until"},
		"not_our_role": {"whose_role"}, "could_not_contact": {"tried_1", "tried_2", "tried_3"},
	} {
		a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/bounce", form(v, "reason", reason))
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, reason)
		for _, field := range asked {
			require.Contains(t, a.Body, `href="#`+field, "%s: the summary of errors leads to the field", reason)
		}
	}
	refused := o.act(h.jo, "bounce", map[string]any{"reason": "could_not_contact", "tried_on": []string{today.Format(time.DateOnly), "soon"}})
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.Contains(t, refused.Body, "tried_on.1")
	require.Contains(t, refused.Body, "tried_on.2")
	require.NotContains(t, refused.Body, "tried_on.0")

	a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/bounce", form(v, slices.Concat([]string{"reason", "could_not_contact"}, day(1), day(2), day(3))...))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	var p said.OfferBouncedV1
	h.Last(o.PatientRef, &p)
	require.Len(t, p.TriedOn, 3)
	require.Equal(t, today.Format(time.DateOnly), p.TriedOn[0])
}

// TestABounceForWantOfRoomIsToldToEverybody: the service is shown without room until the day it named, and a new report replaces that.
func TestABounceForWantOfRoomIsToldToEverybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	o := h.offer(service)
	o.must(h.jo, "bounce", map[string]any{"reason": "no_capacity", "until_on": "2099-01-04"})
	var c said.CapacityReportedV1
	h.Last(service, &c)
	require.Equal(t, terms.CapacityNone, c.Status)
	require.Equal(t, "2099-01-04", c.UntilOn)
	require.Equal(t, h.jo.Person.ID, c.ReportedBy)
}

// TestAnEndForWantOfReachingThemNamesThreeTries: as a bounce does, on the page and to a program; another outcome asks for none.
func TestAnEndForWantOfReachingThemNamesThreeTries(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	o.must(h.jo, "accept", nil)
	page := h.get(h.jo, "/provider/offers/"+o.OfferID)
	v := h.versionOn(page)
	today := h.Now.Now().In(clock.London)
	fields := []string{"outcome", "could_not_contact"}
	for n := 1; n <= 3; n++ {
		name := "tried_" + strconv.Itoa(n)
		require.Contains(t, page.Body, `name="`+name+`-day"`)
		fields = append(fields, name+"-day", strconv.Itoa(today.Day()), name+"-month", strconv.Itoa(int(today.Month())), name+"-year", strconv.Itoa(today.Year()))
	}
	a := h.post(h.jo, "/provider/offers/"+o.OfferID+"/end", form(v, fields[:8]...))
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.NotContains(t, a.Body, `href="#tried_1`)
	require.Contains(t, a.Body, `href="#tried_2`)
	require.Contains(t, a.Body, `href="#tried_3`)

	day := today.Format(time.DateOnly)
	refused := o.act(h.jo, "end", map[string]any{"outcome": "could_not_contact", "tried_on": []string{day, "2099-01-04"}})
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.NotContains(t, refused.Body, "tried_on.0")
	require.Contains(t, refused.Body, "tried_on.1")
	require.Contains(t, refused.Body, "tried_on.2")

	a = h.post(h.jo, "/provider/offers/"+o.OfferID+"/end", form(v, fields...))
	require.Equal(t, http.StatusSeeOther, a.Status, a.Body)
	var p said.SupportEndedV1
	h.Last(o.PatientRef, &p)
	require.Equal(t, terms.OutcomeCouldNotContact, p.Outcome)
	require.Equal(t, []string{day, day, day}, p.TriedOn)

	other := h.offer(h.service("Walking club"))
	other.must(h.jo, "accept", nil)
	other.must(h.jo, "end", map[string]any{"outcome": "did_not_start", "tried_on": []string{day}})
	var plain said.SupportEndedV1
	h.Last(other.PatientRef, &plain)
	require.Empty(t, plain.TriedOn, "what the outcome does not ask for is not sent")
}
