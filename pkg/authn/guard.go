package authn

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
)

// Guard is httpx.Config's Guard: it puts the actor into ctx, and lets in who the route is for.
// A page sends others to sign in; an API and a stream answer 401.
func (s *Sessions) Guard(rt httpx.Route, next httpx.Handler) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		one, _, err := s.find(r)
		if isUnauthenticated(err) && rt.Public {
			return next(w, r)
		}
		if isUnauthenticated(err) && rt.Face == httpx.FacePage {
			return sendTo(w, r, SignInPath)
		}
		if err != nil {
			return err
		}
		ctx := context.WithValue(r.Context(), sessionKey{}, one)
		a, ok := one.Actor()
		if !ok && !rt.Public {
			return s.noRole(w, r, rt, one)
		}
		if ok {
			if err := s.mayAct(ctx, rt, a); err != nil {
				return err
			}
			ctx = actor.Into(ctx, a)
		}
		return next(w, r.WithContext(ctx))
	}
}

func (s *Sessions) noRole(w http.ResponseWriter, r *http.Request, rt httpx.Route, one Session) error {
	if len(one.Grants) == 0 {
		return fault.Forbidden("Your roles in Waypost have ended. Ask the service lead of your organisation if that is wrong")
	}
	if rt.Face == httpx.FacePage {
		return sendTo(w, r, rolesPath)
	}
	return fault.Forbidden("Choose a role first, at " + rolesPath)
}

func (s *Sessions) mayAct(ctx context.Context, rt httpx.Route, a actor.Actor) error {
	if rt.Public {
		return nil
	}
	stands, err := s.active.check(ctx, a)
	if err != nil {
		return err
	}
	if !stands {
		return fault.Forbidden("Your access in this role has ended, or has not reached this part of Waypost yet. Ask the service lead of your organisation")
	}
	return Permit(rt, a)
}

// Permit compares the route's roles with the actor's.
func Permit(rt httpx.Route, a actor.Actor) error {
	if len(rt.Roles) > 0 && !slices.Contains(rt.Roles, a.Role) {
		return fault.Forbidden("Your role does not include this. If it should, ask the service lead of your organisation to give you a role that does, or choose another of your roles")
	}
	return nil
}

// activity remembers for a moment what the service knows of a role, since a page asks for many things at once.
type activity struct {
	ask   func(context.Context, actor.Actor) (bool, error)
	now   func() time.Time
	mu    sync.Mutex
	known map[string]verdict
}

type verdict struct {
	ok    bool
	until time.Time
}

// How long an ended role may still act, and how many verdicts are kept.
const (
	verdictTime = 2 * time.Second
	maxVerdicts = 10_000
)

func (c *activity) check(ctx context.Context, a actor.Actor) (bool, error) {
	if c.ask == nil {
		return true, nil
	}
	key := a.Person.ID + " " + a.Role + " " + a.Organisation
	c.mu.Lock()
	v, found := c.known[key]
	c.mu.Unlock()
	if found && c.now().Before(v.until) {
		return v.ok, nil
	}
	asked := c.now()
	ok, err := c.ask(ctx, a)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxVerdicts {
		clear(c.known)
	}
	if ok { // a refusal is asked again, so that access that just arrived works at once
		c.known[key] = verdict{ok, asked.Add(verdictTime)}
	} else {
		delete(c.known, key)
	}
	return ok, nil
}
