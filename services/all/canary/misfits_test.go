package canary

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo"
)

var parameter = regexp.MustCompile(`\{[a-z]+\.*\}`)

// misfits sends what is planted where it does not belong: into addresses, headers, keys, and into every field that asks for a
// code, an id, a number or a day. Whoever is asked refuses, and repeats nothing of it.
func (s *scene) misfits() {
	ctx := context.WithValue(s.ctx, strangeKey{}, true)
	people := map[string]*demo.Client{
		string(terms.RoleReceptionist): s.desk(), string(terms.RoleGP): s.gp(), string(terms.RoleLinkWorker): s.linker(), string(terms.RoleServiceLead): s.as(s.team, terms.RoleServiceLead),
		string(terms.RoleProviderWorker): s.provider(), string(terms.RoleMDTCoordinator): s.chair(), string(terms.RoleCoordinator): s.coordinator(), string(terms.RolePrivacyOfficer): s.privacy(),
	}
	sent := 0
	for _, rt := range slices.Concat(slices.Collect(maps.Values(s.stage.Routes()))...) {
		if rt.Face == httpx.FaceAsset || rt.Face == httpx.FaceLive || rt.Pattern == "/sign-out" { // who has signed out is only led to the sign-in
			continue
		}
		as := s.desk()
		for _, role := range rt.Roles {
			if people[role] != nil {
				as = people[role]
			}
		}
		for _, secret := range []string{word("misfit"), number} {
			path := parameter.ReplaceAllString(rt.Pattern, url.PathEscape(secret)) + "?q=" + url.QueryEscape(secret) + "&cursor=" + url.QueryEscape(secret)
			kind, body := misfit(rt, secret)
			for _, at := range []string{path, parameter.ReplaceAllString(rt.Pattern, s.refs[0])} {
				res, answer := s.ask(ctx, as, rt.Method, at, body, "Content-Type", kind, "Idempotency-Key", secret, "If-Match", `"`+secret+`"`,
					"Traceparent", "00-"+secret+"-01", "X-Request-Id", secret, "User-Agent", secret, "Referer", s.stage.Cast.Base+"/"+secret, "Accept-Language", secret)
				require.Less(s.t, res.StatusCode, 500, "%s %s: %.300s", rt.Method, rt.Pattern, answer)
				sent++
			}
		}
	}
	require.Greater(s.t, sent, 400, "most routes were not tried")
}

// misfit is a body whose every field holds the secret.
func misfit(rt httpx.Route, secret string) (kind, body string) {
	names := []string{
		"patient_ref", "ref", "need", "urgency", "reason", "receivers", "service_id", "version", "how", "result", "on", "at", "due_on", "purpose", "assign_to",
		"outcome", "decision", "kind", "id", "status", "consent", "question_id", "session_on", "action", "why", "reference", "born-day", "cursor", secret,
	}
	if rt.Face == httpx.FaceAPI {
		o := object{}
		for _, name := range names {
			o[name] = secret
		}
		b, _ := json.Marshal(o) // of strings
		return "application/json", string(b)
	}
	form := url.Values{httpx.KeyField: {secret}}
	for _, name := range names {
		form.Set(name, secret)
	}
	if rt.Method == http.MethodGet {
		return "text/plain", ""
	}
	return "application/x-www-form-urlencoded", form.Encode()
}
