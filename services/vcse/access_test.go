package vcse_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/services/vcse/internal/store"
)

// TestNoOtherProviderSeesAnOffer walks every route of the table that names an offer, as another provider's worker.
func TestNoOtherProviderSeesAnOffer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	walked := 0
	for _, rt := range h.door.Routes() {
		if !strings.Contains(rt.Pattern, "/offers/{id}") {
			continue
		}
		walked++
		path := strings.ReplaceAll(rt.Pattern, "{id}", o.OfferID)
		a := h.any(h.ravi, rt, path, "")
		require.Equal(t, http.StatusNotFound, a.Status, "%s %s: %s", rt.Method, path, a.Body)
		require.NotContains(t, a.Body, "Alma")
		denied := h.any(h.reception, rt, path, "")
		require.Equal(t, http.StatusForbidden, denied.Status, "%s %s", rt.Method, path)
	}
	require.Greater(t, walked, 15)
	for _, path := range []string{"/provider", "/provider/offers?show=all", "/api/vcse/v1/offers"} {
		a := h.get(h.ravi, path)
		require.Equal(t, http.StatusOK, a.Status)
		require.NotContains(t, a.Body, "Alma")
		require.NotContains(t, a.Body, o.OfferID)
	}
	require.NotContains(t, h.post(h.ravi, "/provider/find", form("", "find", "Quist")).Body, "Alma")
	b, _ := o.read()
	require.EqualValues(t, 1, b.Version, "nothing was changed")
}

// any calls a route with a body that it would take; text is what stands in every text.
func (h *house) any(as actor.Actor, rt httpx.Route, path, text string) answer {
	h.T.Helper()
	if rt.Method == http.MethodGet {
		return h.get(as, path)
	}
	if rt.Face != httpx.FaceAPI {
		return h.post(as, path, form("1", "reason", "other", "detail", "x"+text, "question", "x"+text, "outcome", "helped", "note", "x"+text, "result", "attended",
			"session-day", "1", "session-month", "1", "session-year", "2026", "status", "capacity", "text", "x"+text, "kind", "note", "why", "x"+text, "name", "x"+text,
			"accepts_referrals", "no", "decision", "refuse", "find", "x"+text))
	}
	return h.send(as, rt.Method, strings.TrimPrefix(path, "/api/vcse/v1"), `"1"`, id.New(), bodyFor(rt.Name, text))
}

// bodyFor is a body that the operation takes.
func bodyFor(operation, text string) map[string]any {
	bodies := map[string]map[string]any{
		"bounce-offer": {"reason": "other", "detail": "x" + text}, "ask-about-offer": {"question": "x" + text}, "assign-offer": {"assigned_to": ""},
		"record-attendance": {"session_on": "2026-01-01", "result": "attended"}, "end-support": {"outcome": "helped", "note": "x" + text},
		"add-service": {"name": "x" + text, "status": "active"}, "change-service": {"name": "x" + text, "status": "active"}, "report-capacity": {"status": "capacity"},
		"add-note": {"kind": "note", "text": "x" + text}, "claim-service": {"service_id": id.New(), "why": "x" + text}, "decide-claim": {"confirm": false, "note": "x" + text},
	}
	if b := bodies[operation]; b != nil {
		return b
	}
	return map[string]any{}
}

// TestAServiceIsChangedByItsProviderAlone: everybody may read it, nobody else may change it.
func TestAServiceIsChangedByItsProviderAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 3)
	for _, who := range []actor.Actor{h.ravi, h.reception, h.coordinator} {
		require.Equal(t, http.StatusOK, h.get(who, "/provider/services/"+service).Status)
	}
	for _, rt := range h.door.Routes() {
		if !rt.Write || !strings.Contains(rt.Pattern, "/services/{id}") || strings.HasSuffix(rt.Pattern, "/notes") {
			continue
		}
		a := h.any(h.ravi, rt, strings.ReplaceAll(rt.Pattern, "{id}", service), "")
		require.Equal(t, http.StatusForbidden, a.Status, "%s %s: %s", rt.Method, rt.Pattern, a.Body)
	}
	require.Equal(t, http.StatusForbidden, h.get(h.ravi, "/provider/services/"+service+"/edit").Status)
	require.Equal(t, []string{"service_published", "capacity_reported"}, h.saidTypes(service))
}

