package pg

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"example.org/waypost/pkg/actor"
)

//go:embed migrations/*.sql
var common embed.FS

// Set is migrations that several services install, each into its own schema: files NNNNN_name.sql at the root of Files.
type Set struct {
	Name  string
	Files fs.FS
}

// Migrate makes the service's roles and schema and brings its tables up to date: first those every service has, then those of
// the sets in their order, then its own (files NNNNN_name.sql at the root of own), which may build on both. Each has a version
// table of its own. adminURL signs in as a role that may create roles and owns the database. It may run in several processes at once.
func Migrate(ctx context.Context, adminURL, service string, own fs.FS, sets ...Set) error {
	if !word.MatchString(service) {
		return fmt.Errorf("migrate: %q is no service name", service)
	}
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", service, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // which also gives back the lock
	// goose looks at its version table and then acts: two processes would both make the first table.
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(hashtext('waypost migrate ' || $1))`, service); err != nil {
		return fmt.Errorf("migrate %s: %w", service, err)
	}
	if err := makeRoles(ctx, conn, service); err != nil {
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
	all := slices.Concat([]Set{{"shared", shared}}, sets)
	if own != nil {
		all = append(all, Set{"own", own})
	}
	for _, s := range all {
		if !word.MatchString(s.Name) {
			return fmt.Errorf("migrate %s: %q is no name of a set", service, s.Name)
		}
		if err := Up(ctx, cc, service+".migration_"+s.Name, s.Files); err != nil {
			return fmt.Errorf("migrate %s, %s tables: %w", service, s.Name, err)
		}
	}
	return nil
}

// Up applies the files NNNNN_name.sql at the root of files that table does not list yet, each whole and in a transaction of its own.
// The database takes a file apart, as it alone surely can; goose's own reading of SQL asks for four megabytes per line.
func Up(ctx context.Context, cc *pgx.ConnConfig, table string, files fs.FS) error {
	steps, err := steps(files)
	if err != nil {
		return err
	}
	cc = cc.Copy()
	cc.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // many statements at once
	db := stdlib.OpenDB(*cc)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, nil,
		goose.WithGoMigrations(steps...), goose.WithTableName(table), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func steps(files fs.FS) ([]*goose.Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	out := make([]*goose.Migration, len(names))
	for i, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		out[i] = goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		}}, nil)
	}
	return out, nil
}

// makeRoles is safe to run in many processes and databases of one cluster: roles are shared by all of them.
func makeRoles(ctx context.Context, conn *pgx.Conn, service string) error {
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
		sb.WriteString(BecomeMember(owner))
		fmt.Fprintf(&sb, "create schema if not exists %s authorization %s;\n", service, owner)
		// The login role may look names up too, since statements are prepared before the role is set; it may read no table.
		for _, r := range append(group[1:], service) {
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

// BecomeMember is SQL that lets whoever runs it act as the role: a superuser may do so anyway, others who may create roles are
// not members of those they make (and from Postgres 16 on are without the right to SET ROLE).
func BecomeMember(role string) string {
	return fmt.Sprintf(`do $$ begin
  if not (select rolsuper from pg_roles where rolname = current_user) and not pg_has_role(current_user, '%[1]s',
    case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) then
    grant %[1]s to current_user;
  end if;
end $$;
`, role)
}
