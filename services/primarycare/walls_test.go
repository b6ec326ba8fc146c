package primarycare_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/register"
	"example.org/waypost/schemas/terms"
)

// things makes one of everything at the practice, and gives its ids by the resource that stands before {id} in a pattern.
func (w *house) things(t *testing.T) map[string]string {
	t.Helper()
	ref := w.addPatient(t, w.receptionist, 1)
	referral := w.refer(t, w.receptionist, ref)
	draft := strings.TrimPrefix(w.startDraft(t, w.receptionist, ref), "/practice/tasks/")
	flag := w.submit(t, w.receptionist, "/practice/crisis?patient="+ref, "/practice/crisis", url.Values{"note": {"Fell"}}).Location
	var signpost struct{ ID string }
	w.call(t, w.receptionist, http.MethodPost, "/signposts", map[string]any{"patient_ref": ref, "need": "food"}).into(&signpost)
	return map[string]string{"patients": ref, "referrals": referral, "tasks": draft, "signatures": draft, "red-flags": strings.TrimPrefix(flag, "/practice/red-flags/"), "signposts": signpost.ID}
}

func fill(pattern string, things map[string]string) (path string, has bool) {
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") && i > 0 && things[parts[i-1]] != "" {
			parts[i], has = things[parts[i-1]], true
		}
	}
	return strings.Join(parts, "/"), has
}

// Another practice's staff get 404 on every route with an id, and see nothing in any list.
func TestNoPracticeSeesAnothers(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	things := w.things(t)
	manager := w.works("Max Stone", terms.RoleGP, w.other, "Other Road Surgery")
	tried := 0
	for _, r := range w.door.Routes() {
		path, has := fill(r.Pattern, things)
		if !has || r.Face == httpx.FaceInternal {
			continue
		}
		tried++
		var res answer
		switch {
		case r.Method == http.MethodGet:
			res = w.page(t, manager, path)
		case r.Face == httpx.FacePage:
			res = w.post(t, manager, path, url.Values{
				"version": {"1"}, "given": {"yes"}, "how": {"phone"}, "need": {"food"}, "kind": {"service"}, "receiver": {w.service}, "urgency": {"routine"}, "risk": {"no"}, "ask": {"no"},
				"reason": {"made_in_error"}, "answer": {"signed"}, "question": {id.New()}, "action": {"ambulance_called"}, "result": {"did_not_go"}, "supervisor": {w.gp.Person.ID}, "all": {"no"}, "status": {"died"},
				"given_name": {"A"}, "family_name": {"B"}, "date_of_birth-day": {"1"}, "date_of_birth-month": {"1"}, "date_of_birth-year": {"1990"}, "no_number_reason": {"not_known"}, "safe_ways": {"none"},
			})
		default:
			body := map[string]any{}
			switch {
			case strings.HasSuffix(path, "/withdraw"):
				body["reason"] = "made_in_error"
			case strings.HasSuffix(path, "/information"):
				body["question_id"], body["answer"] = id.New(), "x"
			case strings.HasSuffix(path, "/acknowledge"):
				body["action"] = "ambulance_called"
			case strings.HasSuffix(path, "/follow-up"):
				body["result"] = "did_not_go"
			default:
				body = map[string]any{"given_name": "A", "family_name": "B", "date_of_birth": "1990-01-01", "no_number_reason": "not_known", "safe_ways": map[string]any{"phone": false, "text": false, "email": false, "letter": false}}
			}
			res = w.call(t, manager, r.Method, strings.TrimPrefix(path, "/api/primarycare/v1"), body, "If-Match", `"1"`)
		}
		require.Equal(t, http.StatusNotFound, res.Status, "%s %s: %s", r.Method, path, res.Body)
	}
	require.Greater(t, tried, 30)
	for _, list := range []string{"/practice", "/practice/referrals", "/practice/tasks", "/practice/signposts", "/practice/signatures", "/practice/red-flags"} {
		page := w.page(t, manager, list)
		require.Equal(t, http.StatusOK, page.Status)
		require.NotContains(t, page.text(), "Jean Holt", list)
	}
	found := w.submit(t, manager, "/practice/patients", "/find", url.Values{"who": {"holt"}})
	require.Contains(t, found.text(), "Nobody on your list matches")
}

