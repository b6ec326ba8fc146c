package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
)

// refused fails unless the error has a meaning that a caller can be told.
func refused(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		_, ok := fault.Of(err)
		require.True(t, ok, "%v", err)
	}
}

// FuzzAddress reads cursor, limit and If-Match from a request: nothing that we did not make is taken for a place.
func FuzzAddress(f *testing.F) {
	f.Add("", "", "")
	f.Add(httpx.Cursor(f.Context(), map[string]int{"at": 3}), "20", `"3"`)
	f.Add("AAAA", "0", "*")
	f.Add(strings.Repeat("A", 43), "-1", `W/"3"`)
	f.Add("%", "999999999999999999999", `"-1"`)
	made := httpx.Cursor(f.Context(), map[string]int{"at": 3})
	f.Fuzz(func(t *testing.T, cursor, limit, tag string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+url.Values{"cursor": {cursor}, "limit": {limit}}.Encode(), nil)
		r.Header.Set("If-Match", tag)
		in, err := httpx.ListOf(r)
		refused(t, err)
		if err == nil {
			require.True(t, in.Limit >= 1 && in.Limit <= httpx.MaxLimit)
		}
		place := map[string]int{}
		ok, err := in.After(t.Context(), &place)
		refused(t, err)
		if ok {
			require.Equal(t, strings.TrimRight(made, "="), cursor, "a cursor that is not ours")
		}
		n, err := httpx.IfMatch(r)
		refused(t, err)
		if err == nil {
			require.GreaterOrEqual(t, n, int64(0))
		}
	})
}

// FuzzForm reads a form's body.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "a=1&b=%20&a=2")
	f.Add("application/x-www-form-urlencoded", "%zz=1;b")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--")
	f.Add("text/plain", "a")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		_, err := httpx.ParseForm(r)
		refused(t, err)
	})
}
