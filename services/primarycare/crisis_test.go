package primarycare_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
)

var hole = regexp.MustCompile(`\{[^}]*\}`)

// Whatever a receptionist looks at, a refusal and a page that is not there too, one click leads to the crisis route.
func TestTheCrisisRouteIsOnEveryPageOfTheDesk(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.receptionist, 1)
	walked := 0
	for _, rt := range w.door.Edge.Routes() {
		if rt.Method != http.MethodGet || rt.Face != httpx.FacePage || !strings.HasPrefix(rt.Pattern, "/practice") || strings.Contains(rt.Pattern, "storybook") || strings.Contains(rt.Pattern, "parked") {
			continue
		}
		for _, with := range []string{ref, id.New()} {
			path := hole.ReplaceAllString(rt.Pattern, with)
			page := w.page(t, w.receptionist, path)
			if page.Status == http.StatusSeeOther {
				continue // the page it leads to is walked too
			}
			require.Contains(t, page.Body, `href="/practice/crisis"`, "%s answers %d", path, page.Status)
			walked++
		}
	}
	require.Greater(t, walked, 30)
}

// The broker is gone, nobody answers for any other service, and the person has agreed to nothing: the duty clinician is told, the clock
// runs, and what must reach others waits in our own database.
func TestTheCrisisRouteNeedsNobodyElseAndNoConsent(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	w.setDuty(t)
	ref := w.addPatient(t, w.receptionist, 1)
	w.Broker.Server.Shutdown()
	require.NotContains(t, w.page(t, w.receptionist, "/practice/crisis?patient="+ref).text(), "consent to share")
	res := w.submit(t, w.receptionist, "/practice/crisis?patient="+ref, "/practice/crisis", url.Values{"note": {"He tried to end his life last night."}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	require.Contains(t, w.page(t, w.receptionist, res.Location).text(), "Dr Asha Patel must answer by")
	res = w.submit(t, w.gp, res.Location, "/acknowledge", url.Values{"action": {"ambulance_called"}})
	require.Contains(t, res.Location, "done=acknowledged", res.text())
	var waiting int
	require.NoError(t, w.Admin.QueryRow(context.Background(), `select count(*) from outbox where event_type like '%red_flag%'`).Scan(&waiting))
	require.Equal(t, 2, waiting, "both facts are kept, and told when the broker is back")
}
