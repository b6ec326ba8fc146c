package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
)

// Parked is an event that could not be applied, or that waits behind one of the same case. What the event holds is not in it.
type Parked struct {
	EventID  string
	Speaker  string
	Type     string
	About    string
	Position int64
	Reason   string
	Attempts int
	FirstAt  time.Time
	DueAt    time.Time
}

const parkedColumns = `event_id, speaker, event_type, coalesce(about::text, ''), position, reason, attempts, first_at, due_at`

// ListParked gives what is parked and not settled, oldest first, at most limit, beginning behind the event after; "" is the first page.
func ListParked(ctx context.Context, db *pg.DB, consumer, after string, limit int) ([]Parked, error) {
	var out []Parked
	err := db.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select `+parkedColumns+` from parked where consumer = $1 and settled_at is null
				and ($2 = '' or (first_at, event_id) > (select a.first_at, a.event_id from parked a where a.consumer = $1 and a.event_id = nullif($2, '')::uuid))
			order by first_at, event_id limit $3`, consumer, after, limit)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Parked])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list parked: %w", err)
	}
	return out, nil
}

// ParkedCase is what is parked of one case: the first event of it, and how many wait behind. An event about nothing is its own.
type ParkedCase struct {
	Parked
	Behind int
}

// ListParkedCases is ListParked by cases: after is the event that the last one began with.
func ListParkedCases(ctx context.Context, db *pg.DB, consumer, after string, limit int) ([]ParkedCase, error) {
	var out []ParkedCase
	err := db.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select `+parkedColumns+`, of_case - 1 from (
				select *, count(*) over (partition by coalesce(about, event_id)) as of_case,
					row_number() over (partition by coalesce(about, event_id) order by first_at, partition, position) as place
				from parked where consumer = $1 and settled_at is null) p
			where place = 1
				and ($2 = '' or (first_at, event_id) > (select a.first_at, a.event_id from parked a where a.consumer = $1 and a.event_id = nullif($2, '')::uuid))
			order by first_at, event_id limit $3`, consumer, after, limit)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ParkedCase, err error) {
			err = row.Scan(append(c.scan(), &c.Behind)...)
			return c, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list parked cases: %w", err)
	}
	return out, nil
}

func (p *Parked) scan() []any {
	return []any{&p.EventID, &p.Speaker, &p.Type, &p.About, &p.Position, &p.Reason, &p.Attempts, &p.FirstAt, &p.DueAt}
}

// CountParked tells how many events are parked and not settled.
func CountParked(ctx context.Context, db *pg.DB, consumer string) (n int, err error) {
	err = db.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from parked where consumer = $1 and settled_at is null`, consumer).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count parked: %w", err)
	}
	return n, nil
}

// Settlement is how a parked event was settled. By is a person's id.
type Settlement struct {
	How string // "replayed", "dropped"; "" while it is parked
	At  time.Time
	By  string
	Why Why // of a dropped one
}

// ParkedEvent is one parked event, settled or not, with all that is parked of its case, in the order in which it is applied.
type ParkedEvent struct {
	Parked
	Epoch     int
	Partition int
	LastAt    time.Time // when it was last tried
	Settlement
	Case []Parked
}

// SeeParked gives one event that is or was parked, or ErrNotParked.
func SeeParked(ctx context.Context, db *pg.DB, consumer, eventID string) (e ParkedEvent, err error) {
	err = db.InTx(ctx, actor.Machine(actor.Inbox), func(ctx context.Context, tx pgx.Tx) error {
		var at *time.Time
		err := tx.QueryRow(ctx, `select `+parkedColumns+`, epoch, partition, last_at, coalesce(settlement, ''), settled_at, coalesce(settled_by::text, ''), coalesce(settled_why, '')
			from parked where consumer = $1 and event_id = $2`, consumer, eventID).
			Scan(append(e.scan(), &e.Epoch, &e.Partition, &e.LastAt, &e.How, &at, &e.By, &e.Why)...)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotParked
		}
		if err != nil {
			return err
		}
		if at != nil {
			e.At = *at
		}
		rows, err := tx.Query(ctx, `select `+parkedColumns+` from parked where consumer = $1 and settled_at is null and (about = nullif($2, '')::uuid or event_id = $3)
			order by first_at, partition, position`, consumer, e.About, eventID)
		if err != nil {
			return err
		}
		e.Case, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Parked])
		return err
	})
	if err != nil {
		return e, fmt.Errorf("see parked: %w", err)
	}
	return e, nil
}
