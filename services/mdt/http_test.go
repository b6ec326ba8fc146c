package mdt_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/app"
)

// everything is one of each thing that has an address.
type everything struct{ meeting, item, holding, action, ref, draft, referral string }

func (h *house) everything() everything {
	h.T.Helper()
	ctx := h.T.Context()
	x := everything{meeting: h.meeting("MDT"), ref: h.patient(h.nurse, ada)}
	// The nurse's own patient is what a stranger must not reach; the practice puts the same person on its agenda.
	h.patient(h.gp, ada)
	x.item, _ = h.put(h.gp, x.meeting, x.ref)
	asked, err := h.app.AskToHold(ctx, h.coordinator, cmd(), somebody(x.item, h.nurse))
	require.NoError(h.T, err)
	action, err := h.app.AgreeAction(ctx, h.coordinator, cmd(), app.AgreeInput{SomebodyInput: somebody(x.item, h.nurse), DueOn: h.Now.Now().AddDate(0, 0, 2).Format(time.DateOnly), What: "Visit"})
	require.NoError(h.T, err)
	draft, err := h.app.StartReferral(ctx, h.nurse, cmd(), "")
	require.NoError(h.T, err)
	x.holding, x.action, x.draft, x.referral = asked.ID, action.ID, draft.ID, h.refer(x.ref)
	return x
}

// path fills a route's pattern in.
func (x everything) path(pattern string) string {
	of := ""
	switch {
	case strings.Contains(pattern, "/meetings/"):
		of = x.meeting
	case strings.Contains(pattern, "/items/"):
		of = x.item
	case strings.Contains(pattern, "/holding"):
		of = x.holding
	case strings.Contains(pattern, "/actions/"):
		of = x.action
	case strings.Contains(pattern, "/drafts/"):
		of = x.draft
	case strings.Contains(pattern, "/referrals/"):
		of = x.referral
	case strings.Contains(pattern, "/parked/"):
		of = x.item // nothing is parked
	}
	return strings.NewReplacer("{id}", of, "{ref}", x.ref).Replace(pattern)
}

func (h *house) send(a actor.Actor, method, path, kind, body string, headers ...string) (int, string, http.Header) {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), method, h.run.URL+path, strings.NewReader(body))
	require.NoError(h.T, err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := h.Client(a).Do(r)
	require.NoError(h.T, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(h.T, err)
	return res.StatusCode, string(b), res.Header
}

const formType = "application/x-www-form-urlencoded"

// A stranger from another organisation reaches nothing by any address that names something, on any page or by the API.
func TestAnotherOrganisationReachesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.everything()
	for _, rt := range h.door.Routes() {
		if !strings.Contains(rt.Pattern, "{id}") && !strings.Contains(rt.Pattern, "{ref}") || rt.Face == httpx.FaceAsset {
			continue
		}
		var status int
		var body string
		if rt.Face == httpx.FaceAPI {
			status, body, _ = h.send(h.other, rt.Method, x.path(rt.Pattern), "application/json", apiBody(rt.Pattern, h), "Idempotency-Key", id.New(), "If-Match", `"1"`)
		} else {
			status, body, _ = h.send(h.other, rt.Method, x.path(rt.Pattern), formType, url.Values{
				"idempotency_key": {id.New()}, "version": {"1"}, "given": {"yes"}, "how": {"in_person"}, "meeting": {x.meeting},
				"decision": {"refer"}, "result": {"done"}, "why_not": {"x"}, "answer": {"x"}, "reason": {"made_in_error"}, "holder": {h.other.Person.ID + ":" + h.elsewhere}, "key_worker": {h.other.Person.ID + ":" + h.elsewhere},
				"owner": {h.other.Person.ID + ":" + h.elsewhere}, "what": {"x"}, "due_on-day": {"1"}, "due_on-month": {"1"}, "due_on-year": {"2030"}, "invitation": {id.New()}, "patient": {x.ref},
			}.Encode())
		}
		want := http.StatusNotFound
		if strings.Contains(rt.Pattern, "/parked") {
			want = http.StatusForbidden // for operators only, whatever there is
		}
		require.Equal(t, want, status, "%s %s: %s", rt.Method, rt.Pattern, body)
		require.NotContains(t, body, "Hart")
	}
	for _, path := range []string{"/mdt", "/mdt/meetings", "/mdt/cases", "/mdt/actions", "/mdt/referrals", "/mdt/drafts"} {
		status, body, _ := h.send(h.other, http.MethodGet, path, "", "")
		require.Equal(t, http.StatusOK, status, path)
		require.NotContains(t, body, "Hart")
		require.NotContains(t, body, "CDEF")
	}
}

