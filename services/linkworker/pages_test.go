package linkworker_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/linkworker/internal/web"
)

// Every state of every page, in a real browser: nothing for axe to find, no sideways scrolling at 390 pixels.
func TestUX24_EveryStateOfEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	pages, err := web.New(nil)
	require.NoError(t, err)
	edge := httpx.New(httpx.Config{Service: "linkworker", Secret: make([]byte, 32)})
	edge.Mount(httpx.Route{Method: http.MethodGet, Pattern: web.StorybookPath, Name: "storybook", Public: true, Handler: pages.Storybook},
		httpx.Route{Method: http.MethodGet, Pattern: web.Root + "/events", Name: "live", Face: httpx.FaceAsset, Public: true, Handler: nothing},
		httpx.Route{Method: http.MethodGet, Pattern: "/case/panel/{id}", Name: "panel", Face: httpx.FaceAsset, Public: true, Handler: nothing},
		httpx.Route{Method: http.MethodPost, Pattern: "/case/panel", Name: "panel with a need", Public: true, Handler: nothing},
		httpx.Route{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "assets", Face: httpx.FaceAsset, Public: true, Handler: ui.ServeAsset})
	uitest.Stories(t, edge.Handler(), web.StorybookPath, web.Stories())
}

// nothing stands for what other services answer, and for a stream that has nothing to say.
func nothing(w http.ResponseWriter, _ *http.Request) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
