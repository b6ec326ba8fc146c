package httpx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn/authntest"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
)

var somebody = actor.Actor{Person: actor.Person{ID: "018f0000-0000-7000-8000-000000000001"}, Role: "provider_worker", Organisation: "018f0000-0000-7000-8000-000000000002"}

func config(t *testing.T) httpx.Config {
	t.Helper()
	return httpx.Config{
		Service: "vcse", Secret: bytes.Repeat([]byte{7}, 32), Guard: authntest.Guard(t), InternalToken: "own",
		NewID: func() string { return "018f0000-0000-7000-8000-00000000000a" },
	}
}

func edge(t *testing.T, routes ...httpx.Route) http.Handler {
	t.Helper()
	e := httpx.New(config(t))
	e.Mount(routes...)
	return e.Handler()
}

func ok(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "ok")
	return err
}

func failing(err error) httpx.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func request(method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return authntest.As(r, somebody)
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func problem(t *testing.T, w *httptest.ResponseRecorder) httpx.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"), w.Body.String())
	var p httpx.Problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, w.Code, p.Status)
	return p
}

const form = "application/x-www-form-urlencoded"

// Every answer, good or bad, of every face carries the same headers; the file is what they are.
func TestHeadersAreGolden(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.HTTPS = true
	e := httpx.New(c)
	e.Mount(
		httpx.Route{Method: http.MethodGet, Pattern: "/page", Handler: ok},
		httpx.Route{Method: http.MethodGet, Pattern: "/wrong", Handler: failing(errors.New("oh"))},
		httpx.Route{Method: http.MethodGet, Pattern: "/panic", Handler: func(http.ResponseWriter, *http.Request) error { panic("oh") }},
		httpx.Route{Method: http.MethodGet, Pattern: "/style.css", Face: httpx.FaceAsset, Handler: ok},
		httpx.Route{Method: http.MethodGet, Pattern: "/api/vcse/v1/things", Face: httpx.FaceAPI, Handler: ok},
	)
	var got strings.Builder
	for _, path := range []string{"/page", "/wrong", "/panic", "/absent", "/style.css", "/api/vcse/v1/things", "/api/vcse/v1/absent"} {
		w := answer(e.Handler(), request("GET", path, ""))
		fmt.Fprintf(&got, "%s %d\n", path, w.Code)
		var lines []string
		for name, values := range w.Header() {
			lines = append(lines, fmt.Sprintf("  %s: %s", name, strings.Join(values, ", ")))
		}
		slices.Sort(lines)
		got.WriteString(nonceless(strings.Join(lines, "\n")) + "\n")
	}
	const golden = "testdata/headers.golden"
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String())
}

func nonceless(s string) string {
	before, rest, found := strings.Cut(s, "'nonce-")
	if !found {
		return s
	}
	_, after, _ := strings.Cut(rest, "'")
	return before + "'nonce-…'" + after
}

func TestNonceIsNewEachTimeAndInThePolicy(t *testing.T) {
	t.Parallel()
	var seen []string
	h := edge(t, httpx.Route{Method: http.MethodGet, Pattern: "/", Handler: func(_ http.ResponseWriter, r *http.Request) error {
		seen = append(seen, httpx.Nonce(r.Context()))
		return nil
	}})
	for range 2 {
		w := answer(h, request("GET", "/", ""))
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "script-src 'nonce-"+seen[len(seen)-1]+"'")
	}
	require.NotEqual(t, seen[0], seen[1])
	require.GreaterOrEqual(t, len(seen[0]), 22)
}

func TestEveryMeaningHasItsStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{fault.Invalid("name", "Enter a name"), 422, "invalid"},
		{fault.NotFound("offer"), 404, "not_found"},
		{fault.Conflict("already_accepted", "Ann accepted this"), 409, "already_accepted"},
		{fault.Stale("It was changed"), 412, "stale"},
		{fault.PreconditionRequired(), 428, "precondition_required"},
		{fault.Forbidden("Ask"), 403, "forbidden"},
		{fault.Mismatch(), 422, "idempotency_key_reused"},
		{fault.Unavailable("Later"), 503, "unavailable"},
		{httpx.Unauthenticated(), 401, "unauthenticated"},
		{&pgconn.PgError{Code: "40001", Message: "could not serialize"}, 503, "unavailable"},
		{&pgconn.PgError{Code: "57P01", Message: "terminating"}, 503, "unavailable"},
		{context.DeadlineExceeded, 503, "unavailable"},
		{errors.New("a secret"), 500, "internal"},
		{&fault.Error{Meaning: "unheard of", Message: "a secret"}, 500, "internal"},
	} {
		h := edge(t,
			httpx.Route{Method: http.MethodGet, Pattern: "/api/x", Face: httpx.FaceAPI, Handler: failing(fmt.Errorf("accept offer: %w", c.err))},
			httpx.Route{Method: http.MethodGet, Pattern: "/page", Handler: failing(fmt.Errorf("accept offer: %w", c.err))})
		w := answer(h, request("GET", "/api/x", ""))
		p := problem(t, w)
		require.Equal(t, c.status, w.Code, c.err)
		require.Equal(t, c.code, p.Code)
		require.NotContains(t, w.Body.String(), "secret")
		require.NotContains(t, w.Body.String(), "accept offer")
		require.Equal(t, c.status == 503, w.Header().Get("Retry-After") != "")
		page := answer(h, request("GET", "/page", ""))
		require.Equal(t, c.status, page.Code)
		require.Contains(t, page.Body.String(), p.Detail)
	}
}

func TestErrorPageIsTheServicesOwn(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.ErrorPage = func(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "%d %s %s", status, f.Message, httpx.RequestID(r.Context()))
	}
	e := httpx.New(c)
	e.Mount(httpx.Route{Method: http.MethodGet, Pattern: "/page", Handler: failing(fault.NotFound("offer"))})
	require.Contains(t, answer(e.Handler(), request("GET", "/page", "")).Body.String(), "404 There is no such offer")
	require.Contains(t, answer(e.Handler(), request("GET", "/nowhere", "")).Body.String(), "404 There is no page")
	w := answer(e.Handler(), request("DELETE", "/page", ""))
	require.Equal(t, 405, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

func TestLogHoldsVerbsAndIdentifiersOnly(t *testing.T) {
	t.Parallel()
	const typed = "Margaret-Blenkinsop"
	_, numErr := strconv.Atoi(typed)
	var into struct{ N int }
	jsonErr := json.Unmarshal([]byte(`{"N":"`+typed+`"}`), &into)
	_, timeErr := time.Parse(time.RFC3339, typed)
	for name, err := range map[string]error{
		"postgres": fmt.Errorf("accept offer: %w", &pgconn.PgError{Code: "22P02", Message: "invalid input syntax: " + typed, Detail: typed}),
		"number":   fmt.Errorf("accept offer: %w", numErr),
		"json":     fmt.Errorf("accept offer: %w", jsonErr),
		"time":     fmt.Errorf("accept offer: read date: %w", timeErr),
		"joined":   fmt.Errorf("accept offer: %w", errors.Join(numErr, timeErr)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zap.DebugLevel)
			c := config(t)
			c.Log = zap.New(core)
			e := httpx.New(c)
			e.Mount(httpx.Route{Method: http.MethodPost, Pattern: "/offers/{id}", Handler: failing(err)})
			w := answer(e.Handler(), request("POST", "/offers/"+typed+"?q="+typed, "name="+typed, "Content-Type", form))
			require.Equal(t, 500, w.Code)
			require.Equal(t, 1, logs.Len())
			line, err := json.Marshal(logs.All()[0].ContextMap())
			require.NoError(t, err)
			require.NotContains(t, string(line), typed)
			require.Contains(t, string(line), "accept offer: ")
			require.Contains(t, string(line), `"route":"POST /offers/{id}"`)
			require.Contains(t, string(line), somebody.Person.ID)
		})
	}
}

func TestPanicsAreCaughtAndTheirValueIsNotLogged(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	c := config(t)
	c.Log = zap.New(core)
	e := httpx.New(c)
	e.Mount(httpx.Route{Method: http.MethodGet, Pattern: "/page", Handler: func(http.ResponseWriter, *http.Request) error { panic("Margaret") }})
	require.Equal(t, 500, answer(e.Handler(), request("GET", "/page", "")).Code)
	line := fmt.Sprint(logs.All()[0].ContextMap())
	require.NotContains(t, line, "Margaret")
	require.Contains(t, line, "edge_test.go", "the stack is there")
}

