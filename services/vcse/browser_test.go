package vcse_test

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
	"example.org/waypost/schemas/terms"
	said "example.org/waypost/schemas/vcse"
)

// front is the service as one person's browser meets it: signed in, with the shared case's panel beside it.
func (h *house) front(as actor.Actor) string {
	h.T.Helper()
	target, err := url.Parse(h.url)
	require.NoError(h.T, err)
	proxy := &httputil.ReverseProxy{Transport: h.Client(as).Transport, FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/case/panel/"):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, `<p>Elm Street Surgery sent this.</p>`)
		case r.URL.Path == "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	h.T.Cleanup(server.Close)
	return server.URL
}

// TestAProviderAnswersInABrowser is the main job: an offer appears in an open tray, is read, accepted and confirmed.
func TestAProviderAnswersInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 2)
	root := h.front(h.jo)
	tab := uitest.Browser(t)
	tab.Goto(root + "/provider")
	tab.WaitText("No offers are waiting for your answer")
	tab.Axe()

	began := time.Now()
	o := h.offer(service)
	tab.WaitText("Alma Quist")
	took := time.Since(began)
	tab.WaitText("1 offer waiting for your answer")
	t.Logf("the offer was in the open tray after %s", took)
	require.Less(t, took, 10*time.Second, "by the stream: the slow poll comes every 20 seconds")

	tab.Click("Alma Quist reference " + o.Reference[:4] + " " + o.Reference[4:])
	tab.WaitText("Read this before you make contact")
	tab.WaitText("Elm Street Surgery sent this")
	tab.Axe()
	tab.Size(390, 800)
	tab.NoSidewaysScroll()
	tab.Click("Accept")
	tab.WaitText("You accepted")
	tab.WaitText("What happens next")
	tab.Axe()
	var p said.OfferAcceptedV1
	h.Last(o.PatientRef, &p)
	require.Equal(t, h.jo.Person.ID, p.By)

	// Back does not bring the form again: the page is never stored, so it shows what was done.
	tab.Back()
	tab.WaitText("You accepted this")
	require.Equal(t, []string{"offer_accepted"}, h.saidTypes(o.PatientRef))
}

// TestEverythingWorksWithoutScripts bounces, which is the longest form, with JavaScript turned off.
func TestEverythingWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.offer(h.service("Tea and talk"))
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(h.front(h.sam) + "/provider")
	tab.Click("Alma Quist reference " + o.Reference[:4] + " " + o.Reference[4:])
	tab.Click("Bounce")
	tab.Click("They do not meet our criteria")
	tab.Within("#bounce").Click("Bounce")
	tab.WaitText("Say which of your criteria is not met")
	tab.Fill("Which criterion is not met?", "She is too young")
	tab.Within("#bounce").Click("Bounce")
	tab.WaitText("You bounced this")
	var p said.OfferBouncedV1
	h.Last(o.PatientRef, &p)
	require.Equal(t, terms.BounceNotEligible, p.Reason)
	require.Equal(t, "She is too young", p.Criterion)
}
