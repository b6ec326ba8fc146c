package authn_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/authn/dev"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pgtest"
)

// house is a front with a sign-in page and a few routes, and a clock the test winds.
type house struct {
	t        *testing.T
	sessions *authn.Sessions
	h        http.Handler
	admin    string
	clock    atomic.Int64
	cookie   string
	ann, bob authn.Identity
	missed   []string // whom error pages were for
}

var (
	hill  = authn.Grant{Role: "gp", Organisation: id.FromName("test", "hill"), OrganisationKind: "practice", OrganisationName: "Hill Surgery"}
	shed  = authn.Grant{Role: "provider_worker", Organisation: id.FromName("test", "shed"), OrganisationKind: "provider", OrganisationName: "The Shed"}
	start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

func build(t *testing.T, change ...func(*authn.Config)) *house {
	t.Helper()
	ctx := context.Background()
	x := &house{t: t, admin: pgtest.Database(t, authn.Migrate, "sessions")}
	x.ann = authn.Identity{Person: actor.Person{ID: id.New(), Issuer: "dev", Subject: "ann", Name: "Ann Able"}, Assurance: 2, Grants: []authn.Grant{hill}}
	x.bob = authn.Identity{Person: actor.Person{ID: id.New(), Issuer: "dev", Subject: "bob", Name: "Bob Both"}, Assurance: 2, Grants: []authn.Grant{hill, shed}}
	c := authn.Config{URL: loginURL(t, x.admin), Now: func() time.Time { return start.Add(time.Duration(x.clock.Load())) }}
	for _, f := range change {
		f(&c)
	}
	s, err := authn.Open(ctx, c)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	x.sessions = s
	edge := httpx.New(httpx.Config{Service: "front", Secret: bytes.Repeat([]byte{7}, 32), Guard: s.Guard, ErrorPage: func(w http.ResponseWriter, r *http.Request, status int, _ *fault.Error) {
		a, _ := actor.From(r.Context())
		x.missed = append(x.missed, a.Person.Name)
		w.WriteHeader(status)
	}})
	edge.Mount(s.Routes()...)
	edge.Mount(dev.Provider{Personas: func(context.Context) ([]dev.Persona, error) {
		return []dev.Persona{{Identity: x.ann, Group: "Hill Surgery"}, {Identity: x.bob, Group: "Hill Surgery"}}, nil
	}}.Routes(s)...)
	say := func(w http.ResponseWriter, r *http.Request) error {
		a, _ := actor.From(r.Context())
		_, err := w.Write([]byte(a.Person.Name + " " + a.Role + " " + a.OrganisationName))
		return err
	}
	edge.Mount(
		httpx.Route{Method: http.MethodGet, Pattern: "/practice", Handler: say},
		httpx.Route{Method: http.MethodPost, Pattern: "/practice", Handler: say},
		httpx.Route{Method: http.MethodGet, Pattern: "/provider", Handler: say, Roles: []string{"provider_worker"}},
		httpx.Route{Method: http.MethodGet, Pattern: "/about", Handler: say, Public: true},
		httpx.Route{Method: http.MethodGet, Pattern: "/api/front/v1/me", Handler: say, Face: httpx.FaceAPI},
		httpx.Route{Method: http.MethodGet, Pattern: "/live", Handler: say, Face: httpx.FaceLive})
	x.h = edge.Handler()
	return x
}

func loginURL(t *testing.T, admin string) string {
	t.Helper()
	u, err := url.Parse(admin)
	require.NoError(t, err)
	u.User = url.User(authn.LoginRole)
	q := u.Query()
	q.Del("user")
	u.RawQuery = q.Encode()
	return u.String()
}

func (x *house) do(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if x.cookie != "" {
		r.Header.Set("Cookie", "waypost="+x.cookie)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	x.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		x.cookie = c.Value
	}
	return w
}

func (x *house) signIn(who authn.Identity) {
	x.t.Helper()
	require.Equal(x.t, 303, x.do("POST", "/sign-in", "persona="+who.Person.ID).Code)
}

func (x *house) pass(d time.Duration) { x.clock.Add(int64(d)) }

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	x := build(t)
	w := x.do("GET", "/practice?state=new", "")
	require.Equal(t, 303, w.Code)
	require.Equal(t, "/sign-in?return_to=%2Fpractice%3Fstate%3Dnew", w.Header().Get("Location"))
	w = x.do("GET", "/sign-in?return_to=%2Fpractice%3Fstate%3Dnew", "")
	require.Contains(t, w.Body.String(), "Ann Able")
	require.Contains(t, w.Body.String(), `value="/practice?state=new"`)

	w = x.do("POST", "/sign-in", "persona="+x.ann.Person.ID+"&return_to=%2Fpractice%3Fstate%3Dnew")
	require.Equal(t, "/practice?state=new", w.Header().Get("Location"))
	cookie := w.Header().Get("Set-Cookie")
	require.Contains(t, cookie, "; Path=/; HttpOnly; SameSite=Lax")
	require.NotContains(t, cookie, "Secure")
	require.Equal(t, "Ann Able gp Hill Surgery", x.do("GET", "/practice", "").Body.String())
	require.Equal(t, 403, x.do("GET", "/provider", "").Code)

	before := x.cookie
	require.Equal(t, 303, x.do("POST", "/sign-out", "").Code)
	require.Empty(t, x.cookie)
	x.cookie = before
	require.Equal(t, 303, x.do("GET", "/practice", "").Code, "the token is worth nothing any more")
}

