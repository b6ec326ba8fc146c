package httpx_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
)

// taking answers with the command that a request makes.
func taking(t *testing.T, got *pg.Command) http.Handler {
	t.Helper()
	take := func(_ http.ResponseWriter, r *http.Request) error {
		*got = httpx.Command(r.Context(), "accept offer")
		return nil
	}
	return edge(t,
		httpx.Route{Method: http.MethodPost, Pattern: "/offers/{id}", Handler: take, Write: true},
		httpx.Route{Method: http.MethodPost, Pattern: "/search", Handler: take},
		httpx.Route{Method: http.MethodPost, Pattern: "/import", Handler: take, Stream: true, MaxBody: 32 << 20},
		httpx.Route{Method: http.MethodPost, Pattern: "/api/offers/{id}", Face: httpx.FaceAPI, Handler: take, Write: true})
}

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("a", 10<<20)
	for name, c := range map[string]struct {
		path, body, kind string
		status           int
	}{
		"form":                        {"/offers/1", "idempotency_key=k&note=hello", form, 200},
		"form with markup":            {"/offers/1", "idempotency_key=k&note=" + url.QueryEscape("<script>alert(1)</script>"), form, 200},
		"form of 10 MB":               {"/offers/1", "idempotency_key=k&note=" + big, form, 413},
		"form that is not UTF-8":      {"/offers/1", "idempotency_key=k&note=%ff%fe", form, 400},
		"form with a raw byte":        {"/offers/1", "idempotency_key=k&note=\xff", form, 400},
		"form with NUL":               {"/offers/1", "idempotency_key=k&note=a%00b", form, 400},
		"form with NUL in a name":     {"/offers/1", "idempotency_key=k&a%00b=c", form, 400},
		"form with bad escapes":       {"/offers/1", "idempotency_key=k&note=%zz", form, 400},
		"form with semicolons":        {"/offers/1", "idempotency_key=k;note=x", form, 400},
		"form of 501 fields":          {"/offers/1", "idempotency_key=k" + strings.Repeat("&a=b", 500), form, 413},
		"form without key":            {"/offers/1", "note=hello", form, 400},
		"form with an endless key":    {"/offers/1", "idempotency_key=" + strings.Repeat("k", 201), form, 400},
		"form with a key of spaces":   {"/offers/1", "idempotency_key=+", form, 400},
		"nothing at all":              {"/offers/1", "", "", 400},
		"JSON to a page":              {"/offers/1", `{"a":1}`, "application/json", 415},
		"multipart to a page":         {"/offers/1", "--x", "multipart/form-data; boundary=x", 415},
		"search without key":          {"/search", "q=hello", form, 200},
		"import of 10 MB":             {"/import", big, "text/csv", 200},
		"NUL in the path":             {"/offers/%00", "idempotency_key=k", form, 400},
		"path that is not UTF-8":      {"/offers/%ff", "idempotency_key=k", form, 400},
		"NUL in the query":            {"/offers/1?a=%00", "idempotency_key=k", form, 400},
		"query that is not UTF-8":     {"/offers/1?a=%ff", "idempotency_key=k", form, 400},
		"JSON":                        {"/api/offers/1", `{"a":1}`, "application/json; charset=utf-8", 200},
		"JSON of 10 MB":               {"/api/offers/1", `{"a":"` + big + `"}`, "application/json", 413},
		"JSON that is not UTF-8":      {"/api/offers/1", "{\"a\":\"\xff\"}", "application/json", 400},
		"JSON with NUL":               {"/api/offers/1", `{"a":["b",{"c":"\u0000"}]}`, "application/json", 400},
		"JSON with NUL in a key":      {"/api/offers/1", `{"\u0000":1}`, "application/json", 400},
		"JSON with an escaped escape": {"/api/offers/1", `{"a":"\\u0000"}`, "application/json", 200},
		"JSON cut short":              {"/api/offers/1", `{"a":`, "application/json", 400},
		"JSON twice":                  {"/api/offers/1", `{} {}`, "application/json", 400},
		"JSON nested without end":     {"/api/offers/1", strings.Repeat("[", 100_000), "application/json", 400},
		"JSON called text":            {"/api/offers/1", `{}`, "text/plain", 415},
		"JSON without type":           {"/api/offers/1", `{}`, "", 415},
		"form to an API":              {"/api/offers/1", `a=b`, form, 415},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got pg.Command
			w := answer(taking(t, &got), request("POST", c.path, c.body, "Content-Type", c.kind, "Idempotency-Key", "k"))
			require.Equal(t, c.status, w.Code, w.Body.String())
			require.Less(t, w.Body.Len(), 2000, "nothing is echoed")
		})
	}
}

