package linkworker_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/uitest"
	said "example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/terms"
)

// front is the service as one person's browser meets it: signed in, with coordination's panel beside it.
func (h *house) front(as actor.Actor) string {
	h.T.Helper()
	target, err := url.Parse(h.url)
	require.NoError(h.T, err)
	proxy := &httputil.ReverseProxy{Transport: h.Client(as).Transport, FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/case/panel/"):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, `<p>Nobody helps her with this yet.</p>`)
		case r.URL.Path == "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	h.T.Cleanup(server.Close)
	return server.URL
}

// The main job in a real browser: an offer appears in an open tray, is read, accepted, and the person is referred on.
func TestALinkWorkerWorksInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.service("Choir of the north")
	root := h.front(h.maya)
	tab := uitest.Browser(t)
	tab.Goto(root + "/link-worker/tray")
	tab.WaitText("Nothing waits for your team's answer")
	began := time.Now()
	o := h.offer()
	tab.WaitText("Alma Quist")
	t.Logf("the offer was in the open tray after %s", time.Since(began))
	require.Less(t, time.Since(began), 10*time.Second, "by the stream: the slow poll comes every 20 seconds")
	tab.Click("Alma Quist")
	tab.WaitText("Widowed in spring")
	tab.Size(390, 844)
	tab.NoSidewaysScroll()
	tab.Click("Accept")
	tab.WaitText("You accepted this")
	var accepted said.OfferAcceptedV1
	h.Last(o.PatientRef, &accepted)
	require.Equal(t, h.maya.Person.ID, accepted.By)
	tab.Back()
	tab.WaitText("Accepted, being confirmed")
	o.progress(terms.ReferralAccepted, 3)

	tab.Size(1280, 900)
	tab.Goto(root + o.path() + "/refer")
	tab.WaitText("Nobody helps her with this yet")
	tab.Choose("What do they need?", "Loneliness")
	tab.Click("Find who could help")
	tab.WaitText("Choir of the north")
	tab.Click("Yes")
	tab.Click("In person")
	tab.Click("Choir of the north")
	tab.Axe()
	tab.Click("Send referral")
	tab.WaitText("Referral sent")
	tab.Axe()
	var asked said.ReferralRequestedV1
	h.Last(o.PatientRef, &asked)
	require.Equal(t, o.ReferralID, asked.ParentReferralID)
}

// Everything works without JavaScript: a bounce is the longest form, a plan the deepest.
func TestEverythingWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer()
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(h.front(h.omar) + o.path())
	tab.Click("Bounce: we can not take this")
	tab.Click("They do not meet our criteria")
	tab.Within("#bounce").Click("Bounce")
	tab.WaitText("Enter which of your criteria is not met")
	tab.Fill("Which of your criteria is not met?", "She is too young")
	tab.Within("#bounce").Click("Bounce")
	tab.WaitText("You bounced this")
	var bounced said.OfferBouncedV1
	h.Last(o.PatientRef, &bounced)
	require.Equal(t, "She is too young", bounced.Criterion)
}
