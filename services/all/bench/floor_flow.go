package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"example.org/waypost/pkg/bus"
	"example.org/waypost/schemas"
)

// relay publishes what was committed, and marks exactly what the broker acknowledged.
func (f *floor) relay(ctx context.Context, speaker string, js jetstream.JetStream) {
	for ctx.Err() == nil {
		n, err := f.relayOnce(ctx, speaker, js)
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "floor: relay:", err)
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-f.wake[speaker]:
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (f *floor) relayOnce(ctx context.Context, speaker string, js jetstream.JetStream) (int, error) {
	rows, err := f.pool.Query(ctx, `select seq, event_id::text, ref::text, fact, body from `+speaker+`.outbox where not sent order by seq limit 1000`)
	if err != nil {
		return 0, err
	}
	var seqs []int64
	var acks []jetstream.PubAckFuture
	var seq int64
	var event, ref, fact string
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&seq, &event, &ref, &fact, &body}, func() error {
		ack, err := js.PublishMsgAsync(&nats.Msg{Subject: subjectOf(speaker, fact, ref), Data: append([]byte(nil), body...), Header: nats.Header{
			nats.MsgIdHdr: {event}, "ce-id": {event}, "ce-type": {"waypost." + speaker + "." + fact + ".v1"}, "ce-subject": {ref},
			"ce-source": {"/waypost/bench/" + speaker}, "ce-specversion": {"1.0"}, "ce-time": {"2026-11-22T10:00:00.123456Z"},
		}})
		if err == nil {
			seqs, acks = append(seqs, seq), append(acks, ack)
		}
		return err
	})
	if err != nil || len(acks) == 0 {
		return 0, err
	}
	for _, a := range acks {
		select {
		case <-a.Ok():
		case err := <-a.Err():
			return 0, err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	// As in the product, nobody waits for the disk with the mark alone: what is sent again is known again.
	_, err = f.pool.Exec(ctx, `with hurry as (select set_config('synchronous_commit', 'off', true))
		update `+speaker+`.outbox set sent = true from hurry where seq = any($1)`, seqs)
	return len(seqs), err
}

// read applies what the others say, as much at once as has arrived.
func (f *floor) read(ctx context.Context, service string, js jetstream.JetStream) {
	in := make(chan jetstream.Msg, 4096)
	for _, speaker := range schemas.Listens[service] {
		for group := range bus.Groups {
			c, err := js.Consumer(ctx, bus.Stream(speaker), bus.Durable(service, group))
			if err == nil {
				_, err = c.Consume(func(m jetstream.Msg) { in <- m }, jetstream.PullMaxMessages(1024))
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "floor: listen:", err)
				return
			}
		}
	}
	for {
		var batch []jetstream.Msg
		select {
		case <-ctx.Done():
			return
		case m := <-in:
			batch = append(batch, m)
		}
		for more := true; more && len(batch) < 1000; {
			select {
			case m := <-in:
				batch = append(batch, m)
			default:
				more = false
			}
		}
		if err := f.apply(ctx, service, batch); err != nil {
			if ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "floor: apply:", err)
			}
			return
		}
	}
}

// apply writes the dedupe rows first: what is there already was applied before.
func (f *floor) apply(ctx context.Context, service string, batch []jetstream.Msg) error {
	events := make([]string, len(batch))
	for i, m := range batch {
		events[i] = m.Headers().Get(nats.MsgIdHdr)
	}
	err := pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `insert into `+service+`.inbox (event_id) select unnest($1::uuid[]) on conflict do nothing returning event_id::text`, events)
		if err != nil {
			return err
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		fresh := make(map[string]bool, len(got))
		for _, e := range got {
			fresh[e] = true
		}
		b := effects(service, batch, fresh)
		if b.Len() == 0 {
			return nil
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return err
	}
	for _, m := range batch {
		if err := m.Ack(); err != nil {
			return err
		}
	}
	f.nudge(service)
	return nil
}
