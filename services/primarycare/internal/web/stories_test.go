package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/web"
)

// Every state of every page, at 1280 and 390 pixels, without anything that axe finds.
func TestUX24_EveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	pages, err := web.NewPages()
	require.NoError(t, err)
	times, err := door.Times{}.Table(terms.ClockPriorities(), terms.ClockRules())
	require.NoError(t, err)
	desk := &web.Web{App: &app.App{Now: time.Now, Times: times}, Pages: pages, Now: time.Now, NewID: id.New}
	edge := httpx.New(httpx.Config{Service: "primarycare", Secret: []byte("a secret of at least thirty-two bytes")})
	edge.Mount(
		httpx.Route{Method: http.MethodGet, Pattern: "/practice/storybook", Name: "storybook", Public: true, Handler: ui.Storybook(pages, httpx.Nonce, desk.Stories())},
		httpx.Route{Method: http.MethodGet, Pattern: ui.AssetsPattern, Name: "asset", Face: httpx.FaceAsset, Handler: ui.ServeAsset})
	// What a page fetches from elsewhere is not there in a storybook.
	stage := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/practice/live" || strings.HasPrefix(r.URL.Path, "/case/") {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		edge.Handler().ServeHTTP(w, r)
	})
	uitest.Stories(t, stage, "/practice/storybook", desk.Stories())
}
