package door_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/natstest"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

// frame is the smallest service, opened and not run; ahead moves its clock.
type frame struct {
	*door.Frame
	t      *testing.T
	broker *natstest.Broker
	ahead  atomic.Int64
}

func newFrame(t *testing.T, stuck time.Duration) *frame {
	t.Helper()
	x := &frame{t: t, broker: natstest.Run(t)}
	x.broker.Bootstrap(t, []string{"alpha"}, nil)
	admin := pgtest.Database(t, func(ctx context.Context, url string) error {
		return errors.Join(pg.Migrate(ctx, url, "alpha", nil), authn.Migrate(ctx, url))
	}, "door")
	as := func(role string) string {
		u, err := pg.As(admin, role, "")
		require.NoError(t, err)
		return u
	}
	var err error
	x.Frame, err = door.Open(t.Context(), door.Config{
		Area: "test", Database: as("alpha"), Sessions: as(authn.LoginRole), InProcess: x.broker, Token: "token",
		Secret: []byte(strings.Repeat("s", 32)), Log: zap.NewNop(), Stuck: stuck,
		Now: func() time.Time { return time.Now().Add(time.Duration(x.ahead.Load())) },
	}, door.Options{Service: "alpha"})
	require.NoError(t, err)
	t.Cleanup(x.Close)
	return x
}

func (x *frame) run() {
	ctx, cancel := context.WithCancel(x.t.Context())
	done := make(chan struct{})
	go func() { x.Run(ctx); close(done) }()
	x.t.Cleanup(func() { cancel(); <-done })
}

// health asks as whoever watches does, and returns the parts by name.
func (x *frame) health(path string) (status int, parts map[string]httpx.Part) {
	x.t.Helper()
	w := httptest.NewRecorder()
	x.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	var body struct{ Parts []httpx.Part }
	require.NoError(x.t, json.Unmarshal(w.Body.Bytes(), &body), w.Body.String())
	parts = map[string]httpx.Part{}
	for _, p := range body.Parts {
		parts[p.Name] = p
	}
	return w.Code, parts
}

func (x *frame) eventually(what string, is func() bool) {
	x.t.Helper()
	require.Eventually(x.t, is, 30*time.Second, 10*time.Millisecond, what)
}

func TestAStuckLoopIsNotAlive(t *testing.T) {
	t.Parallel()
	x := newFrame(t, 50*time.Millisecond)
	hang := make(chan struct{})
	x.Every("sweep", time.Hour, func(context.Context) error { <-hang; return nil })
	x.run()
	x.eventually("sweep hangs", func() bool { _, parts := x.health("/healthz"); return !parts["sweep"].OK })
	status, parts := x.health("/healthz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, parts["sweep"].State, "has been at one piece of work for")
	require.Contains(t, x.State(t.Context()).Degraded, "the loop sweep does not move")
	ready, _ := x.health("/readyz")
	require.Equal(t, http.StatusOK, ready)
	close(hang)
	x.eventually("all move", func() bool {
		status, parts := x.health("/healthz")
		return status == http.StatusOK && parts["relay"].State == "moves"
	})
}

func TestALoopThatHasEndedIsNotAlive(t *testing.T) {
	t.Parallel()
	x := newFrame(t, 0)
	closed := make(chan time.Time)
	close(closed)
	x.EveryTick("sweep", func(context.Context) <-chan time.Time { return closed }, func(context.Context) error { return nil })
	x.run()
	x.eventually("sweep has ended", func() bool { _, parts := x.health("/healthz"); return parts["sweep"].State == "has ended" })
	status, _ := x.health("/healthz")
	require.Equal(t, http.StatusServiceUnavailable, status)
}

func TestWithoutItsDatabaseAServiceIsAliveAndNotReady(t *testing.T) {
	t.Parallel()
	x := newFrame(t, 0)
	status, _ := x.health("/readyz")
	require.Equal(t, http.StatusOK, status)
	x.DB.Close()
	status, parts := x.health("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, httpx.Part{Name: "database", State: "does not answer", Needed: true}, parts["database"])
	require.True(t, parts["sessions"].OK)
	require.ErrorContains(t, x.Ready(t.Context()), "the database of alpha does not answer")
	status, _ = x.health("/healthz")
	require.Equal(t, http.StatusOK, status)
}

func TestWithoutTheBrokerAServiceIsReadyAndDegraded(t *testing.T) {
	t.Parallel()
	x := newFrame(t, 0)
	x.run()
	x.eventually("connected", func() bool { return x.State(t.Context()).Broker.Connected })
	x.broker.Stop()
	x.eventually("away", func() bool { return !x.State(t.Context()).Broker.Connected })
	require.Empty(t, x.State(t.Context()).Degraded, "a moment is nothing")
	x.ahead.Store(int64(time.Minute))
	require.Contains(t, x.State(t.Context()).Degraded, "the broker is away")
	for _, path := range []string{"/readyz", "/healthz"} {
		status, parts := x.health(path)
		require.Equal(t, http.StatusOK, status, parts)
	}
	_, parts := x.health("/readyz")
	require.False(t, parts["broker"].OK)
	require.Contains(t, parts["broker"].State, "away since")
	x.broker.Start(t)
	x.eventually("connected", func() bool { return len(x.State(t.Context()).Degraded) == 0 })
}
