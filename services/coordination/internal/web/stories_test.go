package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/coordination/internal/web"
)

// book serves the storybook as the door does, with styles and scripts.
func book(t *testing.T) http.Handler {
	t.Helper()
	face, err := web.New("", time.Now)
	require.NoError(t, err)
	edge := httpx.New(httpx.Config{Service: "coordination", Secret: []byte("a secret of at least thirty-two bytes")})
	for _, rt := range face.Routes() {
		if rt.Public || rt.Face == httpx.FaceAsset {
			edge.Mount(rt)
		}
	}
	return edge.Handler()
}

func TestUX24_EveryPageInEveryStateIsAccessible(t *testing.T) {
	t.Parallel()
	uitest.Stories(t, book(t), web.Root+"/storybook", web.Stories())
}
