package operations_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/authn/authntest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/services/all/internal/operations"
)

func book(t *testing.T) (*operations.Page, http.Handler) {
	t.Helper()
	p, err := operations.Open(operations.Config{Guard: authntest.Guard(t), Secret: []byte("a secret of at least thirty-two bytes")})
	require.NoError(t, err)
	edge := httpx.New(httpx.Config{Service: "operations", Secret: []byte("a secret of at least thirty-two bytes")})
	for _, rt := range p.Routes() {
		if rt.Public || rt.Face == httpx.FaceAsset {
			edge.Mount(rt)
		}
	}
	return p, edge.Handler()
}

func TestUX24_EveryPageInEveryStateIsAccessible(t *testing.T) {
	t.Parallel()
	p, handler := book(t)
	uitest.Told(t, p.Routes(), operations.Stories(), nil)
	uitest.Stories(t, handler, operations.Path+"/storybook", operations.Stories())
}