// apiBody is a good body for an operation.
func apiBody(pattern string, h *house) string {
	contact := `"given_name":"A","family_name":"B","date_of_birth":"1950-01-01","safe_ways":{"phone":false,"text":false,"email":false,"letter":false}`
	for _, x := range []struct{ end, body string }{
		{"/decision", `{"decision":"refer"}`},
		{"/case-holder", `{"person_id":"` + h.other.Person.ID + `","organisation_id":"` + h.elsewhere + `"}`},
		{"/key-worker", `{"person_id":"` + h.other.Person.ID + `","organisation_id":"` + h.elsewhere + `"}`},
		{"/items/{id}/actions", `{"owner_person_id":"` + h.other.Person.ID + `","owner_organisation_id":"` + h.elsewhere + `","due_on":"2030-01-01","what":"x"}`},
		{"/refuse", `{"why_not":"x"}`},
		{"/give", `{"person_id":"` + h.other.Person.ID + `","organisation_id":"` + h.elsewhere + `"}`},
		{"/end", `{"result":"done"}`},
		{"/invitations", `{"organisation_id":"` + h.elsewhere + `"}`},
		{"/meetings/{id}/items", `{"patient_ref":"` + id.New() + `","consent":{"given":true,"how":"phone"},"reason":"other","narrative":"x"}`},
		{"/information", `{"answer":"x"}`},
		{"/withdraw", `{"reason":"made_in_error"}`},
		{"/patients/{ref}", `{` + contact + `}`},
		{"/meetings/{id}", `{"name":"x","starts_at":"2030-01-01T10:00:00Z","ends_at":"2030-01-01T11:00:00Z"}`},
	} {
		if strings.HasSuffix(pattern, x.end) {
			return x.body
		}
	}
	return ""
}

// Whatever is typed into any form, the answer is a page: never a failure, never the text unescaped.
func TestHostileInputIsTakenCalmly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.everything()
	const script = `<script>alert(1)</script>`
	fields := []string{
		"name", "from", "ends_at", "place", "guest", "decision", "note", "holder", "key_worker", "what", "owner", "due_on-day", "due_on-month", "due_on-year", "starts_at-day", "starts_at-month", "starts_at-year", "why_not", "result", "reason",
		"given", "how", "purpose", "words", "patient", "given_name", "family_name", "date_of_birth-day", "nhs_number", "phone", "email", "postcode", "need", "urgency", "receiver", "narrative", "safeguarding", "codes", "answer", "meeting", "invitation", "version", "safe",
	}
	for _, rt := range h.door.Routes() {
		if rt.Method != http.MethodPost || rt.Face == httpx.FaceAPI {
			continue
		}
		if rt.Face == httpx.FaceInternal { // no form: it refuses whoever lacks the services' token
			status, _, _ := h.send(h.nurse, rt.Method, rt.Pattern, formType, "name="+script)
			require.Equal(t, http.StatusUnauthorized, status, rt.Pattern)
			continue
		}
		for _, bad := range []string{"", script, strings.Repeat("é", 5000), "'; drop table item; --", "-1", "\u202e"} {
			form := url.Values{"idempotency_key": {id.New()}}
			for _, f := range fields {
				form.Set(f, bad)
			}
			if bad != "" && bad[0] != '-' {
				form.Set("version", "1")
			}
			for _, by := range []actor.Actor{h.coordinator, h.nurse} {
				status, body, _ := h.send(by, rt.Method, x.path(rt.Pattern), formType, form.Encode())
				require.Less(t, status, 500, "%s with %.20q: %s", rt.Pattern, bad, body)
				require.NotContains(t, body, script, rt.Pattern)
			}
		}
		status, _, _ := h.send(h.nurse, rt.Method, x.path(rt.Pattern), formType, "name=%ff%fe&idempotency_key="+id.New())
		require.Contains(t, []int{400, 403, 404}, status, rt.Pattern)
		status, _, _ = h.send(h.nurse, rt.Method, x.path(rt.Pattern), formType, "note="+strings.Repeat("x", httpx.DefaultMaxBody))
		require.Contains(t, []int{403, 413}, status, rt.Pattern)
	}
}

