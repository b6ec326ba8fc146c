package mdt_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/nhsnumber"
	"example.org/waypost/pkg/uitest"
	"example.org/waypost/schemas/terms"
)

// as serves the house to a browser that is signed in as somebody, as the front does with its cookie.
func (h *house) as(a actor.Actor) string {
	target, err := url.Parse(h.run.URL)
	require.NoError(h.T, err)
	client := h.Client(a)
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Transport: client.Transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Del("Origin") // the proxy is the origin here
		r.Out.Header.Del("Sec-Fetch-Site")
	}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) > 6 && r.URL.Path[:6] == "/case/" { // coordination's part of the page
			_, _ = w.Write([]byte("<p>Nobody else helps yet.</p>"))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	h.T.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

func picture(tab *uitest.Tab, name string) {
	if dir := os.Getenv("PICTURES"); dir != "" {
		tab.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// The main job in a browser: a GP puts somebody on the agenda, the coordinator asks the hospital to hold the case, and the nurse
// sees that without asking for it, and says yes.
func TestTheMainJobInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	meeting := h.meeting("Ardwick weekly MDT")
	// The browsers are opened after what they look at, so that they close before it.
	gpAt, coordinatorAt, nurseAt := h.as(h.gp), h.as(h.coordinator), h.as(h.nurse)
	gp, coordinator, nurse := uitest.Browser(t, uitest.NoScript()), uitest.Browser(t), uitest.Browser(t)

	gp.Goto(gpAt + "/mdt/meetings/" + meeting)
	gp.Click("Put somebody on the agenda")
	gp.Click("Yes")
	gp.Click("In person")
	gp.Click("Continue")
	gp.Click("Who it is about")
	gp.Fill("Find a person", "9449306621")
	gp.Click("Find")
	gp.WaitText("Your organisation has nobody for")
	gp.Fill("Given name", "Ada")
	gp.Fill("Family name", "Hart")
	gp.Within("Date of birth").Fill("Day", "4")
	gp.Within("Date of birth").Fill("Month", "3")
	gp.Within("Date of birth").Fill("Year", "1950")
	gp.Click("Save and continue")
	gp.Click("What the others need to know")
	gp.Click(terms.MDTOftenSeen.Label())
	gp.Fill("What do the others need to know?", "Comes every week and eats little")
	gp.Click("Save and continue")
	gp.Click("Check and send")
	gp.WaitText("Comes every week and eats little")
	gp.Click("Put them on the agenda")
	gp.WaitText("On the agenda")
	ref, err := h.Vault("mdt").RefForNumber(t.Context(), "9449306621", nhsnumber.Holder{GivenName: "Ada", DateOfBirth: "1950-03-04"})
	require.NoError(t, err)
	h.opened(ref)

	nurse.Goto(nurseAt + "/mdt")
	nurse.WaitText("No action required")
	coordinator.Goto(coordinatorAt + "/mdt/meetings/" + meeting)
	coordinator.Click("Ada Hart (CDEF 2346)")
	coordinator.Click("Ask somebody to hold the case")
	coordinator.Fill("What was said (optional)", "The hospital leads")
	coordinator.Click("Save the decision")
	coordinator.WaitText("Decision recorded")
	coordinator.Choose("Who should hold the case?", "Nia Nurse, Care professional, Wythenshawe Discharge Team")
	coordinator.Click("Ask them to hold the case")
	coordinator.WaitText("Asked to hold the case")
	coordinator.Axe()
	picture(coordinator, "flow-asked")

	nurse.WaitText("1 case you are asked to hold") // by itself, within a moment
	nurse.Click("1 case you are asked to hold")
	nurse.Click("Case CDEF 2346")
	nurse.WaitText("Ada Hart")
	nurse.NoSidewaysScroll()
	nurse.Axe()
	picture(nurse, "flow-hold")
	nurse.Click("Yes, I hold this case")
	nurse.WaitText("You hold this case")
	coordinator.WaitText("Nia Nurse, Wythenshawe Discharge Team, since today")
}

// The meeting itself without JavaScript: a decision, an action, and its end; the agenda is put together without it above.
func TestTheMeetingWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.everything()
	coordinatorAt, linkWorkerAt := h.as(h.coordinator), h.as(h.linkWorker)
	coordinator, linkWorker := uitest.Browser(t, uitest.NoScript()), uitest.Browser(t, uitest.NoScript())
	coordinator.Goto(coordinatorAt + "/mdt/meetings/" + x.meeting)
	coordinator.Click("Ada Hart (CDEF 2346)")
	coordinator.Click("Save the decision")
	coordinator.WaitText("Select what the meeting decided")
	coordinator.Click(terms.MDTRefer.Label())
	coordinator.Fill("What was said (optional)", "She would like to sing")
	coordinator.Click("Save the decision")
	coordinator.WaitText("Decision recorded")
	coordinator.Fill("What is to be done?", "Ring the choir")
	coordinator.Click("Agree the action")
	coordinator.WaitText("Select who does it")
	coordinator.Choose("Who does it?", "Lee Link, Link worker, Ardwick Link Workers")
	coordinator.Click("Agree the action")
	coordinator.WaitText("Action agreed")
	linkWorker.Goto(linkWorkerAt + "/mdt/actions")
	linkWorker.Click("Ring the choir")
	linkWorker.Click(terms.ActionDone.Label())
	linkWorker.Fill("What came of it", "She sings on Monday")
	linkWorker.Click("Save")
	linkWorker.WaitText("The meeting and the shared case show it")
	facts := says(h.Said(x.ref))
	require.Subset(t, facts, []string{"case_discussed", "action_agreed", "action_done"})
}
