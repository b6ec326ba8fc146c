// Package all is Waypost on one machine: every service, the broker and the database in one process, behind one address.
package all

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/mail/mailbox"
	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/pkg/trace/export"
	"example.org/waypost/services/all/internal/broker"
	"example.org/waypost/services/all/internal/house"
	"example.org/waypost/services/all/internal/inside"
	"example.org/waypost/services/all/internal/operations"
	"example.org/waypost/services/all/internal/people"
)

// Config is what the command line and the environment say.
type Config struct {
	Dir       string // where all data is; made if it is not there
	Address   string // host:port to answer on
	Database  string // admin address of a Postgres to use; "" starts a private one in Dir
	Area      string
	Services  []house.Service
	Provider  authn.Provider
	Home      func(actor.Actor) string // where somebody begins in a role
	Simulated string
	Times     door.Times // what the area says of its clocks
	Mail      door.Mail  // how organisations are told by e-mail
	// Pages are the house's own, Operations is where they begin; nil: there are none.
	Pages      func(w inside.Waypost, log *zap.Logger, secret []byte) (house.Pages, error)
	Operations string
	// Greet runs before the address is printed; nil: nothing.
	Greet func(ctx context.Context, s *Started) error
	// Live runs beside everything, until ctx ends; nil: nothing.
	Live func(ctx context.Context, s *Started) error
	Out  io.Writer // hears, in plain lines, what the person who started it should know
}

// Main is Run with all services and the sample. In dev anybody may choose who to be; there is no other way to sign in yet.
// With play, invented people make referrals and answer them.
func Main(ctx context.Context, c Config, dev, play bool) error {
	if !dev {
		return errors.New("nobody could sign in: the only way so far is to choose who to be, with -dev")
	}
	Tune()
	everybody, err := people.New()
	if err != nil {
		return err
	}
	box, err := mailbox.Listen()
	if err != nil {
		return err
	}
	defer box.Down()
	everybody.Mailbox(box)
	if c.Mail, err = door.OpenMail(box.URL(), "", "Waypost <waypost@demonstration.example.org>", "http://"+c.Address); err != nil {
		return err
	}
	var doors Doors
	c.Services, c.Provider, c.Home = Services(&doors), everybody, people.Home
	c.Simulated = "Everybody here, what they say and which places are free is made up. The practices and the listings are real."
	c.Operations = operations.Path
	c.Pages = func(w inside.Waypost, log *zap.Logger, secret []byte) (house.Pages, error) {
		return doors.operations(w, c.Simulated, log, secret)
	}
	c.Greet = func(ctx context.Context, s *Started) error {
		everybody.List(doors.Register.Personas)
		if err := doors.takeSample(ctx, c.Out, s); err != nil {
			return err
		}
		fmt.Fprintln(c.Out, "You may sign in as any of these:")
		return everybody.Print(ctx, c.Out)
	}
	if play {
		c.Live = doors.play
	}
	return Run(ctx, c)
}

// Run starts everything, says where it is, and stops it in order when ctx ends. What keeps it from starting is one line.
func Run(ctx context.Context, c Config) error {
	ln, err := listen(ctx, c.Address)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // the house has closed it, if it got so far
	f, err := openFolder(c.Dir)
	if err != nil {
		return err
	}
	defer f.close()
	log, err := f.log()
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	ground, err := c.ground(ctx, f, log, cancel)
	if err != nil {
		return err
	}
	defer ground.stop()
	spans, err := export.Open(ctx)
	if err != nil {
		return err
	}
	defer export.Close(spans)
	h, err := house.Open(ctx, c.house(f, ground, spans, log))
	if err != nil {
		return err
	}
	defer h.Close()
	if err := f.writeInside(h.Inside()); err != nil {
		return err
	}
	if err := f.writeMetrics(h.Metrics()); err != nil {
		return err
	}
	started := &Started{url: "http://" + ln.Addr().String(), log: log, services: c.Services, databases: ground.databases}
	if c.Database == "" { // a database that others may look after can be another one tomorrow
		started.dir = f.dir
	}
	return c.live(ctx, cancel, func() error { return h.Run(ctx, ln) }, func() error {
		if c.Greet != nil {
			if err := c.Greet(ctx, started); err != nil {
				return err
			}
		}
		fmt.Fprintf(c.Out, "Waypost answers at %s\n", started.url)
		if c.Live != nil {
			return c.Live(ctx, started)
		}
		return nil
	})
}

