package httpx

import (
	"net/http"
	"strconv"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/id"
)

// ETag is the entity tag of a version.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// IfMatch is the version that a change was made from: 428 when the request does not say, 400 when it names anything but one tag of ours.
// Whether it is still the newest is for app to find out, with the row locked; it answers fault.Stale.
func IfMatch(r *http.Request) (int64, error) { return parseTag(r.Header.Get("If-Match")) }

func parseTag(s string) (int64, error) {
	s = strings.TrimSpace(s)
	if s == "" || s == "*" {
		return 0, fault.PreconditionRequired()
	}
	inner, ok := strings.CutPrefix(s, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	n, err := strconv.ParseInt(inner, 10, 64)
	if !ok || !closed || err != nil || n < 0 {
		return 0, malformed(`Send If-Match with the ETag as it was given, such as "3"`)
	}
	return n, nil
}

// PathID is the identifier in the path. One that can not be an identifier names nothing.
func PathID(r *http.Request, name string) (string, error) {
	s := r.PathValue(name)
	if !id.Valid(s) {
		return "", fault.NotFound("page")
	}
	return s, nil
}
