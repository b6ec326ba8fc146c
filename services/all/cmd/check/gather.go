package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// gather copies what the rules join into temporary tables of one shape for all services:
// event (all outboxes), heard (all inboxes), sent (the senders' referrals), tray (the receivers' offers).
func gather(ctx context.Context, tx pgx.Tx) error {
	var events, inboxes, parked, relays, sent, trays []string
	for _, s := range speakers {
		events = append(events, fmt.Sprintf(`select '%[1]s' as speaker, event_id, split_part(event_type, '.', 3) as fact, about, partition, epoch, position,
			(b->>'referral_id')::uuid as referral_id, (b->>'offer_id')::uuid as offer_id, b->>'state' as state, (b->>'version')::int as version,
			(b->>'attempt')::int as attempt, b->>'receiver_kind' as receiver_kind, b->>'result' as result, b->>'overlap_choice' as choice, b->>'returned' as returned, b->>'reason' as reason,
			(b->>'item_id')::uuid as item_id, (b->>'action_id')::uuid as action_id, (b->>'notice_id')::uuid as notice_id,
			b->>'session_on' as session_on, causation_id, hash, body, occurred_at
			from (select *, convert_from(body, 'UTF8')::jsonb as b from %[1]s.outbox) o`, s))
		inboxes = append(inboxes, fmt.Sprintf(`select '%[1]s' as reader, consumer, event_id, speaker, epoch, partition, position, outcome from %[1]s.inbox`, s))
		parked = append(parked, fmt.Sprintf(`select '%[1]s' as reader, event_id, event_type, reason from %[1]s.parked where settled_at is null`, s))
		relays = append(relays, fmt.Sprintf(`select '%[1]s' as speaker, partition, epoch, position, published from %[1]s.relay_state`, s))
	}
	for _, k := range senders {
		sent = append(sent, fmt.Sprintf(`select '%[1]s' as sender, id as referral_id, state, %[2]s as version from %[1]s.referral`, k.service, k.version))
	}
	for s, kind := range receivers {
		trays = append(trays, fmt.Sprintf(`select '%[1]s' as receiver, '%[2]s' as kind, id as offer_id, referral_id, state from %[1]s.offer`, s, kind))
	}
	slices.Sort(trays)
	for _, t := range []struct {
		name  string
		parts []string
		index string
	}{
		{"event", events, "event_id"},
		{"heard", inboxes, "event_id"},
		{"parked_now", parked, "event_id"},
		{"relay_now", relays, "speaker"},
		{"sent", sent, "referral_id"},
		{"tray", trays, "offer_id"},
	} {
		sql := fmt.Sprintf("create temporary table %[1]s on commit drop as %[2]s; create index on %[1]s (%[3]s); analyze %[1]s",
			t.name, strings.Join(t.parts, "\nunion all\n"), t.index)
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("read %s: %w", t.name, err)
		}
	}
	if _, err := tx.Exec(ctx, `create index on event (referral_id); create index on event (fact)`); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	return listeners(ctx, tx)
}

func listeners(ctx context.Context, tx pgx.Tx) error {
	var rows []string
	for reader, heard := range listens {
		for _, s := range heard {
			rows = append(rows, fmt.Sprintf("('%s', '%s')", reader, s))
		}
	}
	slices.Sort(rows)
	_, err := tx.Exec(ctx, `create temporary table listens (reader text, speaker text) on commit drop; insert into listens values `+strings.Join(rows, ", "))
	if err != nil {
		return fmt.Errorf("write down who listens: %w", err)
	}
	return nil
}

// await looks until nothing is on its way any more: every event has a number, every listener has a row for it, no referral
// waits for coordination's matcher, and no more was said since the last look. Running out of time is no error: the rules
// then name what is missing.
func await(ctx context.Context, conn *pgx.Conn, e evidence) error {
	var waiting, said []string
	for _, s := range speakers {
		waiting = append(waiting, fmt.Sprintf("(select count(*) from %s.outbox where position is null)", s))
		said = append(said, fmt.Sprintf("(select count(*) from %s.outbox)", s))
	}
	for reader, heard := range listens {
		for _, s := range heard {
			waiting = append(waiting, fmt.Sprintf("(select count(*) from %[1]s.outbox o where not exists (select from %[2]s.inbox i where i.event_id = o.event_id))", s, reader))
		}
	}
	waiting = append(waiting, "(select count(*) from coordination.referral where state in ('requested', 'checked'))")
	if e.clocks {
		waiting = append(waiting, undone(e.ahead))
	}
	query := "select " + strings.Join(waiting, " + ") + ", " + strings.Join(said, " + ")
	last := int64(-1)
	for end := time.Now().Add(e.settle); time.Now().Before(end); {
		var left, total int64
		began := time.Now()
		if err := conn.QueryRow(ctx, query).Scan(&left, &total); err != nil {
			return fmt.Errorf("look whether all has settled: %w", err)
		}
		if left == 0 && total == last {
			return nil
		}
		last = total
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(500*time.Millisecond, 4*time.Since(began))): // looking must not keep those busy who are waited for
		}
	}
	return nil
}
