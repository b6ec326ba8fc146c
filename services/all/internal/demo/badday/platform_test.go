package badday

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/broker"
	"example.org/waypost/services/all/internal/demo/stage"
	"example.org/waypost/services/all/internal/house"
)

// platform is every service as a process of its own, with the binary that is deployed, and one address in front of them.
type platform struct {
	t        *testing.T
	dir      string
	services []house.Service
	postgres *pgserver.Server
	main     string // admin address of the services' database
	broker   *broker.Broker
	at       string // where the broker answers, from one start to the next
	running  map[string]*process
	front    *http.Server
	address  string
}

// process is one service. Its environment and port stay the same from one start to the next.
type process struct {
	name, binary, address string
	env                   []string
	said                  *tail

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
}

func newPlatform(ctx context.Context, t *testing.T) *platform {
	t.Helper()
	dir, err := os.MkdirTemp("", "waypost-badday-") // the database's user can not reach t.TempDir
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &platform{t: t, dir: dir, services: all.Services(&all.Doors{}), running: map[string]*process{}}
	p.startPostgres(ctx)
	t.Cleanup(func() { _ = p.postgres.Stop(context.Background()) })
	databases, err := house.DatabasesOf(p.postgres.AdminURL(), "waypost", false)
	require.NoError(t, err)
	p.main = databases.Main
	p.migrate(ctx, databases)
	p.at = "127.0.0.1:0"
	p.startBroker(ctx)
	t.Cleanup(func() { p.broker.Stop() })
	p.build(ctx)
	p.configure(databases)
	p.open()
	t.Cleanup(p.stop)
	for _, s := range p.services {
		p.running[s.Name].start(t)
	}
	for _, s := range p.services {
		p.running[s.Name].await(ctx, t)
	}
	return p
}

// startPostgres also starts it again. A process's death takes no disk with it, so nothing waits for the disk; what was
// committed is written by then in any case.
func (p *platform) startPostgres(ctx context.Context) {
	var err error
	p.postgres, err = pgserver.Start(ctx, pgserver.Options{
		Dir: p.dir + "/postgres", Install: p.dir + "/npm", MaxConnections: 200, SharedBuffers: "128MB", Settings: map[string]string{"fsync": "off"},
	})
	require.NoError(p.t, err)
}

// killPostgres is as when the system does it: nobody is told, nothing is written first.
func (p *platform) killPostgres() {
	b, err := os.ReadFile(p.dir + "/postgres/data/postmaster.pid")
	require.NoError(p.t, err)
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(p.t, err)
	require.NoError(p.t, syscall.Kill(pid, syscall.SIGKILL))
	<-p.postgres.Done()
	_ = p.postgres.Stop(context.Background()) // gives its folder back
}

func (p *platform) migrate(ctx context.Context, d house.Databases) {
	require.NoError(p.t, vault.Migrate(ctx, d.Vault))
	// The first service makes its own database's schema; the database itself is made here.
	require.NoError(p.t, createDatabase(ctx, p.postgres.AdminURL(), "waypost"))
	require.NoError(p.t, authn.Migrate(ctx, d.Main))
	for _, s := range p.services {
		require.NoError(p.t, s.Migrate(ctx, d.Main))
	}
}

// startBroker also starts it again, for the same users at the same place.
func (p *platform) startBroker(ctx context.Context) {
	var users []broker.User
	var speakers []string
	listens := map[string][]string{}
	for _, s := range p.services {
		u := broker.User{Service: s.Name, Listens: s.Listens}
		if p.broker != nil {
			u.Seed = p.broker.Seed(s.Name)
		}
		users = append(users, u)
		speakers, listens[s.Name] = append(speakers, s.Name), s.Listens
	}
	var err error
	p.broker, err = broker.Start(ctx, broker.Options{Dir: p.dir + "/broker", Users: users, Address: p.at, Log: zap.NewNop()})
	require.NoError(p.t, err)
	p.at = strings.TrimPrefix(p.broker.URL(), "nats://")
	require.NoError(p.t, p.broker.Bootstrap(ctx, speakers, listens))
}

// loseBroker is a broker whose disk is gone: everything that it had acknowledged is lost.
func (p *platform) loseBroker(ctx context.Context) {
	p.broker.Stop()
	require.NoError(p.t, os.RemoveAll(p.dir+"/broker"))
	p.startBroker(ctx)
}

// build makes the binaries that are deployed, and what checks.
func (p *platform) build(ctx context.Context) {
	args := []string{"build", "-o", p.dir + "/bin/", "example.org/waypost/services/all/cmd/check", "example.org/waypost/services/all/cmd/reconcile"}
	for _, s := range p.services {
		args = append(args, fmt.Sprintf("example.org/waypost/services/%[1]s/cmd/%[1]s", s.Name))
	}
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	require.NoError(p.t, err, string(out))
}

