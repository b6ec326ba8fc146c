package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wmjetstream "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	wmsql "github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/components/forwarder"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas"
)

// peer is one hop of the same, as somebody would build it with Watermill: the practice's rows and an outbox row in one
// transaction, Watermill's forwarder to JetStream, and a handler that writes once, by a row that says so, what coordination and
// the receiver write, and acknowledges after the commit. It stands on the floor's tables and ground. It does less than the
// others: coordination says nothing on, so one message goes where they send four, and nobody else listens.
//
// Tuned: the outbox is in parts, each with a forwarder of its own, because Watermill sends the next message of a table when the
// one before was acknowledged; a patient is always in the same part, so order holds. Rows are bytes and not JSON, read by the
// hundred, looked for every 5 ms (by itself: every second). The publisher marks messages with their id, so that the broker drops
// what is sent twice. The broker is not waited for with a handler's acknowledgement: what gets lost comes again and finds its
// row. The handler is one statement, which is one round trip and one commit. There is one for each of the groups of partitions, which
// are the consumers that the product has there; more of them at one consumer would give up a patient's order. The numbers of
// both are flags, for whoever has a quiet machine and doubts them.
type peer struct {
	*tables
	tuning
	db     *sql.DB
	router *message.Router
	closes []func() error
	ended  sync.WaitGroup
}

// tuning is into how many parts the outbox is put, and how many handle what one consumer has.
type tuning struct {
	outboxes, handlers int
}

const pollEvery = 5 * time.Millisecond

func outbox(part int) string { return fmt.Sprintf("outbox_%d", part) }

var (
	kept = wmsql.DefaultPostgreSQLSchema{
		GenerateMessagesTableName: func(topic string) string { return "primarycare." + topic },
		GeneratePayloadType:       func(string) string { return "bytea" },
	}
	offsets = wmsql.DefaultPostgreSQLOffsetsAdapter{
		GenerateMessagesOffsetsTableName: func(topic string) string { return "primarycare." + topic + "_offsets" },
	}
	quiet = watermill.NopLogger{}
)