// TestEveryTableForcesRowLevelSecurity also shows that the open directory's actor sees services and nothing else.
func TestEveryTableForcesRowLevelSecurity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.offer(h.service("Tea and talk"))
	var open []string
	rows, err := h.Admin.Query(t.Context(), `select relname from pg_class where relnamespace = 'vcse'::regnamespace and relkind = 'r'
		and not (relrowsecurity and relforcerowsecurity) and relname not like 'migration_%'`)
	require.NoError(t, err)
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		open = append(open, name)
	}
	rows.Close()
	require.Empty(t, open)
	for _, c := range store.PersonalData {
		var there bool
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select exists (select from information_schema.columns where table_schema = 'vcse' and table_name = $1 and column_name = $2)`, c.Table, c.Column).Scan(&there))
		require.True(t, there, c)
	}
	_, err = h.Admin.Exec(t.Context(), `set role vcse_matcher`)
	require.NoError(t, err)
	defer func() { _, _ = h.Admin.Exec(t.Context(), `reset role`) }()
	var n int
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(name) from service`).Scan(&n))
	require.Equal(t, 1, n)
	for _, sql := range []string{`select count(provider_id) from service`, `select count(*) from offer`, `select count(*) from message`, `select count(*) from note`, `select count(*) from claim`, `select count(*) from capacity`} {
		require.Error(t, h.Admin.QueryRow(t.Context(), sql).Scan(&n), sql)
	}
}

const hostile = `"><script>alert(1)</script>' OR 1=1 -- ${x} {{.}} %s `

// TestHostileInputIsRefusedOrShownEscaped sends missing, over-long, wrong, non-UTF-8 and hostile text to every writing route.
func TestHostileInputIsRefusedOrShownEscaped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, rt := range h.door.Routes() {
		if !rt.Write {
			continue
		}
		service := h.service("Tea and talk")
		o := h.offer(service)
		as, thing := h.lead, service
		switch {
		case strings.Contains(rt.Pattern, "/offers/"):
			thing = o.OfferID
		case strings.Contains(rt.Pattern, "/claims/{id}"):
			as = h.coordinator
			thing = id.New()
		case strings.Contains(rt.Pattern, "/parked/"):
			as = h.coordinator // the area's office alone
			thing = id.New()
		}
		path := strings.ReplaceAll(rt.Pattern, "{id}", thing)
		h.noHarm(as, rt, path, "", "as it is")
		h.noHarm(as, rt, path, hostile, "hostile")
		h.noHarm(as, rt, path, strings.Repeat("ø", 30_000), "over-long")
		unknown := strings.ReplaceAll(rt.Pattern, "{id}", "not-an-id")
		if unknown != rt.Pattern {
			require.Equal(t, http.StatusNotFound, h.any(as, rt, unknown, "").Status, "%s %s", rt.Method, unknown)
		}
		if rt.Face == httpx.FacePage {
			require.Less(t, h.post(as, path, url.Values{"idempotency_key": {id.New()}, "version": {"1"}}).Status, 500, path)
			require.Equal(t, http.StatusBadRequest, h.post(as, path, form("1", "text", "\xff\xfe")).Status, path)
			require.Equal(t, http.StatusBadRequest, h.post(as, path, url.Values{"version": {"1"}}).Status, "without a key: %s", path)
			require.Equal(t, http.StatusRequestEntityTooLarge, h.post(as, path, form("1", "text", strings.Repeat("x", httpx.DefaultMaxBody))).Status, path)
			continue
		}
		for _, body := range []any{map[string]any{}, map[string]any{"unknown": 1}, []int{1}, "text"} {
			a := h.send(as, rt.Method, strings.TrimPrefix(path, "/api/vcse/v1"), `"1"`, id.New(), body)
			require.Less(t, a.Status, 500, "%s %s %v: %s", rt.Method, path, body, a.Body)
		}
	}
	page := h.get(h.lead, "/provider/services")
	require.NotContains(t, page.Body, "<script>alert(1)")
}

func (h *house) noHarm(as actor.Actor, rt httpx.Route, path, text, what string) {
	h.T.Helper()
	a := h.any(as, rt, path, text)
	require.Less(h.T, a.Status, 500, "%s %s, %s: %s", rt.Method, path, what, a.Body)
	require.NotContains(h.T, a.Body, "<script>alert(1)", "%s %s, %s", rt.Method, path, what)
	if a.Status >= 400 && rt.Face == httpx.FaceAPI {
		var p httpx.Problem
		require.NoError(h.T, json.Unmarshal([]byte(a.Body), &p), a.Body)
		require.NotContains(h.T, a.Body, "OR 1=1", "what was sent is not repeated")
	}
}
