package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

const capacityColumns = `service_id, organisation_id, status, places_free, reserved, waiting, coalesce(next_review_on::text, ''), coalesce(until_on::text, ''),
	coalesce(reported_by::text, ''), reported_at, simulated, version`

func scanCapacity(row pgx.CollectableRow) (c domain.Capacity, err error) {
	err = row.Scan(&c.ServiceID, &c.Organisation, &c.Status, &c.PlacesFree, &c.Reserved, &c.Waiting, &c.NextReviewOn, &c.UntilOn, &c.ReportedBy, &c.ReportedAt, &c.Simulated, &c.Version)
	return c, err
}

// Capacity reads the report of a service; nil when nobody ever reported.
func Capacity(ctx context.Context, tx pgx.Tx, service string) (*domain.Capacity, error) {
	return oneCapacity(ctx, tx, `service_id = $1`, service)
}

// LockCapacity is Capacity, held until the transaction ends: it alone orders reservations and reports of a service.
func LockCapacity(ctx context.Context, tx pgx.Tx, service string) (*domain.Capacity, error) {
	return oneCapacity(ctx, tx, `service_id = $1 for update`, service)
}

func oneCapacity(ctx context.Context, tx pgx.Tx, where, service string) (*domain.Capacity, error) {
	rows, err := tx.Query(ctx, `select `+capacityColumns+` from capacity where `+where, service)
	if err != nil {
		return nil, fmt.Errorf("read capacity: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCapacity)
	if none(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read capacity: %w", err)
	}
	return &c, nil
}

// Capacities reads the reports of these services.
func Capacities(ctx context.Context, tx pgx.Tx, services []string) (map[string]domain.Capacity, error) {
	rows, err := tx.Query(ctx, `select `+capacityColumns+` from capacity where service_id = any($1)`, services)
	if err != nil {
		return nil, fmt.Errorf("read capacities: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanCapacity)
	if err != nil {
		return nil, fmt.Errorf("read capacities: %w", err)
	}
	out := map[string]domain.Capacity{}
	for _, c := range all {
		out[c.ServiceID] = c
	}
	return out, nil
}

// SaveCapacity writes the report; how many places are kept is the database's own count. A person's first report inserts the row.
func SaveCapacity(ctx context.Context, tx pgx.Tx, c domain.Capacity) error {
	if c.Version > 0 {
		return updateCapacity(ctx, tx, c)
	}
	return pg.Later(ctx, tx, "save capacity", `insert into capacity (service_id, organisation_id, status, places_free, waiting, next_review_on, reported_by, reported_at, simulated, until_on)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.ServiceID, c.Organisation, c.Status, c.PlacesFree, c.Waiting, orNull(c.NextReviewOn), orNull(c.ReportedBy), c.ReportedAt, c.Simulated, orNull(c.UntilOn))
}

func updateCapacity(ctx context.Context, tx pgx.Tx, c domain.Capacity) error {
	return pg.Later(ctx, tx, "save capacity", `update capacity set organisation_id = $2, status = $3, places_free = $4, waiting = $5, next_review_on = $6,
			reported_by = $7, reported_at = $8, simulated = $9, until_on = $10, version = version + 1 where service_id = $1`,
		c.ServiceID, c.Organisation, c.Status, c.PlacesFree, c.Waiting, orNull(c.NextReviewOn), orNull(c.ReportedBy), c.ReportedAt, c.Simulated, orNull(c.UntilOn))
}

// Reservation is a place kept for an offer until it is answered or time is up.
type Reservation struct {
	ID           string
	ServiceID    string
	Organisation string
	OfferID      string
	Until        time.Time
}

// Reserve keeps a place; the caller holds the capacity and saw that there is room.
func Reserve(ctx context.Context, tx pgx.Tx, r Reservation, at time.Time) error {
	return pg.Later(ctx, tx, "reserve place", `insert into reservation (id, service_id, organisation_id, offer_id, made_at, until) values ($1, $2, $3, $4, $5, $6)`,
		r.ID, r.ServiceID, r.Organisation, r.OfferID, at, r.Until)
}

// Release gives the place kept for an offer back; nil when none is kept.
func Release(ctx context.Context, tx pgx.Tx, offer string, why terms.PlaceRelease, at time.Time) (*Reservation, error) {
	var r Reservation
	err := tx.QueryRow(ctx, `update reservation set released_at = $2, reason = $3 where offer_id = $1 and released_at is null
		returning id, service_id, organisation_id, offer_id, until`, offer, at, why).Scan(&r.ID, &r.ServiceID, &r.Organisation, &r.OfferID, &r.Until)
	if none(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("release place: %w", err)
	}
	return &r, nil
}

// TookPlace notes whether an accepted offer uses a counted place, and tells whether that is news.
func TookPlace(ctx context.Context, tx pgx.Tx, offer string, takes bool) (changed bool, err error) {
	tag, err := tx.Exec(ctx, `update offer set took_place = $2 where id = $1 and took_place <> $2`, offer, takes)
	if err != nil {
		return false, fmt.Errorf("note place taken: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// KeptUntil is until when a place is kept for an offer; zero when none is.
func KeptUntil(ctx context.Context, tx pgx.Tx, offer string) (until time.Time, err error) {
	err = tx.QueryRow(ctx, `select until from reservation where offer_id = $1 and released_at is null`, offer).Scan(&until)
	if none(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return until, fmt.Errorf("read reservation: %w", err)
	}
	return until, nil
}

// Overdue lists offers whose kept place has run out, the oldest first.
func Overdue(ctx context.Context, tx pgx.Tx, now time.Time, limit int) ([]Reservation, error) {
	rows, err := tx.Query(ctx, `select id, service_id, organisation_id, offer_id, until from reservation
		where released_at is null and until <= $1 order by until, id limit $2`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("list overdue reservations: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reservation])
	if err != nil {
		return nil, fmt.Errorf("list overdue reservations: %w", err)
	}
	return out, nil
}

// CountUnanswered counts, over all providers, the offers that nobody answered in time.
func CountUnanswered(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from offer where state in ('offered', 'information_asked') and answer_due_at < $1`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count unanswered offers: %w", err)
	}
	return n, nil
}

// CountOverdue counts the places that are kept longer than they should be: those the clock has not given back yet.
func CountOverdue(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from reservation where released_at is null and until < $1`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count overdue reservations: %w", err)
	}
	return n, nil
}
