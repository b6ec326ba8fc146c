package uitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
)

func TestAPageWithoutAStateFailsTheTest(t *testing.T) {
	t.Parallel()
	routes := []httpx.Route{
		{Method: http.MethodGet, Name: "cases"},
		{Method: http.MethodPost, Name: "open"},
		{Method: http.MethodGet, Name: "live", Face: httpx.FaceLive},
		{Method: http.MethodGet, Name: "storybook"},
	}
	stories := []ui.Story{{Page: "cases", State: "full"}, {Page: "cases", State: "denied"}, {Page: "cases", State: "error"}}
	told := func(without uitest.Without) string {
		return failures(t, func(t testing.TB) {
			t.Helper()
			uitest.Told(t, routes, stories, without)
		})
	}
	require.Equal(t, "no story shows cases/empty", told(nil))
	require.Empty(t, told(uitest.Without{"cases/empty": "there is always one"}))
	require.Empty(t, told(uitest.Without{"cases": "there is always one"}))
	require.Contains(t, told(uitest.Without{"cases/empty": "there is always one", "cases/full": "it has a story"}), "cases/full")
	require.Contains(t, told(uitest.Without{"cases/empty": ""}), "no story shows cases/empty", "without a reason")
}
