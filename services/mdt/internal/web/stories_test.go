package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/authn/authntest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
)

// Every state of every page, in a real browser at two widths: axe finds nothing, and nothing scrolls sideways.
func TestStatement24EveryPageStateIsAccessible(t *testing.T) {
	t.Parallel()
	web, err := New(nil)
	require.NoError(t, err)
	edge := httpx.New(httpx.Config{Service: "mdt", Log: zap.NewNop(), Secret: make([]byte, 32), Guard: authntest.Guard(t)})
	edge.Mount(httpx.Route{Method: http.MethodGet, Pattern: StorybookPath, Name: "storybook", Public: true, Handler: web.Storybook},
		httpx.Route{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "assets", Face: httpx.FaceAsset, Public: true, Handler: ui.ServeAsset},
		// What the pages fetch by themselves: their own stream, and coordination's part.
		httpx.Route{Method: http.MethodGet, Pattern: eventsPath, Name: "live", Public: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", "text/event-stream")
			_, err := w.Write([]byte(": quiet\n\n"))
			return err
		}},
		httpx.Route{Method: http.MethodGet, Pattern: "/case/panel/{ref}", Name: "panel", Public: true, Handler: nobodyHelps},
		httpx.Route{Method: http.MethodPost, Pattern: "/case/panel", Name: "panel with a need", Public: true, Handler: nobodyHelps})
	uitest.Stories(t, edge.Handler(), StorybookPath, Stories())
}

func nobodyHelps(w http.ResponseWriter, _ *http.Request) error {
	_, err := w.Write([]byte("<p>Nobody helps yet</p>"))
	return err
}
