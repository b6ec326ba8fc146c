package ui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/pkg/uitest"
)

// tray is a service with one live section.
type tray struct {
	*httptest.Server
	pages *ui.Pages

	mu      sync.Mutex
	body    ui.Component
	gone    bool // the person is signed out
	streams map[chan struct{}]bool
	opened  chan struct{} // one for every stream that opens
}

func newTray(t *testing.T, body ui.Component) *tray {
	t.Helper()
	s := &tray{pages: newPages(t), body: body, streams: map[chan struct{}]bool{}, opened: make(chan struct{}, 100)}
	events := get("/events", s.events)
	events.Face = httpx.FaceLive
	s.Server = httptest.NewServer(newEdge(get("/tray", s.page), events).Handler())
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *tray) page(w http.ResponseWriter, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := ui.Component(ui.Live{ID: "tray", Label: "Offers", Events: "/events", Refresh: "/tray", Now: now, Body: s.body})
	if s.gone {
		body = ui.Paragraph("Sign in")
	}
	return s.pages.Render(w, http.StatusOK, ui.ShutterPage, ui.Shutter{Page: ui.Page{Title: "Tray", Nonce: httpx.Nonce(r.Context())}, Body: body})
}

func (s *tray) events(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/event-stream")
	changed := make(chan struct{}, 10)
	s.mu.Lock()
	s.streams[changed] = true
	s.mu.Unlock()
	_ = http.NewResponseController(w).Flush()
	s.opened <- struct{}{}
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-changed:
			_, _ = fmt.Fprint(w, "event: changed\ndata: -\n\n")
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// say changes what the section shows and tells the browsers.
func (s *tray) say(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	for c := range s.streams {
		c <- struct{}{}
	}
}

func (s *tray) show(body ui.Component) { s.say(func() { s.body = body }) }

func TestLiveShowsAChangeAtOnceAndKeepsThePlace(t *testing.T) {
	t.Parallel()
	offers := func(names ...string) ui.Component {
		var all ui.Group
		for _, n := range names {
			all = append(all, ui.Card{Heading: n, Body: ui.List{ui.Link{Text: "Open", Href: "#" + n, Hidden: n}}})
		}
		return append(all, ui.Details{ID: "more", Summary: "More", Body: ui.Text("Details of all")})
	}
	s := newTray(t, offers("first"))
	tab := uitest.Browser(t)
	tab.Goto(s.URL + "/tray")
	<-s.opened
	tab.Click("More")
	uitest.Eval[any](tab, `document.querySelector('[href="#first"]').focus()`)

	s.show(offers("first", "second"))
	tab.WaitText("second")
	tab.WaitText("Updated at 10:42")
	require.Contains(t, tab.Focused(), "Open first", "the focus stays where it was")
	require.Contains(t, tab.Text(), "Details of all", "what was open stays open")
	tab.Axe()
}

func TestLiveTakesNothingAwayThatIsBeingTyped(t *testing.T) {
	t.Parallel()
	form := func(key, news string) ui.Component {
		return ui.Group{ui.Paragraph(news), ui.Form{Action: "/x", IdempotencyKey: key, Fields: []ui.Component{ui.Textarea{Name: "note", Label: "Note"}}}}
	}
	s := newTray(t, form("key-1", "old news"))
	tab := uitest.Browser(t)
	tab.Goto(s.URL + "/tray")
	<-s.opened
	tab.Fill("Note", "half a sentence")

	s.show(form("key-2", "fresh news"))
	tab.WaitText("Changed at 10:42. Not shown while you are filling something in.")
	require.Equal(t, "half a sentence", tab.Value("Note"))
	require.Contains(t, tab.Text(), "old news")

	tab.Fill("Note", "")
	uitest.Eval[any](tab, "document.activeElement.blur()")
	s.show(form("key-3", "fresh news"))
	tab.WaitText("fresh news")
}

func TestLiveKeepsTheSectionWhenThePersonIsSignedOut(t *testing.T) {
	t.Parallel()
	s := newTray(t, ui.Paragraph("the offers"))
	tab := uitest.Browser(t)
	tab.Goto(s.URL + "/tray")
	<-s.opened
	asked := `new Promise((done) => document.addEventListener('htmx:afterRequest', () => done(true), { once: true }))`
	uitest.Eval[any](tab, `{ window.asked = `+asked+` } null`)
	s.say(func() { s.gone = true })
	require.True(t, uitest.Eval[bool](tab, "window.asked"))
	require.Contains(t, tab.Text(), "the offers")
}

func TestLiveIsALinkWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newTray(t, ui.Paragraph("old news"))
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(s.URL + "/tray")
	tab.WaitText("old news")
	s.show(ui.Paragraph("fresh news"))
	require.Contains(t, tab.Text(), "old news")
	tab.Click("Refresh offers")
	tab.WaitText("fresh news")
}
