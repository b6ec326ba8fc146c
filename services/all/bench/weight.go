package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// weight waits until no outbox and no inbox grows any more, and counts the messages in the outboxes and every row of the services,
// but for those kept once for each partition or copy: they are the same few however many referrals there are.
func weight(ctx context.Context, pool *pgxpool.Pool, services, outboxes, inboxes []string) (messages, rows int64, err error) {
	if err := settled(ctx, pool, append(inboxes, outboxes...)); err != nil {
		return 0, 0, fmt.Errorf("wait until all is done: %w", err)
	}
	if messages, err = count(ctx, pool, outboxes); err != nil {
		return 0, 0, fmt.Errorf("count messages: %w", err)
	}
	err = pool.QueryRow(ctx, `select coalesce(sum((xpath('/row/c/text()',
		query_to_xml(format('select count(*) as c from %I.%I', schemaname, tablename), false, true, '')))[1]::text::bigint), 0)::bigint
		from pg_tables where schemaname = any($1) and tablename <> all($2)`, services, keptOnce).Scan(&rows)
	if err != nil {
		return 0, 0, fmt.Errorf("count rows: %w", err)
	}
	return messages, rows, nil
}

var keptOnce = []string{"inbox_progress", "lease", "relay_state"}

func settled(ctx context.Context, pool *pgxpool.Pool, tables []string) error {
	last := int64(-1)
	for {
		n, err := count(ctx, pool, tables)
		if err != nil || n == last {
			return err
		}
		last = n
		if err := wait(ctx, 1500*time.Millisecond); err != nil {
			return err
		}
	}
}

func count(ctx context.Context, pool *pgxpool.Pool, tables []string) (n int64, err error) {
	counts := make([]string, len(tables))
	for i, t := range tables {
		counts[i] = "(select count(*) from " + t + ")"
	}
	return n, pool.QueryRow(ctx, "select "+strings.Join(counts, " + ")).Scan(&n)
}
