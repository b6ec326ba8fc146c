package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/pg"
)

// Meanings that only the edge knows.
const (
	MeaningMalformed       fault.Meaning = "malformed"
	MeaningUnauthenticated fault.Meaning = "unauthenticated"
	MeaningMethod          fault.Meaning = "method_not_allowed"
	MeaningTooLarge        fault.Meaning = "too_large"
	MeaningMediaType       fault.Meaning = "unsupported_media_type"
	MeaningInternal        fault.Meaning = "internal"
)

// statuses is the one table from meaning to status.
var statuses = map[fault.Meaning]int{
	MeaningMalformed:         http.StatusBadRequest,
	MeaningUnauthenticated:   http.StatusUnauthorized,
	fault.MeaningForbidden:   http.StatusForbidden,
	fault.MeaningNotFound:    http.StatusNotFound,
	MeaningMethod:            http.StatusMethodNotAllowed,
	fault.MeaningConflict:    http.StatusConflict,
	fault.MeaningStale:       http.StatusPreconditionFailed,
	MeaningTooLarge:          http.StatusRequestEntityTooLarge,
	MeaningMediaType:         http.StatusUnsupportedMediaType,
	fault.MeaningInvalid:     http.StatusUnprocessableEntity,
	fault.MeaningMismatch:    http.StatusUnprocessableEntity,
	fault.MeaningNeedVersion: http.StatusPreconditionRequired,
	MeaningInternal:          http.StatusInternalServerError,
	fault.MeaningUnavailable: http.StatusServiceUnavailable,
}

var (
	errMethod  = &fault.Error{Meaning: MeaningMethod, Code: "method_not_allowed", Message: "This address can not be used in that way"}
	errNoPage  = &fault.Error{Meaning: fault.MeaningNotFound, Code: "not_found", Message: "There is no page at this address"}
	errTooBig  = &fault.Error{Meaning: MeaningTooLarge, Code: "too_large", Message: "What was sent is too large"}
	errNoRole  = fault.Forbidden("This is for our own processes only")
	errUnknown = &fault.Error{Meaning: MeaningInternal, Code: "internal", Message: "Something went wrong on our side. Nothing you can see was changed; try again, and tell us the request number if it stays"}
	errBusy    = fault.Unavailable("Waypost can not answer just now. Try again in a few seconds")
)

func malformed(message string) *fault.Error {
	return &fault.Error{Meaning: MeaningMalformed, Code: "malformed", Message: message}
}

func unsupported(message string) *fault.Error {
	return &fault.Error{Meaning: MeaningMediaType, Code: "unsupported_media_type", Message: message}
}

// Unauthenticated refuses because nobody has signed in.
func Unauthenticated() *fault.Error {
	return &fault.Error{Meaning: MeaningUnauthenticated, Code: "unauthenticated", Message: "Sign in first"}
}

// Refusal gives every error its meaning and status: what passes by itself is unavailable, what nobody foresaw is internal.
func Refusal(err error) (*fault.Error, int) {
	var tooBig *http.MaxBytesError
	f, ok := fault.Of(err)
	switch {
	case ok:
	case errors.As(err, &tooBig):
		f = errTooBig
	case pg.Passing(err), errors.Is(err, context.Canceled): // nobody waits any more, or we are being stopped: ask again
		f = errBusy
	default:
		f = errUnknown
	}
	status, ok := statuses[f.Meaning]
	if !ok {
		return errUnknown, http.StatusInternalServerError
	}
	return f, status
}

// Status is the status of err, for a handler that shows a form again with what is wrong: 422, 409, 412. Without an error it is 200.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	_, status := Refusal(err)
	return status
}

