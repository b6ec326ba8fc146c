// Package ledger compares what every service said with what its stream holds and with what everybody who listens has heard:
// the whole of it, event by event. The databases alone decide; nothing here trusts a position that the broker gave.
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/outbox"
	"example.org/waypost/pkg/pg"
)

// Run is the events of one partition in one epoch. Digest is over their ids in the order of their positions, so two runs of one
// digest are the same events.
type Run struct {
	Epoch     int    `json:"epoch"`
	Partition int    `json:"partition"`
	First     int64  `json:"first"`
	Last      int64  `json:"last"`
	Count     int64  `json:"count"`
	Digest    string `json:"digest"`
}

// Book is what one service has.
type Book struct {
	Service    string           `json:"service"`
	Said       []Run            `json:"said"`       // numbered events of its outbox
	Unnumbered int64            `json:"unnumbered"` // committed, and not numbered yet
	Broken     int64            `json:"broken"`     // events whose hash does not follow from the one before
	Stream     Stream           `json:"stream"`
	Heard      map[string][]Run `json:"heard"`  // by speaker: the rows of its inbox
	Parked     int64            `json:"parked"` // heard, and could not be applied
}

// Open reads a service's book. nc is the service's own connection.
func Open(ctx context.Context, db *pg.DB, nc *nats.Conn) (Book, error) {
	b := Book{Service: db.Service(), Heard: map[string][]Run{}}
	err := db.InTx(ctx, actor.Machine(actor.Reconciler), func(ctx context.Context, tx pgx.Tx) error {
		return pg.Together(ctx, tx, []func(ctx context.Context, tx pgx.Tx) error{b.said, b.heard, b.counts})
	})
	if err != nil {
		return b, fmt.Errorf("read the ledger of %s: %w", b.Service, err)
	}
	if b.Stream, err = readStream(ctx, db, nc); err != nil {
		return b, fmt.Errorf("read the stream of %s: %w", b.Service, err)
	}
	return b, nil
}

const run = `min(position), max(position), count(*), encode(sha256(string_agg(event_id::text, ',' order by position)::bytea), 'hex')`

func (b *Book) said(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select epoch, partition, `+run+` from outbox where position is not null group by epoch, partition order by epoch, partition`)
	if err != nil {
		return err
	}
	b.Said, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Run])
	return err
}

// heard leaves out what could not be read, which has no place of its own.
func (b *Book) heard(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select speaker, epoch, partition, `+run+` from inbox where consumer = $1 and position > 0
		group by speaker, epoch, partition order by speaker, epoch, partition`, b.Service)
	if err != nil {
		return err
	}
	var speaker string
	var r Run
	_, err = pgx.ForEachRow(rows, []any{&speaker, &r.Epoch, &r.Partition, &r.First, &r.Last, &r.Count, &r.Digest}, func() error {
		b.Heard[speaker] = append(b.Heard[speaker], r)
		return nil
	})
	return err
}

func (b *Book) counts(ctx context.Context, tx pgx.Tx) error {
	return tx.QueryRow(ctx, `select
		(select count(*) from outbox where position is null),
		(select count(*) from (select prev_hash, lag(hash) over (partition by epoch, partition order by position) as before from outbox where position is not null) o
			where before is not null and prev_hash is distinct from before),
		(select count(*) from parked where consumer = $1 and settled_at is null)`, b.Service).Scan(&b.Unnumbered, &b.Broken, &b.Parked)
}

// Handler answers with the service's book, for who has the services' token.
func Handler(db *pg.DB, nc *nats.Conn, token string) http.Handler {
	return outbox.Internal(token, func(w http.ResponseWriter, r *http.Request) {
		b, err := Open(r.Context(), db, nc)
		if err != nil {
			http.Error(w, "the ledger can not be read now: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(b) // who went away asks again
	})
}
