// Package doortest opens one whole service in a test, on real Postgres and NATS, and plays the other services around it:
// it tells the service what they say, reads what the service said, and signs people in.
package doortest

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/eventtest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/natstest"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/pkg/vault/vaulttest"
)

// Area is what the tests' deployment serves.
const Area = "test-area"

// patience is how long a test waits for what a service does by itself.
const patience = 20 * time.Second

// House is one service and everything around it.
type House struct {
	T       testing.TB
	Service string
	Listens []string
	Broker  *natstest.Broker
	Config  door.Config
	Admin   *pgx.Conn // sees everything, for assertions
	Now     *Clock

	contract fs.FS

	keys   *vaulttest.World
	mu     sync.Mutex
	vaults map[string]*vault.Vault
	lanes  map[lane]end
	people *authn.Sessions
	wire   *http.Transport // its own: a test server that ends closes the idle connections of the one that all share
}

type lane struct {
	speaker   string
	partition int
}

type end struct {
	position int64
	hash     []byte
}

// Clock is a time that tests move.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is what Config.Now asks.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// Set puts the clock to t.
func (c *Clock) Set(t time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.at = t }

// New makes a database with the service's schema, a vault, a session store and a broker. all lists every speaker.
// Open the service's door with h.Config, and hand it to Run. contract has the schemas: whatever is said in the test, by the service
// or to it, is checked against them.
func New(t testing.TB, service string, migrate func(ctx context.Context, adminURL string) error, listens, all []string, contract fs.FS) *House {
	t.Helper()
	main := pgtest.Database(t, func(ctx context.Context, url string) error {
		if err := authn.Migrate(ctx, url); err != nil {
			return err
		}
		return migrate(ctx, url)
	}, service)
	keys := vaulttest.New(t)
	broker := natstest.Run(t)
	heard := map[string][]string{}
	if len(listens) > 0 {
		heard[service] = listens
	}
	broker.Bootstrap(t, all, heard)
	admin, err := pgx.Connect(t.Context(), main)
	require.NoError(t, err)
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	_, err = admin.Exec(t.Context(), "set search_path to "+service)
	require.NoError(t, err)
	// Near the real time, because Postgres and session cookies have clocks of their own; a weekday morning would differ between runs.
	clock := &Clock{at: time.Now().UTC().Truncate(time.Microsecond)}
	h := &House{
		T: t, Service: service, Listens: listens, Broker: broker, Admin: admin, Now: clock,
		contract: contract, keys: keys, vaults: map[string]*vault.Vault{}, lanes: map[lane]end{},
		wire: http.DefaultTransport.(*http.Transport).Clone(), //nolint:forcetypeassert // the standard library's own
	}
	t.Cleanup(h.wire.CloseIdleConnections)
	t.Cleanup(h.wroteDown)
	t.Cleanup(h.keptContract) // before the connection closes and after the door has: cleanups run backwards
	h.Config = door.Config{
		Area: Area, Database: as(t, main, service), Vault: keys.URL(t, service), KeyFile: keys.KeyFile, Sessions: as(t, main, authn.LoginRole),
		InProcess: broker, Token: "token", Secret: []byte("a secret of at least thirty-two bytes"),
		Replay: map[string]string{}, Log: log(t), Now: clock.Now, NewID: id.New,
		MaxConns: 4, // each new connection costs a test as much as some forty statements
	}
	return h
}

// log shows warnings and worse, and is silent once the test has ended.
func log(t testing.TB) *zap.Logger {
	t.Helper()
	return zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel))
}

func as(t testing.TB, adminURL, role string) string {
	t.Helper()
	u, err := pg.As(adminURL, role, "")
	require.NoError(t, err)
	return u
}

// Running is a door that works: its address, and the client to it.
type Running struct {
	URL  string
	stop func()
}

// Run serves the door and runs its relay, inbox and clocks until the test ends.
func (h *House) Run(f *door.Frame) *Running {
	h.T.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.T.Context()))
	server := httptest.NewServer(f.Handler())
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	var once sync.Once
	r := &Running{URL: server.URL, stop: func() {
		once.Do(func() { f.Hub.Close(); server.Close(); cancel(); <-done; f.Close() })
	}}
	h.people = f.People
	h.T.Cleanup(r.stop)
	return r
}

// Serve is another copy of the service, beside one that runs: it answers, and its relay, inbox and clocks stand still, so that what it did not
// do itself the other has done.
func (h *House) Serve(f *door.Frame) *Running {
	h.T.Helper()
	server := httptest.NewServer(f.Handler())
	var once sync.Once
	r := &Running{URL: server.URL, stop: func() {
		once.Do(func() { f.Hub.Close(); server.Close(); f.Close() })
	}}
	h.T.Cleanup(r.stop)
	return r
}

