// Package authn is the gate: who signed in, in which role, and for how long; one store of sessions serves all services.
package authn

import (
	"context"
	"time"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/httpx"
)

// Grant is one role of a person at one organisation.
type Grant struct {
	Role             string   `json:"role"`
	Organisation     string   `json:"organisation"`
	OrganisationKind string   `json:"organisation_kind"`
	OrganisationName string   `json:"organisation_name"`
	Competency       []string `json:"competency,omitempty"`
}

// Key names the grant among a person's.
func (g Grant) Key() string { return g.Role + "@" + g.Organisation }

// Identity is somebody a Provider has recognised, with every role they may act in.
type Identity struct {
	Person    actor.Person `json:"person"`
	Assurance int          `json:"assurance"`
	Grants    []Grant      `json:"grants"`
}

// Provider recognises people: the persona page in development, an OpenID provider elsewhere. It has at least GET /sign-in,
// all routes Public, takes ?return_to= along, and ends with Sessions.SignIn.
type Provider interface {
	Routes(s *Sessions) []httpx.Route
}

// Session is one signed-in browser or program.
type Session struct {
	Identity
	Chosen  string    // the Key of the grant acted in; "" until one of several is chosen
	Ends    time.Time // when it ends if nothing more is asked of it
	started time.Time
	seen    time.Time
}

// Grant is the chosen one.
func (s Session) Grant() (Grant, bool) {
	for _, g := range s.Grants {
		if g.Key() == s.Chosen {
			return g, true
		}
	}
	return Grant{}, false
}

// Actor is who acts in this session; ok is false while no role is chosen.
func (s Session) Actor() (actor.Actor, bool) {
	g, ok := s.Grant()
	if !ok {
		return actor.Actor{}, false
	}
	return actor.Actor{
		Person: s.Person, Role: g.Role, Organisation: g.Organisation, OrganisationKind: g.OrganisationKind,
		OrganisationName: g.OrganisationName, Competency: g.Competency, Purpose: "care", Assurance: s.Assurance,
	}, true
}

type sessionKey struct{}

// Current is the session of this request, for the page's header and its time-out dialog.
func Current(ctx context.Context) (Session, bool) {
	s, ok := ctx.Value(sessionKey{}).(Session)
	return s, ok
}
