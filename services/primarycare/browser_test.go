package primarycare_test

import (
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
)

// The main job in a real browser, and without scripts: find, add, ask, refer; the tray hears of the answer by itself.
func TestReceptionRefersInABrowser(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]uitest.Option{"scripts": nil, "no scripts": {uitest.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t)
			tab := w.tab(t, w.receptionist, options...)
			tab.Goto(w.front + "/practice")
			tab.Click("Find or add a patient")
			tab.Fill("Name, NHS number or referral reference", "holt")
			tab.Click("Search")
			tab.WaitText("Nobody on your list matches")
			tab.Click("Add a patient")
			tab.Fill("Given name", "Jean")
			tab.Fill("Family name", "Holt")
			tab.Fill("Day", "27")
			tab.Fill("Month", "3")
			tab.Fill("Year", "1954")
			tab.Fill("NHS number", number(1))
			tab.Click("Phone")
			tab.Fill("Phone (optional)", "0161 496 0000")
			tab.Fill("Postcode (optional)", "M14 5TQ")
			tab.Click("Add patient")
			tab.WaitText("Patient added")
			tab.Click("Refer or give information")
			tab.Click("I asked every question: all no")
			tab.Click("Yes, they agree")
			tab.Click("By phone")
			tab.Click("Save and continue")
			tab.Click("Loneliness")
			tab.Click("Save and continue")
			tab.WaitText("Friendly Mornings")
			tab.Click("Refer here Friendly Mornings")
			tab.Click("Go on with these")
			tab.Click("None that we know of")
			tab.Click("Save and continue")
			tab.Click("Send referral")
			tab.WaitText("Select whether somebody who helps already does this too")
			tab.Click("No, as far as Waypost knows")
			tab.Click("Send referral")
			tab.WaitText("Referral sent")
			tab.Goto(w.front + "/practice")
			tab.WaitText("Nothing new")
			var referral, ref string
			require.NoError(t, w.Admin.QueryRow(t.Context(), `select id, ref from referral`).Scan(&referral, &ref))
			w.Now.Add(time.Minute)
			w.progress(t, ref, referral, 1, terms.ReferralAccepted, nil)
			if options != nil {
				tab.Click("Refresh what waits for you")
			}
			tab.WaitText("Accepted, first contact to come")
		})
	}
}

// tab is a browser that is signed in: a proxy in front of the service shows the session, as a cookie would.
func (w *house) tab(t *testing.T, a actor.Actor, options ...uitest.Option) *uitest.Tab {
	t.Helper()
	client := w.Client(a)
	to, err := url.Parse(w.url)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Transport: client.Transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/case/") || strings.HasPrefix(r.URL.Path, "/session") { // other doors' pages
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	w.front = front.URL
	return uitest.Browser(t, options...)
}
