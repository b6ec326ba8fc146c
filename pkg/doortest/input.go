package doortest

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
)

// Hostile is a text that must never be seen as it is in a page, nor come back in an answer that refuses it.
const Hostile = `"><script>alert(1)</script>`

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// Input is a service whose every route is to be sent what it should not get.
type Input struct {
	House  *House
	URL    string
	Routes []httpx.Route
	// Reach says who may use a route, and its address with the ids of things that are there. It is asked again for each route, and
	// may make new things each time.
	Reach func(rt httpx.Route) (actor.Actor, string)
	// Blank are the patterns that answer emptily when asked about something they have not heard of.
	Blank []string
}

type reply struct {
	status int
	header http.Header
	body   string
}

// BadInput sends every writing route of the service, and every form of its pages, what is missing, over-long, of the wrong type,
// not UTF-8, hostile, too large, without a key, about something that is not there, from a version that is not, and twice. Nothing
// may fail on our side, what was sent may come back escaped only, and what an API refuses names the field and repeats nothing.
// It fails when the service's OpenAPI document is not valid or lacks a route.
func BadInput(t *testing.T, in Input) {
	t.Helper()
	in.House.T = t
	doc := openAPI(t, in.URL, in.House.Service, in.Routes)
	fields := in.fields(t)
	require.NotEmpty(t, fields, "no page has a form")
	tried := 0
	for _, rt := range in.Routes {
		who, path := in.Reach(rt)
		c := caller{in, t, in.House.Client(who), rt, path}
		switch {
		case rt.Stream, rt.Face == httpx.FaceInternal, rt.Face == httpx.FaceAsset, rt.Face == httpx.FaceLive:
			continue
		case rt.Method == http.MethodGet || rt.Method == http.MethodHead:
			c.reads()
		case rt.Face == httpx.FaceAPI:
			c.api(doc)
		default:
			c.form(fields)
		}
		tried++
	}
	require.Positive(t, tried)
}

// caller sends to one route.
type caller struct {
	in   Input
	t    testing.TB
	http *http.Client
	rt   httpx.Route
	path string
}

func (c caller) name() string { return c.rt.Method + " " + c.rt.Pattern }

func (c caller) send(path, body string, header ...string) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), c.rt.Method, c.in.URL+path, strings.NewReader(body))
	require.NoError(c.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	res, err := c.http.Do(r)
	require.NoError(c.t, err, c.name())
	defer func() { _ = res.Body.Close() }()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	require.NoError(c.t, err, c.name())
	require.Less(c.t, res.StatusCode, 500, "%s with %.80q: %s", c.name(), body, b.String())
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, jsonType) { // what JSON holds nobody runs: nosniff is on every answer
		require.NotContains(c.t, b.String(), "<script>alert(1)", "%s with %.80q", c.name(), body)
	}
	return reply{res.StatusCode, res.Header, b.String()}
}