// Client is a browser's or program's client, signed in as the actor; it follows no redirects, so that tests see them.
func (h *House) Client(a actor.Actor) *http.Client {
	h.T.Helper()
	token, err := h.people.Token(h.T.Context(), authn.Identity{Person: a.Person, Assurance: 2, Grants: []authn.Grant{{
		Role: a.Role, Organisation: a.Organisation, OrganisationKind: a.OrganisationKind, OrganisationName: a.OrganisationName,
	}}})
	require.NoError(h.T, err)
	return &http.Client{Transport: bearer{token, h.wire}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Front is the service as one person's browser meets it: signed in, as the session's cookie would.
func (h *House) Front(at *Running, a actor.Actor) string {
	h.T.Helper()
	target, err := url.Parse(at.URL)
	require.NoError(h.T, err)
	proxy := &httputil.ReverseProxy{Transport: h.Client(a).Transport, FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	h.T.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

type bearer struct {
	token string
	wire  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.wire.RoundTrip(r)
}

// Person makes somebody in a role at an organisation.
func Person(name, role, organisation, kind, organisationName string) actor.Actor {
	p := id.New()
	return actor.Actor{
		Person: actor.Person{ID: p, Issuer: "test", Subject: p, Name: name}, Role: role,
		Organisation: organisation, OrganisationKind: kind, OrganisationName: organisationName, Purpose: "care", Assurance: 2,
	}
}

// Vault is the vault as a service sees it.
func (h *House) Vault(service string) *vault.Vault {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v := h.vaults[service]; v != nil {
		return v
	}
	v := h.keys.Open(h.T, service)
	h.vaults[service] = v
	return v
}

// Classes are all sealed classes; a speaker gets those its policy gives it.
var Classes = []string{vault.Contact, vault.Narrative, vault.Safeguarding, vault.Message}

// Tell says p about a patient or thing as its speaker would, sealed, numbered and chained, and waits until the service applied it.
// It returns the event's id.
func (h *House) Tell(about string, p event.Payload) string {
	h.T.Helper()
	told := h.TellLater(about, p)
	h.Applied(told)
	return told
}

// TellLater is Tell without the wait.
func (h *House) TellLater(about string, p event.Payload) string {
	h.T.Helper()
	return h.publish(about, p).ID
}

func (h *House) publish(about string, p event.Payload) *event.Event {
	h.T.Helper()
	speaker, _, ok := event.SplitType(p.EventType())
	require.True(h.T, ok, "the payload has no type of ours")
	e := &event.Event{
		ID: id.New(), Type: p.EventType(), Source: event.Source(Area, speaker), About: about,
		Time: h.Now.Now().UTC().Truncate(time.Microsecond), Partition: event.PartitionOf(about), Classification: "restricted", Epoch: 1,
	}
	e.Correlation = e.ID
	if speaker != "register" {
		keys, err := h.Vault(speaker).Keys(h.T.Context(), []string{about}, Classes...)
		require.NoError(h.T, err)
		require.NoError(h.T, keys.SealPayload(about, e.ID, p))
	}
	body, err := json.Marshal(p)
	require.NoError(h.T, err)
	e.Data = body
	eventtest.Check(h.T, h.contract, e.Type, body)
	h.mu.Lock()
	defer h.mu.Unlock()
	l := lane{speaker, e.Partition}
	at := h.lanes[l]
	e.Position, e.PrevHash = at.position+1, at.hash
	e.Hash = e.ChainHash(at.hash)
	m, err := e.Msg()
	require.NoError(h.T, err)
	_, err = h.Broker.JS.PublishMsg(h.T.Context(), m)
	require.NoError(h.T, err)
	h.lanes[l] = end{e.Position, e.Hash}
	return e
}

// keptContract checks everything the service said.
func (h *House) keptContract() {
	for _, e := range h.Said("") {
		eventtest.Check(h.T, h.contract, e.Type, e.Data)
	}
}

// wroteDown checks that every command left an audit row in its transaction.
func (h *House) wroteDown() {
	_, verbs, err := pgtest.Unwritten(context.Background(), h.Admin, h.Service)
	require.NoError(h.T, err)
	require.Empty(h.T, verbs, "these commands leave no audit row")
}

// Applied waits until the service has applied every one of these events; one that was parked fails the test, with its reason.
func (h *House) Applied(told ...string) {
	h.T.Helper()
	h.until("an event was not applied", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		var n int
		err := h.Admin.QueryRow(context.Background(), `select count(*) from inbox where event_id = any ($1)`, told).Scan(&n)
		return err == nil && n == len(told)
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	rows, err := h.Admin.Query(context.Background(), `
		select event_type || ': ' || p.reason from inbox i join parked p using (event_id) where event_id = any ($1) and i.outcome = 'parked'`, told)
	require.NoError(h.T, err)
	parked, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.T, err)
	require.Empty(h.T, parked, "parked")
}

// until asks again and again, less often the longer it takes: where many tests share two cores, asking is what keeps it from coming.
func (h *House) until(otherwise string, done func() bool) {
	h.T.Helper()
	late := time.After(patience)
	for wait := time.Millisecond; !done(); wait = min(2*wait, 50*time.Millisecond) {
		select {
		case <-late:
			h.T.Fatal(otherwise)
		case <-time.After(wait):
		}
	}
}

// Said reads what the service said about somebody or something so far, oldest first; about "" is everything.
func (h *House) Said(about string) []event.Event {
	h.T.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	rows, err := h.Admin.Query(context.Background(), `select event_id, event_type, about::text, body from outbox where $1 = '' or about::text = $1 order by seq`, about)
	require.NoError(h.T, err)
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (event.Event, error) {
		var e event.Event
		err := r.Scan(&e.ID, &e.Type, &e.About, (*[]byte)(&e.Data))
		return e, err
	})
	require.NoError(h.T, err)
	return out
}

// Last reads the newest event of p's type about somebody into p, opened with every class the service's own role has.
// It waits for it: reactions say things after Tell has returned only when they are told later.
func (h *House) Last(about string, p event.Payload) {
	h.T.Helper()
	var found *event.Event
	h.until("nothing of type "+p.EventType()+" was said", func() bool {
		for _, e := range h.Said(about) {
			if e.Type == p.EventType() {
				found = &e
			}
		}
		return found != nil
	})
	require.NoError(h.T, json.Unmarshal(found.Data, p))
	if h.Service == "register" {
		return
	}
	keys, err := h.Vault(h.Service).KeysToOpen(h.T.Context(), []string{about}, Classes...)
	require.NoError(h.T, err)
	require.NoError(h.T, keys.OpenPayload(about, found.ID, p))
}
