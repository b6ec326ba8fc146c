package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
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

func TestEveryPageHasItsStories(t *testing.T) {
	t.Parallel()
	face, err := web.New("", time.Now)
	require.NoError(t, err)
	var pages []string
	for _, rt := range face.Routes() {
		if rt.Face != httpx.FaceAsset && rt.Face != httpx.FaceLive && rt.Name != "storybook" && (rt.Method == http.MethodGet || !rt.Write) {
			pages = append(pages, rt.Name)
		}
	}
	require.Empty(t, ui.Untold(pages, web.Stories()))
	states := map[string][]string{}
	for _, s := range web.Stories() {
		states[s.Page] = append(states[s.Page], s.State)
	}
	for _, page := range pages {
		require.Contains(t, states[page], "denied", page)
		require.Contains(t, states[page], "error", page)
	}
}
