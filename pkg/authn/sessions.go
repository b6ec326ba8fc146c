package authn

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"

	"example.org/waypost/pkg/actor"
)

// How long a session lives: without being used, and at all.
const (
	IdleTime     = 30 * time.Minute
	AbsoluteTime = 12 * time.Hour
)

// touchEvery spares the database a write for each request; a session may end that much early.
const touchEvery = time.Minute

// Config of a process's sessions. URL signs in as LoginRole.
type Config struct {
	URL    string
	HTTPS  bool
	Home   func(actor.Actor) string                                                     // where to go after sign-in; nil: /
	Active func(ctx context.Context, a actor.Actor) (bool, error)                       // does this role still stand, in the service's own copy; nil: not asked
	Choose func(w http.ResponseWriter, r *http.Request, status int, p ChooseRole) error // draws the page of roles; nil: a plain one
	Now    func() time.Time                                                             // nil: time.Now
}

// Sessions is the store of who is signed in, shared by all services of an area.
type Sessions struct {
	Config
	store  store
	active *activity
}

// Open connects to the store that Migrate made.
func Open(ctx context.Context, c Config) (*Sessions, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Home == nil {
		c.Home = func(actor.Actor) string { return "/" }
	}
	if c.Choose == nil {
		c.Choose = plainChoose
	}
	st, err := openStore(ctx, c.URL)
	if err != nil {
		return nil, err
	}
	return &Sessions{Config: c, store: st, active: &activity{ask: c.Active, now: c.Now, known: map[string]verdict{}}}, nil
}

// Close gives the connections back.
func (s *Sessions) Close() { s.store.pool.Close() }

// Ping tells whether the store answers, for readiness.
func (s *Sessions) Ping(ctx context.Context) error { return s.store.pool.Ping(ctx) }

// SignIn begins a session for somebody a Provider has recognised and sends them on: to choose among several roles, or to returnTo.
// Any session the browser had before ends, so that a token planted there is worth nothing.
func (s *Sessions) SignIn(w http.ResponseWriter, r *http.Request, who Identity, returnTo string) error {
	one, token, err := s.begin(r.Context(), who)
	if err != nil {
		return err
	}
	if old := s.token(r); old != "" {
		if err := s.store.remove(r.Context(), hashOf(old)); err != nil {
			return err
		}
	}
	s.setCookie(w, token)
	if a, ok := one.Actor(); ok {
		to := s.Home(a)
		if returnTo != "" {
			to = Local(returnTo)
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	http.Redirect(w, r, withReturn(rolesPath, returnTo), http.StatusSeeOther)
	return nil
}

// Token begins a session for a program and returns its bearer token: tests, the demo, and until there are client credentials.
func (s *Sessions) Token(ctx context.Context, who Identity) (string, error) {
	_, token, err := s.begin(ctx, who)
	return token, err
}

func (s *Sessions) begin(ctx context.Context, who Identity) (Session, string, error) {
	if len(who.Grants) == 0 {
		return Session{}, "", fault.Forbidden("You have no role in Waypost yet. Ask the service lead of your organisation to add you")
	}
	now := s.Now().UTC()
	one := Session{Identity: who, started: now}
	if len(who.Grants) == 1 {
		one.Chosen = who.Grants[0].Key()
	}
	token := newToken()
	if err := s.store.purge(ctx, now.Add(-IdleTime), now.Add(-AbsoluteTime)); err != nil {
		return Session{}, "", err
	}
	return one, token, s.store.insert(ctx, hashOf(token), one)
}

// ChooseGrant makes the session act in another of its roles, under a new token.
func (s *Sessions) ChooseGrant(w http.ResponseWriter, r *http.Request, key string) (actor.Actor, error) {
	one, token, err := s.find(r)
	if err != nil {
		return actor.Actor{}, err
	}
	one.Chosen = key
	a, ok := one.Actor()
	if !ok {
		return actor.Actor{}, fault.Invalid("role", "Select one of the roles on the page")
	}
	fresh := newToken()
	if err := s.store.choose(r.Context(), hashOf(token), hashOf(fresh), key); err != nil {
		return actor.Actor{}, err
	}
	s.setCookie(w, fresh)
	return a, nil
}

// SignOut ends this session.
func (s *Sessions) SignOut(w http.ResponseWriter, r *http.Request) error {
	if token := s.token(r); token != "" {
		if err := s.store.remove(r.Context(), hashOf(token)); err != nil {
			return err
		}
	}
	s.setCookie(w, "")
	return nil
}

// End ends every session of a person at once, on every service.
func (s *Sessions) End(ctx context.Context, personID string) error {
	return s.store.removePerson(ctx, personID)
}

// EndRole ends the person's sessions in one role at one organisation; sessions in other roles go on without that choice.
func (s *Sessions) EndRole(ctx context.Context, personID, role, organisation string) error {
	return s.store.removeGrant(ctx, personID, Grant{Role: role, Organisation: organisation})
}

// find gives the session of a request, or Unauthenticated.
func (s *Sessions) find(r *http.Request) (Session, string, error) {
	token := s.token(r)
	if token == "" {
		return Session{}, "", httpx.Unauthenticated()
	}
	now := s.Now().UTC()
	one, ok, err := s.store.find(r.Context(), hashOf(token), now.Add(-IdleTime), now.Add(-AbsoluteTime))
	if err != nil {
		return Session{}, "", err
	}
	if !ok {
		return Session{}, "", httpx.Unauthenticated()
	}
	if !passive(r) && now.Sub(one.seen) > touchEvery {
		if err := s.store.touch(r.Context(), hashOf(token), now); err != nil {
			return Session{}, "", err
		}
		one.seen = now
	}
	one.Ends = one.seen.Add(IdleTime)
	if last := one.started.Add(AbsoluteTime); last.Before(one.Ends) {
		one.Ends = last
	}
	return one, token, nil
}

// PassiveHeader marks a request that no person made: a page that refreshes itself must not keep its session alive.
const PassiveHeader = "Waypost-Passive"

func passive(r *http.Request) bool {
	return r.Header.Get(PassiveHeader) != "" || r.Header.Get("Accept") == "text/event-stream"
}

// token is the cookie's, or a program's bearer token.
func (s *Sessions) token(r *http.Request) string {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return bearer
	}
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Sessions) cookieName() string {
	if s.HTTPS {
		return "__Host-waypost"
	}
	return "waypost" // the __Host- prefix needs https, which a loopback address does not have
}

// setCookie gives the browser its token; "" takes it away.
func (s *Sessions) setCookie(w http.ResponseWriter, token string) {
	//nolint:gosec // Secure follows the address: plain http is for a loopback only
	c := &http.Cookie{Name: s.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: s.HTTPS, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func newToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func hashOf(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

func isUnauthenticated(err error) bool { return errors.Is(err, httpx.Unauthenticated()) }