func TestSecureCookie(t *testing.T) {
	t.Parallel()
	x := build(t, func(c *authn.Config) { c.HTTPS = true })
	cookie := x.do("POST", "/sign-in", "persona="+x.ann.Person.ID).Header().Get("Set-Cookie")
	require.True(t, strings.HasPrefix(cookie, "__Host-waypost="), cookie)
	require.Contains(t, cookie, "; Path=/; HttpOnly; Secure; SameSite=Lax")
	require.NotContains(t, cookie, "Domain")
}

func TestAPIAndStreamSay401(t *testing.T) {
	t.Parallel()
	x := build(t)
	w := x.do("GET", "/api/front/v1/me", "")
	require.Equal(t, 401, w.Code)
	require.Contains(t, w.Body.String(), `"code":"unauthenticated"`)
	require.Equal(t, 401, x.do("GET", "/live", "").Code)
	require.Equal(t, 200, x.do("GET", "/about", "").Code)

	token, err := x.sessions.Token(context.Background(), x.ann)
	require.NoError(t, err)
	require.Equal(t, 200, x.do("GET", "/api/front/v1/me", "", "Authorization", "Bearer "+token).Code)
	require.Equal(t, 401, x.do("GET", "/api/front/v1/me", "", "Authorization", "Bearer "+token+"x").Code)
	require.Equal(t, 401, x.do("GET", "/api/front/v1/me", "", "Authorization", "Bearer ").Code)
}

func TestHtmxIsToldToLeaveThePage(t *testing.T) {
	t.Parallel()
	x := build(t)
	w := x.do("GET", "/practice", "", "HX-Request", "true", "HX-Current-URL", "http://example.com/practice?state=new")
	require.Equal(t, 401, w.Code)
	require.Equal(t, "/sign-in?return_to=%2Fpractice%3Fstate%3Dnew", w.Header().Get("HX-Redirect"))
	w = x.do("POST", "/practice", "a=b", "Referer", "http://example.com/practice/form")
	require.Equal(t, "/sign-in?return_to=%2Fpractice%2Fform", w.Header().Get("Location"))
}

func TestReturnStaysHere(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/practice/patients/1?x=1": "/practice/patients/1?x=1", "": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/",
		"javascript:alert(1)": "/", "/sign-in?return_to=/x": "/", "practice": "/", "/a\r\nSet-Cookie: x": "/", "\t//evil.example": "/", "/%2fevil.example": "/",
		"///evil.example": "/", "http:/evil": "/",
	} {
		require.Equal(t, want, authn.Local(to), to)
	}
}

