//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/pgserver"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func runSQL(t *testing.T, url, sql string) {
	t.Helper()
	_, err := connect(t, url).Exec(t.Context(), sql)
	require.NoError(t, err)
}

func count(t *testing.T, url, sql string) (n int) {
	t.Helper()
	require.NoError(t, connect(t, url).QueryRow(t.Context(), sql).Scan(&n))
	return n
}

// setup is what a service's migration does: roles, which the cluster shares, and a table.
func setup(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, `
		do $$ begin
			if not exists (select from pg_roles where rolname = 'pgtest_someone') then
				perform pg_sleep(0.05); -- wide enough for a race to show
				create role pgtest_someone;
			end if;
		end $$;
		create table thing (n int);
		insert into thing values (1);`)
	return err
}

func TestEachTestHasItsOwnCopy(t *testing.T) {
	t.Parallel()
	var built atomic.Int32
	once := func(ctx context.Context, url string) error { built.Add(1); return setup(ctx, url) }
	a, b := Database(t, once, "own copy"), Database(t, once, "own copy")
	require.NotEqual(t, a, b)
	runSQL(t, a, `insert into thing values (2)`)
	require.Equal(t, 2, count(t, a, `select count(*) from thing`))
	require.Equal(t, 1, count(t, b, `select count(*) from thing`))
	require.EqualValues(t, 1, built.Load())
}

func TestDatabaseIsDroppedThoughSomebodyIsConnected(t *testing.T) { //nolint:tparallel // what follows the inner test is about what is left of it
	t.Parallel()
	var url string
	t.Run("inner", func(t *testing.T) {
		url = Empty(t)
		conn, err := pgx.Connect(context.Background(), url)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
	})
	_, err := pgx.Connect(t.Context(), url)
	require.ErrorContains(t, err, "does not exist")
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			Database(t, setup, fmt.Sprintf("many %d", i%3))
		})
	}
	all.Wait()
}

func TestFailedSetupFailsEveryTestThatNeedsIt(t *testing.T) {
	t.Parallel()
	c, err := theCluster()
	require.NoError(t, err)
	for range 2 {
		_, err = c.template(t.Context(), func(context.Context, string) error { return errors.New("no") }, "broken")
		require.ErrorContains(t, err, `set up the database "broken": no`)
	}
}

// Processes share the roles: their setups must not meet.
func TestSetupsOfSeveralProcesses(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		Database(t, setup, "child")
		return
	}
	t.Parallel()
	dir, err := NewFolder()
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s, err := pgserver.Start(t.Context(), Options(dir+"/db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestSetupsOfSeveralProcesses$")
			cmd.Env = append(os.Environ(), "PGTEST_CHILD=1", EnvURL+"="+s.AdminURL())
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()

	// The templates stay, as a process has no last moment; the next one to come sweeps them out.
	require.NotZero(t, count(t, s.AdminURL(), `select count(*) from pg_database where datname like 'waypost_test_%'`))
	c, err := open(t.Context(), s.AdminURL())
	require.NoError(t, err)
	require.Zero(t, count(t, s.AdminURL(), `select count(*) from pg_database where datname like 'waypost_test_%'`))
	name := c.prefix + "_live"
	require.NoError(t, c.exec(t.Context(), "create database "+name))
	_, err = open(t.Context(), s.AdminURL())
	require.NoError(t, err)
	require.Equal(t, 1, count(t, s.AdminURL(), `select count(*) from pg_database where datname = '`+name+`'`), "what is in use stays")
}

// What a process that is gone left behind goes; what is in use stays however old it is, whatever is in it.
func TestOldFoldersAreRemoved(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	old := filepath.Join(tmp, folders+"old")
	require.NoError(t, os.Mkdir(old, 0o700))
	require.NoError(t, os.WriteFile(old+mark, nil, 0o600))
	used, err := NewFolder()
	require.NoError(t, err)
	_, err = NewFolder()
	require.NoError(t, err)
	require.DirExists(t, old, "it may not be marked yet")
	past := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(old, past, past))
	require.NoError(t, os.Chtimes(used, past, past))
	_, err = NewFolder()
	require.NoError(t, err)
	require.NoDirExists(t, old)
	require.DirExists(t, used)
}

func BenchmarkDatabase(b *testing.B) {
	for b.Loop() {
		Database(b, setup, "bench")
	}
}
