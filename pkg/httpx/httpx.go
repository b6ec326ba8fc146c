// Package httpx is the edge to HTTP: one table of routes, one hardened chain around them, and one place where errors become answers.
package httpx

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/trace"
)

// Handler answers a request or says why not; the Edge turns the error into a page or a problem.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Face is who looks: it decides how errors look and what guards a route.
type Face string

// The faces. An empty Face is a page.
const (
	FacePage     Face = "page"     // a person, HTML
	FaceAPI      Face = "api"      // a program, JSON
	FaceLive     Face = "live"     // a stream of server-sent events
	FaceInternal Face = "internal" // another of our processes, with the service token
	FaceAsset    Face = "asset"    // style, script, image: no session, may be cached
)

// Route is one line of a door's table.
type Route struct {
	Method  string
	Pattern string // as net/http's ServeMux has it, without the method: /provider/offers/{id}
	Name    string // what it is for, as a verb or noun: accept
	Handler Handler
	Face    Face
	Write   bool     // changes something: an idempotency key is required
	Public  bool     // nobody needs to have signed in
	Roles   []string // who may, of those who signed in; empty: everybody
	MaxBody int64    // 0: 1 MB
	Stream  bool     // the handler reads the body itself, so no key or hash is taken from it: imports
}

// DefaultMaxBody is how much a request may send unless its route says otherwise.
const DefaultMaxBody = 1 << 20

// streamTime bounds an import; everything else has answerTime.
const (
	answerTime = 20 * time.Second
	streamTime = 10 * time.Minute
)

// Config is what an Edge needs to know. Secret keys the hashes of command bodies and the cursors: the same for all copies of a service.
type Config struct {
	Service       string
	Log           *zap.Logger
	Secret        []byte
	HTTPS         bool                                                        // the browser speaks https to us, perhaps through a proxy
	Guard         func(Route, Handler) Handler                                // who is asking and whether they may: authn's Sessions.Guard
	ErrorPage     func(http.ResponseWriter, *http.Request, int, *fault.Error) // nil: a bare page
	InternalToken string                                                      // empty: internal routes refuse everybody
	NewID         func() string                                               // nil: id.New
	Now           func() time.Time                                            // nil: time.Now
	Tracer        *trace.Tracer                                               // nil: no spans
	Answered      func(route string, status int, took time.Duration)          // nil, or told of every answer; took is negative for a stream
}

// Edge holds a service's routes and serves them.
type Edge struct {
	Config
	mux    *http.ServeMux
	cross  *http.CrossOriginProtection
	routes []Route
}

// New makes an Edge without routes. It panics on a set-up that would be unsafe, since that is a mistake in a door.
func New(c Config) *Edge {
	if len(c.Secret) < 32 {
		panic("httpx: the secret needs 32 bytes or more")
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.NewID == nil {
		c.NewID = id.New
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ErrorPage == nil {
		c.ErrorPage = barePage
	}
	return &Edge{Config: c, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
}

// Mount adds routes. A route that needs a person panics when nobody guards.
func (e *Edge) Mount(routes ...Route) {
	for _, rt := range routes {
		if rt.Face == "" {
			rt.Face = FacePage
		}
		if rt.MaxBody == 0 {
			rt.MaxBody = DefaultMaxBody
		}
		if e.Guard == nil && !rt.Public && rt.Face != FaceAsset && rt.Face != FaceInternal {
			panic(fmt.Sprintf("httpx: %s %s needs a guard", rt.Method, rt.Pattern))
		}
		e.routes = append(e.routes, rt)
		e.mux.Handle(rt.Method+" "+rt.Pattern, e.serve(rt))
	}
}

// Routes lists everything that was mounted, API operations included, for tests that walk them all.
func (e *Edge) Routes() []Route { return slices.Clone(e.routes) }

// serve is the chain around one route: from outside in, time, origin, guard, body, handler.
func (e *Edge) serve(rt Route) http.Handler {
	h := e.withBody(rt, func(w http.ResponseWriter, r *http.Request) error {
		exchangeOf(r.Context()).noteActor(r.Context())
		return rt.Handler(w, r)
	})
	switch rt.Face {
	case FaceAsset:
	case FaceInternal:
		if !rt.Public {
			h = e.ownProcess(h)
		}
	default:
		if e.Guard != nil {
			h = e.Guard(rt, h)
		}
		h = e.sameOrigin(h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = e.span(rt, r)
		if rt.Face == FaceAsset {
			w.Header().Set("Cache-Control", "public, max-age=3600")
		}
		if limit := timeFor(rt); limit > 0 {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			r = r.WithContext(ctx)
		}
		if err := guarded(h, w, r); err != nil {
			e.fail(w, r, rt.Face, err)
		}
	})
}

func timeFor(rt Route) time.Duration {
	switch {
	case rt.Face == FaceLive:
		return 0
	case rt.Stream, rt.Face == FaceInternal:
		return streamTime
	}
	return answerTime
}

func (e *Edge) sameOrigin(next Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := e.cross.Check(r); err != nil {
			return fault.Forbidden("This was sent from another website, so nothing was done. Open Waypost and try again there")
		}
		return next(w, r)
	}
}
