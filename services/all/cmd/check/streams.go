package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// streams are rules about what the brokers keep.
var streams = []rule{
	{
		thin, "an event is in its speaker's stream", `select count(*) from event where position is not null`,
		`select e.speaker || ' ' || e.event_id from event e where e.position is not null and e.occurred_at > now() - interval '34 days'
		 and not exists (select from relay_now r where r.speaker = e.speaker and r.partition = e.partition and r.epoch > e.epoch) -- before a restore
		 and not exists (select from streamed s where s.speaker = e.speaker and s.event_id = e.event_id::text and s.body = sha256(e.body))`,
	},
	{
		wrong, "no stream has an event other than it was said", `select count(*) from streamed`,
		`select s.speaker || ' ' || s.event_id from streamed s join event e on e.event_id::text = s.event_id where s.speaker <> e.speaker or s.body <> sha256(e.body)`,
	},
}

// A stream whose leader changes is read again for so long. One that has none after that holds nothing that anybody can read: a power cut of
// all brokers may leave two of three copies that NATS does not take up again.
const (
	patience = 90 * time.Second
	answerIn = 10 * time.Second // from one question to its answer
)

// readStreams makes the table streamed of every message that the brokers keep.
func readStreams(ctx context.Context, tx pgx.Tx, out io.Writer, e evidence) error {
	opts := []nats.Option{nats.CustomInboxPrefix("_INBOX_bootstrap"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true)}
	if e.ca != "" {
		opts = append(opts, nats.RootCAs(e.ca), nats.ClientCert(e.cert, e.key))
	}
	if e.seed != "" {
		key, err := nats.NkeyOptionFromSeed(e.seed)
		if err != nil {
			return errors.New("read the streams: the file given with -seed-file holds no nkey seed")
		}
		opts = append(opts, key)
	}
	nc, err := nats.Connect(e.brokers, opts...)
	if err != nil {
		return fmt.Errorf("read the streams: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("read the streams: %w", err)
	}
	if _, err := tx.Exec(ctx, `create temporary table streamed (speaker text, event_id text, body bytea) on commit drop`); err != nil {
		return fmt.Errorf("read the streams: %w", err)
	}
	for _, s := range speakers {
		rows, err := readStream(ctx, js, s)
		for began := time.Now(); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) && time.Since(began) < patience && ctx.Err() == nil; rows, err = readStream(ctx, js, s) {
			<-time.After(time.Second) // its leader may have changed just now
		}
		if ctx.Err() != nil {
			return fmt.Errorf("read the stream of %s: %w", s, err)
		}
		if err != nil {
			fmt.Fprintf(out, "The stream of %s can not be read, and counts as empty: %v\n", s, err)
			rows = nil
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"streamed"}, []string{"speaker", "event_id", "body"}, pgx.CopyFromRows(rows)); err != nil {
			return fmt.Errorf("read the stream of %s: %w", s, err)
		}
	}
	if _, err := tx.Exec(ctx, `create index on streamed (event_id); analyze streamed`); err != nil {
		return fmt.Errorf("read the streams: %w", err)
	}
	return nil
}

// readStream reads a stream from its beginning to its end. What a consumer that keeps nothing delivers is what the stream has.
func readStream(ctx context.Context, js jetstream.JetStream, speaker string) (rows [][]any, err error) {
	once, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	s, err := js.Stream(once, "waypost_"+speaker)
	if err != nil {
		return nil, err
	}
	c, err := js.CreateConsumer(once, "waypost_"+speaker, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: time.Minute})
	if err != nil {
		return nil, err
	}
	defer func() {
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerIn)
		defer cancel()
		_ = s.DeleteConsumer(once, c.CachedInfo().Name)
	}()
	for left := c.CachedInfo().NumPending; left > 0; {
		batch, err := c.Fetch(int(min(left, 500)), jetstream.FetchMaxWait(10*time.Second))
		if err != nil {
			return nil, err
		}
		got := uint64(0)
		for m := range batch.Messages() {
			got++
			sum := sha256.Sum256(m.Data())
			rows = append(rows, []any{speaker, strings.Clone(m.Headers().Get("ce-id")), sum[:]})
		}
		if err := batch.Error(); err != nil {
			return nil, err
		}
		if got == 0 {
			return nil, errors.New("it does not deliver what it says it has")
		}
		left -= min(got, left)
	}
	return rows, nil
}
