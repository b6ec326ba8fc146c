//go:build unix

// Package pgtest gives each test a real Postgres database of its own, in some forty milliseconds.
//
// The cluster is the throw-away one that WAYPOST_TEST_DATABASE_URL names (make test starts one for the whole run), else a
// private one for this test process. A missing Postgres fails the test; nothing is skipped.
package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"example.org/waypost/pkg/pgserver"
)

// EnvURL names the variable with the admin URL of a cluster that tests may fill and break as they like.
const EnvURL = "WAYPOST_TEST_DATABASE_URL"

// Patient, because a machine of two cores may be starting a dozen databases at once.
const patience = 2 * time.Minute

// Server returns the admin URL of the cluster. Its database "postgres" is shared by all: use Database for anything of yours.
func Server(t testing.TB) string {
	t.Helper()
	c, err := theCluster()
	if err != nil {
		t.Fatal(err)
	}
	return c.adminURL
}

// Database returns the admin URL of a new database, dropped when the test ends. It is a copy of what setup made of an empty
// one; setup runs once per process and key, and never at the same time as another test process's, because what it makes of
// roles all databases of the cluster share.
func Database(t testing.TB, setup func(ctx context.Context, adminURL string) error, key string) string {
	t.Helper()
	c, err := theCluster()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	template, err := c.template(ctx, setup, key)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%s_%d", template, c.made.Add(1))
	if err := c.copyOf(ctx, template, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.drop(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return c.url(name)
}

// Empty is Database without a setup.
func Empty(t testing.TB) string {
	t.Helper()
	return Database(t, func(context.Context, string) error { return nil }, "empty")
}

// cluster is where this process makes its databases. Their names carry a number of this process, which a session holds an
// advisory lock on; what bears a number nobody holds was left behind by a process that was killed.
type cluster struct {
	adminURL  string
	prefix    string
	made      atomic.Int64
	admin     *pgx.Conn  // holds the advisory lock as long as we live, and does our errands
	mu        sync.Mutex // a connection is for one at a time
	tmu       sync.Mutex
	templates map[string]*built

	// private is the cluster we started ourselves, if we did. Once nothing refers to it the collector would close its lock
	// file, and the next test process would take a folder that is in use for an abandoned one.
	private *pgserver.Server
}

type built struct {
	once sync.Once
	name string
	err  error
}

var theCluster = sync.OnceValues(func() (*cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if adminURL := os.Getenv(EnvURL); adminURL != "" {
		return open(ctx, adminURL)
	}
	s, err := startPrivate(ctx)
	if err != nil {
		return nil, err
	}
	c, err := open(ctx, s.AdminURL())
	if err == nil {
		c.private = s
	}
	return c, err
})

const marked = "waypost_test_" // every database we make starts with it, then the process's number

func open(ctx context.Context, adminURL string) (*cluster, error) {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return nil, fmt.Errorf("the Postgres for tests (%s) does not answer: %w", EnvURL, err)
	}
	c := &cluster{adminURL: adminURL, admin: conn, templates: map[string]*built{}}
	number := int32(os.Getpid())
	for ; ; number++ { // another machine's process may have ours
		var ok bool
		if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1, $2)`, lockSpace, number).Scan(&ok); err != nil {
			return nil, fmt.Errorf("take a number: %w", err)
		}
		if ok {
			break
		}
	}
	c.prefix = fmt.Sprintf("%s%d", marked, number)
	return c, c.sweep(ctx)
}

const (
	lockSpace  = 1466003539 // of the locks on processes' numbers
	setupSpace = 1466003540 // of the one lock under which setups run
)

// sweep drops what killed processes left behind, and what an earlier one with our number did.
func (c *cluster) sweep(ctx context.Context) error {
	rows, err := c.admin.Query(ctx, `
		select datname from (
			select datname, split_part(datname, '_', 3)::int as number
			from pg_database where datname ~ '^waypost_test_[0-9]{1,9}_'
		) d
		where datname like $1 || '\_%'
		   or not exists (select from pg_locks where locktype = 'advisory' and classid = $2::int and objid::bigint = number)`,
		c.prefix, lockSpace)
	if err != nil {
		return fmt.Errorf("look for left databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for left databases: %w", err)
	}
	for _, name := range names {
		if err := c.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// template makes, once, the database that copies are made of.
func (c *cluster) template(ctx context.Context, setup func(context.Context, string) error, key string) (string, error) {
	c.tmu.Lock()
	b := c.templates[key]
	if b == nil {
		b = &built{}
		c.templates[key] = b
	}
	c.tmu.Unlock()
	b.once.Do(func() {
		b.name = c.prefix + "_" + short(key)
		if b.err = c.build(ctx, b.name, setup); b.err != nil {
			b.err = fmt.Errorf("set up the database %q: %w", key, b.err)
		}
	})
	return b.name, b.err
}

func (c *cluster) build(ctx context.Context, name string, setup func(context.Context, string) error) error {
	conn, err := pgx.Connect(ctx, c.adminURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.Background()) }() // which also gives back the lock
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1, 0)`, setupSpace); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "create database "+name); err != nil {
		return err
	}
	if err := setup(ctx, c.url(name)); err != nil {
		return err
	}
	// A copy is refused while anybody is connected to the original.
	if _, err := conn.Exec(ctx, "alter database "+name+" allow_connections false"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1`, name)
	return err
}

func (c *cluster) copyOf(ctx context.Context, template, name string) error {
	for {
		err := c.exec(ctx, "create database "+name+" template "+template)
		var refused *pgconn.PgError
		if err == nil || !errors.As(err, &refused) || refused.Code != "55006" || ctx.Err() != nil {
			if err != nil {
				return fmt.Errorf("copy the database: %w", err)
			}
			return nil
		}
		// 55006, in use: a vacuum is looking at the template, and will be gone.
	}
}

func (c *cluster) drop(ctx context.Context, name string) error {
	if err := c.exec(ctx, "drop database if exists "+pgx.Identifier{name}.Sanitize()+" with (force)"); err != nil {
		return fmt.Errorf("drop the database %s: %w", name, err)
	}
	return nil
}

func (c *cluster) exec(ctx context.Context, sql string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.admin.Exec(ctx, sql)
	return err
}

// url is the admin URL of another database of the cluster.
func (c *cluster) url(database string) string {
	u, err := url.Parse(c.adminURL)
	if err != nil {
		return c.adminURL // open connected with it, so it is one
	}
	u.Path = "/" + database
	return u.String()
}

// short makes any key fit for a database's name.
func short(key string) string {
	sum := sha256.Sum256([]byte(key))
	word := strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, strings.ToLower(key))
	return word[:min(len(word), 16)] + hex.EncodeToString(sum[:3])
}
