package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all/internal/broker"
)

// tables are a ground with the product's streams and, of its tables, those in which the life of a referral leaves rows.
type tables struct {
	*ground
	pool *pgxpool.Pool
}

func openTables(ctx context.Context) (_ *tables, err error) {
	t := &tables{}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	var users []broker.User
	for _, s := range schemas.Speakers {
		users = append(users, broker.User{Service: s, Listens: schemas.Listens[s]})
	}
	if t.ground, err = openGround(ctx, users); err != nil {
		return nil, err
	}
	if err = t.broker.Bootstrap(ctx, schemas.Speakers, schemas.Listens); err != nil {
		return nil, err
	}
	pc, err := pgxpool.ParseConfig(t.postgres.AdminURL())
	if err != nil {
		return nil, err
	}
	pc.MaxConns = 48
	pc.ConnConfig.RuntimeParams["random_page_cost"] = "1.1" // as pkg/pg
	if t.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return nil, err
	}
	if err = t.build(ctx); err != nil {
		return nil, fmt.Errorf("make the tables: %w", err)
	}
	return t, nil
}

func (t *tables) build(ctx context.Context) error {
	for _, s := range schemas.Speakers {
		if _, err := t.pool.Exec(ctx, fmt.Sprintf(`create schema %[1]s;
			create table %[1]s.outbox (seq bigint generated always as identity primary key, event_id uuid not null unique, ref uuid not null, fact text not null, body bytea not null, sent boolean not null default false);
			create index on %[1]s.outbox (seq) where not sent;
			create table %[1]s.inbox (event_id uuid primary key, at timestamptz not null default now())`, s)); err != nil {
			return err
		}
	}
	for table := range holds {
		if _, err := t.pool.Exec(ctx, fmt.Sprintf(`create table %[1]s (id uuid primary key, ref uuid not null, at timestamptz not null default now(), changes int not null default 0, body bytea not null);
			create index on %[1]s (ref)`, table)); err != nil {
			return err
		}
	}
	return nil
}

// connect is a user of the broker, as the product's services are.
func (t *tables) connect(service string) (*nats.Conn, error) {
	return bus.Connect(bus.Config{Service: service, Seed: t.broker.Seed(service), InProcess: t.broker.InProcess()})
}

func (t *tables) Visible(ctx context.Context) (n int64, err error) {
	return n, t.pool.QueryRow(ctx, `select count(*) from vcse.offer`).Scan(&n)
}

func (t *tables) Reached(ctx context.Context, at point, referrals []string) (map[string]mark, error) {
	is := map[point]struct {
		table   string
		changes int
	}{isVisible: {"vcse.offer", 0}, isAccepted: {"vcse.offer", changesAccepted}, isFedBack: {"primarycare.referral", changesFedBack}}[at]
	rows, err := t.pool.Query(ctx, `select id::text, ref::text from `+is.table+` where id = any($1) and changes >= $2`, referrals, is.changes)
	if err != nil {
		return nil, err
	}
	there := map[string]mark{}
	var referral, patient string
	_, err = pgx.ForEachRow(rows, []any{&referral, &patient}, func() error {
		there[referral] = mark{patient: patient}
		return nil
	})
	return there, err
}

func (t *tables) close() {
	if t.pool != nil {
		t.pool.Close()
	}
	if t.ground != nil {
		t.ground.close()
	}
}

// known tells Postgres how large the tables have become, as autovacuum does within a minute: nobody's first minute is measured.
func known(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := pool.Exec(ctx, "analyze"); err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	return nil
}

// subjectOf is the product's, so that the broker has the same work.
func subjectOf(speaker, fact, ref string) string {
	e := event.Event{Type: "waypost." + speaker + "." + fact + ".v1", About: ref, Partition: event.PartitionOf(ref)}
	return e.Subject()
}
