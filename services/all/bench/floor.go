package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all/internal/broker"
)

// floor is the smallest program that does what must be done: the same rows and the same messages on the same database and
// broker, every request committed to the disk before it is answered, nothing lost when any part of it dies, nothing done
// twice. It checks nothing, seals nothing, knows no person, serves no page, and writes as many rows at once as there are.
type floor struct {
	*ground
	pool *pgxpool.Pool
	stop context.CancelFunc
	done sync.WaitGroup
	wake map[string]chan struct{}
}

// holds are the tables, all of one shape, and how many bytes their rows have beside the keys; measured on Waypost's own.
var holds = map[string]int{
	"primarycare.idempotency": 120, "primarycare.consent": 100, "primarycare.referral": 500, "primarycare.referral_step": 80, "primarycare.audit": 120,
	"coordination.patient": 250, "coordination.case_record": 60, "coordination.membership": 60, "coordination.referral": 450, "coordination.offer": 120,
	"coordination.timeline": 120, "coordination.consent": 100, "coordination.audit": 120, "vcse.offer": 700,
	"primarycare.patient_case": 40, "mdt.patient_case": 40, "mdt.referral_fact": 60,
}

// what travels, in bytes.
const (
	requestedBytes  = 1900
	offeredBytes    = 1400
	progressedBytes = 500
	openedBytes     = 200
)

func openFloor(ctx context.Context) (_ subject, err error) {
	f := &floor{wake: map[string]chan struct{}{}}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	var users []broker.User
	for _, s := range schemas.Speakers {
		users = append(users, broker.User{Service: s, Listens: schemas.Listens[s]})
		f.wake[s] = make(chan struct{}, 1)
	}
	if f.ground, err = openGround(ctx, users); err != nil {
		return nil, err
	}
	if err = f.broker.Bootstrap(ctx, schemas.Speakers, schemas.Listens); err != nil {
		return nil, err
	}
	pc, err := pgxpool.ParseConfig(f.postgres.AdminURL())
	if err != nil {
		return nil, err
	}
	pc.MaxConns = 48
	pc.ConnConfig.RuntimeParams["random_page_cost"] = "1.1" // as pkg/pg
	if f.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return nil, err
	}
	if err = f.build(ctx); err != nil {
		return nil, fmt.Errorf("make the tables: %w", err)
	}
	return f, f.start()
}

