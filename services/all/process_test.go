package all_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/door"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/all"
	"example.org/waypost/services/all/internal/house"
)

// A test that needs Waypost as a process runs itself again with this in the environment.
const (
	envDir      = "ALL_TEST_DIR"
	envAddress  = "ALL_TEST_ADDRESS"
	envDatabase = "ALL_TEST_DATABASE"
)

// TestBeWaypost is that process: Waypost with one small service.
func TestBeWaypost(t *testing.T) { //nolint:paralleltest // it is a program, not a test
	dir := os.Getenv(envDir)
	if dir == "" {
		return
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	err := all.Run(ctx, all.Config{
		Dir: dir, Address: os.Getenv(envAddress), Database: os.Getenv(envDatabase), Area: "test", Out: os.Stdout,
		Services: []house.Service{{
			Name:    "register",
			Migrate: func(ctx context.Context, url string) error { return pg.Migrate(ctx, url, "register", nil) },
			Open: func(ctx context.Context, c door.Config) (house.Door, error) {
				f, err := door.Open(ctx, c, door.Options{Service: "register"})
				if err != nil {
					return nil, err
				}
				f.Edge.Mount(httpx.Route{Method: "GET", Pattern: "/sign-in", Public: true, Handler: func(w http.ResponseWriter, _ *http.Request) error {
					_, err := io.WriteString(w, "hello")
					return err
				}})
				return f, nil
			},
		}},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "waypost:", all.Line(err))
		os.Exit(1)
	}
	os.Exit(0)
}

// process is a Waypost that runs beside the test.
type process struct {
	cmd     *exec.Cmd
	address string // http://host:port, once it answers
	stderr  *bytes.Buffer
	stdout  *bufio.Reader
}

func launch(t *testing.T, dir, address string, env ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], "-test.run=^TestBeWaypost$"), stderr: &bytes.Buffer{}}
	p.cmd.Env = append(os.Environ(), envDir+"="+dir, envAddress+"="+address)
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewReader(out)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	return p
}

// up waits for the address, and fails with what the process said when it ends before.
func (p *process) up(t *testing.T) *process {
	t.Helper()
	for {
		line, err := p.stdout.ReadString('\n')
		if _, address, ok := strings.Cut(line, "answers at "); ok {
			p.address = strings.TrimSpace(address)
			return p
		}
		require.NoError(t, err, p.stderr.String())
	}
}

// refused waits for the end and returns the one line that says why.
func (p *process) refused(t *testing.T) string {
	t.Helper()
	_, _ = io.Copy(io.Discard, p.stdout)
	var exit *exec.ExitError
	require.ErrorAs(t, p.cmd.Wait(), &exit)
	require.Equal(t, 1, exit.ExitCode(), p.stderr.String())
	said := p.stderr.String()
	require.Equal(t, 1, strings.Count(said, "\n"), said)
	t.Log(strings.TrimSpace(said))
	return said
}

func (p *process) interrupt(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	_, _ = io.Copy(io.Discard, p.stdout)
	require.NoError(t, p.cmd.Wait(), p.stderr.String())
	require.Empty(t, p.stderr.String())
}

func (p *process) answers(t *testing.T) {
	t.Helper()
	res, err := http.Get(p.address + "/sign-in")
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
}

// dataFolder is one that the database's user can reach, which t.TempDir is not when root runs the tests.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "all-test-") //nolint:usetesting // see above
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir + "/waypost"
}

func TestStartsStopsAndStartsAgainQuickly(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, dir, "127.0.0.1:0").up(t)
	p.answers(t)
	p.interrupt(t)
	require.NoFileExists(t, dir+"/postgres/data/postmaster.pid", "the database was stopped, not killed")

	began := time.Now()
	p = launch(t, dir, "127.0.0.1:0").up(t)
	t.Logf("second start: %v", time.Since(began))
	p.answers(t)
	p.interrupt(t)
}

func TestTakenPort(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	dir := dataFolder(t)
	said := launch(t, dir, ln.Addr().String()).refused(t)
	require.Contains(t, said, "is taken by another program")
	require.NoDirExists(t, dir, "nothing was begun")
}

func TestPortThatIsNone(t *testing.T) {
	t.Parallel()
	require.Contains(t, launch(t, dataFolder(t), "127.0.0.1:many").refused(t), "can not answer on")
}

func TestDataFolderThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	require.Contains(t, launch(t, dir, "127.0.0.1:0").refused(t), "the data folder can not be used")
	require.Contains(t, launch(t, "/proc/waypost", "127.0.0.1:0").refused(t), "the data folder can not be used")
}

func TestDataFolderInAPrivateHome(t *testing.T) {
	t.Parallel()
	home := dataFolder(t)
	require.NoError(t, os.Mkdir(home, 0o700))
	if os.Geteuid() != 0 {
		require.NoError(t, os.Chmod(home, 0o500))
	}
	require.Contains(t, launch(t, home+"/waypost", "127.0.0.1:0").refused(t), "can not be used")
}

func TestSecondWaypostOnTheSameData(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	first := launch(t, dir, "127.0.0.1:0").up(t)
	require.Contains(t, launch(t, dir, "127.0.0.1:0").refused(t), "is in use by a Waypost that is running")
	first.answers(t)
	inside, err := all.ReadInside(dir)
	require.NoError(t, err, "our own programs still find the first one")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, inside.URL+door.LedgerPath("register"), nil)
	require.NoError(t, err)
	for token, status := range map[string]int{inside.Token: http.StatusOK, "another": http.StatusUnauthorized} {
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, status, res.StatusCode)
	}
	first.interrupt(t)
	_, err = all.ReadInside(dir)
	require.ErrorContains(t, err, "no Waypost is running")
}

func TestPostgresThatDoesNotComeUp(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	launch(t, dir, "127.0.0.1:0").up(t).interrupt(t)
	conf := dir + "/postgres/data/postgresql.conf"
	good, err := os.ReadFile(conf)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(conf, append(good, "\nno_such_setting = 1\n"...), 0o600))
	require.Contains(t, launch(t, dir, "127.0.0.1:0").refused(t), "Postgres did not come up")
	require.NoError(t, os.WriteFile(conf, good, 0o600))
	p := launch(t, dir, "127.0.0.1:0").up(t) // nothing is broken
	p.answers(t)
	p.interrupt(t)
}

func TestPostgresThatIsNotThere(t *testing.T) {
	t.Parallel()
	said := launch(t, dataFolder(t), "127.0.0.1:0", envDatabase+"=postgres://admin:secret@127.0.0.1:1/waypost").refused(t)
	require.Contains(t, said, "database")
	require.NotContains(t, said, "secret")
}

func TestPostgresThatDiesTakesWaypostAlong(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, dir, "127.0.0.1:0").up(t)
	b, err := os.ReadFile(dir + "/postgres/data/postmaster.pid")
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Contains(t, p.refused(t), "Postgres ended by itself")
	launch(t, dir, "127.0.0.1:0").up(t).interrupt(t)
}

func TestKilledWaypostStartsAgain(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := launch(t, dir, "127.0.0.1:0").up(t)
	require.NoError(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // it was killed
	p = launch(t, dir, "127.0.0.1:0").up(t)
	p.answers(t)
	p.interrupt(t)
}

func TestLostKeyFileIsNotReplaced(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	launch(t, dir, "127.0.0.1:0").up(t).interrupt(t)
	require.NoError(t, os.Remove(dir+"/vault.keys"))
	require.Contains(t, launch(t, dir, "127.0.0.1:0").refused(t), "the vault's keys are lost")
	require.NoFileExists(t, dir+"/vault.keys")
}