// The main job by program: meeting, patient, agenda, decision, and what the preconditions answer.
func TestTheMainJobByAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const root, js = "/api/mdt/v1", "application/json"
	at := h.Now.Now().Add(48 * time.Hour).UTC()
	meeting := `{"name":"MDT","starts_at":"` + at.Format(time.RFC3339) + `","ends_at":"` + at.Add(time.Hour).Format(time.RFC3339) + `"}`
	key := id.New()
	made := func(body string) (x struct {
		ID   string `json:"id"`
		Made bool   `json:"made"`
	},
	) {
		require.NoError(t, json.Unmarshal([]byte(body), &x), body)
		return x
	}
	status, body, _ := h.send(h.coordinator, "POST", root+"/meetings", js, meeting, "Idempotency-Key", key)
	require.Equal(t, 201, status, body)
	m := made(body).ID
	status, again, _ := h.send(h.coordinator, "POST", root+"/meetings", js, meeting, "Idempotency-Key", key)
	require.Equal(t, 201, status)
	require.Equal(t, m, made(again).ID, "the same key is the same meeting")
	status, _, _ = h.send(h.coordinator, "POST", root+"/meetings", js, strings.Replace(meeting, "MDT", "Other", 1), "Idempotency-Key", key)
	require.Equal(t, 422, status, "the same key with another body")

	status, body, _ = h.send(h.coordinator, "POST", root+"/patients", js, `{"given_name":"Ada","family_name":"Hart","date_of_birth":"1950-03-04","nhs_number":"9449306621","safe_ways":{"phone":false,"text":false,"email":false,"letter":true}}`, "Idempotency-Key", id.New())
	require.Equal(t, 201, status, body)
	ref := made(body).ID
	put := `{"patient_ref":"` + ref + `","consent":{"given":true,"how":"phone"},"reason":"often_seen","narrative":"Eats little"}`
	status, body, _ = h.send(h.coordinator, "POST", root+"/meetings/"+m+"/items", js, put, "Idempotency-Key", id.New())
	require.Equal(t, 201, status, body)
	item := made(body).ID
	_, body, _ = h.send(h.coordinator, "POST", root+"/meetings/"+m+"/items", js, put, "Idempotency-Key", id.New())
	require.Equal(t, item, made(body).ID, "one line for one person")
	require.False(t, made(body).Made)

	status, body, head := h.send(h.coordinator, "GET", root+"/items/"+item, "", "")
	require.Equal(t, 200, status, body)
	decide := func(match string) int {
		headers := []string{"Idempotency-Key", id.New()}
		if match != "" {
			headers = append(headers, "If-Match", match)
		}
		status, _, _ := h.send(h.coordinator, "POST", root+"/items/"+item+"/decision", js, `{"decision":"refer"}`, headers...)
		return status
	}
	require.Equal(t, 428, decide(""))
	require.Equal(t, 412, decide(`"99"`))
	require.Equal(t, 200, decide(head.Get("ETag")))
	require.Equal(t, 412, decide(head.Get("ETag")))
	for _, path := range []string{"/meetings", "/meetings/" + m, "/actions", "/patients/" + ref} {
		status, body, _ := h.send(h.coordinator, "GET", root+path, "", "")
		require.Equal(t, 200, status, "%s: %s", path, body)
	}
	status, body, _ = h.send(h.nurse, "GET", root+"/referrals", "", "")
	require.Equal(t, 200, status, body)
}

