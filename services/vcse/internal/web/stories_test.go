package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/vcse/internal/web"
)

// book serves the storybook as the door does, with styles and scripts.
func book(t *testing.T) http.Handler {
	t.Helper()
	face, err := web.New("", time.Now)
	require.NoError(t, err)
	edge := httpx.New(httpx.Config{Service: "vcse", Secret: []byte("a secret of at least thirty-two bytes")})
	for _, rt := range face.Routes() {
		if rt.Name == "storybook" || rt.Face == httpx.FaceAsset {
			edge.Mount(rt)
		}
	}
	return edge.Handler()
}

// TestUX24_EveryPageInEveryStateIsAccessible looks at all pages at 1280 and at 390 pixels with axe, no rule left out.
func TestUX24_EveryPageInEveryStateIsAccessible(t *testing.T) {
	t.Parallel()
	uitest.Stories(t, book(t), web.Root+"/storybook", web.Stories())
}

// A form that only looks something up answers with a page of its own.
func TestWhatIsLookedUpHasItsStories(t *testing.T) {
	t.Parallel()
	face, err := web.New("", time.Now)
	require.NoError(t, err)
	var pages []httpx.Route
	for _, rt := range face.Routes() {
		if rt.Method == http.MethodPost && !rt.Write {
			rt.Method = http.MethodGet
			pages = append(pages, rt)
		}
	}
	require.NotEmpty(t, pages)
	uitest.Told(t, pages, web.Stories(), nil)
}