func TestCommandIsTheSameForTheSameIntention(t *testing.T) {
	t.Parallel()
	var got pg.Command
	h := taking(t, &got)
	page := func(path, body string) pg.Command {
		require.Equal(t, 200, answer(h, request("POST", path, body, "Content-Type", form)).Code)
		return got
	}
	api := func(path, body, key string) pg.Command {
		require.Equal(t, 200, answer(h, request("POST", path, body, "Content-Type", "application/json", "Idempotency-Key", key)).Code)
		return got
	}
	first := page("/offers/1", "a=1&b=2&idempotency_key=k")
	require.Equal(t, "accept offer", first.Verb)
	require.NotEmpty(t, first.Key)
	require.Len(t, first.BodyHash, 32)
	require.Equal(t, first, page("/offers/1", "idempotency_key=k&b=2&a=1"))
	require.NotEqual(t, first.BodyHash, page("/offers/1", "a=1&b=3&idempotency_key=k").BodyHash)
	require.NotEqual(t, first.BodyHash, page("/offers/2", "a=1&b=2&idempotency_key=k").BodyHash, "another thing is another command")
	require.Equal(t, first.BodyHash, page("/offers/1", "a=1&b=2&idempotency_key=other").BodyHash)
	require.NotEqual(t, first.Key, page("/offers/1", "a=1&b=2&idempotency_key=other").Key)
	require.Empty(t, page("/search", "q=Margaret&idempotency_key=k").Key, "a search is no command")

	one := api("/api/offers/1", `{"a":1,"b":{"d":2,"c":3}}`, "k")
	require.Equal(t, one, api("/api/offers/1", ` { "b":{"c":3,"d":2}, "a":1 } `, `"k"`))
	require.NotEqual(t, one.BodyHash, api("/api/offers/1", `{"a":1,"b":{"d":2,"c":4}}`, "k").BodyHash)
	require.NotEqual(t, one.BodyHash, api("/api/offers/1", ``, "k").BodyHash)

	require.NotContains(t, api("/api/offers/1", `{}`, "9434765919").Key, "9434765919", "a key may be personal data too")
	c := config(t)
	c.Secret = bytes.Repeat([]byte{8}, 32)
	e := httpx.New(c)
	var other pg.Command
	e.Mount(httpx.Route{Method: http.MethodPost, Pattern: "/offers/{id}", Write: true, Handler: func(_ http.ResponseWriter, r *http.Request) error {
		other = httpx.Command(r.Context(), "accept offer")
		return nil
	}})
	answer(e.Handler(), request("POST", "/offers/1", "a=1&b=2&idempotency_key=k", "Content-Type", form))
	require.NotEqual(t, first.BodyHash, other.BodyHash, "another service's hash tells nothing")
}

func TestAPIWriteWithoutKeyNamesTheHeader(t *testing.T) {
	t.Parallel()
	var got pg.Command
	w := answer(taking(t, &got), request("POST", "/api/offers/1", `{}`, "Content-Type", "application/json"))
	require.Equal(t, 400, w.Code)
	require.Contains(t, problem(t, w).Detail, "Idempotency-Key")
}

func TestReadingForms(t *testing.T) {
	t.Parallel()
	typed := url.Values{
		"name": {"  Ann\t"}, "long": {strings.Repeat("é", 11)}, "note": {"one\r\ntwo"}, "control": {"a\x07b"}, "reason": {"other"},
		"needs": {"debt", "housing", "debt", "made-up"}, "safe": {"yes"}, "tick": {"on"}, "id": {"1 or 1=1"}, "count": {"12"}, "many": {"900"},
		"born-day": {"29"}, "born-month": {"2"}, "born-year": {"2024"}, "bad-day": {"31"}, "bad-month": {"2"}, "bad-year": {"2024"},
		"half-day": {"1"}, "version": {"7"},
	}
	r := request("POST", "/", typed.Encode(), "Content-Type", form)
	f, err := httpx.ParseForm(r)
	require.NoError(t, err)
	require.Equal(t, "Ann", f.Text("name", 10, "Enter a name"))
	require.Equal(t, "one\ntwo", f.Area("note", 10, ""))
	require.True(t, f.YesNo("safe", "Select yes or no"))
	require.True(t, f.Ticked("tick"))
	require.Equal(t, 12, f.Int("count", 1, 20, ""))
	require.Equal(t, "2024-02-29", f.Date("born", "Enter a date of birth").Format("2006-01-02"))
	require.NoError(t, f.Err())
	v, err := f.Version()
	require.NoError(t, err)
	require.EqualValues(t, 7, v)

	f.Text("absent", 10, "Enter a name")
	f.Text("long", 10, "")
	f.Text("note", 10, "")
	f.Area("control", 10, "")
	f.Choice("reason", "Select a reason", "full", "closed")
	f.Choices("needs", "", "debt", "housing")
	f.YesNo("unasked", "Select yes or no")
	f.ID("id", "Select a service")
	f.Int("many", 1, 20, "")
	f.Date("bad", "")
	f.Date("half", "")
	f.Date("none", "Enter the date")
	refused, _ := fault.Of(f.Err())
	var paths []string
	for _, one := range refused.Fields {
		paths = append(paths, one.Path)
		require.Regexp(t, `^(Enter|Select|Shorten|Remove) `, one.Message)
	}
	require.Equal(t, []string{"absent", "long", "note", "control", "reason", "needs", "unasked", "id", "many", "bad", "half", "none"}, paths)
	require.Equal(t, strings.Repeat("é", 11), f.Typed("long"), "what was typed stays, whatever its length")
	require.Equal(t, "  Ann\t", f.Typed("name"))
}