func TestAnAnswerThatHadBegunIsNotMixedWithAnError(t *testing.T) {
	t.Parallel()
	h := edge(t, httpx.Route{Method: http.MethodGet, Pattern: "/page", Handler: func(w http.ResponseWriter, r *http.Request) error {
		io.WriteString(w, "half")
		return errors.New("oh")
	}})
	require.Equal(t, "half", answer(h, request("GET", "/page", "")).Body.String())
}

func TestRoutesNeedAGuardAndAGoodSecret(t *testing.T) {
	t.Parallel()
	require.Panics(t, func() { httpx.New(httpx.Config{Secret: []byte("short")}) })
	e := httpx.New(httpx.Config{Secret: bytes.Repeat([]byte{7}, 32)})
	require.Panics(t, func() { e.Mount(httpx.Route{Method: http.MethodGet, Pattern: "/page", Handler: ok}) })
}

func TestWhoMayEnter(t *testing.T) {
	t.Parallel()
	h := edge(t,
		httpx.Route{Method: http.MethodGet, Pattern: "/mine", Handler: ok, Roles: []string{"provider_worker"}},
		httpx.Route{Method: http.MethodGet, Pattern: "/theirs", Handler: ok, Roles: []string{"gp"}},
		httpx.Route{Method: http.MethodGet, Pattern: "/open", Handler: ok, Public: true},
		httpx.Route{Method: http.MethodGet, Pattern: "/internal", Handler: ok, Face: httpx.FaceInternal})
	require.Equal(t, 200, answer(h, request("GET", "/mine", "")).Code)
	require.Equal(t, 403, answer(h, request("GET", "/theirs", "")).Code)
	require.Equal(t, 401, answer(h, httptest.NewRequest(http.MethodGet, "/mine", nil)).Code)
	require.Equal(t, 200, answer(h, httptest.NewRequest(http.MethodGet, "/open", nil)).Code)
	require.Equal(t, 403, answer(h, request("GET", "/internal", "")).Code)
	require.Equal(t, 403, answer(h, request("GET", "/internal", "", "Waypost-Service-Token", "other")).Code)
	require.Equal(t, 200, answer(h, request("GET", "/internal", "", "Waypost-Service-Token", "own")).Code)
	c := config(t)
	c.InternalToken = ""
	e := httpx.New(c)
	e.Mount(httpx.Route{Method: http.MethodGet, Pattern: "/internal", Handler: ok, Face: httpx.FaceInternal})
	require.Equal(t, 403, answer(e.Handler(), request("GET", "/internal", "")).Code, "no token set up lets nobody in")
}

func TestOtherSitesCanNotSendForms(t *testing.T) {
	t.Parallel()
	h := edge(t, httpx.Route{Method: http.MethodPost, Pattern: "/x", Handler: ok}, httpx.Route{Method: http.MethodPost, Pattern: "/api/x", Face: httpx.FaceAPI, Handler: ok})
	for _, path := range []string{"/x", "/api/x"} {
		require.Equal(t, 403, answer(h, request("POST", path, "", "Sec-Fetch-Site", "cross-site")).Code)
		require.Equal(t, 403, answer(h, request("POST", path, "", "Sec-Fetch-Site", "same-site")).Code)
		require.Equal(t, 403, answer(h, request("POST", path, "", "Origin", "https://evil.example")).Code)
		require.Equal(t, 200, answer(h, request("POST", path, "", "Sec-Fetch-Site", "same-origin")).Code)
		require.Equal(t, 200, answer(h, request("POST", path, "", "Origin", "http://example.com")).Code)
	}
}

func TestCorrelationIsTakenFromTheCallerOrMade(t *testing.T) {
	t.Parallel()
	var got event.Cause
	h := edge(t, httpx.Route{Method: http.MethodGet, Pattern: "/", Handler: func(_ http.ResponseWriter, r *http.Request) error {
		got = event.CauseOf(r.Context())
		return nil
	}})
	const given = "018f0000-0000-7000-8000-0000000000ff"
	answer(h, request("GET", "/", "", "X-Correlation-Id", given, "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
	require.Equal(t, event.Cause{Correlation: given, Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, got)
	answer(h, request("GET", "/", "", "X-Correlation-Id", "Margaret\nx", "Traceparent", "nonsense"))
	require.Equal(t, event.Cause{Correlation: "018f0000-0000-7000-8000-00000000000a"}, got)
}