func TestSeveralRoles(t *testing.T) {
	t.Parallel()
	x := build(t)
	require.Equal(t, "/choose-role?return_to=%2Fprovider", x.do("POST", "/sign-in", "persona="+x.bob.Person.ID+"&return_to=/provider").Header().Get("Location"))
	require.Equal(t, "/choose-role?return_to=%2Fprovider", x.do("GET", "/provider", "").Header().Get("Location"))
	require.Equal(t, 403, x.do("GET", "/api/front/v1/me", "").Code)
	require.Contains(t, x.do("GET", "/choose-role", "").Body.String(), "The Shed")

	w := x.do("POST", "/choose-role", "role=gp@"+id.New())
	require.Equal(t, 422, w.Code)
	require.Contains(t, w.Body.String(), "Error: ")
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))

	before := x.cookie
	require.Equal(t, "/provider", x.do("POST", "/choose-role", "role="+url.QueryEscape(shed.Key())+"&return_to=/provider").Header().Get("Location"))
	require.NotEqual(t, before, x.cookie, "another role has another token")
	require.Equal(t, "Bob Both provider_worker The Shed", x.do("GET", "/provider", "").Body.String())
	x.do("POST", "/choose-role", "role="+url.QueryEscape(hill.Key()))
	require.Equal(t, "Bob Both gp Hill Surgery", x.do("GET", "/practice", "").Body.String())
}

func TestIdleAndAbsoluteEnd(t *testing.T) {
	t.Parallel()
	x := build(t)
	x.signIn(x.ann)
	for range 3 {
		x.pass(29 * time.Minute)
		require.Equal(t, 200, x.do("GET", "/practice", "").Code)
	}
	x.pass(30 * time.Minute)
	require.Equal(t, 303, x.do("GET", "/practice", "").Code)

	x.signIn(x.ann)
	for range 12 * 4 {
		require.Equal(t, 200, x.do("GET", "/practice", "").Code)
		x.pass(15 * time.Minute)
	}
	require.Equal(t, 303, x.do("GET", "/practice", "").Code, "twelve hours are the most")
}

func TestWhatNobodyAskedForDoesNotKeepTheSession(t *testing.T) {
	t.Parallel()
	for _, header := range [][2]string{{authn.PassiveHeader, "1"}, {"Accept", "text/event-stream"}} {
		x := build(t)
		x.signIn(x.ann)
		x.pass(29 * time.Minute)
		w := x.do("GET", "/session", "", header[0], header[1])
		require.JSONEq(t, `{"ends":"2026-11-22T09:30:00Z"}`, w.Body.String())
		x.pass(time.Minute)
		require.Equal(t, 303, x.do("GET", "/practice", "").Code)
	}
	x := build(t)
	x.signIn(x.ann)
	x.pass(29 * time.Minute)
	require.JSONEq(t, `{"ends":"2026-11-22T09:59:00Z"}`, x.do("POST", "/session", "").Body.String())
}

func TestTokenIsHashedAtRest(t *testing.T) {
	t.Parallel()
	x := build(t)
	x.signIn(x.ann)
	conn, err := pgx.Connect(context.Background(), x.admin)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	var hash []byte
	var row string
	require.NoError(t, conn.QueryRow(context.Background(), `select token_hash, s::text from session.session s`).Scan(&hash, &row))
	want := sha256.Sum256([]byte(x.cookie))
	require.Equal(t, want[:], hash)
	require.NotContains(t, row, x.cookie)
	var forced bool
	require.NoError(t, conn.QueryRow(context.Background(), `select bool_and(relrowsecurity and relforcerowsecurity) from pg_class where relnamespace = 'session'::regnamespace and relkind = 'r'`).Scan(&forced))
	require.True(t, forced)
}

func TestPlantedTokenIsWorthNothing(t *testing.T) {
	t.Parallel()
	x := build(t)
	x.cookie = "planted"
	x.signIn(x.ann)
	require.NotEqual(t, "planted", x.cookie)
	first := x.cookie
	x.signIn(x.bob)
	x.cookie = first
	require.Equal(t, 303, x.do("GET", "/practice", "").Code, "signing in again ends what the browser had")
}