// Problem is RFC 9457's body, with our code and the fields that are wrong. It holds nothing that was sent.
type Problem struct {
	Type     string        `json:"type" doc:"Names the kind of problem" format:"uri"`
	Title    string        `json:"title" doc:"The status in words"`
	Status   int           `json:"status" doc:"The HTTP status"`
	Detail   string        `json:"detail" doc:"What to do, in plain English"`
	Code     string        `json:"code" doc:"What a program may decide on"`
	Instance string        `json:"instance,omitempty" doc:"The request, as it is named in our log" format:"uri"`
	Errors   []fault.Field `json:"errors,omitempty" doc:"Each field that is wrong"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus and ContentType are what huma asks of an error.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is problem+json whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problem(f *fault.Error, status int, request string) *Problem {
	p := &Problem{
		Type: "https://waypost.example.org/problems/" + f.Code, Title: http.StatusText(status), Status: status,
		Detail: f.Message, Code: f.Code, Errors: f.Fields,
	}
	if request != "" {
		p.Instance = "urn:uuid:" + request
	}
	return p
}

// fail answers with the error. When the answer had begun, or nobody waits for it, only the log hears of it.
func (e *Edge) fail(w http.ResponseWriter, r *http.Request, face Face, err error) {
	x := exchangeOf(r.Context())
	f, status := Refusal(err)
	x.noteFailure(r.Context(), status, err)
	if begun(w) {
		return
	}
	refuse(w.Header(), status)
	switch face {
	case FacePage:
		e.ErrorPage(w, r, status, f)
	default:
		writeProblem(w, problem(f, status, x.id))
	}
}

// refuse sets the headers that go with a status and drops those of the answer that did not come.
func refuse(h http.Header, status int) {
	h.Del("ETag")
	h.Set("Cache-Control", "no-store")
	switch status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="waypost"`)
	}
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // the reader went away
}

func begun(w http.ResponseWriter) bool {
	for {
		if rec, ok := w.(*recorder); ok {
			return rec.status != 0
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = u.Unwrap()
	}
}

var bare = template.Must(template.New("error").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Message}}</p>{{range .Fields}}<p>{{.Message}}</p>{{end}}<p>Request {{.Request}}</p></main></body></html>
`))

func barePage(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	bare.Execute(w, map[string]any{"Title": http.StatusText(status), "Message": f.Message, "Fields": f.Fields, "Request": RequestID(r.Context())}) //nolint:errcheck // the reader went away
}

// Verbs is the chain of what was being done when err happened. The words of the error at its end are left out unless their kind
// is known to repeat nothing that was typed: Postgres, strconv, json, url and time errors all quote their input.
func Verbs(err error) string {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var parts []string
		for _, one := range many.Unwrap() {
			parts = append(parts, Verbs(one))
		}
		return strings.Join(parts, "; ")
	}
	end := err
	for passable(end) {
		next := errors.Unwrap(end)
		if next == nil {
			break
		}
		end = next
	}
	if before, ok := strings.CutSuffix(err.Error(), end.Error()); ok {
		return before + describe(end)
	}
	return describe(end)
}

// passable errors put only a verb, a place or a column before the error inside.
func passable(err error) bool {
	switch err.(type) { //nolint:errorlint // the chain is walked link by link here
	case *net.OpError, *os.SyscallError, *pgconn.ConnectError, pgx.ScanArgError:
		return true
	}
	kind := fmt.Sprintf("%T", err)
	return kind == "*fmt.wrapError" || kind == "*pgconn.perDialConnectError"
}

func describe(err error) string {
	switch t := err.(type) { //nolint:errorlint // the end of the chain is looked at, not the chain
	case *pgconn.PgError:
		return strings.TrimSpace(strings.Join([]string{"postgres", t.Code, t.SchemaName, t.TableName, t.ColumnName, t.ConstraintName, t.Routine}, " "))
	case *fault.Error:
		return t.Code + ": " + t.Message
	case *panicked, *Problem, syscall.Errno, *net.OpError, *os.SyscallError, *pgconn.ConnectError:
		return err.Error()
	case interface{ Unwrap() []error }:
		return Verbs(err)
	}
	if kind := fmt.Sprintf("%T", err); kind != "*errors.errorString" && kind != "context.deadlineExceededError" {
		return kind
	}
	return err.Error()
}
