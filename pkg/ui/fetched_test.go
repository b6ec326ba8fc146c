package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
)

// newDoor is a page with a part that another service owes it.
func newDoor(t *testing.T, part httpx.Handler) string {
	t.Helper()
	pages := newPages(t)
	door := func(w http.ResponseWriter, r *http.Request) error {
		body := ui.Fetched{ID: "helpers", URL: "/part", Link: ui.Link{Text: "See who already helps", Href: "/helpers"}, Late: "We could not see who already helps. You can still send.", Within: time.Second}
		return pages.Render(w, http.StatusOK, ui.ShutterPage, ui.Shutter{Page: ui.Page{Title: "Door", Nonce: httpx.Nonce(r.Context())}, Body: body})
	}
	server := httptest.NewServer(newEdge(get("/door", door), get("/part", part)).Handler())
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
	tab.Goto(newDoor(t, func(w http.ResponseWriter, _ *http.Request) error {
		return pages.Fragment(w, ui.Paragraph("Bolton Mind already helps with housing."))
	}))
	tab.WaitText("Bolton Mind already helps")
	tab.WaitGone("See who already helps")
}

func TestFetchedSaysWhenItDoesNotCome(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]httpx.Handler{
		"error": func(http.ResponseWriter, *http.Request) error { return fault.Unavailable("Try again") },
		"late": func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return nil
		},
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
	tab.Goto(newDoor(t, nil))
	require.Contains(t, tab.Text(), "See who already helps")
	require.NotContains(t, tab.Text(), "We could not")
}

// What was typed into the form around it is the page's own service's alone: the other is sent what was named, and it is in no address.
func TestFetchedSendsWhatWasNamedAndNothingElse(t *testing.T) {
	t.Parallel()
	pages := newPages(t)
	door := func(w http.ResponseWriter, r *http.Request) error {
		part := ui.Fetched{ID: "helpers", URL: "/part", Post: []ui.Value{{Name: "need", Value: `"debt" & more`}}, Link: ui.Link{Text: "See who already helps", Href: "/helpers"}}
		form := ui.Form{Action: "/door", IdempotencyKey: "key", Version: 3, Fields: []ui.Component{part, ui.Textarea{Name: "narrative", Label: "Tell us", Value: "She is alone"}}}
		return pages.Render(w, http.StatusOK, ui.ShutterPage, ui.Shutter{Page: ui.Page{Title: "Door", Nonce: httpx.Nonce(r.Context())}, Body: form})
	}
	part := func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return err
		}
		return pages.Fragment(w, ui.Paragraph("Sent: "+r.PostForm.Encode()+" to "+r.URL.String()))
	}
	server := httptest.NewServer(newEdge(get("/door", door), httpx.Route{Method: http.MethodPost, Pattern: "/part", Name: "part", Handler: part, Public: true}).Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	tab := uitest.Browser(t)
	tab.Goto(server.URL + "/door")
	tab.WaitText("Sent: need=%22debt%22+%26+more to /part")
}
