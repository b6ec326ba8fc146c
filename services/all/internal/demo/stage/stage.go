// Package stage runs the whole of Waypost in this process, on a database and a broker of its own, for a play or a measurement.
package stage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"example.org/waypost/deploy/sample"
	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/pkg/standing"
	"example.org/waypost/pkg/trace/export"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/broker"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/house"
)

// Area is what a stage serves.
const Area = "greater-manchester"

// Options say what is needed; the zero value is Waypost as it runs on one machine.
type Options struct {
	Now  func() time.Time // nil: the real one
	Log  *zap.Logger      // nil: none
	Fast bool             // a database that does not survive the machine's crash: for plays, not for measurements

	Spans export.Sink // nil: nobody follows what is done
	Mail  door.Mail   // its zero value: nobody is told by e-mail
}

// Stage is Waypost, running.
type Stage struct {
	Cast  *demo.Cast
	Admin *pgxpool.Pool // sees every table; for counting, never for acting
	URL   string        // of the database, as its administrator: for the checker
	Now   func() time.Time

	dir       string
	doors     *all.Doors
	services  []house.Service
	opened    map[string]house.Door
	postgres  *pgserver.Server
	broker    *broker.Broker
	house     *house.House
	databases house.Databases
	people    *authn.Sessions
	stop      context.CancelFunc
	ended     chan error
}

// Open starts everything. Close it, also after an error of anything later.
func Open(ctx context.Context, o Options) (_ *Stage, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	all.Tune()
	s := &Stage{Now: o.Now, doors: &all.Doors{}}
	s.services = s.noting(all.Services(s.doors))
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("set the stage: %w", err), s.Close())
		}
	}()
	if err = s.ground(ctx, o); err != nil {
		return nil, err
	}
	return s, s.open(ctx, o)
}

func (s *Stage) ground(ctx context.Context, o Options) (err error) {
	if s.dir, err = os.MkdirTemp("", "waypost-stage-"); err != nil {
		return err
	}
	if err = os.Chmod(s.dir, 0o711); err != nil { //nolint:gosec // the database's user must get through to its own folder below
		return err
	}
	s.postgres, err = pgserver.Start(ctx, pgserver.Options{
		Dir: s.dir + "/postgres", Install: s.dir + "/npm", MaxConnections: 200, SharedBuffers: "256MB", Fast: o.Fast,
	})
	if err != nil {
		return err
	}
	if s.databases, err = house.DatabasesOf(s.postgres.AdminURL(), "waypost", false); err != nil {
		return err
	}
	s.URL = s.databases.Main
	var users []broker.User
	for _, x := range s.services {
		users = append(users, broker.User{Service: x.Name, Listens: x.Listens})
	}
	s.broker, err = broker.Start(ctx, broker.Options{Dir: s.dir + "/broker", Users: users, Log: o.Log})
	return err
}

func (s *Stage) open(ctx context.Context, o Options) (err error) {
	keyFile := s.dir + "/vault.keys"
	if _, err = vault.CreateKeyFile(keyFile); err != nil {
		return err
	}
	auditKey := s.dir + "/audit.key"
	if err = chain.CreateKey(auditKey); err != nil {
		return err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	s.house, err = house.Open(ctx, house.Config{
		Services: s.services, Area: Area, Databases: s.databases, KeyFile: keyFile, AuditKey: auditKey, Checkpoints: s.dir + "/checkpoints", Secret: secret, Broker: s.broker,
		Simulated: "Everything here is invented", Log: o.Log, Now: o.Now, Spans: o.Spans, Mail: o.Mail,
	})
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.ended = stop, make(chan error, 1)
	go func() { s.ended <- s.house.Run(run, ln) }()
	return s.attach(ctx, "http://"+ln.Addr().String())
}

// Attach is a stage on which somebody else runs the services: the address of their database, as its administrator, and
// where they answer. Closing it ends neither.
func Attach(ctx context.Context, database, base string) (*Stage, error) {
	return AttachAt(ctx, database, base, time.Now)
}

// AttachAt is Attach to services that go by another time.
func AttachAt(ctx context.Context, database, base string, now func() time.Time) (*Stage, error) {
	s := &Stage{URL: database, Now: now, services: all.Services(&all.Doors{})}
	if err := s.attach(ctx, base); err != nil {
		return nil, errors.Join(fmt.Errorf("set the stage: %w", err), s.Close())
	}
	return s, nil
}

func (s *Stage) attach(ctx context.Context, base string) (err error) {
	if s.Admin, err = pgxpool.New(ctx, s.URL); err != nil {
		return err
	}
	sessions, err := pg.As(s.URL, authn.LoginRole, "")
	if err != nil {
		return err
	}
	if s.people, err = authn.Open(ctx, authn.Config{URL: sessions, Now: s.Now}); err != nil {
		return err
	}
	s.Cast = &demo.Cast{
		Base: base, Sessions: s.people, Now: s.Now,
		HTTP: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
	}
	return nil
}

// noting keeps what is opened by name.
func (s *Stage) noting(services []house.Service) []house.Service {
	s.opened = map[string]house.Door{}
	var mu sync.Mutex // they open at the same time
	for i, x := range services {
		services[i].Open = func(ctx context.Context, c door.Config) (house.Door, error) {
			d, err := x.Open(ctx, c)
			mu.Lock()
			defer mu.Unlock()
			s.opened[x.Name] = d
			return d, err
		}
	}
	return services
}

// LoadSample takes in what Waypost ships to be tried with: names first, then what they answer for.
func (s *Stage) LoadSample(ctx context.Context, out io.Writer) error {
	for _, name := range []string{"register", "vcse", "linkworker", "primarycare", "mdt", "coordination"} {
		d, ok := s.opened[name].(interface {
			LoadSample(ctx context.Context, files fs.FS, out io.Writer) error
		})
		if !ok {
			continue
		}
		if err := d.LoadSample(ctx, sample.FS, out); err != nil {
			return err
		}
		if err := s.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Personas are the invented people that the sample brings.
func (s *Stage) Personas(ctx context.Context) ([]authn.Identity, error) {
	return s.doors.Register.Personas(ctx)
}

// Folder is where everything lies that Waypost keeps: postgres/, broker/ and the vault's key file.
func (s *Stage) Folder() string { return s.dir }

// Metrics is where the metrics of all services are, and the token for them.
func (s *Stage) Metrics() (address, token string) { return s.house.Metrics() }

// States tells how every service stands.
func (s *Stage) States(ctx context.Context) []standing.State { return s.house.States(ctx) }

// Services are the names of those that run.
func (s *Stage) Services() []string {
	var names []string
	for _, x := range s.services {
		names = append(names, x.Name)
	}
	return names
}

// Close stops everything and removes the folder.
func (s *Stage) Close() error {
	var err error
	if s.stop != nil {
		s.stop()
		err = <-s.ended
	}
	if s.house != nil {
		s.house.Close()
	}
	if s.people != nil {
		s.people.Close()
	}
	if s.Admin != nil {
		s.Admin.Close()
	}
	if s.broker != nil {
		s.broker.Stop()
	}
	if s.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		err = errors.Join(err, s.postgres.Stop(ctx))
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}
