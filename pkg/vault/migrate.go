package vault

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"example.org/waypost/pkg/pg"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Services are those that may sign in to the vault. Register is not among them: it knows no patient.
var Services = []string{"primarycare", "linkworker", "vcse", "mdt", "coordination"}

const owner = "vault_owner"

// Migrate makes the vault's database, if the one that adminURL names is missing, its roles, schema and functions, and brings
// them up to date. The database becomes the vault's alone: nobody but the services may connect to it any more.
// adminURL signs in as somebody who may create databases and roles. It may run in several processes at once, and again.
func Migrate(ctx context.Context, adminURL string) error {
	cc, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return errors.New("migrate the vault: the address can not be read") // the reason would quote it, password and all
	}
	if err := prepare(ctx, cc); err != nil {
		return fmt.Errorf("migrate the vault: %w", err)
	}
	return nil
}

func prepare(ctx context.Context, cc *pgx.ConnConfig) error {
	conn, err := connectOrCreate(ctx, cc)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // which gives back the lock
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(hashtext('waypost vault'))`); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, setUp(cc.Database)); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	as := cc.Copy()
	as.RuntimeParams["role"] = owner
	as.RuntimeParams["search_path"] = "vault"
	return pg.Up(ctx, as, "vault.migration", files)
}

func connectOrCreate(ctx context.Context, cc *pgx.ConnConfig) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, cc)
	if !refused(err, "3D000") { // invalid_catalog_name
		return conn, err
	}
	first := cc.Copy()
	first.Database = "postgres"
	maker, err := pgx.ConnectConfig(ctx, first)
	if err != nil {
		return nil, err
	}
	defer func() { _ = maker.Close(context.WithoutCancel(ctx)) }()
	_, err = maker.Exec(ctx, "create database "+pgx.Identifier{cc.Database}.Sanitize())
	// Another process may have made it meanwhile; the two codes depend on how close they were.
	if err != nil && !refused(err, "42P04") && !refused(err, "23505") {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cc)
}

// setUp is what only an administrator may do. Roles belong to the whole cluster, and the services' are made by their own
// migrations too, with the same properties; whoever comes first makes them. The lock does not reach other databases, hence the exception.
func setUp(database string) string {
	var sql strings.Builder
	role := func(name, properties string) {
		fmt.Fprintf(&sql, `do $$ begin
  if not exists (select from pg_roles where rolname = '%[1]s') then create role %[1]s %[2]s; end if;
exception when duplicate_object or unique_violation then null; end $$;
`, name, properties)
	}
	role(owner, "nologin")
	for _, service := range Services {
		role(service, "login noinherit")
	}
	sql.WriteString(pg.BecomeMember(owner))
	fmt.Fprintf(&sql, "create schema if not exists vault authorization %s;\nrevoke all on schema public from public;\n", owner)
	sql.WriteString(entry(database))
	return sql.String()
}

// entry says who may enter the database.
func entry(database string) string {
	name := pgx.Identifier{database}.Sanitize()
	return fmt.Sprintf("revoke all on database %[1]s from public;\ngrant connect on database %[1]s to %[2]s;\n", name, strings.Join(Services, ", "))
}

// Permit says who may enter the database, where that was copied from a vault's: whose it is does not come with it.
func Permit(ctx context.Context, adminURL string) error {
	conn, err := connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("permit the services: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, entry(conn.Config().Database)); err != nil {
		return fmt.Errorf("permit the services: %w", err)
	}
	return nil
}

func refused(err error, code string) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == code
}
