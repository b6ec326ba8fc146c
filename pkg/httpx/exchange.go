package httpx

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/trace"
)

// exchange is what the edge knows of one request and its answer.
type exchange struct {
	edge  *Edge
	id    string
	nonce string
	face  Face
	route string // its name; "" when there is none
	span  *trace.Span
	actor actor.Actor
	key   string // what Command hands on
	hash  []byte
	form  url.Values
	err   error // why it failed, for the log
}

type exchangeKey struct{}

// exchangeOf never returns nil, so that handlers can be called without an Edge in tests.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// noteFailure keeps for the log what is ours to mend; that somebody left before the answer is not.
func (x *exchange) noteFailure(ctx context.Context, status int, err error) {
	if status >= http.StatusInternalServerError && !errors.Is(ctx.Err(), context.Canceled) {
		x.err = err
	}
}

func (x *exchange) noteActor(ctx context.Context) { x.actor, _ = actor.From(ctx) }

// Nonce is the value for the nonce attribute of every script element of this answer.
func Nonce(ctx context.Context) string { return exchangeOf(ctx).nonce }

// RequestID names this request in the log and on error pages.
func RequestID(ctx context.Context) string { return exchangeOf(ctx).id }

// Handler is everything mounted, inside the outer chain: request id, headers, log, recovery, and answers where no route is.
func (e *Edge) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := e.Now()
		x := &exchange{edge: e, id: e.NewID(), nonce: newNonce(), face: FacePage}
		rec := &recorder{ResponseWriter: w}
		e.secure(rec.Header(), x)
		r = r.WithContext(event.WithCause(context.WithValue(r.Context(), exchangeKey{}, x), causeOf(r, x.id)))
		if err := guarded(e.dispatch, rec, r); err != nil {
			e.fail(rec, r, faceOfPath(r.URL.Path, x.face), err)
		}
		took := e.Now().Sub(start)
		e.log(x, rec, r, took)
		e.note(x, rec.status, took)
	})
}

// noRoute is the name under which what has no route of ours is counted: the path itself may be anything that somebody typed.
const noRoute = "none"

// note ends the request's span and has it counted.
func (e *Edge) note(x *exchange, status int, took time.Duration) {
	x.span.Note(trace.Status.Int(status))
	x.span.End(x.err)
	if e.Answered == nil {
		return
	}
	route := x.route
	if route == "" {
		route = noRoute
	}
	if x.face == FaceLive {
		took = -1
	}
	e.Answered(route, status, took)
}

// span begins the request's span, for what people and programs ask; what it causes goes on from it.
func (e *Edge) span(rt Route, r *http.Request) *http.Request {
	x := exchangeOf(r.Context())
	x.face, x.route = rt.Face, rt.Name
	if !e.Tracer.On() || rt.Face != FacePage && rt.Face != FaceAPI {
		return r
	}
	cause := event.CauseOf(r.Context())
	ctx, span := e.Tracer.Begin(r.Context(), trace.Serves, rt.Method+" "+rt.Name, cause.Traceparent,
		trace.Route.String(rt.Name), trace.Method.String(rt.Method), trace.Request.String(x.id))
	x.span = span
	cause.Traceparent = trace.Parent(ctx)
	return r.WithContext(event.WithCause(ctx, cause))
}

func (e *Edge) dispatch(w http.ResponseWriter, r *http.Request) error {
	if !clean(r.URL.Path) || !cleanQuery(r.URL.RawQuery) {
		return malformed("The address has characters in it that can not be read")
	}
	h, pattern := e.mux.Handler(r)
	if pattern != "" {
		e.mux.ServeHTTP(w, r)
		return nil
	}
	err := errNoPage
	absent := &absorbed{header: http.Header{}}
	h.ServeHTTP(absent, r)
	if absent.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", absent.header.Get("Allow"))
		err = errMethod
	}
	if e.Guard == nil || faceOfPath(r.URL.Path, FacePage) != FacePage {
		return err
	}
	// A person stays signed in where there is no page.
	return e.Guard(Route{Public: true, Face: FacePage}, func(w http.ResponseWriter, r *http.Request) error {
		e.fail(w, r, FacePage, err)
		return nil
	})(w, r)
}

