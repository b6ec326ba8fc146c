// Package cluster runs Waypost on this machine as it is deployed: three brokers, a database, two copies of every service, each a
// process of its own with the binary that is deployed, and one address in front of them.
package cluster

import (
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.org/waypost/pkg/mtls"
	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/house"
)

// Options say where everything lives and how many there are. Only Dir is needed.
type Options struct {
	Dir        string   // all data, keys and logs; made if it is not there
	Listen     string   // host:port of the front; "": a free port of loopback
	Bin        string   // the binaries; "": they are built into Dir
	Tags       []string // build tags of the services
	Programs   []string // further packages whose binaries are wanted beside theirs
	Brokers    int      // 0: 3
	Copies     int      // of each service; 0: 2
	Area       string
	Simulated  string
	SyncAlways bool              // each broker waits for its disk before it acknowledges; without it the last two seconds may go in a power cut
	Folders    map[string]string // where a process keeps its data when that is not in Dir: by name, broker-1 or postgres
	Settings   map[string]string // further lines of postgresql.conf
	Extra      []string          // what is added to the environment of the services
	Now        func() time.Time  // by which time the doors of a hall go; nil: the real one
	// Via is asked for the address under which one process is told to reach another; nil: the other's own. from is a service
	// without its number; to is a broker, a service or postgres. What is reached there must be the same for a cluster's whole life.
	Via func(from, to, address string) (string, error)
}

// Cluster is a running Waypost of many processes.
type Cluster struct {
	Options
	Address   string // http://host:port of the front
	Databases house.Databases
	Services  []house.Service

	postgres   *pgserver.Server
	processes  map[string]*Process
	issuer     *mtls.Issuer
	secure     *tls.Config       // ours, as the front
	keys       map[string][]byte // nkey seeds of the brokers' users
	publicKeys []string          // their public halves, as brokers are told them
	ports      map[string]string // process → host:port
	routes     map[string]string // broker → host:port for the other brokers
	monitors   map[string]string // broker → host:port where it answers about itself
	token      string
	secret     []byte
	health     health
	front      *entrance // for people and their programs
	back       *entrance // for the services among themselves
}

