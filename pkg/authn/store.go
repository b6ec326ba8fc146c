package authn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// LoginRole is the database role that reads and writes sessions, and nothing else.
const LoginRole = "waypost_session"

// The token itself is never stored, only its SHA-256: who reads the table can not act as anybody.
// Sessions are not worth keeping over a crash of the machine, so the table is not logged.
const schema = `
do $$ begin
  if not exists (select from pg_roles where rolname = 'waypost_session') then create role waypost_session login; end if;
exception when duplicate_object or unique_violation then null; end $$;
create schema if not exists session;
create unlogged table if not exists session.session (
  token_hash bytea primary key,
  person_id  uuid not null,
  identity   jsonb not null,
  chosen     text not null,
  started_at timestamptz not null,
  seen_at    timestamptz not null
);
create index if not exists session_person on session.session (person_id);
create index if not exists session_seen on session.session (seen_at);
alter table session.session enable row level security;
alter table session.session force row level security;
drop policy if exists session_store on session.session;
create policy session_store on session.session to waypost_session using (true) with check (true);
revoke all on session.session from public;
grant usage on schema session to waypost_session;
grant select, insert, update, delete on session.session to waypost_session;`

// Migrate makes the session schema and its role. It may run again, and in several processes at once.
func Migrate(ctx context.Context, adminURL string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("migrate sessions: %w", err)
	}
	defer conn.Close(ctx)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('waypost session'))`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, schema)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate sessions: %w", err)
	}
	return nil
}

// store is the table of sessions.
type store struct{ pool *pgxpool.Pool }

func openStore(ctx context.Context, url string) (store, error) {
	pc, err := pgxpool.ParseConfig(url)
	if err != nil {
		return store{}, errors.New("open sessions: the address can not be read")
	}
	pc.ConnConfig.RuntimeParams["application_name"] = "waypost sessions"
	pc.ConnConfig.RuntimeParams["search_path"] = "session"
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return store{}, fmt.Errorf("open sessions: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return store{}, fmt.Errorf("open sessions: %w", err)
	}
	return store{pool}, nil
}

func (s store) insert(ctx context.Context, hash []byte, one Session) error {
	identity, err := json.Marshal(one.Identity)
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	_, err = s.pool.Exec(ctx, `insert into session (token_hash, person_id, identity, chosen, started_at, seen_at) values ($1, $2, $3, $4, $5, $5)`,
		hash, one.Person.ID, identity, one.Chosen, one.started)
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// find gives a session that was seen after idle and started after absolute.
func (s store) find(ctx context.Context, hash []byte, idle, absolute time.Time) (Session, bool, error) {
	var one Session
	var identity []byte
	err := s.pool.QueryRow(ctx, `select identity, chosen, started_at, seen_at from session where token_hash = $1 and seen_at > $2 and started_at > $3`,
		hash, idle, absolute).Scan(&identity, &one.Chosen, &one.started, &one.seen)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(identity, &one.Identity)
	}
	if err != nil {
		return Session{}, false, fmt.Errorf("find session: %w", err)
	}
	return one, true, nil
}

func (s store) touch(ctx context.Context, hash []byte, now time.Time) error {
	return s.exec(ctx, "touch session", `update session set seen_at = $2 where token_hash = $1 and seen_at < $2`, hash, now)
}

// choose changes role and token together, so that the old token is worth nothing.
func (s store) choose(ctx context.Context, old, fresh []byte, chosen string) error {
	return s.exec(ctx, "choose role", `update session set token_hash = $2, chosen = $3 where token_hash = $1`, old, fresh, chosen)
}

func (s store) remove(ctx context.Context, hash []byte) error {
	return s.exec(ctx, "end session", `delete from session where token_hash = $1`, hash)
}

func (s store) removePerson(ctx context.Context, person string) error {
	return s.exec(ctx, "end sessions", `delete from session where person_id = $1`, person)
}

// removeGrant ends sessions in that role and takes it from the others' choice.
func (s store) removeGrant(ctx context.Context, person string, g Grant) error {
	return s.exec(ctx, "end role", `with ended as (delete from session where person_id = $1 and chosen = $2)
		update session set identity = jsonb_set(identity, '{grants}', coalesce((
			select jsonb_agg(g order by n) from jsonb_array_elements(identity->'grants') with ordinality as x(g, n)
			where (g->>'role', g->>'organisation') <> ($3, $4)), '[]'))
		where person_id = $1 and chosen <> $2`, person, g.Key(), g.Role, g.Organisation)
}

func (s store) purge(ctx context.Context, idle, absolute time.Time) error {
	return s.exec(ctx, "purge sessions", `delete from session where seen_at <= $1 or started_at <= $2`, idle, absolute)
}

func (s store) exec(ctx context.Context, verb, sql string, args ...any) error {
	if _, err := s.pool.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}
