package linkworker_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
)

// any calls a route with a body that it would take.
func (h *house) any(as actor.Actor, rt httpx.Route, path string) answer {
	h.T.Helper()
	switch {
	case rt.Method == http.MethodGet:
		return h.get(as, path)
	case rt.Face == httpx.FaceAPI:
		return h.send(as, rt.Method, strings.TrimPrefix(path, "/api/linkworker/v1"), `"1"`, id.New(), apiBodies[rt.Name])
	}
	return h.post(as, path, form("1", append([]string{
		"assign_to", as.Person.ID, "question", "x", "reason", "made_in_error", "detail", "x", "rung", "nobody_yet", "note", "x", "how", "phone",
		"result", "reached", "stage", "start", "matters", "x", "goal-1", "x", "need", "loneliness", "urgency", "routine", "consent", "yes", "consent_how", "phone", "receiver", "any", "overlap", "none",
		"outcome", "helped", "answer", "x",
	}, append(h.day("on", 0), h.day("review", 3)...)...)...))
}

var apiBodies = map[string]map[string]any{
	"accept-offer": {}, "ask-about-offer": {"question": "x"}, "bounce-offer": {"reason": "wrong_area"}, "report-crisis": {"whom_rung": "nobody_yet", "note": "x"},
	"assign-offer": {"assign_to": id.New()}, "record-contact": {"how": "phone", "result": "reached"}, "record-assessment": {"stage": "start", "matters": "x"},
	"agree-plan": {"goals": []any{map[string]any{"text": "x"}}, "review_on": "2030-01-01"}, "end-support": {"outcome": "helped"}, "give-information": {"answer": "x"},
	"refer-on":          {"need": "loneliness", "urgency": "routine", "consent": map[string]any{"given": true, "how": "phone"}},
	"withdraw-referral": {"reason": "made_in_error"},
}

// Every route that names something, as another team and as another kind of organisation.
func TestNoOtherTeamSeesOrChangesAnything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	sent := h.refer(o)
	before := len(h.Said(o.PatientRef))
	walked := 0
	for _, rt := range h.door.Routes() {
		if !strings.Contains(rt.Pattern, "{id}") {
			continue
		}
		walked++
		named := o.OfferID
		switch {
		case strings.Contains(rt.Pattern, "/referrals/{id}"):
			named = sent
		case strings.Contains(rt.Pattern, "/people/{id}"):
			named = o.PatientRef
		}
		path := strings.ReplaceAll(rt.Pattern, "{id}", named)
		a := h.any(h.zoe, rt, path)
		want := http.StatusNotFound
		if strings.Contains(rt.Pattern, "/parked/") {
			want = http.StatusForbidden // the area's office alone: no team gets as far as asking which event
		}
		require.Equal(t, want, a.Status, "%s %s: %s", rt.Method, path, a.Body)
		require.NotContains(t, a.Body, "Alma")
		denied := h.any(h.reception, rt, path)
		require.Equal(t, http.StatusForbidden, denied.Status, "%s %s", rt.Method, path)
	}
	require.Greater(t, walked, 30)
	for _, path := range []string{"/link-worker", "/link-worker/tray", "/link-worker/people", "/link-worker/referrals", "/link-worker/meetings", "/api/linkworker/v1/offers?show=people", "/api/linkworker/v1/referrals"} {
		a := h.get(h.zoe, path)
		require.Equal(t, http.StatusOK, a.Status)
		require.NotContains(t, a.Body, "Alma")
		require.NotContains(t, a.Body, o.OfferID)
	}
	require.NotContains(t, h.post(h.zoe, "/link-worker/people/find", form("", "q", "Quist")).Body, "Alma")
	require.Len(t, h.Said(o.PatientRef), before, "and nothing was said")
}

// A service lead of another kind of organisation has the role, and is told which set-up is wrong and who can fix it.
func TestUX25_ALeadOfAPracticeIsToldWhyTheyMayNotSeeThis(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lead := h.person("Petra Lead", "service_lead", h.practice, "practice", "Elm Street Surgery")
	a := h.get(lead, "/link-worker")
	require.Equal(t, http.StatusForbidden, a.Status)
	require.Contains(t, a.Body, "workspace of link worker teams")
	require.Equal(t, http.StatusForbidden, h.get(lead, "/api/linkworker/v1/offers").Status)
}

func TestUX19_EveryViewOfAPersonIsOnTheAccessLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	sent := h.refer(o)
	seen := func() (n int) {
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from audit where verb = 'read' and person_id = $1 and patient_ref = $2`, h.omar.Person.ID, o.PatientRef).Scan(&n))
		return n
	}
	for _, path := range []string{
		o.path(), o.path() + "/contact", o.path() + "/crisis", o.path() + "/plan", "/link-worker/people/" + o.PatientRef, "/link-worker/people",
		"/link-worker/referrals", "/link-worker/referrals/" + sent, "/link-worker/referrals/" + sent + "/withdraw", "/api/linkworker/v1/offers/" + o.OfferID,
	} {
		before := seen()
		a := h.get(h.omar, path)
		require.Equal(t, http.StatusOK, a.Status, path)
		require.Greater(t, seen(), before, path)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		if i := strings.Index(a.Body, "<title>"); i > 0 {
			require.NotContains(t, a.Body[i:strings.Index(a.Body, "</title>")], "Quist", "titles name nobody")
		}
	}
	before := seen()
	h.post(h.omar, "/link-worker/people/find", form("", "q", "Quist"))
	require.Greater(t, seen(), before)
}

// Nothing that could name somebody stands where it is not sealed.
func TestNothingReadableLeavesOrStaysBehind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.accepted()
	h.refer(o, "narrative", "Quist likes to sing")
	for _, table := range []string{"outbox", "inbox", "idempotency", "audit", "looked"} {
		var n int
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from `+table+` x where x::text ~ 'Quist|9990000018|0161 496 0000|Widowed'`).Scan(&n))
		require.Zero(t, n, table)
	}
	for _, e := range h.Said("") {
		for _, word := range []string{"Quist", "9990000018", "Widowed"} {
			require.NotContains(t, string(e.Data), word, e.Type)
		}
	}
}
