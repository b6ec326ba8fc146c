package live_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/leaktest"
	"example.org/waypost/pkg/live"
	"example.org/waypost/pkg/natstest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// never is longer than any test: it keeps beat, poll and end out of those that are not about them.
const never = time.Hour

func quiet(nc *nats.Conn) live.Config {
	return live.Config{Service: "vcse", Conn: nc, Gap: time.Millisecond, Beat: never, Poll: never, Life: never}
}

func hub(t *testing.T, c live.Config) *live.Hub {
	t.Helper()
	h, err := live.New(c)
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

// open connects a page that hears of the given topics and returns its lines. It has read the first event already.
func open(t *testing.T, h *live.Hub, topics ...string) *lines {
	t.Helper()
	e := httpx.New(httpx.Config{Service: "vcse", Secret: bytes.Repeat([]byte{7}, 32)})
	e.Mount(httpx.Route{
		Method: http.MethodGet, Pattern: "/live", Face: httpx.FaceLive, Public: true,
		Handler: h.Handler(func(*http.Request) ([]string, error) { return topics, nil }),
	})
	srv := httptest.NewServer(e.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/live", nil)
	require.NoError(t, err)
	tr := &http.Transport{}
	res, err := (&http.Client{Transport: tr}).Do(req)
	require.NoError(t, err)
	t.Cleanup(func() {
		cancel()
		res.Body.Close()
		tr.CloseIdleConnections()
		srv.Close()
	})
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
	l := &lines{t: t, r: bufio.NewReader(res.Body), cancel: cancel}
	require.Equal(t, "retry: 2000", l.line())
	require.Equal(t, "*", l.event())
	return l
}

type lines struct {
	t      *testing.T
	r      *bufio.Reader
	cancel func()
}

func (l *lines) line() string {
	l.t.Helper()
	s, err := l.r.ReadString('\n')
	require.NoError(l.t, err)
	return strings.TrimSuffix(s, "\n")
}

// event reads one and returns its data.
func (l *lines) event() string {
	l.t.Helper()
	require.Equal(l.t, "event: changed", l.line())
	data, ok := strings.CutPrefix(l.line(), "data: ")
	require.True(l.t, ok)
	require.Empty(l.t, l.line())
	return data
}

func TestAPageHearsOfItsTopicsOnly(t *testing.T) {
	t.Parallel()
	h := hub(t, quiet(nil))
	page := open(t, h, "tray.1", "offer.7")
	h.Say("tray.2", "offer.7")
	require.Equal(t, "offer.7", page.event())
	h.Say("tray.1")
	require.Equal(t, "tray.1", page.event())
}

func TestAnotherCopyOfTheServiceIsHeard(t *testing.T) {
	t.Parallel()
	b := natstest.Run(t)
	here, there := hub(t, quiet(b.Connect(t, "vcse", nil))), hub(t, quiet(b.Connect(t, "vcse", nil)))
	page := open(t, here, "tray.1")
	require.NoError(t, here.Conn.Flush())
	there.Say("tray.1")
	require.Equal(t, "tray.1", page.event())
}

func TestOwnHintsAreToldOnce(t *testing.T) {
	t.Parallel()
	b := natstest.Run(t)
	h := hub(t, quiet(b.Connect(t, "vcse", nil)))
	page := open(t, h, "tray.1", "last")
	h.Say("tray.1")
	require.Equal(t, "tray.1", page.event())
	require.NoError(t, h.Conn.Flush()) // the echo has come by now
	h.Say("last")
	require.Equal(t, "last", page.event())
}

func TestManyHintsAreFewEvents(t *testing.T) {
	t.Parallel()
	c := quiet(nil)
	c.Gap = 50 * time.Millisecond
	h := hub(t, c)
	page := open(t, h, "a", "b", "last")
	for range 1000 {
		h.Say("a", "b")
	}
	h.Say("last")
	events := 1 // a machine that is busy elsewhere says them over more than one gap
	for !strings.Contains(page.event(), "last") {
		events++
	}
	require.Less(t, events, 100)
	h.Say("a")
	require.Equal(t, "a", page.event(), "nothing was left over")
}

func TestPollMakesUpForLostHints(t *testing.T) {
	t.Parallel()
	c := quiet(nil)
	c.Poll = 10 * time.Millisecond
	page := open(t, hub(t, c), "tray.1")
	require.Equal(t, "*", page.event())
	require.Equal(t, "*", page.event())
}

func TestBeatKeepsTheConnectionOpen(t *testing.T) {
	t.Parallel()
	c := quiet(nil)
	c.Beat = 10 * time.Millisecond
	page := open(t, hub(t, c), "tray.1")
	require.Equal(t, ": beat", page.line())
}

func TestBrokerThatIsGoneHarmsNobody(t *testing.T) {
	t.Parallel()
	b := natstest.Run(t)
	nc := b.Connect(t, "vcse", nil)
	h := hub(t, quiet(nc))
	page := open(t, h, "tray.1")
	b.Server.Shutdown()
	h.Say("tray.1")
	require.Equal(t, "tray.1", page.event())
	nc.Close()
	h.Say("tray.1")
	require.Equal(t, "tray.1", page.event())
}

func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	t.Run("when the hub closes", func(t *testing.T) {
		t.Parallel()
		h := hub(t, quiet(nil))
		page := open(t, h, "a")
		h.Close()
		_, err := page.r.ReadByte()
		require.ErrorIs(t, err, io.EOF)
	})
	t.Run("when their time is over", func(t *testing.T) {
		t.Parallel()
		c := quiet(nil)
		c.Life = 10 * time.Millisecond
		_, err := open(t, hub(t, c), "a").r.ReadByte()
		require.ErrorIs(t, err, io.EOF)
	})
	t.Run("when the server stops", func(t *testing.T) {
		t.Parallel()
		h := hub(t, quiet(nil))
		e := httpx.New(httpx.Config{Service: "vcse", Secret: bytes.Repeat([]byte{7}, 32)})
		e.Mount(httpx.Route{
			Method: http.MethodGet, Pattern: "/live", Face: httpx.FaceLive, Public: true,
			Handler: h.Handler(func(*http.Request) ([]string, error) { return nil, nil }),
		})
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- httpx.Serve(ctx, ln, e.Handler(), zap.NewNop()) }()
		tr := &http.Transport{}
		defer tr.CloseIdleConnections()
		res, err := (&http.Client{Transport: tr}).Get("http://" + ln.Addr().String() + "/live")
		require.NoError(t, err)
		defer res.Body.Close()
		stop()
		require.NoError(t, <-done, "a stream does not hold up the end")
	})
}

func TestRefusedBeforeTheStream(t *testing.T) {
	t.Parallel()
	h := hub(t, quiet(nil))
	e := httpx.New(httpx.Config{Service: "vcse", Secret: bytes.Repeat([]byte{7}, 32)})
	var refusal error
	e.Mount(httpx.Route{
		Method: http.MethodGet, Pattern: "/live", Face: httpx.FaceLive, Public: true,
		Handler: h.Handler(func(*http.Request) ([]string, error) { return nil, refusal }),
	})
	for want, err := range map[int]error{403: fault.Forbidden("No"), 500: errors.New("oh")} {
		refusal = err
		w := httptest.NewRecorder()
		e.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/live", nil))
		require.Equal(t, want, w.Code)
	}
}

func TestTopicsAreIdentifiersOnly(t *testing.T) {
	t.Parallel()
	h := hub(t, quiet(nil))
	page := open(t, h, "Ann Able", "x\n\ndata: y", "a.>", "", "end")
	h.Say("Ann Able", "x\n\ndata: y", "a.>", "", "end")
	require.Equal(t, "end", page.event())
}
