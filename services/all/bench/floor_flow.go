package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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
	_, err = f.pool.Exec(ctx, `update `+speaker+`.outbox set sent = true where seq = any($1)`, seqs)
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

// effects are the rows that follow from facts.
func effects(service string, batch []jetstream.Msg, fresh map[string]bool) *pgx.Batch {
	ids, refs := map[string][]string{}, map[string][]string{}
	for _, m := range batch {
		if !fresh[m.Headers().Get(nats.MsgIdHdr)] {
			continue
		}
		parts := strings.Split(m.Subject(), ".")
		fact, ref := parts[len(parts)-2], parts[len(parts)-1]
		ids[fact], refs[fact] = append(ids[fact], string(m.Data()[:36])), append(refs[fact], ref)
	}
	b := &pgx.Batch{}
	switch service {
	case "coordination":
		x, r := ids["referral_requested"], refs["referral_requested"]
		if len(x) == 0 {
			break
		}
		for _, t := range []string{"patient", "case_record", "membership", "referral", "offer", "timeline", "consent", "audit"} {
			insert(b, "coordination."+t, x, r)
		}
		for _, t := range []string{"membership", "timeline", "timeline"} {
			another(b, "coordination."+t, r)
		}
		outbox(b, "coordination", "case_opened", openedBytes, x, r)
		outbox(b, "coordination", "referral_offered", offeredBytes, x, r)
		outbox(b, "coordination", "referral_progressed", progressedBytes, x, r)
	case "vcse":
		if x := ids["referral_offered"]; len(x) > 0 {
			insert(b, "vcse.offer", x, refs["referral_offered"])
		}
	case "primarycare":
		if x := ids["referral_progressed"]; len(x) > 0 {
			b.Queue(`update primarycare.referral set at = now() where id = any($1)`, x)
			another(b, "primarycare.referral_step", refs["referral_progressed"])
		}
		if x := ids["case_opened"]; len(x) > 0 {
			insert(b, "primarycare.patient_case", x, refs["case_opened"])
		}
	case "mdt":
		if x := ids["case_opened"]; len(x) > 0 {
			insert(b, "mdt.patient_case", x, refs["case_opened"])
		}
		if x := ids["referral_requested"]; len(x) > 0 {
			insert(b, "mdt.referral_fact", x, refs["referral_requested"])
		}
	}
	return b
}

// settled waits until no outbox and no inbox grows any more.
func settled(ctx context.Context, pool *pgxpool.Pool, services []string) error {
	var counts []string
	for _, s := range services {
		counts = append(counts, "(select count(*) from "+s+".inbox)", "(select count(*) from "+s+".outbox)")
	}
	last := int64(-1)
	for {
		var n int64
		if err := pool.QueryRow(ctx, "select "+strings.Join(counts, " + ")).Scan(&n); err != nil {
			return err
		}
		if n == last {
			return nil
		}
		last = n
		if err := wait(ctx, 1500*time.Millisecond); err != nil { // Postgres counts rows once a second
			return err
		}
	}
}
