package register_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// line writes a line about a need of its own straight into the database.
func (k *desk) line(t *testing.T) string {
	t.Helper()
	line := id.New()
	_, err := k.Admin.Exec(t.Context(), `insert into role_scope (id, role, act, about, allowed, from_on, set_by, set_at, changed_by, changed_at, version)
		values ($1, 'gp', 'refer', $2, true, '2026-01-01', $1, now(), $1, now(), 1)`, line, line)
	require.NoError(t, err)
	return line
}

func (k *desk) day(days int) time.Time { return k.Now.Now().In(clock.London).AddDate(0, 0, days) }

func lineForm(of, allowed, door string, from time.Time) url.Values {
	f := url.Values{"role": {"receptionist"}, "act": {"refer"}, "of": {of}, "allowed": {allowed}, "door": {door}}
	f.Set("from_on-day", from.Format("2"))
	f.Set("from_on-month", from.Format("1"))
	f.Set("from_on-year", from.Format("2006"))
	return f
}

func TestTheOfficeSaysWhatRolesMayDoAndALeadReadsIt(t *testing.T) {
	t.Parallel()
	k := open(t)
	status, page := k.get(k.lead, "/register/roles-and-tiers")
	require.Equal(t, http.StatusOK, status)
	for _, words := range []string{"Care navigation, Essential or higher", "Care navigation, Enhanced or higher", "Sensitive needs and services", "national domestic abuse helpline"} {
		require.Contains(t, page, words)
	}
	require.NotContains(t, page, "Write a line", "a lead reads")
	status, _ = k.post(k.lead, "/register/roles-and-tiers", lineForm("housing", "no", "The town hall", k.day(0)))
	require.Equal(t, http.StatusForbidden, status)

	status, body := k.post(k.coordinator, "/register/roles-and-tiers", lineForm("housing", "no", "", k.day(-1)))
	require.Equal(t, http.StatusUnprocessableEntity, status, body)
	require.Contains(t, body, "Say who or what is right instead")
	require.Contains(t, body, "The first day must be today or later")
	status, body = k.post(k.coordinator, "/register/roles-and-tiers", lineForm("housing", "no", "The town hall takes these", k.day(0)))
	require.Equal(t, http.StatusSeeOther, status, body)
	_, page = k.get(k.lead, "/register/roles-and-tiers")
	require.Contains(t, page, "The town hall takes these")
	require.Contains(t, page, "Not for this role")
	status, body = k.post(k.coordinator, "/register/roles-and-tiers", lineForm("housing", "no", "Another door", k.day(0)))
	require.Equal(t, http.StatusConflict, status, body)

	var list struct {
		Items []struct {
			ID      string
			Of      string
			InForce bool `json:"in_force"`
		}
	}
	_, body = k.get(k.lead, "/api/register/v1/role-scope")
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	line := ""
	for _, l := range list.Items {
		if l.Of == "housing" {
			line = l.ID
			require.True(t, l.InForce)
		}
	}
	today := k.day(0).Format(time.DateOnly)
	status, answer := k.call(k.coordinator, "POST", "/role-scope/"+line+"/end", `{"until_on":"`+k.day(-1).Format(time.DateOnly)+`"}`, map[string]string{"If-Match": `"1"`})
	require.Equal(t, http.StatusUnprocessableEntity, status, answer)
	status, answer = k.call(k.coordinator, "POST", "/role-scope/"+line+"/end", `{"until_on":"`+today+`"}`, map[string]string{"If-Match": `"1"`})
	require.Equal(t, http.StatusOK, status, answer)
	told := k.Said(line)
	require.Len(t, told, 2, "written, and given a last day")
}

// Two coordinators give one line two last days at once: one does, the other looks again.
func TestTwoEndALineAtOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	second := k.works("Second Coordinator", terms.RoleCoordinator, k.office)
	line := k.line(t)
	var wait sync.WaitGroup
	answers := make([]int, 2)
	for i := range answers {
		who := k.coordinator
		if i == 1 {
			who = second
		}
		wait.Go(func() {
			answers[i], _ = k.call(who, "POST", "/role-scope/"+line+"/end", `{"until_on":"`+k.day(i+1).Format(time.DateOnly)+`"}`, map[string]string{"If-Match": `"1"`})
		})
	}
	wait.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusPreconditionFailed}, answers)
}