func TestWhoIsNoPracticeStaysOutside(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	lead := doortest.Person("Pat Provider", string(terms.RoleServiceLead), w.team, "link_worker_team", "North Link Workers")
	w.Tell(lead.Person.ID, &register.PersonRoleGrantedV1{
		PersonID: lead.Person.ID, Issuer: "test", Subject: lead.Person.Subject, DisplayName: "Pat Provider", OrganisationID: w.team,
		Role: terms.RoleServiceLead, FromOn: "2020-01-01", At: w.Now.Now(),
	})
	res := w.page(t, lead, "/practice")
	require.Equal(t, http.StatusForbidden, res.Status)
	require.Contains(t, res.text(), "These pages are for GP practices")
}

// Every write with hostile, missing, over-long and broken text: refused or shown escaped, never a failure of ours.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	things := w.things(t)
	things["parked"] = w.service // nothing is parked
	office := w.works("Cora Lane", terms.RoleCoordinator, w.other, "Other Road Surgery")
	evil := []string{"", `<script>alert(1)</script>`, `'; drop table patient; --`, strings.Repeat("ä", 5000), "{{.}}", "\u202egnp.exe", "../../etc/passwd", "-1", "9999999999999999999999"}
	names := []string{
		"given_name", "family_name", "date_of_birth-day", "date_of_birth-month", "date_of_birth-year", "nhs_number", "no_number_reason", "phone", "email", "postcode", "address", "safe_ways", "language",
		"who", "note", "questions", "given", "how", "need", "kind", "receiver", "narrative", "safeguarding", "risk", "urgency", "accessibility", "ask", "service", "on-day", "answer", "question", "reason", "action", "result", "clinician", "deputy", "supervisor", "status", "version", "seen_helping", "seen_overlaps", "overlap", "send_reason", "send_note", "join_with",
	}
	for _, r := range w.door.Routes() {
		if r.Method != http.MethodPost || r.Face != httpx.FacePage {
			continue
		}
		path, _ := fill(r.Pattern, things)
		who := w.gp
		if strings.Contains(r.Pattern, "/parked/") {
			who = office
		}
		for _, text := range evil {
			form := url.Values{}
			for _, n := range names {
				form.Set(n, text)
			}
			if text == "" || text == evil[1] {
				form.Set("version", "1")
			}
			res := w.post(t, who, path, form)
			require.Less(t, res.Status, 500, "%s with %.20q: %s", path, text, res.Body)
			require.NotContains(t, res.Body, "<script>alert", path)
		}
		res := w.ask(t, who, http.MethodPost, path, "application/x-www-form-urlencoded", []byte("idempotency_key=a&version=1&note=%ff%fe"), nil)
		require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, res.Status, path)
		res = w.ask(t, who, http.MethodPost, path, "application/x-www-form-urlencoded", []byte(strings.Repeat("a", httpx.DefaultMaxBody+1)), nil)
		require.Equal(t, http.StatusRequestEntityTooLarge, res.Status, path)
	}
	for _, path := range []string{"/practice/patients/nobody", "/practice/referrals/" + id.New(), "/practice/tasks/%00", "/practice/referrals?state=%27&need=x&cursor=zzz", "/practice/services/" + id.New()} {
		require.Less(t, w.page(t, w.gp, path).Status, 500, path)
	}
}

func TestAClosedPracticeCanNotRefer(t *testing.T) {
	t.Parallel()
	w := newHouse(t)
	ref := w.addPatient(t, w.gp, 1)
	w.Tell(w.practice, &register.OrganisationRegisteredV1{OrganisationID: w.practice, Kind: terms.KindPractice, Name: "Example Road Surgery", Status: terms.OrganisationActive, MayRefer: false, Version: 2})
	res := w.call(t, w.gp, http.MethodPost, "/referrals", map[string]any{"patient_ref": ref, "red_flags_clear": true, "need": "food", "consent": map[string]any{"given": true, "how": "phone"}})
	require.Equal(t, http.StatusForbidden, res.Status, res.Body)
	require.Contains(t, res.Body, "can not refer")
}