// elsewhere is the route's address with other ids in it; ok is false when it has none.
func (c caller) elsewhere(other func() string) (path string, ok bool) {
	path = parameter.ReplaceAllStringFunc(c.rt.Pattern, func(string) string { ok = true; return other() })
	return path, ok
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

var nowhere = []int{http.StatusForbidden, http.StatusNotFound}

func (c caller) reads() {
	c.t.Helper()
	for _, q := range []string{"?cursor=zzz&limit=-1", "?limit=99999999999999999999", "?q=" + url.QueryEscape(Hostile) + "&state=%27&show=zzz&sort=zzz&need=zzz", "?patient=zzz"} {
		c.send(c.path+q, "")
	}
	for _, q := range []string{"?q=%ff", "?q=%00"} {
		require.Equal(c.t, http.StatusBadRequest, c.send(c.path+q, "").status, "%s%s", c.name(), q)
	}
	for _, other := range []func() string{id.New, func() string { return "not-an-id" }, func() string { return "..%2f..%2fetc%2fpasswd" }} {
		if path, ok := c.elsewhere(other); ok {
			status := c.send(path, "").status
			if !slices.Contains(c.in.Blank, c.rt.Pattern) {
				require.Contains(c.t, nowhere, status, "%s as %s", c.name(), path)
			}
		}
	}
}

// api sends JSON. Who may not have the thing is refused before its body is looked at or after: both will do.
func (c caller) api(doc document) {
	c.t.Helper()
	path, _ := strings.CutPrefix(c.rt.Pattern, "/api/"+c.in.House.Service+"/v1")
	op, ok := doc.Paths[path][strings.ToLower(c.rt.Method)]
	require.True(c.t, ok, c.name())
	match := ""
	if op.takes("If-Match") {
		match = `"1"`
	}
	send := func(path string, body any, header ...string) reply {
		c.t.Helper()
		b, err := json.Marshal(body)
		require.NoError(c.t, err)
		if op.body() == nil {
			b = nil
		}
		all := append([]string{"Content-Type", jsonType, httpx.KeyHeader, id.New(), "If-Match", match}, header...)
		r := c.send(path, string(b), all...)
		c.problem(r)
		return r
	}
	good := func() any { return doc.example(op.body(), "x") }
	c.rawBodies(match)
	if op.body() != nil {
		for _, w := range doc.spoil(op.body()) {
			r := send(c.path, w.body)
			require.Equal(c.t, http.StatusUnprocessableEntity, r.status, "%s %s: %s", c.name(), w.why, r.body)
			if w.field != "" {
				require.Contains(c.t, r.paths(), w.field, "%s %s: %s", c.name(), w.why, r.body)
			}
		}
		send(c.path, doc.example(op.body(), Hostile))
	}
	for _, other := range []func() string{id.New, func() string { return "not-an-id" }, func() string { return "..%2f..%2fetc%2fpasswd" }} {
		if path, ok := c.elsewhere(other); ok {
			status := send(path, good()).status
			require.True(c.t, status >= 400 && status < 500, "%s as %s: %d", c.name(), path, status)
		}
	}
	if match != "" {
		require.Equal(c.t, http.StatusPreconditionRequired, send(c.path, good(), "If-Match", " ").status, "%s without If-Match", c.name())
		for _, tag := range []string{`W/"1"`, `1`, `"1", "2"`, `"-1"`, `"99999999999999999999"`} {
			require.Equal(c.t, http.StatusBadRequest, send(c.path, good(), "If-Match", tag).status, "%s with If-Match: %s", c.name(), tag)
		}
		status := send(c.path, good(), "If-Match", `"999999"`).status
		require.True(c.t, status >= 400 && status < 500, "%s from a version that is not there: %d", c.name(), status)
	}
	if !c.rt.Write {
		return
	}
	require.Equal(c.t, http.StatusBadRequest, send(c.path, good(), httpx.KeyHeader, " ").status, "%s without a key", c.name())
	require.Equal(c.t, http.StatusBadRequest, send(c.path, good(), httpx.KeyHeader, strings.Repeat("k", 201)).status, "%s with a long key", c.name())
	body, key := good(), id.New()
	first, again := send(c.path, body, httpx.KeyHeader, key), send(c.path, body, httpx.KeyHeader, key)
	if first.status < 300 {
		require.Equal(c.t, first.body, again.body, "%s twice", c.name())
		require.Equal(c.t, first.status, again.status, "%s twice", c.name())
	}
}

// rawBodies are bodies that are no JSON of ours, whatever the operation takes.
func (c caller) rawBodies(match string) {
	c.t.Helper()
	for _, raw := range []struct {
		why, kind, body string
		status          int
	}{
		{"text", "text/plain", "{}", http.StatusUnsupportedMediaType},
		{"a form", formType, "a=b", http.StatusUnsupportedMediaType},
		{"no type", "", "{}", http.StatusUnsupportedMediaType},
		{"half a JSON", jsonType, `{"a":`, http.StatusBadRequest},
		{"two JSONs", jsonType, `{}{}`, http.StatusBadRequest},
		{"not UTF-8", jsonType, "{\"a\":\"\xff\xfe\"}", http.StatusBadRequest},
		{"NUL", jsonType, `{"a":"\u0000"}`, http.StatusBadRequest},
		{"deep", jsonType, strings.Repeat("[", 20_000), http.StatusBadRequest},
		{"a byte too many", jsonType, `"` + c.tooLong(2) + `"`, http.StatusRequestEntityTooLarge},
	} {
		r := c.send(c.path, raw.body, "Content-Type", raw.kind, httpx.KeyHeader, id.New(), "If-Match", match)
		require.Equal(c.t, raw.status, r.status, "%s with %s: %s", c.name(), raw.why, r.body)
		c.problem(r)
	}
}

// tooLong is what, behind so many bytes, is one more than the route takes.
func (c caller) tooLong(behind int) string { return strings.Repeat("a", int(c.rt.MaxBody)+1-behind) }

// problem checks that a refusal is RFC 9457's and repeats nothing of what was sent.
func (c caller) problem(r reply) {
	c.t.Helper()
	if r.status < 400 {
		return
	}
	require.Equal(c.t, "application/problem+json", r.header.Get("Content-Type"), "%s: %s", c.name(), r.body)
	var p httpx.Problem
	require.NoError(c.t, json.Unmarshal([]byte(r.body), &p), c.name())
	require.Equal(c.t, r.status, p.Status, c.name())
	require.NotEmpty(c.t, p.Code, c.name())
	require.NotContains(c.t, r.body, "alert(1)", "%s repeats what was sent", c.name())
}

// paths are the fields an answer says are wrong, and those they stand in.
func (r reply) paths() []string {
	var p httpx.Problem
	_ = json.Unmarshal([]byte(r.body), &p) // problem has looked at it
	var out []string
	for _, f := range p.Errors {
		name, _, _ := strings.Cut(f.Path, ".")
		name, _, _ = strings.Cut(name, "[")
		out = append(out, f.Path, name)
	}
	return out
}

// form sends what a page's form would, and what it never would.
func (c caller) form(fields []string) {
	c.t.Helper()
	send := func(path string, v url.Values) reply {
		c.t.Helper()
		return c.send(path, v.Encode(), "Content-Type", formType)
	}
	filled := func(text, version string) url.Values {
		v := url.Values{}
		for _, f := range fields {
			v.Set(f, text)
		}
		v.Set(httpx.KeyField, id.New())
		v.Del(httpx.VersionField)
		if version != "" {
			v.Set(httpx.VersionField, version)
		}
		return v
	}
	for _, text := range []string{"", Hostile, strings.Repeat("ø", 5_000), "-1", "99999999999999999999", "'; drop table referral; --", "\u202e", id.New()} {
		send(c.path, filled(text, "1"))
	}
	for _, version := range []string{"", "999999", Hostile} {
		send(c.path, filled(id.New(), version))
	}
	for _, raw := range []struct {
		why, kind, body string
		status          int
	}{
		{"JSON", jsonType, "{}", http.StatusUnsupportedMediaType},
		{"not UTF-8", formType, "idempotency_key=a&version=1&" + fields[0] + "=%ff%fe", http.StatusBadRequest},
		{"NUL", formType, "idempotency_key=a&version=1&" + fields[0] + "=%00", http.StatusBadRequest},
		{"half an escape", formType, "idempotency_key=a&version=1&" + fields[0] + "=%f", http.StatusBadRequest},
		{"too many fields", formType, "idempotency_key=a" + strings.Repeat("&a=b", 600), http.StatusRequestEntityTooLarge},
		{"a byte too many", formType, "note=" + c.tooLong(len("note=")), http.StatusRequestEntityTooLarge},
	} {
		r := c.send(c.path, raw.body, "Content-Type", raw.kind)
		require.Equal(c.t, raw.status, r.status, "%s with %s: %s", c.name(), raw.why, r.body)
	}
	for _, other := range []func() string{id.New, func() string { return "not-an-id" }} {
		if path, ok := c.elsewhere(other); ok {
			status := send(path, filled("x", "1")).status
			require.True(c.t, status >= 400 && status < 500, "%s as %s: %d", c.name(), path, status)
		}
	}
	if !c.rt.Write {
		return
	}
	keyless := filled("x", "1")
	keyless.Del(httpx.KeyField)
	require.Equal(c.t, http.StatusBadRequest, send(c.path, keyless).status, "%s without a key", c.name())
	twice := filled("x", "1")
	first, again := send(c.path, twice), send(c.path, twice)
	if first.status < 400 {
		require.Equal(c.t, first.status, again.status, "%s twice", c.name())
		require.Equal(c.t, first.header.Get("Location"), again.header.Get("Location"), "%s twice", c.name())
	}
}

var (
	storyLink = regexp.MustCompile(`href="(\?page=[^"]+)"`)
	fieldName = regexp.MustCompile(`<(?:input|select|textarea|button)[^>]*? name="([^"]+)"`)
)

// fields are the names of every field in every form of every page, as the storybook shows them.
func (in Input) fields(t testing.TB) []string {
	t.Helper()
	i := slices.IndexFunc(in.Routes, func(rt httpx.Route) bool { return rt.Name == "storybook" })
	require.GreaterOrEqual(t, i, 0, "the service shows no storybook")
	book := in.URL + in.Routes[i].Pattern
	names := map[string]bool{}
	for _, link := range storyLink.FindAllStringSubmatch(fetch(t, book), -1) {
		for _, f := range fieldName.FindAllStringSubmatch(fetch(t, book+html.UnescapeString(link[1])), -1) {
			names[html.UnescapeString(f[1])] = true
		}
	}
	delete(names, httpx.KeyField)
	return slices.Sorted(maps.Keys(names))
}

func fetch(t testing.TB, address string) string {
	t.Helper()
	res, err := http.Get(address) //nolint:gosec,noctx // a server of this test
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, address)
	return string(b)
}