func (t tuning) open(ctx context.Context) (_ subject, err error) {
	p := &peer{tuning: t}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if p.tables, err = openTables(ctx); err != nil {
		return nil, err
	}
	p.db = stdlib.OpenDBFromPool(p.pool)
	if p.router, err = message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, quiet); err != nil {
		return nil, fmt.Errorf("make the router: %w", err)
	}
	if err = p.forward(); err != nil {
		return nil, fmt.Errorf("forward: %w", err)
	}
	if err = p.listen(); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p.ended.Go(func() { _ = p.router.Run(context.WithoutCancel(ctx)) }) // it ends when it is closed
	select {
	case <-p.router.Running():
		return p, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// forward has one forwarder for each part of the outbox.
func (p *peer) forward() error {
	nc, err := p.connect("primarycare")
	if err != nil {
		return err
	}
	p.closes = append(p.closes, func() error { nc.Close(); return nil })
	publisher, err := wmnats.NewPublisherWithNatsConn(nc, wmnats.PublisherPublishConfig{
		Marshaler: &wmnats.NATSMarshaler{}, SubjectCalculator: wmnats.DefaultSubjectCalculator,
		JetStream: wmnats.JetStreamConfig{TrackMsgId: true},
	}, quiet)
	if err != nil {
		return err
	}
	for i := range p.outboxes {
		topic := outbox(i)
		subscriber, err := wmsql.NewSubscriber(p.db, wmsql.SubscriberConfig{
			ConsumerGroup: "forwarder", PollInterval: pollEvery, SchemaAdapter: kept, OffsetsAdapter: offsets, InitializeSchema: true,
		}, quiet)
		if err != nil {
			return err
		}
		if err := subscriber.SubscribeInitialize(topic); err != nil {
			return err
		}
		f, err := forwarder.NewForwarder(subscriber, publisher, quiet, forwarder.Config{ForwarderTopic: topic})
		if err != nil {
			return err
		}
		p.ended.Go(func() { _ = f.Run(context.Background()) })
		p.closes = append([]func() error{f.Close, subscriber.Close}, p.closes...)
	}
	return nil
}

// listen handles what the practice says, by the consumers that the product has there for coordination.
func (p *peer) listen() error {
	for i := range bus.Groups * p.handlers {
		group := i % bus.Groups
		nc, err := p.connect("coordination")
		if err != nil {
			return err
		}
		subscriber, err := wmjetstream.NewSubscriber(wmjetstream.SubscriberConfig{
			Conn: nc, Logger: quiet, AckWaitTimeout: time.Minute, AckAsync: true,
			ResourceInitializer: func(ctx context.Context, js jetstream.JetStream, topic string) (jetstream.Consumer, func(context.Context, watermill.LoggerAdapter), error) {
				c, err := js.Consumer(ctx, topic, bus.Durable("coordination", group))
				return c, nil, err
			},
			ConsumeOptions: []jetstream.PullConsumeOpt{jetstream.PullMaxMessages(1024)},
		})
		if err != nil {
			return err
		}
		p.router.AddConsumerHandler(fmt.Sprintf("coordination %d", i), bus.Stream("primarycare"), subscriber, p.handle)
		p.closes = append(p.closes, func() error { nc.Close(); return nil })
	}
	return nil
}

// Prepare has no patient to add: one is an id.
func (p *peer) Prepare(ctx context.Context, _ int) error { return known(ctx, p.pool) }

func (p *peer) Refer(ctx context.Context, _ int) (string, error) {
	ref, referral := id.New(), id.New()
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("request: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	if _, err := tx.ExecContext(ctx, requestRows, referral, ref, filler); err != nil {
		return "", fmt.Errorf("request: %w", err)
	}
	inner, err := wmsql.NewPublisher(tx, wmsql.PublisherConfig{SchemaAdapter: kept}, quiet)
	if err != nil {
		return "", fmt.Errorf("request: %w", err)
	}
	m := message.NewMessage(id.New(), carries(referral, requestedBytes))
	m.Metadata.Set("ref", ref)
	out := forwarder.NewPublisher(inner, forwarder.PublisherConfig{ForwarderTopic: outbox(event.PartitionOf(ref) % p.outboxes)})
	if err := out.Publish(subjectOf("primarycare", "referral_requested", ref), m); err != nil {
		return "", fmt.Errorf("request: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return "", fmt.Errorf("request: %w", err)
	}
	return referral, nil
}

// What the hop writes: the practice's rows; and, unless the dedupe row is there already, coordination's and the receiver's.
var (
	requestRows = with(commands["request"].writes("primarycare", ""), "select")
	handled     = with(slices.Concat(
		[]string{"insert into coordination.inbox (event_id) values ($4) on conflict do nothing returning event_id"},
		opens.writes("coordination", " from w0"), reaction{rows: []string{"offer"}, again: []string{"audit"}}.writes("vcse", " from w0"),
	), "select")
)

func (p *peer) handle(m *message.Message) error {
	_, err := p.pool.Exec(m.Context(), handled, string(m.Payload[:36]), m.Metadata.Get("ref"), filler, m.UUID)
	if err != nil {
		return fmt.Errorf("handle: %w", err)
	}
	return nil
}

func (p *peer) Weight(ctx context.Context) (messages, rows int64, err error) {
	var said []string
	for i := range p.outboxes {
		said = append(said, "primarycare."+outbox(i))
	}
	return weight(ctx, p.pool, schemas.Speakers, said, []string{"coordination.inbox"})
}

func (p *peer) Close() {
	if p.router != nil {
		_ = p.router.Close()
	}
	for _, c := range p.closes {
		_ = c()
	}
	p.ended.Wait()
	if p.db != nil {
		_ = p.db.Close()
	}
	if p.tables != nil {
		p.tables.close()
	}
}
