// Package house opens all doors in one process: one database cluster, one broker, one address. It reaches the services only
// through their doors, so that it runs the wiring they run alone.
package house

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/trace/export"
	"example.org/waypost/services/all/internal/broker"
	asked "example.org/waypost/services/all/internal/inside"
)

// Door is a service that was opened.
type Door interface {
	Handler() http.Handler
	Routes() []httpx.Route
	Ready(ctx context.Context) error
	State(ctx context.Context) standing.State
	Metrics() prometheus.Gatherer
	Alive(ctx context.Context) []httpx.Part
	Readiness(ctx context.Context) []httpx.Part
	Run(ctx context.Context)
	Close()
}

// Pages are what the house itself shows, beside what its services do.
type Pages interface {
	Handler() http.Handler
	Routes() []httpx.Route
	Run(ctx context.Context)
}

// Service is one of those that live in the house.
type Service struct {
	Name    string
	Listens []string
	Migrate func(ctx context.Context, adminURL string) error
	Open    func(ctx context.Context, c door.Config) (Door, error)
}

// Config is what the house stands on.
type Config struct {
	Services  []Service
	Area      string
	Databases Databases
	KeyFile   string
	// AuditKey signs where the services' audit trails stand, into the folder Checkpoints; "": nothing is signed.
	AuditKey, Checkpoints string
	Secret                []byte // 32 bytes, the same at every start
	Broker                *broker.Broker
	Provider              authn.Provider
	Home                  func(actor.Actor) string
	Simulated             string
	MaxConns              int32       // of each service
	Times                 door.Times  // what the area says of its clocks
	Mail                  door.Mail   // how organisations are told by e-mail
	Spans                 export.Sink // nil: nobody follows what is done

	// Operations is where the house's own pages begin, for the services' menus. Pages makes them when all services are open; w
	// asks those. nil: there are none.
	Operations string
	Pages      func(w asked.Waypost) (Pages, error)

	Log   *zap.Logger
	Now   func() time.Time
	NewID func() string
}

// House is all services, opened.
type House struct {
	config Config
	log    *zap.Logger
	doors  []opened
	pages  Pages // nil: none
	back   net.Listener
	token  string // what services show each other
	watch  string // what is good for metrics only
	Front  http.Handler
}

type opened struct {
	Door
	name string
}

// Open brings the databases up to date, makes the streams and opens every door. Nothing is answered or worked before Run.
func Open(ctx context.Context, c Config) (_ *House, err error) {
	h := &House{config: c, log: c.Log}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	if err = c.Databases.Migrate(ctx, c.Services, c.Secret); err != nil {
		return nil, err
	}
	if err = c.bootstrap(ctx); err != nil {
		return nil, err
	}
	if h.back, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("open a port for the services among themselves: %w", err)
	}
	if err = h.openDoors(ctx, c); err != nil {
		return nil, err
	}
	faces := make([]face, 0, len(h.doors)+1)
	for _, d := range h.doors {
		faces = append(faces, face{d.name, d})
	}
	if c.Pages != nil {
		if h.pages, err = c.Pages(asked.Whole(h.Inside())); err != nil {
			return nil, err
		}
		faces = append(faces, face{"the house", h.pages})
	}
	if h.Front, err = front(faces); err != nil {
		return nil, err
	}
	return h, nil
}

// bootstrap makes a stream for everybody who speaks or is listened to.
func (c Config) bootstrap(ctx context.Context) error {
	speakers, listens := c.topology()
	return c.Broker.Bootstrap(ctx, speakers, listens)
}

func (c Config) topology() (speakers []string, listens map[string][]string) {
	listens = map[string][]string{}
	for _, s := range c.Services {
		speakers = append(append(speakers, s.Name), s.Listens...)
		listens[s.Name] = s.Listens
	}
	slices.Sort(speakers)
	return slices.Compact(speakers), listens
}