func (f *floor) build(ctx context.Context) error {
	for _, s := range schemas.Speakers {
		if _, err := f.pool.Exec(ctx, fmt.Sprintf(`create schema %[1]s;
			create table %[1]s.outbox (seq bigint generated always as identity primary key, event_id uuid not null unique, ref uuid not null, fact text not null, body bytea not null, sent boolean not null default false);
			create index on %[1]s.outbox (seq) where not sent;
			create table %[1]s.inbox (event_id uuid primary key, at timestamptz not null default now())`, s)); err != nil {
			return err
		}
	}
	for table := range holds {
		if _, err := f.pool.Exec(ctx, fmt.Sprintf(`create table %[1]s (id uuid primary key, ref uuid not null, at timestamptz not null default now(), body bytea not null);
			create index on %[1]s (ref)`, table)); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) start() error {
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	for _, s := range schemas.Speakers {
		nc, err := bus.Connect(bus.Config{Service: s, Seed: f.broker.Seed(s), InProcess: f.broker.InProcess()})
		if err != nil {
			return err
		}
		js, err := jetstream.New(nc)
		if err != nil {
			return err
		}
		f.done.Go(func() { f.relay(ctx, s, js) })
		f.done.Go(func() { f.read(ctx, s, js) })
		context.AfterFunc(ctx, nc.Close)
	}
	return nil
}

// Prepare has no patient to add: one is an id.
func (f *floor) Prepare(ctx context.Context, _ int) error { return known(ctx, f.pool) }

// Refer is one statement, which is one transaction and one round trip.
func (f *floor) Refer(ctx context.Context, _ int) (string, error) {
	ref, referral := id.New(), id.New()
	body := append([]byte(referral), filler[:requestedBytes]...)
	if _, err := f.pool.Exec(ctx, request, referral, ref, filler, id.New(), body); err != nil {
		return "", fmt.Errorf("request: %w", err)
	}
	f.nudge("primarycare")
	return referral, nil
}

var request = func() string {
	sql := "with "
	for i, t := range []string{"idempotency", "consent", "referral", "referral_step", "audit"} {
		sql += fmt.Sprintf("t%d as (insert into primarycare.%s (id, ref, body) values ($1, $2, substr($3::bytea, 1, %d))), ", i, t, holds["primarycare."+t])
	}
	return strings.TrimSuffix(sql, ", ") + ` insert into primarycare.outbox (event_id, ref, fact, body) values ($4, $2, 'referral_requested', $5)`
}()

// insert writes rows of one table with one statement.
func insert(b *pgx.Batch, table string, ids, refs []string) {
	b.Queue(`insert into `+table+` (id, ref, body) select i, r, $3 from unnest($1::uuid[], $2::uuid[]) u(i, r)`, ids, refs, filler[:holds[table]])
}

// another writes one more row for each, under a new id.
func another(b *pgx.Batch, table string, refs []string) {
	ids := make([]string, len(refs))
	for i := range ids {
		ids[i] = id.New()
	}
	insert(b, table, ids, refs)
}

// outbox keeps what is said; the event's body is the referral's id and filler of the product's length.
func outbox(b *pgx.Batch, speaker, fact string, n int, ids, refs []string) {
	events, bodies := make([]string, len(ids)), make([][]byte, len(ids))
	for i, x := range ids {
		events[i] = id.New()
		bodies[i] = append([]byte(x), filler[:n]...)
	}
	b.Queue(`insert into `+speaker+`.outbox (event_id, ref, fact, body) select e, r, $4, d from unnest($1::uuid[], $2::uuid[], $3::bytea[]) u(e, r, d)`, events, refs, bodies, fact)
}

var filler = func() []byte {
	b := make([]byte, 4096)
	for i := range b {
		b[i] = byte(i*7919>>3) ^ byte(i*i)
	}
	return b
}()

func (f *floor) nudge(speaker string) {
	select {
	case f.wake[speaker] <- struct{}{}:
	default:
	}
}

func (f *floor) Visible(ctx context.Context) (n int64, err error) {
	return n, f.pool.QueryRow(ctx, `select count(*) from vcse.offer`).Scan(&n)
}

func (f *floor) Seen(ctx context.Context, referral string) (seen bool, err error) {
	return seen, f.pool.QueryRow(ctx, `select exists (select from vcse.offer where id = $1)`, referral).Scan(&seen)
}

func (f *floor) Weight(ctx context.Context) (messages, rows int64, err error) {
	return weight(ctx, f.pool, schemas.Speakers)
}

func (f *floor) Close() {
	if f.stop != nil {
		f.stop()
		f.done.Wait()
	}
	if f.pool != nil {
		f.pool.Close()
	}
	if f.ground != nil {
		f.close()
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

// weight waits for what everybody has done to be counted, and counts it.
func weight(ctx context.Context, pool *pgxpool.Pool, services []string) (messages, rows int64, err error) {
	if err := settled(ctx, pool, services); err != nil {
		return 0, 0, err
	}
	for _, s := range services {
		var n int64
		if err := pool.QueryRow(ctx, `select count(*) from `+s+`.outbox`).Scan(&n); err != nil {
			return 0, 0, err
		}
		messages += n
	}
	return messages, rows, pool.QueryRow(ctx, `select coalesce(sum((xpath('/row/c/text()',
		query_to_xml(format('select count(*) as c from %I.%I', schemaname, tablename), false, true, '')))[1]::text::bigint), 0)::bigint
		from pg_tables where schemaname = any($1)`, services).Scan(&rows)
}