// Open starts everything and returns when all services are ready. Close it, also after an error of anything later.
func Open(ctx context.Context, o Options) (_ *Cluster, err error) {
	c := &Cluster{
		Options: o, Services: all.Services(&all.Doors{}), processes: map[string]*Process{}, keys: map[string][]byte{},
		ports: map[string]string{}, routes: map[string]string{}, monitors: map[string]string{}, health: health{ready: map[string]bool{}},
	}
	c.defaults()
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the cluster: %w", err), c.Close())
		}
	}()
	for _, dir := range []string{c.Dir, c.Dir + "/log", c.Dir + "/keys"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.Chmod(c.Dir, 0o711); err != nil { //nolint:gosec // the database's user must get through to its own folder below
		return nil, err
	}
	if err := c.openAuthority(); err != nil {
		return nil, err
	}
	if c.Bin == "" {
		if c.Bin, err = c.build(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.ground(ctx); err != nil {
		return nil, err
	}
	if err := c.openEntrances(ctx); err != nil {
		return nil, err
	}
	if err := c.configure(); err != nil {
		return nil, err
	}
	for _, name := range c.Names() {
		if err := c.processes[name].Start(); err != nil {
			return nil, err
		}
	}
	if err := c.Ready(ctx); err != nil {
		return nil, err
	}
	c.watchHealth(ctx)
	return c, nil
}

func (c *Cluster) defaults() {
	if c.Brokers == 0 {
		c.Brokers = 3
	}
	if c.Copies == 0 {
		c.Copies = 2
	}
	if c.Area == "" {
		c.Area = "greater-manchester"
	}
	if c.Simulated == "" {
		c.Simulated = "Everything here is invented"
	}
	if c.Via == nil {
		c.Via = func(_, _, address string) (string, error) { return address, nil }
	}
}

// build makes the binaries that are deployed, and the broker's, and returns their folder.
func (c *Cluster) build(ctx context.Context) (string, error) {
	dir := c.Dir + "/bin"
	args := append([]string{
		"build", "-o", dir + "/", "-tags", strings.Join(c.Tags, ","), "github.com/nats-io/nats-server/v2", "example.org/waypost/deploy/nats/cmd/bootstrap",
	}, c.Programs...)
	for _, s := range c.Services {
		args = append(args, fmt.Sprintf("example.org/waypost/services/%[1]s/cmd/%[1]s", s.Name))
	}
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the services: %w: %s", err, out)
	}
	return dir, nil
}

// ground starts database and brokers, and makes the tables, streams and consumers.
func (c *Cluster) ground(ctx context.Context) (err error) {
	if err := c.StartPostgres(ctx); err != nil {
		return err
	}
	if c.Databases, err = house.DatabasesOf(c.postgres.AdminURL(), "waypost", false); err != nil {
		return err
	}
	if err := c.Databases.Migrate(ctx, c.Services, nil); err != nil {
		return err
	}
	if err := c.openBrokers(); err != nil {
		return err
	}
	for _, name := range c.BrokerNames() {
		if err := c.processes[name].Start(); err != nil {
			return err
		}
	}
	return c.Bootstrap(ctx)
}

// StartPostgres starts the database, also again after it was killed.
func (c *Cluster) StartPostgres(ctx context.Context) (err error) {
	c.postgres, err = pgserver.Start(ctx, pgserver.Options{
		Dir: c.folder("postgres"), Install: c.Dir + "/npm", MaxConnections: 300, SharedBuffers: "256MB", Settings: c.Settings,
	})
	return err
}

// PostgresFolder is what a backup of it, while it is stopped, is a copy of.
func (c *Cluster) PostgresFolder() string { return c.folder("postgres") }

// Postgres is the database's server.
func (c *Cluster) Postgres() *pgserver.Server { return c.postgres }

// KillPostgres is as when the system does it: nobody is told and nothing is written first.
func (c *Cluster) KillPostgres() error {
	kill, err := c.PostgresKiller()
	if err != nil {
		return err
	}
	return kill()
}

// PostgresKiller is KillPostgres for later: its data need not be readable any more by then.
func (c *Cluster) PostgresKiller() (kill func() error, err error) {
	b, err := os.ReadFile(c.folder("postgres") + "/data/postmaster.pid")
	if err != nil {
		return nil, fmt.Errorf("kill the database: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return nil, fmt.Errorf("kill the database: %w", err)
	}
	return func() error {
		// All of it at once, as when the machine goes: a backend that is left behind may wait for ever for one that is not.
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		for _, child := range childrenOf(pid) {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill the database: %w", err)
		}
		<-c.postgres.Done()
		_ = c.postgres.Stop(context.Background()) // gives its folder back
		return nil
	}, nil
}

func (c *Cluster) folder(name string) string {
	if dir := c.Folders[name]; dir != "" {
		return dir
	}
	return filepath.Join(c.Dir, name)
}

// Process is a service's copy (vcse-1) or a broker (broker-1); nil when there is none of that name.
func (c *Cluster) Process(name string) *Process { return c.processes[name] }

// Names are the services' processes, in order.
func (c *Cluster) Names() (names []string) {
	for _, s := range c.Services {
		names = append(names, c.copies(s.Name)...)
	}
	slices.Sort(names)
	return names
}

func (c *Cluster) copies(service string) (names []string) {
	for i := range c.Copies {
		names = append(names, fmt.Sprintf("%s-%d", service, i+1))
	}
	return names
}

// BrokerNames are the brokers, in order.
func (c *Cluster) BrokerNames() (names []string) {
	for i := range c.Brokers {
		names = append(names, fmt.Sprintf("broker-%d", i+1))
	}
	return names
}

// Inside are where each copy answers the others, and the token they show.
func (c *Cluster) Inside() (urls map[string]string, token string) {
	urls = map[string]string{}
	for _, name := range c.Names() {
		urls[name] = "https://" + c.ports[name]
	}
	return urls, c.token
}

// Client asks what is inside, with the certificate of the front.
func (c *Cluster) Client(timeout time.Duration) *http.Client { return mtls.Client(c.secure, timeout) }

// here are the addresses of everything: one machine.
var here = []string{"127.0.0.1", "::1", "localhost"}

// openAuthority makes the authority by which our processes know each other at the first start, and our own certificate.
func (c *Cluster) openAuthority() (err error) {
	if c.issuer, err = mtls.OpenIssuer(filepath.Join(c.Dir, "keys", "tls"), time.Now()); err != nil {
		return err
	}
	f, err := c.Certificate("front")
	if err != nil {
		return err
	}
	c.secure, err = f.Config()
	return err
}

// Certificate is that of a service, of "front" or of "bootstrap". It is good for this machine, and for the service's own name.
func (c *Cluster) Certificate(name string) (mtls.Files, error) {
	return c.issuer.Issue(name, append([]string{name}, here...)...)
}

// Ready waits until every copy says that it is.
func (c *Cluster) Ready(ctx context.Context) error {
	client := c.Client(2 * time.Second)
	for _, name := range c.Names() {
		for !answers(ctx, client, "https://"+c.ports[name]+"/readyz") {
			if err := wait(ctx, 50*time.Millisecond); err != nil {
				return fmt.Errorf("wait for %s: %w: %s", name, err, c.processes[name].LastWords())
			}
		}
	}
	return nil
}

func answers(ctx context.Context, client *http.Client, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Close ends the services, then the brokers, then the database.
func (c *Cluster) Close() error {
	c.health.end()
	for _, e := range []*entrance{c.front, c.back} {
		if e != nil {
			_ = e.server.Close()
		}
	}
	c.stopAll(c.Names())
	c.stopAll(c.BrokerNames())
	if c.postgres == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return c.postgres.Stop(ctx)
}

func (c *Cluster) stopAll(names []string) {
	var all sync.WaitGroup
	for _, n := range names {
		if p := c.processes[n]; p != nil {
			all.Go(p.Stop)
		}
	}
	all.Wait()
}

// freePort is a port of loopback that was free a moment ago, and that this process has not given out before: who got it may not
// listen yet. It lies below those that the system gives to whoever connects, so that none of these takes it before its process does.
func freePort() (string, error) {
	const first, ports = 20000, 12000
	var err error
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+rand.IntN(ports)))
		if _, before := given.LoadOrStore(address, true); before {
			continue
		}
		var ln net.Listener
		if ln, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", address); err == nil {
			return address, ln.Close()
		}
	}
	return "", fmt.Errorf("find a free port: %w", err)
}

var given sync.Map // address: true

// note writes a key or setting that only we may read.
func (c *Cluster) note(name string, content []byte) (string, error) {
	path := filepath.Join(c.Dir, "keys", name)
	return path, os.WriteFile(path, content, 0o600)
}

func random() string {
	b := make([]byte, 32)
	_, _ = crand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

func (c *Cluster) keyFile() (string, error) {
	path := filepath.Join(c.Dir, "keys", "vault.keys")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	_, err := vault.CreateKeyFile(path)
	return path, err
}
