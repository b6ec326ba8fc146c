package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
)

// newDesk is a service with a form, whose sessions last so many seconds, and a page to sign in. What is sent to the
// channel tells of a call to stay.
func newDesk(t *testing.T, seconds int, person *string) (url string, stays chan struct{}) {
	t.Helper()
	pages := newPages(t)
	stays = make(chan struct{}, 10)
	show := func(body ui.Component, session func() *ui.Session) httpx.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			p := ui.Page{Title: "Desk", Nonce: httpx.Nonce(r.Context()), Session: session()}
			return pages.Render(w, http.StatusOK, ui.ShutterPage, ui.Shutter{Page: p, Body: body})
		}
	}
	form := ui.Form{Action: "/desk", Fields: []ui.Component{ui.Textarea{Name: "note", Label: "Note"}, ui.Radios{Name: "safe", Label: "Safe?", Options: ui.YesNo()}}}
	server := httptest.NewServer(newEdge(
		get("/desk", show(form, func() *ui.Session {
			return &ui.Session{Seconds: seconds, Stay: "/stay", Leave: "/sign-in", Person: *person}
		})),
		get("/sign-in", show(ui.Link{Text: "Sign in again", Href: "/desk"}, func() *ui.Session { return nil })),
		get("/stay", func(w http.ResponseWriter, _ *http.Request) error {
			stays <- struct{}{}
			w.WriteHeader(http.StatusNoContent)
			return nil
		}),
	).Handler())
	t.Cleanup(server.Close)
	return server.URL, stays
}

func TestUX20_SessionWarnsAndEscapeStays(t *testing.T) {
	t.Parallel()
	person := "p1"
	url, stays := newDesk(t, 100, &person)
	tab := uitest.Browser(t)
	tab.Goto(url + "/desk")
	tab.WaitText("You are about to be signed out")
	tab.WaitText("1 minute 3")
	require.Equal(t, "Stay signed in", tab.Focused())
	tab.Axe()
	tab.Press("\x1b")
	<-stays
}

func TestUX20_SessionKeepsWhatWasTypedForTheSamePersonOnly(t *testing.T) {
	t.Parallel()
	for _, back := range []string{"p1", "p2"} {
		t.Run(back, func(t *testing.T) {
			t.Parallel()
			person := "p1"
			url, _ := newDesk(t, 3, &person)
			tab := uitest.Browser(t)
			tab.Goto(url + "/desk")
			uitest.Eval[any](tab, `document.querySelector('#note').value = 'half a sentence'; document.querySelector('#safe-2').checked = true`)
			tab.WaitText("Sign in again")
			person = back
			tab.Click("Sign in again")
			if back == "p1" {
				require.Equal(t, "half a sentence", uitest.Eval[string](tab, `document.querySelector('#note').value`))
				require.True(t, uitest.Eval[bool](tab, `document.querySelector('#safe-2').checked`))
			} else {
				require.Empty(t, uitest.Eval[string](tab, `document.querySelector('#note').value`))
			}
			require.Nil(t, uitest.Eval[any](tab, `sessionStorage.getItem('waypost-kept')`))
		})
	}
}
