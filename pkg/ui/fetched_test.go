package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
)

// newDoor is a page with a part that another service owes it.
func newDoor(t *testing.T, part http.HandlerFunc) string {
	t.Helper()
	pages := newPages(t)
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	mux.Handle("GET /door", served(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := ui.Fetched{ID: "helpers", URL: "/part", Link: ui.Link{Text: "See who already helps", Href: "/helpers"}, Late: "We could not see who already helps. You can still send.", Within: time.Second}
		require.NoError(t, pages.Render(w, http.StatusOK, ui.ShutterPage, ui.Shutter{Page: ui.Page{Title: "Door", Nonce: nonce(r.Context())}, Body: body}))
	})))
	mux.HandleFunc("GET /part", part)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL + "/door"
}

func TestFetchedComesFromTheOtherService(t *testing.T) {
	t.Parallel()
	pages := newPages(t)
	tab := uitest.Browser(t)
	tab.Goto(newDoor(t, func(w http.ResponseWriter, _ *http.Request) {
		_ = pages.Fragment(w, ui.Paragraph("Bolton Mind already helps with housing."))
	}))
	tab.WaitText("Bolton Mind already helps")
	tab.WaitGone("See who already helps")
}

func TestFetchedSaysWhenItDoesNotCome(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]http.HandlerFunc{
		"error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"late":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := uitest.Browser(t)
			tab.Expect("/part") // the browser tells of the 503
			tab.Expect("htmx:") // and htmx of what it did not get
			tab.Goto(newDoor(t, part))
			tab.WaitText("We could not see who already helps. You can still send.")
			tab.WaitText("See who already helps")
		})
	}
}

func TestFetchedIsALinkWithoutScripts(t *testing.T) {
	t.Parallel()
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(newDoor(t, http.NotFound))
	require.Contains(t, tab.Text(), "See who already helps")
	require.NotContains(t, tab.Text(), "We could not")
}