func TestFormWithoutVersion(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"", "x", "-1", "9999999999999999999999"} {
		f, err := httpx.ParseForm(request("POST", "/", "version="+v, "Content-Type", form))
		require.NoError(t, err)
		_, err = f.Version()
		require.Equal(t, 428, httpx.Status(err))
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	for tag, status := range map[string]int{"": 428, "*": 428, `"3"`: 200, `3`: 400, `W/"3"`: 400, `"3", "4"`: 400, `"x"`: 400, `"-3"`: 400, `"`: 400} {
		got, err := httpx.IfMatch(request("PUT", "/", "", "If-Match", tag))
		if status == 200 {
			require.NoError(t, err)
			require.EqualValues(t, 3, got)
			require.Equal(t, tag, httpx.ETag(got))
			continue
		}
		require.Equal(t, status, httpx.Status(err), tag)
	}
}

func TestPathID(t *testing.T) {
	t.Parallel()
	h := edge(t, httpx.Route{Method: http.MethodGet, Pattern: "/offers/{id}", Handler: func(_ http.ResponseWriter, r *http.Request) error {
		_, err := httpx.PathID(r, "id")
		return err
	}})
	require.Equal(t, 200, answer(h, request("GET", "/offers/018f0000-0000-7000-8000-000000000001", "")).Code)
	for _, bad := range []string{"1", "018F0000-0000-7000-8000-000000000001", "018f0000000070008000000000000001", "'--", strings.Repeat("a", 5000)} {
		require.Equal(t, 404, answer(h, request("GET", "/offers/"+url.PathEscape(bad), "")).Code)
	}
}

type place struct {
	At int64
	ID string
}

func TestCursorsAreSigned(t *testing.T) {
	t.Parallel()
	inRequest(t, func(ctx context.Context) {
		rows := []place{{1, "a"}, {2, "b"}, {3, "c"}}
		page := httpx.ListBody(ctx, httpx.ListInput{Limit: 2}, rows, func(p place) any { return p })
		require.Len(t, page.Items, 2)
		var at place
		more, err := httpx.ListInput{Cursor: page.Next}.After(ctx, &at)
		require.NoError(t, err)
		require.True(t, more)
		require.Equal(t, rows[1], at)
		last := httpx.ListBody(ctx, httpx.ListInput{Limit: 3}, rows, func(p place) any { return p })
		require.Empty(t, last.Next)
		require.NotNil(t, httpx.ListBody(ctx, httpx.ListInput{Limit: 3}, nil, func(p place) any { return p }).Items)

		first, err := httpx.ListInput{}.After(ctx, &at)
		require.NoError(t, err)
		require.False(t, first)
		for _, forged := range []string{"x", "!!!", page.Next + "A", "A" + page.Next[1:], strings.ToLower(page.Next)} {
			_, err := httpx.ListInput{Cursor: forged}.After(ctx, &at)
			require.Equal(t, 422, httpx.Status(err), forged)
		}
	})
}

func inRequest(t *testing.T, f func(ctx context.Context)) {
	t.Helper()
	w := answer(edge(t, httpx.Route{Method: http.MethodGet, Pattern: "/", Handler: func(_ http.ResponseWriter, r *http.Request) error {
		f(r.Context())
		return nil
	}}), request("GET", "/", ""))
	require.Equal(t, 200, w.Code)
}

func TestListOf(t *testing.T) {
	t.Parallel()
	in, err := httpx.ListOf(request("GET", "/?cursor=x", ""))
	require.NoError(t, err)
	require.Equal(t, httpx.ListInput{Cursor: "x", Limit: 50}, in)
	for _, bad := range []string{"0", "201", "-1", "many"} {
		_, err := httpx.ListOf(request("GET", "/?limit="+bad, ""))
		require.Equal(t, 422, httpx.Status(err))
	}
}
