// Package door is the frame that every service's door is built in: database, vault, broker, outbox, inbox, sessions, edge.
//
// A service opens the frame, hangs its own rooms into it, and runs it. services/all and the deployed binaries do the same.
package door

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/audit"
	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/failpoint"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/inbox"
	"example.org/waypost/pkg/ledger"
	"example.org/waypost/pkg/live"
	"example.org/waypost/pkg/meter"
	"example.org/waypost/pkg/mtls"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/trace"
	"example.org/waypost/pkg/trace/export"
	"example.org/waypost/pkg/vault"
)

// Config is what differs between one deployment and another. Every service takes the same.
type Config struct {
	Area     string // what this deployment serves, in every event's source: "greater-manchester"
	Database string // signs in as the service's login role
	Vault    string // the vault's database, same login role; "" for a service that holds no patient
	KeyFile  string // the vault's key-encryption keys
	AuditKey string // file with the key that signs where the audit trail stands; "": nothing is signed
	// Checkpoints is the folder where that is appended, on a disk that whoever looks after the database can not write to.
	Checkpoints string
	Sessions    string // signs in as authn.LoginRole

	TLS *tls.Config // between processes; nil: all are one, or nothing is asked for

	BrokerURL  string
	BrokerSeed []byte
	InProcess  nats.InProcessConnProvider // services/all: the embedded broker

	Replay map[string]string // speaker → address of its replay API
	Token  string            // what services show each other
	Secret []byte            // keys of body hashes and cursors; 32 bytes, the same for all copies of a service
	HTTPS  bool

	Provider  authn.Provider // how people sign in; only register's door mounts it
	Home      func(actor.Actor) string
	Simulated string // what of the data is made up, said on every page; "" when all is real
	// Operations is where operators see the whole flow, on the same address; "" when there is no such page.
	Operations string
	MaxConns   int32
	Times      Times         // what the area says of its clocks
	Mail       Mail          // how organisations are told by e-mail
	Stuck      time.Duration // 0: 2 minutes; how long one of our loops may take for one piece of work before the process is not well

	Spans        export.Sink // where spans go; nil: tracing is off
	MetricsToken string      // lets whoever collects metrics see them, and nothing else; "": only the services' token does

	Log   *zap.Logger
	Now   func() time.Time
	NewID func() string
}

// Frame is what every service has.
type Frame struct {
	Config
	Service string
	DB      *pg.DB
	Keys    *vault.Vault // nil for a service without one
	Outbox  *outbox.Outbox
	Inbox   *inbox.Reader
	Hub     *live.Hub
	People  *authn.Sessions
	Edge    *httpx.Edge

	conn  *nats.Conn
	js    jetstream.JetStream
	loops []loop

	operators []string
	holder    string // this process, in leases
	watch     *standing.Watch
	tracer    *trace.Tracer
	meter     *meter.Meter
	stand     standing.Source
	relay     *outbox.Relay
	sealer    *chain.Sealer
	lookout   *bus.Lookout
	mail      func(ctx context.Context) httpx.Part // nil: the service sends none
}

// Options are what a service adds to the frame.
type Options struct {
	Service   string
	Listens   []string                                                    // speakers
	Operators []string                                                    // roles that see and settle events which could not be applied
	Outsiders []string                                                    // roles that see only what names them, and nothing that is for everybody
	Active    func(ctx context.Context, a actor.Actor) (bool, error)      // does the role still stand, in the service's own copy
	ErrorPage func(http.ResponseWriter, *http.Request, int, *fault.Error) // drawn in the service's own look
}