// house is what the house needs to know.
func (c Config) house(f *folder, g *ground, spans export.Sink, log *zap.Logger) house.Config {
	hc := house.Config{
		Services: c.Services, Area: c.Area, Databases: g.databases, KeyFile: f.keyFile(), AuditKey: f.auditKey(), Checkpoints: f.checkpoints(), Secret: f.secret, Broker: g.broker,
		Provider: c.Provider, Home: c.Home, Simulated: c.Simulated, Times: c.Times, Mail: c.Mail, Spans: spans, Log: log,
	}
	if c.Pages != nil {
		hc.Operations = c.Operations
		hc.Pages = func(w inside.Waypost) (house.Pages, error) { return c.Pages(w, log, f.secret) }
	}
	return hc
}

// live runs the house, and beside it what needs it to run. When that fails, all ends.
func (c Config) live(ctx context.Context, cancel context.CancelCauseFunc, run, beside func() error) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := beside(); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}()
	err := run()
	cancel(nil) // a listener may have broken
	<-done
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return errors.Join(cause, err)
	}
	return err
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program: stop that one, or choose another address (make run ADDR=127.0.0.1:8081)", address)
	}
	if err != nil {
		return nil, fmt.Errorf("can not answer on %q: %w", address, err)
	}
	return ln, nil
}

// ground is what the house stands on.
type ground struct {
	broker    *broker.Broker
	postgres  *pgserver.Server // nil when somebody else runs it
	databases house.Databases
}

var errDatabaseEnded = errors.New("Postgres ended by itself; what was saved is safe, so start Waypost again") //nolint:staticcheck // shown as it stands

// ground starts the broker and the database beside each other. It calls cancel when the private Postgres ends by itself.
func (c Config) ground(ctx context.Context, f *folder, log *zap.Logger, cancel context.CancelCauseFunc) (_ *ground, err error) {
	g := &ground{}
	defer func() {
		if err != nil {
			g.stop()
		}
	}()
	started := make(chan error, 1)
	go func() { started <- g.startPostgres(ctx, c, f) }()
	var users []broker.User
	for _, s := range c.Services {
		users = append(users, broker.User{Service: s.Name, Listens: s.Listens})
	}
	var brokerErr error
	g.broker, brokerErr = broker.Start(ctx, broker.Options{Dir: f.dir + "/broker", Users: users, Log: log})
	if err := <-started; err != nil {
		return nil, err
	}
	if brokerErr != nil {
		return nil, brokerErr
	}
	if g.postgres != nil {
		go func() {
			<-g.postgres.Done()
			cancel(errDatabaseEnded)
		}()
	}
	return g, nil
}

func (g *ground) startPostgres(ctx context.Context, c Config, f *folder) (err error) {
	if c.Database != "" {
		g.databases, err = house.Given(c.Database)
		return err
	}
	g.postgres, err = pgserver.Start(ctx, pgserver.Options{
		Dir: f.dir + "/postgres", Install: f.dir + "/npm", MaxConnections: 200, SharedBuffers: "256MB",
		Progress: func(line string) { fmt.Fprintln(c.Out, line) },
	})
	if err != nil {
		return err
	}
	g.databases, err = house.DatabasesOf(g.postgres.AdminURL(), "waypost", false)
	return err
}

// stop ends what was started, the database last.
func (g *ground) stop() {
	if g.broker != nil {
		g.broker.Stop()
	}
	if g.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		_ = g.postgres.Stop(ctx) // it has to be killed then, and recovers at the next start
	}
}

// DefaultDir is .waypost where the program is started. Root, whose home the database's user can not enter, gets another place
// when that is where it would be.
func DefaultDir() string {
	const here = ".waypost"
	if pgserver.Reachable(here + "/postgres") {
		return here
	}
	return "/var/lib/waypost"
}

// Line makes one line of an error, for somebody who did not write this program. Some libraries say the same twice.
func Line(err error) string {
	var parts []string
	for part := range strings.Lines(err.Error()) {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.ReplaceAll(strings.Join(parts, "; "), ":; ", ": ")
}
