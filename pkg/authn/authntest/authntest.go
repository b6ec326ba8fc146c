// Package authntest lets a service's tests act as anybody, without a session store. Nothing that is deployed may link it.
package authntest

import (
	"encoding/json"
	"net/http"
	"testing"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/httpx"
)

const header = "Waypost-Test-Actor"

// As makes the request this actor's.
func As(r *http.Request, a actor.Actor) *http.Request {
	b, _ := json.Marshal(a)
	r.Header.Set(header, string(b))
	return r
}

// Guard stands in for Sessions.Guard: the actor is whoever As said, and the route's roles count as always.
func Guard(tb testing.TB) func(httpx.Route, httpx.Handler) httpx.Handler {
	tb.Helper()
	return func(rt httpx.Route, next httpx.Handler) httpx.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			s := r.Header.Get(header)
			if s == "" && rt.Public {
				return next(w, r)
			}
			if s == "" {
				return httpx.Unauthenticated()
			}
			var a actor.Actor
			if err := json.Unmarshal([]byte(s), &a); err != nil {
				return err
			}
			if err := authn.Permit(rt, a); err != nil && !rt.Public {
				return err
			}
			return next(w, r.WithContext(actor.Into(r.Context(), a)))
		}
	}
}
