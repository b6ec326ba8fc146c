package httpx_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestServeLetsRunningRequestsFinish(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	h := edge(t, httpx.Route{Method: http.MethodGet, Pattern: "/slow", Public: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
		close(entered)
		<-httpx.Closing(r.Context()) // the server has begun to stop
		<-leave
		return ok(w, r)
	}})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- httpx.Serve(ctx, ln, h, zap.NewNop()) }()
	body := make(chan string, 1)
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	go func() {
		res, err := (&http.Client{Transport: tr}).Get("http://" + ln.Addr().String() + "/slow")
		if err != nil {
			body <- err.Error()
			return
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		body <- string(b)
	}()
	<-entered
	stop()
	close(leave)
	require.Equal(t, "ok", <-body)
	require.NoError(t, <-served)
}

func TestServeSaysWhenItCanNot(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	require.ErrorContains(t, httpx.Serve(ctx, ln, http.NotFoundHandler(), zap.NewNop()), "serve: ")
}

func TestHealth(t *testing.T) {
	t.Parallel()
	loop := httpx.Part{Name: "relay", OK: true, State: "moves", Needed: true}
	database := httpx.Part{Name: "database", OK: true, State: "answers", Needed: true}
	broker := httpx.Part{Name: "broker", OK: true, State: "connected"}
	h := edge(t, httpx.Health(
		func(context.Context) []httpx.Part { return []httpx.Part{loop} },
		func(context.Context) []httpx.Part { return []httpx.Part{database, broker} })...)
	is := func(path string, status int, body string) {
		t.Helper()
		w := answer(h, request("GET", path, ""))
		require.Equal(t, status, w.Code)
		require.JSONEq(t, body, w.Body.String())
	}
	is("/healthz", 200, `{"ok": true, "parts": [{"part": "relay", "ok": true, "state": "moves", "needed": true}]}`)
	database.OK, database.State = false, "does not answer"
	require.Equal(t, 200, answer(h, request("GET", "/healthz", "")).Code, "starting anew brings no database back")
	is("/readyz", 503, `{"ok": false, "parts": [{"part": "database", "ok": false, "state": "does not answer", "needed": true},
		{"part": "broker", "ok": true, "state": "connected", "needed": false}]}`)
	database.OK, broker.OK = true, false
	require.Equal(t, 200, answer(h, request("GET", "/readyz", "")).Code, "work is taken without the broker")
	loop.OK = false
	require.Equal(t, 503, answer(h, request("GET", "/healthz", "")).Code)
}
