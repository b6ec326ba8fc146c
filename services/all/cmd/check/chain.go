package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// link is a row of an outbox as far as its hash covers it.
type link struct {
	id, kind, about, correlation, causation, traceparent, classification string
	at                                                                   time.Time
	partition, epoch                                                     int
	position                                                             int64
	body, prev, hash                                                     []byte
}

// sum is SHA-256 over the hash before and the event, each part preceded by its length in bytes and a colon.
func (l link) sum(source string) []byte {
	h := sha256.New()
	for _, part := range [][]byte{
		l.prev, []byte(l.id), []byte(l.kind), []byte(source), []byte(l.about), []byte(l.at.UTC().Format(time.RFC3339Nano)),
		[]byte(strconv.Itoa(l.partition)), []byte(strconv.Itoa(l.epoch)), []byte(strconv.FormatInt(l.position, 10)),
		[]byte(l.correlation), []byte(l.causation), []byte(l.traceparent), []byte(l.classification), l.body,
	} {
		_, _ = fmt.Fprintf(h, "%d:", len(part)) // a hash never fails
		_, _ = h.Write(part)
	}
	return h.Sum(nil)
}

// chains computes every speaker's hash chains anew.
func chains(ctx context.Context, tx pgx.Tx, area string) (result, error) {
	r := result{rule: rule{harm: wrong, name: "the hash chains are unbroken"}}
	for _, s := range speakers {
		if err := chain(ctx, tx, s, "/waypost/"+area+"/"+s, &r); err != nil {
			return r, fmt.Errorf("follow the chains of %s: %w", s, err)
		}
	}
	return r, nil
}

func chain(ctx context.Context, tx pgx.Tx, speaker, source string, r *result) error {
	rows, err := tx.Query(ctx, `select event_id::text, event_type, about::text, correlation_id::text, coalesce(causation_id::text, ''), coalesce(traceparent, ''),
		classification, occurred_at, partition, epoch, position, body, coalesce(prev_hash, '\x'), coalesce(hash, '\x')
		from `+speaker+`.outbox where position is not null order by epoch, partition, position`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var before link
	for rows.Next() {
		var l link
		if err := rows.Scan(&l.id, &l.kind, &l.about, &l.correlation, &l.causation, &l.traceparent, &l.classification, &l.at,
			&l.partition, &l.epoch, &l.position, &l.body, &l.prev, &l.hash); err != nil {
			return err
		}
		r.looked++
		// A later epoch begins after a restore, at a hash that is no longer here.
		first := l.partition != before.partition || l.epoch != before.epoch || before.id == ""
		joined := bytes.Equal(l.prev, before.hash) || first && (l.epoch > 1 || len(l.prev) == 0)
		if !joined || !bytes.Equal(l.sum(source), l.hash) {
			r.count++
			if len(r.examples) < 3 {
				r.examples = append(r.examples, speaker+" "+l.id)
			}
		}
		before = l
	}
	return rows.Err()
}
