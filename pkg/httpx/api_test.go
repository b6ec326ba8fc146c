package httpx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
)

type acceptInput struct {
	httpx.ChangeInput
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Note   string `json:"note" minLength:"1" maxLength:"20"`
		Reason string `json:"reason,omitempty" enum:"full,closed"`
		Email  string `json:"email,omitempty" format:"email"`
		Born   string `json:"born,omitempty" format:"date"`
		Needs  []struct {
			Code string `json:"code"`
			Rank int    `json:"rank,omitempty"`
		} `json:"needs,omitempty"`
	}
}

type offerView struct {
	ID   string `json:"id"`
	Note string `json:"note"`
}

type listInput struct {
	httpx.ListInput
}

const offers = "/api/vcse/v1/offers"

func api(t *testing.T, accept func(context.Context, *acceptInput) (*httpx.One[offerView], error)) (*httpx.Edge, http.Handler) {
	t.Helper()
	e := httpx.New(config(t))
	a := e.API("1.0.0")
	huma.Register(a, huma.Operation{OperationID: "accept-offer", Method: http.MethodPost, Path: "/offers/{id}/accept", Metadata: httpx.Only("provider_worker")}, accept)
	huma.Register(a, huma.Operation{OperationID: "list-offers", Method: http.MethodGet, Path: "/offers"},
		func(ctx context.Context, in *listInput) (*struct{ Body httpx.List[offerView] }, error) {
			return &struct{ Body httpx.List[offerView] }{httpx.ListBody(ctx, in.ListInput, nil, func(o offerView) any { return o.ID })}, nil
		})
	return e, e.Handler()
}

func accept(body string, header ...string) *http.Request {
	return request("POST", offers+"/018f0000-0000-7000-8000-000000000001/accept", body,
		append([]string{"Content-Type", "application/json", "Idempotency-Key", "k", "If-Match", `"3"`}, header...)...)
}

func TestAPIOperation(t *testing.T) {
	t.Parallel()
	var c pg.Command
	var a actor.Actor
	_, h := api(t, func(ctx context.Context, in *acceptInput) (*httpx.One[offerView], error) {
		c = httpx.Command(ctx, "accept offer")
		a, _ = actor.From(ctx)
		v, err := in.Version()
		if err != nil {
			return nil, err
		}
		return &httpx.One[offerView]{ETag: httpx.ETag(v + 1), Body: offerView{in.ID, in.Body.Note}}, nil
	})
	w := answer(h, accept(`{"note":"<b>yes</b>"}`))
	require.Equal(t, 200, w.Code, w.Body.String())
	require.Equal(t, `"4"`, w.Header().Get("ETag"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.JSONEq(t, `{"id":"018f0000-0000-7000-8000-000000000001","note":"<b>yes</b>"}`, w.Body.String())
	require.Equal(t, somebody, a)
	require.NotEmpty(t, c.Key)
	require.Len(t, c.BodyHash, 32)
	list := answer(h, request("GET", offers, ""))
	require.JSONEq(t, `{"items":[]}`, list.Body.String())
}

func TestAPIRefusals(t *testing.T) {
	t.Parallel()
	_, h := api(t, func(_ context.Context, in *acceptInput) (*httpx.One[offerView], error) {
		_, err := in.Version()
		return &httpx.One[offerView]{}, err
	})
	const typed = "Margaret.Blenkinsop"
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		path   string
	}{
		"required":             {accept(`{}`), 422, "note"},
		"too long":             {accept(`{"note":"` + typed + typed + `"}`), 422, "note"},
		"wrong type":           {accept(`{"note":["` + typed + `"]}`), 422, "note"},
		"not in the list":      {accept(`{"note":"x","reason":"` + typed + `"}`), 422, "reason"},
		"bad e-mail":           {accept(`{"note":"x","email":"` + typed + ` <"}`), 422, "email"},
		"bad date":             {accept(`{"note":"x","born":"` + typed + `"}`), 422, "born"},
		"nested and required":  {accept(`{"note":"x","needs":[{"code":"a"},{}]}`), 422, "needs[1].code"},
		"nested and wrong":     {accept(`{"note":"x","needs":[{"code":"a","rank":"` + typed + `"}]}`), 422, "needs[0].rank"},
		"unknown property":     {accept(`{"note":"x","` + typed + `":1}`), 422, "body"},
		"unknown nested":       {accept(`{"note":"x","needs":[{"code":"a","` + typed + `":1}]}`), 422, "needs[0]"},
		"no object":            {accept(`"` + typed + `"`), 422, "body"},
		"no body":              {accept(``), 400, ""},
		"no JSON":              {accept(typed), 400, ""},
		"no version":           {accept(`{"note":"x"}`, "If-Match", ""), 428, ""},
		"no version, bad body": {accept(`{"needs":1}`, "If-Match", ""), 428, ""},
		"no version of ours":   {accept(`{"note":"x"}`, "If-Match", typed), 400, ""},
		"no key":               {accept(`{"note":"x"}`, "Idempotency-Key", ""), 400, ""},
		"unknown parameter":    {request("GET", offers+"?"+typed+"=1", ""), 422, "query"},
		"limit too high":       {request("GET", offers+"?limit=201", ""), 422, "query.limit"},
		"limit of letters":     {request("GET", offers+"?limit="+typed, ""), 422, "query.limit"},
		"no identifier":        {request("POST", offers+"/"+typed+"/accept", `{"note":"x"}`, "Content-Type", "application/json", "Idempotency-Key", "k"), 404, ""},
		"no such address":      {request("GET", offers+"/"+typed, ""), 404, ""},
		"method that is not":   {request("PUT", offers, ""), 405, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := answer(h, c.r)
			require.Equal(t, c.status, w.Code, w.Body.String())
			p := problem(t, w)
			require.NotContains(t, w.Body.String(), "Margaret")
			require.NotContains(t, w.Body.String(), "Blenkinsop")
			require.NotEmpty(t, p.Instance)
			if c.path == "" {
				require.Empty(t, p.Errors)
				return
			}
			require.Len(t, p.Errors, 1, w.Body.String())
			require.Equal(t, c.path, p.Errors[0].Path)
			require.NotEmpty(t, p.Errors[0].Message)
		})
	}
}