// faceOfPath is for errors outside any route.
func faceOfPath(path string, known Face) Face {
	if strings.HasPrefix(path, "/api/") {
		return FaceAPI
	}
	return known
}

// secure sets what every answer carries. Referrer-Policy is same-origin, not no-referrer: with the latter browsers send
// "Origin: null" with forms, and the check against foreign sites would refuse our own.
func (e *Edge) secure(h http.Header, x *exchange) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+x.nonce+"'; style-src 'self'; img-src 'self' data:; "+
		"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Request-Id", x.id)
	if e.HTTPS {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

func causeOf(r *http.Request, own string) event.Cause {
	c := event.Cause{Correlation: own}
	if given := strings.ToLower(r.Header.Get("X-Correlation-Id")); id.Valid(given) {
		c.Correlation = given
	}
	if tp := r.Header.Get("Traceparent"); len(tp) == 55 && strings.Trim(tp, "0123456789abcdef-") == "" {
		c.Traceparent = tp
	}
	return c
}

func newNonce() string {
	b := make([]byte, 16)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// log writes one line: identifiers and the route's pattern; never the path, its query, a body or what an error repeats of them.
func (e *Edge) log(x *exchange, rec *recorder, r *http.Request, took time.Duration) {
	fields := []zap.Field{
		zap.String("service", e.Service), zap.String("request", x.id), zap.String("correlation", event.CauseOf(r.Context()).Correlation),
		zap.String("route", r.Pattern), zap.Int("status", rec.status), zap.Duration("took", took),
	}
	if x.actor.Person.ID != "" {
		fields = append(fields, zap.String("person", x.actor.Person.ID), zap.String("role", x.actor.Role), zap.String("organisation", x.actor.Organisation))
	}
	if x.err == nil {
		level := zap.InfoLevel
		if x.face == FaceAsset || x.face == FaceInternal {
			level = zap.DebugLevel
		}
		e.Log.Log(level, "answered", fields...)
		return
	}
	fields = append(fields, zap.String("error", Verbs(x.err)))
	var p *panicked
	if errors.As(x.err, &p) {
		fields = append(fields, zap.String("stack", string(p.stack)))
	}
	e.Log.Error("failed", fields...)
}

// panicked is a panic caught at the edge. Its value may repeat what was typed, so only its type is kept.
type panicked struct {
	kind  string
	stack []byte
}

func (p *panicked) Error() string { return "panic: " + p.kind }

func guarded(h Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if e, ok := v.(error); ok && errors.Is(e, http.ErrAbortHandler) {
			panic(v)
		}
		kind := fmt.Sprintf("%T", v)
		if re, ok := v.(interface{ RuntimeError() }); ok {
			kind = fmt.Sprint(re)
		}
		err = &panicked{kind: kind, stack: debug.Stack()}
	}()
	return h(w, r)
}

// recorder remembers the status. Unwrap lets http.ResponseController reach the connection.
type recorder struct {
	http.ResponseWriter
	status int
}

func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= 200 {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	return rec.ResponseWriter.Write(b)
}

func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// absorbed takes the mux's own words for "no such page", which we say in ours.
type absorbed struct {
	header http.Header
	status int
}

func (a *absorbed) Header() http.Header         { return a.header }
func (a *absorbed) Write(b []byte) (int, error) { return len(b), nil }
func (a *absorbed) WriteHeader(status int)      { a.status = status }

// clean is text that Postgres and a page can hold.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func cleanQuery(raw string) bool {
	if raw == "" {
		return true
	}
	s, err := url.QueryUnescape(raw)
	return err == nil && clean(s)
}