func (p *platform) configure(d house.Databases) {
	note := func(name string, content []byte) string {
		path := filepath.Join(p.dir, name)
		require.NoError(p.t, os.WriteFile(path, content, 0o600))
		return path
	}
	secret := make([]byte, 48)
	_, _ = rand.Read(secret) // it never fails
	_, err := vault.CreateKeyFile(p.dir + "/vault.keys")
	require.NoError(p.t, err)
	token, key := note("token", []byte("a token that services show each other")), note("secret", []byte(fmt.Sprintf("%x", secret)))
	var replay []string
	for _, s := range p.services {
		x := &process{name: s.Name, binary: p.dir + "/bin/" + s.Name, address: freePort(p.t), said: &tail{}}
		p.running[s.Name] = x
		replay = append(replay, fmt.Sprintf("%s=http://%s%s", s.Name, x.address, door.ReplayPath(s.Name)))
	}
	for name, x := range p.running {
		as := func(address, role string) string {
			to, err := pg.As(address, role, "")
			require.NoError(p.t, err)
			return to
		}
		x.env = append(os.Environ(), "LISTEN="+x.address, "WAYPOST_AREA="+stage.Area, "WAYPOST_DATABASE="+as(d.Main, name),
			"WAYPOST_SESSIONS="+as(d.Main, authn.LoginRole), "WAYPOST_KEY_FILE="+p.dir+"/vault.keys", "WAYPOST_BROKER="+p.broker.URL(),
			"WAYPOST_BROKER_SEED_FILE="+note(name+".seed", p.broker.Seed(name)), "WAYPOST_REPLAY="+strings.Join(replay, ";"),
			"WAYPOST_TOKEN_FILE="+token, "WAYPOST_SECRET_FILE="+key, "WAYPOST_SIMULATED=Everything here is invented")
		if name != "register" { // who is who needs no vault
			x.env = append(x.env, "WAYPOST_VAULT="+as(d.Vault, name))
		}
	}
}

// open puts one address in front of all: /api/<service>/ goes to the service.
func (p *platform) open() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	mux := http.NewServeMux()
	for name, x := range p.running {
		proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: x.address})
		proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
		mux.Handle("/api/"+name+"/", proxy)
	}
	p.front = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	p.address = "http://" + ln.Addr().String()
	go func() { _ = p.front.Serve(ln) }() // it ends with the test
}

// reconciled compares what was said, what the streams hold and what was heard.
func (p *platform) reconciled(ctx context.Context) string {
	var at []string
	for name, x := range p.running {
		at = append(at, name+"=http://"+x.address)
	}
	out, err := exec.CommandContext(ctx, p.dir+"/bin/reconcile", "-services", strings.Join(at, ";"), "-token-file", p.dir+"/token").CombinedOutput()
	require.NoError(p.t, err, string(out))
	return string(out)
}

func (p *platform) stop() {
	_ = p.front.Close()
	for _, x := range p.running {
		x.kill()
	}
	if p.t.Failed() {
		for name, x := range p.running {
			p.t.Logf("the last words of %s:\n%s", name, x.said)
		}
	}
}

// start runs the service, and again whenever it ends by itself, as whatever looks after processes does: one that starts
// while the database is away gives up.
func (x *process) start(t *testing.T) {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	cmd := exec.Command(x.binary)
	cmd.Env, cmd.Stdout, cmd.Stderr = x.env, x.said, x.said
	if err := cmd.Start(); err != nil {
		t.Errorf("start %s: %v", x.name, err)
		return
	}
	x.cmd, x.gone = cmd, make(chan struct{})
	go func(gone chan struct{}) {
		_ = cmd.Wait() // why it ended is in its last words
		close(gone)
		<-time.After(100 * time.Millisecond) // not faster than a supervisor would
		x.mu.Lock()
		ours := x.cmd == cmd
		x.mu.Unlock()
		if ours {
			x.start(t)
		}
	}(x.gone)
}

// kill is SIGKILL: the process has no last moment.
func (x *process) kill() {
	x.mu.Lock()
	cmd, gone := x.cmd, x.gone
	x.cmd = nil
	x.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill()
		<-gone
	}
}

// await waits until the service can work.
func (x *process) await(ctx context.Context, t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+x.address+"/readyz", nil)
		require.NoError(t, err)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond, "%s is not ready: %s", x.name, x.said)
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// tail keeps the end of what a process says.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - 4000; over > 0 {
		t.buf = bytes.Clone(t.buf[over:])
	}
	return len(b), nil
}

func (t *tail) String() string { t.mu.Lock(); defer t.mu.Unlock(); return string(t.buf) }
