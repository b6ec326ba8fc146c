package pg

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"example.org/waypost/pkg/actor"
)

//go:embed migrations/*.sql
var common embed.FS

// Migrate makes the service's roles and schema and brings its tables up to date: first those every service has, then its own
// (files NNNNN_name.sql at the root of own). adminURL signs in as a role that may create roles. It may run in several processes at once.
func Migrate(ctx context.Context, adminURL, service string, own fs.FS) error {
	if !word.MatchString(service) {
		return fmt.Errorf("migrate: %q is no service name", service)
	}
	if err := makeRoles(ctx, adminURL, service); err != nil {
		return fmt.Errorf("migrate %s: %w", service, err)
	}
	shared, err := fs.Sub(common, "migrations")
	if err != nil {
		return fmt.Errorf("migrate %s: %w", service, err)
	}
	cc, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return fmt.Errorf("migrate %s: the address can not be read", service)
	}
	cc.RuntimeParams["role"] = service + "_owner"
	cc.RuntimeParams["search_path"] = service
	db := stdlib.OpenDB(*cc)
	defer db.Close()
	if err := up(ctx, db, service+".migration_shared", shared); err != nil {
		return fmt.Errorf("migrate %s, shared tables: %w", service, err)
	}
	if own == nil {
		return nil
	}
	if err := up(ctx, db, service+".migration_own", own); err != nil {
		return fmt.Errorf("migrate %s: %w", service, err)
	}
	return nil
}

func up(ctx context.Context, db *sql.DB, table string, files fs.FS) error {
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName(table), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// makeRoles is safe to run in many processes and databases of one cluster: roles are shared by all of them.
func makeRoles(ctx context.Context, adminURL, service string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// One lock for the whole cluster would need one database; a name in use is retried by "if not exists" below.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('waypost roles'))`); err != nil {
			return err
		}
		var sb strings.Builder
		owner, person := service+"_owner", service+"_person"
		group := []string{owner, person}
		for _, m := range actor.Machines {
			group = append(group, service+"_"+m)
		}
		for _, r := range group {
			sb.WriteString(ifNoRole(r, "nologin"))
		}
		sb.WriteString(ifNoRole(service, "login noinherit"))
		for _, r := range group[1:] {
			fmt.Fprintf(&sb, "grant %s to %s;\n", r, service)
		}
		fmt.Fprintf(&sb, "create schema if not exists %s authorization %s;\n", service, owner)
		for _, r := range group[1:] {
			fmt.Fprintf(&sb, "grant usage on schema %s to %s;\n", service, r)
		}
		_, err := tx.Exec(ctx, sb.String())
		return err
	})
}

func ifNoRole(name, options string) string {
	return fmt.Sprintf(`do $$ begin
  if not exists (select from pg_roles where rolname = '%s') then create role %s %s; end if;
exception when duplicate_object or unique_violation then null; end $$;
`, name, name, options)
}