// Statement 3: the second of two people is told who was first, nothing is changed, and the typed text stays.
func TestStatement03TheSecondOfTwoIsToldWhoWasFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.everything()
	decide := func(by actor.Actor, note string) (int, string) {
		status, body, _ := h.send(by, "POST", "/mdt/items/"+x.item+"/decision", formType, url.Values{"idempotency_key": {id.New()}, "version": {"1"}, "decision": {string(terms.MDTRefer)}, "note": {note}}.Encode())
		return status, body
	}
	first, _ := decide(h.gp, "first")
	require.Equal(t, http.StatusSeeOther, first)
	second, body := decide(h.coordinator, "what I had typed")
	require.Equal(t, http.StatusPreconditionFailed, second)
	require.Contains(t, body, "Greta Physician recorded a decision at")
	require.Contains(t, body, "Nothing was changed by you")
	require.Contains(t, body, "what I had typed")
}

func TestTheSecondWhoChoosesAKeyWorkerIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.everything()
	const js, root = "application/json", "/api/mdt/v1"
	path := root + "/items/" + x.item + "/key-worker"
	status, body, head := h.send(h.coordinator, "GET", path, "", "")
	require.Equal(t, http.StatusOK, status, body)
	choose := func(by actor.Actor, match ...string) (int, string) {
		status, body, _ := h.send(by, "POST", path, js, `{"person_id":"`+h.linkWorker.Person.ID+`","organisation_id":"`+h.team+`"}`, append([]string{"Idempotency-Key", id.New()}, match...)...)
		return status, body
	}
	status, body = choose(h.gp)
	require.Equal(t, http.StatusPreconditionRequired, status, body)
	status, body = choose(h.gp, "If-Match", head.Get("ETag"))
	require.Equal(t, http.StatusOK, status, body)
	status, body = choose(h.coordinator, "If-Match", head.Get("ETag"))
	require.Equal(t, http.StatusPreconditionFailed, status)
	require.Contains(t, body, "Greta Physician chose a key worker at")
	status, body, _ = h.send(h.coordinator, "POST", "/mdt/items/"+x.item+"/key-worker", formType, url.Values{"idempotency_key": {id.New()}, "version": {"0"}, "key_worker": {h.linkWorker.Person.ID + ":" + h.team}}.Encode())
	require.Equal(t, http.StatusPreconditionFailed, status)
	require.Contains(t, body, "Greta Physician chose a key worker at")
	require.Contains(t, body, `value="`+h.linkWorker.Person.ID+`:`+h.team+`" selected`, "what was chosen is kept")
}

// Statement 4: Back and submit again lands on what is there; nothing is made twice.
func TestStatement04SubmittingAgainLandsOnTheExistingThing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := h.Now.Now().Add(72 * time.Hour)
	form := url.Values{"idempotency_key": {id.New()}, "name": {"Twice"}, "starts_at-day": {at.Format("2")}, "starts_at-month": {at.Format("1")}, "starts_at-year": {at.Format("2006")}, "from": {"10:00"}, "ends_at": {"11:00"}}.Encode()
	_, _, one := h.send(h.coordinator, "POST", "/mdt/meetings", formType, form)
	_, _, two := h.send(h.coordinator, "POST", "/mdt/meetings", formType, form)
	require.NotEmpty(t, one.Get("Location"))
	require.Equal(t, one.Get("Location"), two.Get("Location"))
}