func TestAPIHeaderSentTwiceIsNamedAndRefused(t *testing.T) {
	t.Parallel()
	_, h := api(t, func(context.Context, *acceptInput) (*httpx.One[offerView], error) {
		t.Error("it was done")
		return &httpx.One[offerView]{}, nil
	})
	for _, name := range []string{"If-Match", "Idempotency-Key"} {
		for _, second := range []string{`"3"`, "k", `"4"`} {
			r := accept(`{"note":"x"}`)
			r.Header.Add(name, second)
			w := answer(h, r)
			require.Equal(t, http.StatusBadRequest, w.Code, w.Body.String())
			require.Contains(t, problem(t, w).Detail, name)
		}
	}
}

func TestAPIErrorsOfTheApp(t *testing.T) {
	t.Parallel()
	for status, err := range map[int]error{
		409: fault.Conflict("already_accepted", "Ann accepted this at 10:42"), 412: fault.Stale("It was changed"),
		503: fault.Unavailable("Later"), 500: errors.New("a secret"), 404: fault.NotFound("offer"),
	} {
		_, h := api(t, func(context.Context, *acceptInput) (*httpx.One[offerView], error) {
			return nil, fmt.Errorf("accept offer: %w", err)
		})
		w := answer(h, accept(`{"note":"x"}`))
		require.Equal(t, status, w.Code)
		p := problem(t, w)
		require.NotContains(t, w.Body.String(), "secret")
		if f, ok := fault.Of(err); ok {
			require.Equal(t, f.Code, p.Code)
			require.Equal(t, f.Message, p.Detail)
		}
		require.Equal(t, status == 503, w.Header().Get("Retry-After") == "5")
	}
}

func TestAPIIsInTheTableAndTheDocument(t *testing.T) {
	t.Parallel()
	e, h := api(t, nil)
	var found bool
	for _, rt := range e.Routes() {
		if rt.Name == "accept-offer" {
			found = true
			require.Equal(t, "POST "+offers+"/{id}/accept", rt.Method+" "+rt.Pattern)
			require.True(t, rt.Write)
			require.Equal(t, []string{"provider_worker"}, rt.Roles)
			require.Equal(t, httpx.FaceAPI, rt.Face)
		}
	}
	require.True(t, found)
	w := answer(h, request("GET", "/api/vcse/v1/openapi.json", ""))
	require.Equal(t, 200, w.Code)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Responses  map[string]struct {
				Content map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	require.Equal(t, "3.1.0", doc.OpenAPI)
	op := doc.Paths["/offers/{id}/accept"]["post"]
	require.Len(t, op.Parameters, 3)
	require.Contains(t, op.Responses["default"].Content, "application/problem+json")
}

func TestAPIWriteMustTakeAKey(t *testing.T) {
	t.Parallel()
	e := httpx.New(config(t))
	a := e.API("1.0.0")
	nothing := func(context.Context, *struct{}) (*struct{}, error) { return nil, nil }
	require.Panics(t, func() { huma.Register(a, huma.Operation{Method: http.MethodPost, Path: "/a"}, nothing) })
	require.NotPanics(t, func() {
		huma.Register(a, huma.Operation{Method: http.MethodPost, Path: "/b", Metadata: httpx.Reads()}, nothing)
	})
}

// A deadline for reading that is left on a connection ends the request that is being answered when it passes, and everything
// that is asked on that connection afterwards: huma leaves one of five seconds unless it is told not to.
func TestAnAPIsAnswerMayTakeItsTime(t *testing.T) {
	t.Parallel()
	var deadline atomic.Pointer[time.Time]
	var during time.Time
	_, h := api(t, func(context.Context, *acceptInput) (*httpx.One[offerView], error) {
		during = *deadline.Load()
		return &httpx.One[offerView]{}, nil
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- httpx.Serve(ctx, watchedListener{ln, &deadline}, h, zap.NewNop()) }()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	r := accept(`{"note": "a"}`)
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", ln.Addr().String()
	res, err := (&http.Client{Transport: tr}).Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Zero(t, during)
	stop()
	require.NoError(t, <-served)
}

type watchedListener struct {
	net.Listener
	deadline *atomic.Pointer[time.Time]
}

func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return watchedConn{c, l.deadline}, err
}

type watchedConn struct {
	net.Conn
	deadline *atomic.Pointer[time.Time]
}

func (c watchedConn) SetReadDeadline(at time.Time) error {
	c.deadline.Store(&at)
	return c.Conn.SetReadDeadline(at)
}

// Whoever left, or was cut off because we stop, was not failed by us: were they still there, they should ask again.
func TestWhoLeftMayAskAgain(t *testing.T) {
	t.Parallel()
	_, h := api(t, func(ctx context.Context, _ *acceptInput) (*httpx.One[offerView], error) {
		return nil, fmt.Errorf("begin: %w", ctx.Err())
	})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	w := answer(h, accept(`{"note": "a"}`).WithContext(ctx))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.NotEmpty(t, w.Header().Get("Retry-After"))
}
