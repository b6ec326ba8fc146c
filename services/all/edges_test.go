package all_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// apiDocument is an OpenAPI document, as far as this test reads it.
type apiDocument struct {
	Paths      map[string]map[string]apiOperation
	Components struct{ Schemas map[string]apiShape }
}

type apiOperation struct {
	Parameters []struct{ Name, In string }
	Responses  map[string]struct {
		Content map[string]struct{ Schema apiShape }
	}
}

type apiShape struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]apiShape
}

func (o apiOperation) takes(in, name string) bool {
	return slices.ContainsFunc(o.Parameters, func(p struct{ Name, In string }) bool { return p.In == in && p.Name == name })
}

// lists tells whether what is answered is a list: an array, the items of one, or nobody says what.
func (d apiDocument) lists(o apiOperation) bool {
	s := o.Responses["200"].Content["application/json"].Schema
	if s.Ref == "" && s.Type == nil {
		return true
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = d.Components.Schemas[name]
	}
	_, items := s.Properties["items"]
	return items || s.Type == "array"
}

var speakersOfAPIs = []string{"primarycare", "linkworker", "vcse", "mdt", "coordination", "register"}

// What changes a thing that is there and takes no If-Match, each with its reason.
var changesWithoutVersion = map[string]string{
	"POST /primarycare/red-flags/{id}/acknowledge":                   "an acknowledgement must never fail over a version",
	"POST /coordination/merges/{id}/undo":                            "a merge that stands does not change; the second to undo it is told",
	"POST /coordination/lookalikes/{id}/settle":                      "while nobody has answered nothing of it changes; the second to answer is told",
	"POST /coordination/apart/{one}/{other}/look-again":              "two who were kept apart do not change; the second to ask is told",
	"POST /coordination/patients/{ref}/consent/withdraw":             "what somebody says of their own consent must never fail over a version",
	"POST /coordination/patients/{ref}/household":                    "what somebody says of their own consent must never fail over a version",
	"POST /coordination/patients/{ref}/erase":                        "a record is erased once; the second to ask finds it done",
	"POST /linkworker/offers/{id}/crisis":                            "a crisis is told whatever else is true",
	"POST /linkworker/offers/{id}/contacts":                          "adds a contact: two of them are two contacts",
	"POST /linkworker/offers/{id}/assessments":                       "adds an assessment: two of them are two assessments",
	"POST /linkworker/offers/{id}/referrals":                         "adds a referral; a second one for the same need is refused",
	"POST /coordination/patients/{ref}/emergency":                    "adds a look in an emergency; one that stands is found",
	"POST /coordination/emergencies/{id}/review":                     "what is reviewed does not change; the second to review it is told",
	"POST /vcse/services/{id}/notes":                                 "adds a note: everybody may say theirs",
	"POST /mdt/meetings/{id}/invitations":                            "adds an invitation; one who is invited already is found",
	"POST /mdt/meetings/{id}/items":                                  "adds a line; somebody who is on the agenda already is found",
	"POST /mdt/meetings/{id}/next":                                   "makes a meeting; the second to ask is led to it",
	"POST /mdt/items/{id}/actions":                                   "adds an action",
	"POST /mdt/items/{id}/case-holder":                               "makes a question to somebody; a second while one is open is refused",
	"POST /register/organisations/{id}/roles":                        "adds a role; one that is there already is refused",
	"POST /register/organisations/{id}/people/{person}/competencies": "adds a record: the newest counts",
}

// What is written and takes no Idempotency-Key.
var writesWithoutKey = map[string]string{
	"POST /primarycare/patients/search": "reads: what is searched for must not stand in an address",
	"POST /primarycare/services/search": "reads: what is searched for must not stand in an address",
	"POST /coordination/who-helps":      "reads: the patient must not stand in an address",
	"POST /vcse/imports/services":       "an import: what is known already changes nothing",
	"POST /register/imports/ods":        "an import: what is known already changes nothing",
}

// Lists that end.
var listsWithoutCursor = map[string]string{
	"GET /coordination/emergencies":     "looks in an emergency: few, those to review first, and it ends with the newest of the others",
	"GET /register/role-scope":          "the area's own lines about roles: a person wrote each of them",
	"GET /coordination/removals":        "erasures that somebody has not acknowledged yet: few, and they end",
	"GET /mdt/meetings/{id}":            "one meeting with its agenda, which ends with the hour",
	"GET /vcse/oruk":                    "Open Referral UK's own shape: what stands behind it",
	"GET /vcse/oruk/services":           "Open Referral UK counts pages",
	"GET /vcse/oruk/services/{id}":      "Open Referral UK's own shape: one service",
	"POST /primarycare/patients/search": "finds one person: the few who fit, and whoever sees too many says more",
	"POST /primarycare/services/search": "its cursor stands in the body, as the words do",
}

// Every write takes an Idempotency-Key, every change of a thing that is there an If-Match, and every list a cursor; or it stands above,
// with the reason.
func TestEveryAPIIsSafeToCallTwiceAndByTwo(t *testing.T) {
	t.Parallel()
	address := whole(t)
	unused := map[string]bool{}
	for _, list := range []map[string]string{changesWithoutVersion, writesWithoutKey, listsWithoutCursor} {
		for name := range list {
			unused[name] = true
		}
	}
	excused := func(list map[string]string, name string) bool {
		delete(unused, name)
		return list[name] != ""
	}
	for _, service := range speakersOfAPIs {
		var doc apiDocument
		require.NoError(t, json.Unmarshal([]byte(fetch(t, http.DefaultClient, address+"/api/"+service+"/v1/openapi.json")), &doc))
		require.NotEmpty(t, doc.Paths, service)
		for path, operations := range doc.Paths {
			for method, o := range operations {
				name := strings.ToUpper(method) + " /" + service + path
				reads := method == "get"
				if !reads && !o.takes("header", "Idempotency-Key") {
					if !excused(writesWithoutKey, name) {
						t.Errorf("%s takes no Idempotency-Key", name)
					}
					reads = strings.HasPrefix(writesWithoutKey[name], "reads")
				}
				if reads && doc.lists(o) && !o.takes("query", "cursor") && !excused(listsWithoutCursor, name) {
					t.Errorf("%s is a list without a cursor", name)
				}
				if method == "get" || !o.takes("header", "Idempotency-Key") || strings.Contains(path, "/parked/") {
					continue // a parked event has no version: it is settled once, and the second to try is told
				}
				if (method != "post" || strings.Contains(path, "{")) && !o.takes("header", "If-Match") && !excused(changesWithoutVersion, name) {
					t.Errorf("%s takes no If-Match", name)
				}
			}
		}
	}
	require.Empty(t, unused, "these are excused and need not be")
}
