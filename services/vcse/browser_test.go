package vcse_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	said "example.org/waypost/schemas/vcse"
	"example.org/waypost/services/vcse"
)

// front is the service as one person's browser meets it: signed in, with the shared case's panel beside it.
func (h *house) front(as actor.Actor) string {
	h.T.Helper()
	return h.frontOf(h.url, as, nil)
}

// frontOf is front of one copy of the service. changed may look at what it answers, and change that.
func (h *house) frontOf(address string, as actor.Actor, changed func(*http.Response) error) string {
	h.T.Helper()
	target, err := url.Parse(address)
	require.NoError(h.T, err)
	proxy := &httputil.ReverseProxy{Transport: h.Client(as).Transport, FlushInterval: -1, ModifyResponse: changed, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
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

// TestAnOpenTrayShowsWhatAnotherCopyWrote has the tray open at one copy of the service while the other applies an offer and takes a
// colleague's command. Neither the page's own slow poll nor the stream's comes into it: the first is taken off, the second is not due.
func TestAnOpenTrayShowsWhatAnotherCopyWrote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	h.room(service, 2)
	d, err := vcse.Open(t.Context(), h.Config)
	require.NoError(t, err)
	listening, loads := make(chan struct{}, 1), atomic.Int32{}
	root := h.frontOf(h.Serve(d.Frame).URL, h.jo, func(r *http.Response) error {
		if r.Request.URL.Path == "/provider/events" {
			select {
			case listening <- struct{}{}:
			default:
			}
			return nil
		}
		if r.Request.Header.Get("Sec-Fetch-Dest") == "document" {
			loads.Add(1)
		}
		return withoutPoll(r)
	})
	tab := uitest.Browser(t)
	tab.Goto(root + "/provider")
	tab.WaitText("No offers are waiting for your answer")
	select {
	case <-listening:
	case <-t.Context().Done():
	}

	o := h.offer(service) // the inbox of the running copy applies it
	tab.WaitText("Alma Quist")
	tab.WaitText("1 offer waiting for your answer")
	tab.WaitText("Nobody yet")
	o.must(h.sam, "assign", map[string]any{"assigned_to": h.sam.Person.ID}) // and so it does this
	tab.WaitText("Sam Okafor")
	tab.WaitGone("Nobody yet")
	require.EqualValues(t, 1, loads.Load(), "the page was never loaded again")
}

// withoutPoll takes the slow poll off a page.
func withoutPoll(r *http.Response) error {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		return nil
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	b = slowPoll.ReplaceAll(b, []byte(`hx-trigger="changed"`))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	r.Header.Set("Content-Length", strconv.Itoa(len(b)))
	return nil
}

var slowPoll = regexp.MustCompile(`hx-trigger="changed, every \d+s"`)

// TestEverythingWorksWithoutScripts bounces, which is the longest form, and helps somebody from the waiting list to the end, with JavaScript
// turned off.
func TestEverythingWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	service := h.service("Tea and talk")
	o, waits := h.offer(service), h.offer(service)
	root := h.front(h.sam)
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(root + "/provider")
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
	var why schemas.Message
	_, err := p.Criterion.Into(&why)
	require.NoError(t, err)
	require.Equal(t, "She is too young", why.Text)

	path := root + "/provider/offers/" + waits.OfferID
	tab.Goto(path)
	tab.Click("Put on the waiting list")
	tab.Within("#waitlist").Click("Put on the waiting list")
	var listed said.OfferWaitlistedV1
	h.Last(waits.PatientRef, &listed)
	waits.progress(terms.ReferralWaitlisted, 2)
	tab.Goto(path)
	tab.Click("Accept from the waiting list")
	tab.WaitText("You accepted")
	var accepted said.OfferAcceptedV1
	h.Last(waits.PatientRef, &accepted)
	require.Equal(t, h.sam.Person.ID, accepted.By)
	waits.progress(terms.ReferralAccepted, 3)
	tab.Goto(path)
	tab.Click(terms.AttendanceAttended.Label())
	tab.Click("Record the session")
	var session said.AttendanceRecordedV1
	h.Last(waits.PatientRef, &session)
	require.Equal(t, terms.AttendanceAttended, session.Result)
	tab.Goto(path)
	tab.Click("End your support")
	tab.Click(terms.OutcomeHelped.Label())
	tab.Within("#end").Click("End support")
	var ended said.SupportEndedV1
	h.Last(waits.PatientRef, &ended)
	require.Equal(t, terms.OutcomeHelped, ended.Outcome)
}