func TestEndedAccess(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x := build(t)
	x.signIn(x.ann)
	anns := x.cookie
	x.cookie = ""
	x.signIn(x.bob)
	x.do("POST", "/choose-role", "role="+url.QueryEscape(shed.Key()))

	require.NoError(t, x.sessions.EndRole(ctx, x.bob.Person.ID, hill.Role, hill.Organisation))
	require.Equal(t, 200, x.do("GET", "/provider", "").Code, "the other role goes on")
	require.NotContains(t, x.do("GET", "/choose-role", "").Body.String(), "Hill Surgery")
	require.NoError(t, x.sessions.EndRole(ctx, x.bob.Person.ID, shed.Role, shed.Organisation))
	require.Equal(t, 303, x.do("GET", "/provider", "").Code)

	x.cookie = anns
	require.Equal(t, 200, x.do("GET", "/practice", "").Code)
	require.NoError(t, x.sessions.End(ctx, x.ann.Person.ID))
	require.Equal(t, 303, x.do("GET", "/practice", "").Code)
}

func TestRoleIsCheckedAgainstTheServicesOwnCopy(t *testing.T) {
	t.Parallel()
	var stands, broken atomic.Bool
	var asked atomic.Int32
	stands.Store(true)
	x := build(t, func(c *authn.Config) {
		c.Active = func(_ context.Context, a actor.Actor) (bool, error) {
			asked.Add(1)
			if broken.Load() {
				return false, errors.New("no copy")
			}
			return stands.Load(), nil
		}
	})
	x.signIn(x.ann)
	for range 5 {
		require.Equal(t, 200, x.do("GET", "/practice", "").Code)
	}
	require.EqualValues(t, 1, asked.Load(), "asked once in two seconds")
	stands.Store(false)
	x.pass(2 * time.Second)
	require.Equal(t, 403, x.do("GET", "/practice", "").Code)
	stands.Store(true)
	require.Equal(t, 200, x.do("GET", "/practice", "").Code, "new access works at once")
	broken.Store(true)
	x.pass(2 * time.Second)
	require.Equal(t, 500, x.do("GET", "/practice", "").Code, "not knowing is no")
	require.Equal(t, 200, x.do("GET", "/about", "").Code)
}

func TestNobodyWithoutARoleComesIn(t *testing.T) {
	t.Parallel()
	x := build(t)
	_, err := x.sessions.Token(context.Background(), authn.Identity{Person: x.ann.Person})
	require.Equal(t, 403, httpx.Status(err))
	require.Equal(t, 422, x.do("POST", "/sign-in", "persona="+id.New()).Code)
	require.Empty(t, x.cookie)
}

func TestOtherSitesCanNotSignAnybodyIn(t *testing.T) {
	t.Parallel()
	x := build(t)
	require.Equal(t, 403, x.do("POST", "/sign-in", "persona="+x.ann.Person.ID, "Sec-Fetch-Site", "cross-site").Code)
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	x := build(t)
	x.signIn(x.ann)
	require.NoError(t, authn.Migrate(context.Background(), x.admin))
	require.Equal(t, 200, x.do("GET", "/practice", "").Code)
}

func TestNoStoreNoEntry(t *testing.T) {
	t.Parallel()
	x := build(t)
	x.signIn(x.ann)
	x.sessions.Close()
	require.Equal(t, 503, x.do("GET", "/practice", "").Code)
}

func TestAPersonStaysSignedInWhereThereIsNoPage(t *testing.T) {
	t.Parallel()
	x := build(t)
	require.Equal(t, 404, x.do("GET", "/nowhere", "").Code, "a stranger is not sent to sign in for nothing")
	x.signIn(x.ann)
	require.Equal(t, 404, x.do("GET", "/nowhere", "").Code)
	require.Equal(t, 404, x.do("GET", "/api/front/v1/nowhere", "").Code)
	require.Equal(t, 405, x.do("PUT", "/practice", "x=y").Code)
	require.Equal(t, []string{"", "Ann Able", "Ann Able"}, x.missed)
}