// Statement 9: what is typed to find a person never enters an address; lists are narrowed by their address.
func TestStatement09ListsStandInTheirAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.everything()
	status, body, _ := h.send(h.nurse, "POST", "/mdt/patients/find", formType, url.Values{"words": {"Hart"}}.Encode())
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "/mdt/patients/"+x.ref)
	_, body, _ = h.send(h.nurse, "GET", "/mdt/actions?whose=me", "", "")
	require.Contains(t, body, "Visit")
	_, body, _ = h.send(h.nurse, "GET", "/mdt/actions?show=ended&whose=me", "", "")
	require.NotContains(t, body, "Visit")
}

// Statement 16: the red-flag questions and consent come first; a yes or a no is a shutter that says how to come back.
func TestStatement16SafetyAndConsentComeFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	flags := url.Values{"idempotency_key": {id.New()}}
	for _, q := range terms.RedFlagQuestions {
		flags.Set(string(q.Code), "no")
	}
	flags.Set(string(terms.RedFlagOverdose), "yes")
	_, body, _ := h.send(h.nurse, "POST", "/mdt/referrals/new", formType, flags.Encode())
	require.Contains(t, body, "Stop: ring 999 now")
	require.Contains(t, body, "start the referral again")
	flags.Set(string(terms.RedFlagOverdose), "no")
	flags.Set("idempotency_key", id.New())
	status, _, head := h.send(h.nurse, "POST", "/mdt/referrals/new", formType, flags.Encode())
	require.Equal(t, http.StatusSeeOther, status)
	draft := head.Get("Location")
	_, body, _ = h.send(h.nurse, "GET", draft, "", "")
	require.Contains(t, body, "Ask for consent first")
	status, _, _ = h.send(h.nurse, "GET", draft+"/patient", "", "")
	require.Equal(t, http.StatusConflict, status)
	_, body, _ = h.send(h.nurse, "POST", draft+"/consent", formType, url.Values{"idempotency_key": {id.New()}, "version": {"1"}, "purpose": {string(terms.ConsentShareToHelp)}, "given": {"no"}, "how": {"phone"}}.Encode())
	require.Contains(t, body, "Nothing is shared without consent")
	status, _, _ = h.send(h.nurse, "GET", draft, "", "")
	require.Equal(t, http.StatusNotFound, status, "nothing is kept of it")
}

// Statement 19: every look at a person's record is written down, once; also where somebody is found by a referral's reference.
func TestStatement19EveryLookIsAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.everything()
	looks := func() (n int) {
		require.NoError(t, h.Admin.QueryRow(t.Context(), `select count(*) from audit where verb = 'read' and patient_ref = $1 and person_id = $2`, x.ref, h.nurse.Person.ID).Scan(&n))
		return n
	}
	for _, path := range []string{"/mdt/items/" + x.item, "/mdt/holding/" + x.holding, "/mdt/actions/" + x.action, "/mdt/patients/" + x.ref, "/mdt/referrals/" + x.referral, "/mdt/cases"} {
		before := looks()
		status, body, _ := h.send(h.nurse, "GET", path, "", "")
		require.Equal(t, 200, status, path)
		require.NotContains(t, body[:strings.Index(body, "</title>")], "Hart", "titles name nobody")
		require.Equal(t, before+1, looks(), path)
	}
	var reference string
	require.NoError(t, h.Admin.QueryRow(t.Context(), `select reference from referral where id = $1`, x.referral).Scan(&reference))
	for _, words := range []string{"Hart", reference} {
		before := looks()
		status, body, _ := h.send(h.nurse, "POST", "/mdt/patients/find", formType, url.Values{"words": {words}}.Encode())
		require.Equal(t, 200, status)
		require.NotContains(t, body, "was not found")
		require.Equal(t, before+1, looks(), words)
	}
}
