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
	"example.org/waypost/schemas"
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
		case strings.HasPrefix(r.URL.Path, "/case/panel"):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, `<p>Nobody helps her with this yet.</p><input type="hidden" name="seen_overlaps" value="0">`)
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

// Everything works without JavaScript: a bounce, a question and what comes after it, to the end of support.
func TestEverythingWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bounced, o := h.offer(), h.offer()
	root := h.front(h.omar)
	tab := uitest.Browser(t, uitest.NoScript())
	tab.Goto(root + bounced.path())
	tab.Click("Bounce: we can not take this")
	tab.Click("They do not meet our criteria")
	tab.Within("#bounce").Click("Bounce")
	tab.WaitText("Enter which of your criteria is not met")
	tab.Fill("Which of your criteria is not met?", "She is too young")
	tab.Within("#bounce").Click("Bounce")
	tab.WaitText("You bounced this")
	var b said.OfferBouncedV1
	h.Last(bounced.PatientRef, &b)
	var why schemas.Message
	_, err := b.Criterion.Into(&why)
	require.NoError(t, err)
	require.Equal(t, "She is too young", why.Text)

	tab.Goto(root + o.path())
	tab.Click("Ask for more information")
	tab.Fill("What do you need to know?", "Can she use stairs?")
	tab.Click("Ask the sender")
	tab.WaitText("Asked by Omar Reid")
	var asked said.InformationAskedV1
	h.Last(o.PatientRef, &asked)
	tab.Goto(root + o.path())
	tab.Click("Accept")
	tab.WaitText("You accepted this")
	var accepted said.OfferAcceptedV1
	h.Last(o.PatientRef, &accepted)
	require.Equal(t, h.omar.Person.ID, accepted.By)
	o.progress(terms.ReferralAccepted, 3)

	tab.Goto(root + o.path() + "/contact")
	tab.Click(terms.ContactPhone.Label())
	tab.Click(terms.ContactReached.Label())
	tab.Click("Record contact")
	var contact said.ContactRecordedV1
	h.Last(o.PatientRef, &contact)
	require.Equal(t, terms.ContactReached, contact.Result)

	tab.Goto(root + o.path() + "/plan")
	tab.Fill("What matters to me", "To sing again")
	tab.Fill("Goal 1", "Join a choir")
	tab.Fill("Steps to goal 1", "Ring the choir: Omar")
	tab.Click("Agree plan") // without the day: it is asked for, and nothing that was typed is lost
	tab.WaitText("Enter when you will look at it together again")
	on := h.Now.Now().AddDate(0, 1, 0)
	tab.Fill("Day", on.Format("2"))
	tab.Fill("Month", on.Format("1"))
	tab.Fill("Year", on.Format("2006"))
	tab.Click("Agree plan")
	var plan said.PlanAgreedV1
	h.Last(o.PatientRef, &plan)
	require.Equal(t, 1, plan.Goals)

	tab.Goto(root + o.path() + "/end")
	tab.Click(terms.OutcomeHelped.Label())
	tab.Click("End support")
	var ended said.SupportEndedV1
	h.Last(o.PatientRef, &ended)
	require.Equal(t, terms.OutcomeHelped, ended.Outcome)
}