// remake answers POST /internal/broker/streams/{speaker}: it makes that stream anew, since nobody else can in a broker that
// lives in this process.
func (h *House) remake(w http.ResponseWriter, r *http.Request) {
	speaker := r.PathValue("speaker")
	speakers, listens := h.config.topology()
	if !slices.Contains(speakers, speaker) {
		http.Error(w, "there is no such stream", http.StatusNotFound)
		return
	}
	h.log.Warn("making a stream anew, as asked", zap.String("speaker", speaker))
	if err := h.config.Broker.Remake(r.Context(), speaker, listens); err != nil {
		h.log.Error("make a stream anew", zap.String("speaker", speaker), zap.String("error", httpx.Verbs(err)))
		http.Error(w, "the stream could not be made anew: the log says why", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// openDoors opens all at once: each spends its time waiting for the database.
func (h *House) openDoors(ctx context.Context, c Config) error {
	replay := map[string]string{}
	for _, s := range c.Services {
		replay[s.Name] = "http://" + h.back.Addr().String() + door.ReplayPath(s.Name)
	}
	h.token, h.watch = newToken(), newToken()
	doors := make([]opened, len(c.Services))
	errs := make([]error, len(c.Services))
	var all sync.WaitGroup
	for i, s := range c.Services {
		all.Go(func() {
			config, err := c.config(s, replay, h.token)
			if err == nil {
				doors[i].name = s.Name
				doors[i].Door, err = s.Open(ctx, config)
			}
			errs[i] = err
		})
	}
	all.Wait()
	h.doors = slices.DeleteFunc(doors, func(d opened) bool { return d.Door == nil })
	return errors.Join(errs...)
}

func (c Config) config(s Service, replay map[string]string, token string) (door.Config, error) {
	databases, err := c.Databases.as(s.Name, c.Secret)
	if err != nil {
		return door.Config{}, fmt.Errorf("open %s: %w", s.Name, err)
	}
	return door.Config{
		Area: c.Area, Database: databases.main, Vault: databases.vault, Sessions: databases.sessions, KeyFile: c.KeyFile, AuditKey: c.AuditKey, Checkpoints: c.Checkpoints,
		BrokerSeed: c.Broker.Seed(s.Name), InProcess: c.Broker.InProcess(),
		Replay: replay, Token: token, Secret: c.Secret,
		Provider: c.Provider, Home: c.Home, Simulated: c.Simulated, Operations: c.Operations, MaxConns: c.MaxConns, Times: c.Times, Mail: c.Mail,
		Spans: c.Spans, Log: c.Log, Now: c.Now, NewID: c.NewID,
	}, nil
}

// Run answers on ln and works until ctx ends; then it lets running requests finish, and after them relays, readers and clocks.
func (h *House) Run(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	inside, err := back(h.doors, h.token, h.watch)
	if err != nil {
		return err
	}
	inside.Handle("POST "+asked.RemakePath+"{speaker}", outbox.Internal(h.token, h.remake))
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	for _, d := range h.doors {
		working.Go(func() { d.Run(work) })
	}
	if h.pages != nil {
		working.Go(func() { h.pages.Run(work) })
	}
	served := make(chan error, 2)
	go func() { served <- httpx.Serve(ctx, ln, h.Front, h.log) }()
	go func() { served <- httpx.Serve(ctx, h.back, inside, h.log) }()
	err = <-served // asked to stop, or a listener broke: then the other one must stop too
	cancel()
	err = errors.Join(err, <-served)
	stopWork()
	working.Wait()
	return err
}

// Inside is where the services are asked by each other and by our own programs, and the token for it.
func (h *House) Inside() (url, token string) { return "http://" + h.back.Addr().String(), h.token }

// Metrics is where Prometheus finds the metrics of all services, and the token that is good for nothing else.
func (h *House) Metrics() (address, token string) { return h.back.Addr().String(), h.watch }

func newToken() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

// Ready tells whether every service can take work.
func (h *House) Ready(ctx context.Context) error {
	var errs []error
	for _, d := range h.doors {
		errs = append(errs, d.Ready(ctx))
	}
	return errors.Join(errs...)
}

// States tells how every service stands, in the order of their names.
func (h *House) States(ctx context.Context) []standing.State {
	states := make([]standing.State, len(h.doors))
	var all sync.WaitGroup
	for i, d := range h.doors {
		all.Go(func() { states[i] = d.State(ctx) })
	}
	all.Wait()
	slices.SortFunc(states, func(a, b standing.State) int { return strings.Compare(a.Service, b.Service) })
	return states
}

// Close lets everything go; call it after Run has returned.
func (h *House) Close() {
	for _, d := range h.doors {
		d.Close()
	}
	if h.back != nil {
		_ = h.back.Close() // Run has closed it, if it ran
	}
}