// Open connects everything. The broker may be away: the service takes work without it.
func Open(ctx context.Context, c Config, o Options) (_ *Frame, err error) {
	if len(o.Listens) > 0 && len(o.Operators) == 0 {
		return nil, fmt.Errorf("open %s: it listens, and nobody may see what could not be applied", o.Service)
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = failpoint.Now
	}
	if c.NewID == nil {
		c.NewID = id.New
	}
	c.Log = c.Log.Named(o.Service)
	f := &Frame{Config: c, Service: o.Service, operators: o.Operators, holder: holder(), watch: &standing.Watch{Now: c.Now, Stuck: c.Stuck}, tracer: export.Tracer(o.Service, c.Spans), meter: meter.New(o.Service)}
	f.watch.Applied = f.meter.Applied
	defer func() {
		if err != nil {
			f.Close()
			err = fmt.Errorf("open %s: %w", o.Service, err)
		}
	}()
	if f.DB, err = pg.Open(ctx, pg.Config{URL: c.Database, Service: o.Service, MaxConns: c.MaxConns}); err != nil {
		return nil, err
	}
	if c.Vault != "" {
		if f.Keys, err = vault.Open(ctx, vault.Config{URL: c.Vault, Service: o.Service, KeyFile: c.KeyFile, Now: c.Now}); err != nil {
			return nil, err
		}
	}
	if err = f.connect(); err != nil {
		return nil, err
	}
	inside := mtls.Client(c.TLS, 30*time.Second)
	f.stand = standing.Source{
		DB: f.DB, Speakers: o.Listens, Holder: f.holder, Watch: f.watch, Ask: standing.HTTPBehind(inside, under(c.Replay, behindPath), c.Token),
		Now: c.Now, Since: c.Now().UTC(), Overdue: map[string]standing.Count{},
	}
	f.Outbox = &outbox.Outbox{Speaker: o.Service, Area: c.Area, Now: c.Now, NewID: c.NewID}
	f.Inbox = &inbox.Reader{
		DB: f.DB, JS: f.js, Consumer: o.Service, Speakers: o.Listens, Holder: f.holder, Watch: f.watch, Tracer: f.tracer, Log: c.Log, Now: c.Now, Keyring: f.keyring(),
		Replay: inbox.HTTPReplay(inside, c.Replay, c.Token), Heads: inbox.HTTPHeads(inside, under(c.Replay, headsPath), c.Token),
	}
	f.relay = &outbox.Relay{DB: f.DB, JS: f.js, Source: event.Source(c.Area, o.Service), Holder: f.holder, Watch: f.watch, Tracer: f.tracer, Log: c.Log}
	if err = f.seals(); err != nil {
		return nil, err
	}
	f.lookout = &bus.Lookout{Conn: f.conn, Speaker: o.Service, Now: c.Now, Log: c.Log, Beat: f.watch.Loop(lookoutLoop)}
	if f.Hub, err = live.New(live.Config{Service: o.Service, Conn: f.conn}); err != nil {
		return nil, err
	}
	if f.People, err = authn.Open(ctx, authn.Config{URL: c.Sessions, HTTPS: c.HTTPS, Home: c.Home, Active: o.Active, Now: c.Now}); err != nil {
		return nil, err
	}
	f.Edge = httpx.New(httpx.Config{
		Service: o.Service, Log: c.Log, Secret: c.Secret, HTTPS: c.HTTPS, Guard: f.guard(o.Outsiders), ErrorPage: o.ErrorPage,
		InternalToken: c.Token, NewID: c.NewID, Now: c.Now, Tracer: f.tracer, Answered: f.meter.Answered,
	})
	f.mountInside()
	return f, nil
}

// seals brings what chains the audit trail, and signs it where there is a key.
func (f *Frame) seals() (err error) {
	f.sealer = &chain.Sealer{DB: f.DB, Area: f.Area, Holder: f.holder, Watch: f.watch, Dir: f.Checkpoints, Log: f.Log}
	if f.AuditKey != "" {
		if f.sealer.Key, err = chain.ReadKey(f.AuditKey); err != nil {
			return err
		}
	}
	f.Overdue("audit_seal", chain.CountUnsealed)
	return nil
}

// guard is that of the sessions, which lets everybody who signed in use a route that names no roles. Outsiders it does not:
// what such a route shows is bounded by the organisation one works for, and they work for one without doing its work.
func (f *Frame) guard(outsiders []string) func(httpx.Route, httpx.Handler) httpx.Handler {
	return func(rt httpx.Route, next httpx.Handler) httpx.Handler {
		return f.People.Guard(rt, func(w http.ResponseWriter, r *http.Request) error {
			a, ok := actor.From(r.Context())
			if ok && !rt.Public && len(rt.Roles) == 0 && slices.Contains(outsiders, a.Role) {
				return fault.Forbidden("Your role does not include this. If it should, ask the service lead of your organisation to give you a role that does")
			}
			return next(w, r)
		})
	}
}

// mountInside mounts what only our own processes ask, and whoever watches the service.
func (f *Frame) mountInside() {
	s, token := f.Service, f.Token
	f.meter.Watch(f.State, f.DB.Stat)
	f.Edge.Mount(httpx.Health(f.Alive, f.Readiness)...)
	f.inside("metrics", MetricsPath, MetricsGuard(meter.Handler(f.Metrics(), meter.Process(s)), token, f.MetricsToken))
	f.inside("replay", ReplayPath(s), outbox.ReplayHandler(f.DB, event.Source(f.Area, s), token))
	f.inside("heads", ReplayPath(s)+headsPath, outbox.HeadsHandler(f.DB, token))
	f.inside("waiting", ReplayPath(s)+waitingPath, outbox.Internal(token, inbox.WaitingHandler(f.DB, s)))
	f.inside("behind", ReplayPath(s)+behindPath, outbox.Internal(token, standing.BehindHandler(f.DB)))
	f.inside("state", StatePath(s), outbox.Internal(token, f.serveState))
	f.Edge.Mount(internal(http.MethodPost, "looks", ReplayPath(s)+looksPath, outbox.Internal(token, audit.LooksHandler(f.DB))))
	f.inside("ledger", LedgerPath(s), ledger.Handler(f.DB, f.conn, token))
	f.Edge.Mount(internal(http.MethodPost, "look", LookPath(s), outbox.Internal(token, func(w http.ResponseWriter, _ *http.Request) {
		f.relay.LookAgain()
		w.WriteHeader(http.StatusNoContent)
	})))
}

