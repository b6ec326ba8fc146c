package all

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/services/all/internal/house"
)

// Place is a Waypost to be looked after: a data folder, or the addresses that a deployment has in its place.
type Place struct {
	Dir                      string
	Database, Vault, KeyFile string
	AuditKey, Checkpoints    string
}

// Needs is what a task needs of it.
type Needs int

// A task needs no database, or one, whether Waypost runs on it or not; or it needs Waypost to be stopped.
const (
	NeedsNothing Needs = iota
	NeedsDatabase
	NeedsStopped
)

// Admin is a way to the databases as their administrator. Close it.
type Admin struct {
	Main, Vault string // admin addresses
	KeyFile     string
	AuditKey    string // signs where the audit trails stand
	Checkpoints string // the folder of what it signed

	secret   []byte // with which the services' passwords are made; nil when there are none
	postgres *pgserver.Server
	folder   *folder
}

// Administer finds the databases of a Waypost. Where it is stopped, its private Postgres is started, until Close.
func Administer(ctx context.Context, p Place, needs Needs) (_ *Admin, err error) {
	a := &Admin{Main: p.Database, Vault: p.Vault, KeyFile: p.KeyFile, AuditKey: p.AuditKey, Checkpoints: p.Checkpoints}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.KeyFile == "" {
		a.KeyFile = (&folder{dir: p.Dir}).keyFile()
	}
	if a.AuditKey == "" {
		a.AuditKey = (&folder{dir: p.Dir}).auditKey()
	}
	if a.Checkpoints == "" {
		a.Checkpoints = (&folder{dir: p.Dir}).checkpoints()
	}
	if needs == NeedsNothing || a.Main != "" && a.Vault != "" {
		return a, nil
	}
	if a.Main != "" || a.Vault != "" {
		return nil, errors.New("name both databases, the services' and the vault's, or neither")
	}
	if _, err := os.Stat(a.KeyFile); err != nil {
		return nil, fmt.Errorf("%s is no data folder of a Waypost, or its key file is lost: %w", p.Dir, err)
	}
	if needs == NeedsStopped {
		if a.folder, err = openFolder(p.Dir); err != nil {
			return nil, err
		}
	}
	return a, a.reach(ctx, p.Dir)
}

// reach finds the Postgres that was given to Waypost, or its private one.
func (a *Admin) reach(ctx context.Context, dir string) error {
	if given := os.Getenv("WAYPOST_DATABASE_URL"); given != "" {
		b, err := os.ReadFile(dir + "/secret")
		if err != nil {
			return fmt.Errorf("read the data folder: %w", err)
		}
		a.secret = b
		d, err := house.Given(given)
		a.Main, a.Vault = d.Main, d.Vault
		return err
	}
	adminURL, running := pgserver.RunningURL(dir + "/postgres")
	if running {
		conn, err := pgx.Connect(ctx, adminURL)
		if err == nil {
			_ = conn.Close(ctx)
		} else if errors.Is(err, syscall.ECONNREFUSED) {
			running = false // its last process was killed
		} else {
			return fmt.Errorf("Postgres runs and does not let us in: %w", err) //nolint:staticcheck // shown as it stands
		}
	}
	if !running {
		var err error
		if a.postgres, err = pgserver.Start(ctx, pgserver.Options{Dir: dir + "/postgres", Install: dir + "/npm", MaxConnections: 200, SharedBuffers: "256MB"}); err != nil {
			return err
		}
		adminURL = a.postgres.AdminURL()
	}
	d, err := house.DatabasesOf(adminURL, "waypost", false)
	a.Main, a.Vault = d.Main, d.Vault
	return err
}

// As is the address of a database for one of the services.
func (a *Admin) As(adminURL, service string) (string, error) {
	word := ""
	if a.secret != nil {
		word = house.Password(a.secret, service)
	}
	return pg.As(adminURL, service, word)
}

// Beside is the address of another database on the vault's server, named after the vault.
func (a *Admin) Beside(what string) (string, error) {
	u, err := url.Parse(a.Vault)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return "", errors.New("the vault's address can not be read")
	}
	u.Path += "_" + what
	return u.String(), nil
}

// Drop removes a database that Beside named, if it is there.
func (a *Admin) Drop(ctx context.Context, address string) error {
	return a.onServer(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "drop database if exists "+pgx.Identifier{nameOf(address)}.Sanitize()+" with (force)")
		return err
	})
}

// Swap puts the database at address in the place of the vault, and keeps what was there under another name, which it gives; "" when
// there was none.
func (a *Admin) Swap(ctx context.Context, address string, now time.Time) (aside string, err error) {
	err = a.onServer(ctx, func(conn *pgx.Conn) error {
		var there bool
		vault := nameOf(a.Vault)
		if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, vault).Scan(&there); err != nil {
			return err
		}
		rename := func(from, to string) error {
			_, err := conn.Exec(ctx, fmt.Sprintf("alter database %s rename to %s", pgx.Identifier{from}.Sanitize(), pgx.Identifier{to}.Sanitize()))
			return err
		}
		if there {
			aside = vault + "_before_" + now.UTC().Format("20060102t150405")
			if err := rename(vault, aside); err != nil {
				return fmt.Errorf("put the vault aside: stop every service first: %w", err)
			}
		}
		return rename(nameOf(address), vault)
	})
	return aside, err
}

func (a *Admin) onServer(ctx context.Context, do func(conn *pgx.Conn) error) error {
	u, err := url.Parse(a.Vault)
	if err != nil {
		return errors.New("the vault's address can not be read")
	}
	u.Path = "/postgres"
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}

func nameOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Path, "/")
}

// Close lets the databases go.
func (a *Admin) Close() {
	if a.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		_ = a.postgres.Stop(ctx) // then it has to be killed, and recovers at the next start
	}
	if a.folder != nil {
		a.folder.close()
	}
}
