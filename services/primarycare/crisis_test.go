package primarycare_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
)

var hole = regexp.MustCompile(`\{[^}]*\}`)

// desk makes one of everything that a receptionist's pages can show, each as far as every page of it is there: a draft that can be sent, one that
// waits for a signature, a referral about which somebody asks. The ids stand under what stands before them in a pattern.
func (w *house) desk(t *testing.T) map[string]string {
	t.Helper()
	things := w.things(t)
	things["services"] = w.service
	w.progress(t, things["patients"], things["referrals"], 2, terms.ReferralInformationAsked, func(p *coordination.ReferralProgressedV1) {
		p.Owes.Party, p.QuestionID, p.OfferID = terms.PartySender, id.New(), id.New()
		p.Text, p.AvailableActions = schemas.Seal(schemas.Message{Text: "Are there stairs?"}), []string{"give_information", "withdraw"}
	})
	things["tasks"] = strings.TrimPrefix(w.readyDraft(t, w.receptionist, w.addPatient(t, w.receptionist, 2)), "/practice/tasks/")
	trainees := signing{house: w, path: w.readyDraft(t, w.newbie, w.addPatient(t, w.newbie, 3))}
	require.Equal(t, http.StatusSeeOther, trainees.asks(t, w.receptionist).Status)
	things["signatures"] = strings.TrimPrefix(trainees.path, "/practice/tasks/")
	return things
}

// Whatever a receptionist looks at, one click leads to the crisis route: every page, of what is there, is walked and shown, and the refusal where it
// is not there too.
func TestTheCrisisRouteIsOnEveryPageOfTheDesk(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	things := w.desk(t)
	real, missing := 0, 0
	for _, rt := range w.door.Edge.Routes() {
		if rt.Method != http.MethodGet || rt.Face != httpx.FacePage || !strings.HasPrefix(rt.Pattern, "/practice") || strings.Contains(rt.Pattern, "storybook") || strings.Contains(rt.Pattern, "parked") {
			continue
		}
		path, _ := fill(rt.Pattern, things)
		if strings.HasSuffix(path, "/signpost") {
			path += "?service=" + w.unclaimed
		}
		page := w.page(t, w.receptionist, path)
		require.Equal(t, http.StatusOK, page.Status, "%s leads to %q: %s", path, page.Location, page.text())
		require.Contains(t, page.Body, `href="/practice/crisis"`, path)
		real++
		if nowhere := hole.ReplaceAllString(rt.Pattern, id.New()); nowhere != rt.Pattern {
			page := w.page(t, w.receptionist, nowhere)
			require.Equal(t, http.StatusNotFound, page.Status, nowhere)
			require.Contains(t, page.Body, `href="/practice/crisis"`, nowhere)
			missing++
		}
	}
	require.Greater(t, real, 25)
	require.Greater(t, missing, 15)
}

// The broker is gone, nobody answers for any other service, and the person has agreed to nothing: the duty clinician is told, the clock
// runs, and what must reach others waits in our own database.
func TestTheCrisisRouteNeedsNobodyElseAndNoConsent(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	w.setDuty(t)
	ref := w.addPatient(t, w.receptionist, 1)
	w.Broker.Server.Shutdown()
	require.NotContains(t, w.page(t, w.receptionist, "/practice/crisis?patient="+ref).text(), "consent to share")
	res := w.submit(t, w.receptionist, "/practice/crisis?patient="+ref, "/practice/crisis", url.Values{"note": {"He tried to end his life last night."}})
	require.Equal(t, http.StatusSeeOther, res.Status, res.text())
	require.Contains(t, w.page(t, w.receptionist, res.Location).text(), "Dr Asha Patel must answer by")
	res = w.submit(t, w.gp, res.Location, "/acknowledge", url.Values{"action": {"ambulance_called"}})
	require.Contains(t, res.Location, "done=acknowledged", res.text())
	var waiting int
	require.NoError(t, w.Admin.QueryRow(context.Background(), `select count(*) from outbox where event_type like '%red_flag%'`).Scan(&waiting))
	require.Equal(t, 2, waiting, "both facts are kept, and told when the broker is back")
}