// ReplayPath is where a service's outbox can be read by the others.
func ReplayPath(service string) string { return "/internal/" + service + "/outbox" }

// LedgerPath is where a service's whole ledger can be read by who compares them.
func LedgerPath(service string) string { return "/internal/" + service + "/ledger" }

// LookPath is where a service is told to look at its stream and to publish again what is not there.
func LookPath(service string) string { return ReplayPath(service) + "/look" }

// StatePath is where how a service stands can be read by who watches all of them.
func StatePath(service string) string { return "/internal/" + service + "/state" }

// MetricsPath is where Prometheus collects, of a service or of all in one process.
const MetricsPath = "/metrics"

const (
	headsPath  = "/heads"
	behindPath = "/behind"
	looksPath  = "/looks"
	// waitingPath is where what a service could not apply is listed, for who watches all of them.
	waitingPath = "/parked"
)

// ParkedIn is what could not be applied in some services, ours among them or not.
func (f *Frame) ParkedIn(services ...string) inbox.Everywhere {
	others := inbox.HTTPWaiting(mtls.Client(f.TLS, 30*time.Second), under(f.Replay, waitingPath), f.Token)
	return inbox.Everywhere{Services: services, Log: f.Log, Ask: func(ctx context.Context, service string) ([]inbox.Waiting, error) {
		if service == f.Service {
			return inbox.ListWaiting(ctx, f.DB, service)
		}
		return others(ctx, service)
	}}
}

// Trails are the audit trails of others, of those this service listens to.
func (f *Frame) Trails(services ...string) audit.Trails {
	return audit.Trails{
		Services: services, Log: f.Log,
		Ask: audit.HTTPLooks(mtls.Client(f.TLS, 30*time.Second), under(f.Replay, looksPath), f.Token),
	}
}

// under are the addresses of what is mounted under each speaker's replay API.
func under(replay map[string]string, path string) map[string]string {
	out := map[string]string{}
	for speaker, url := range replay {
		out[speaker] = url + path
	}
	return out
}

// inside mounts what only services ask each other; h checks the token itself.
func (f *Frame) inside(name, pattern string, h http.Handler) {
	f.Edge.Mount(internal(http.MethodGet, name, pattern, h))
}

func internal(method, name, pattern string, h http.Handler) httpx.Route {
	return httpx.Route{
		Method: method, Pattern: pattern, Name: name, Face: httpx.FaceInternal, Public: true,
		Handler: func(w http.ResponseWriter, r *http.Request) error { h.ServeHTTP(w, r); return nil },
	}
}

func (f *Frame) connect() (err error) {
	f.watch.Broker(false)
	f.conn, err = bus.Connect(bus.Config{URL: f.BrokerURL, Service: f.Service, Seed: f.BrokerSeed, TLS: f.TLS, InProcess: f.InProcess, Changed: f.watch.Broker, Log: f.Log})
	if err != nil {
		return err
	}
	f.js, err = jetstream.New(f.conn)
	return err
}

func (f *Frame) keyring() inbox.Keyring {
	if f.Keys == nil {
		return nil
	}
	return func(ctx context.Context, refs, classes []string) (inbox.Keys, error) {
		return f.Keys.Keys(ctx, refs, classes...)
	}
}

// holder names this process in leases.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s %d %s", host, os.Getpid(), id.New())
}

// Routes lists every route of the service, API operations included.
func (f *Frame) Routes() []httpx.Route { return f.Edge.Routes() }

// Handler serves every route of the service.
func (f *Frame) Handler() http.Handler { return f.Edge.Handler() }

const lookoutLoop = "look at the stream"

// Run relays, listens and works the clocks until ctx ends, and returns when all of them have stopped.
func (f *Frame) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { f.relay.Run(ctx); f.ended(ctx, "relay") })
	wg.Go(func() { f.sealer.Run(ctx); f.ended(ctx, "sealer") })
	wg.Go(func() { f.lookout.Run(ctx); f.ended(ctx, lookoutLoop) })
	if len(f.Inbox.Speakers) > 0 {
		wg.Go(func() { f.Inbox.Run(ctx); f.ended(ctx, "inbox") })
	}
	for _, l := range f.loops {
		wg.Go(func() { l.run(ctx); f.ended(ctx, l.name) })
	}
	wg.Wait()
}

// Close lets everything go; call it after Run has returned.
func (f *Frame) Close() {
	if f.Hub != nil {
		f.Hub.Close()
	}
	if f.conn != nil {
		f.conn.Close()
	}
	if f.People != nil {
		f.People.Close()
	}
	if f.Keys != nil {
		f.Keys.Close()
	}
	if f.DB != nil {
		f.DB.Close()
	}
}
