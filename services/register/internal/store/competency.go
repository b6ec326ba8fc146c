package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/register/internal/domain"
)

const competencyColumns = `id, person_id, competency, tier, from_on::text, until_on::text, coalesce(organisation_id::text, ''),
	coalesce(recorded_by::text, ''), recorded_at, expired_at`

func scanCompetency(row pgx.CollectableRow) (c domain.Competency, err error) {
	var expired *time.Time
	err = row.Scan(&c.ID, &c.PersonID, &c.Competency, &c.Tier, &c.From, &c.Until, &c.OrganisationID, &c.RecordedBy, &c.RecordedAt, &expired)
	if expired != nil {
		c.ExpiredAt = *expired
	}
	return c, err
}

// AddCompetency writes a new one.
func AddCompetency(ctx context.Context, tx pgx.Tx, c domain.Competency) error {
	return pg.Later(ctx, tx, "add competency", `insert into competency (id, person_id, competency, tier, from_on, until_on, organisation_id, recorded_by, recorded_at)
		values ($1, $2, $3, $4, $5, $6, nullif($7, '')::uuid, nullif($8, '')::uuid, $9)`,
		c.ID, c.PersonID, c.Competency, c.Tier, c.From, c.Until, c.OrganisationID, c.RecordedBy, c.RecordedAt)
}

// Competencies lists what a person was trained in, newest first.
func Competencies(ctx context.Context, tx pgx.Tx, person string) ([]domain.Competency, error) {
	return competencies(ctx, tx, `select `+competencyColumns+` from competency where person_id = $1 order by until_on desc, id limit 200`, person)
}

// LockRunOutCompetencies finds those whose last day is over and of which that was not said, and holds them.
func LockRunOutCompetencies(ctx context.Context, tx pgx.Tx, today string, limit int) ([]domain.Competency, error) {
	return competencies(ctx, tx, `select `+competencyColumns+` from competency
		where expired_at is null and until_on < $1 order by until_on, id limit $2 for update skip locked`, today, limit)
}

func competencies(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]domain.Competency, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list competencies: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanCompetency)
	if err != nil {
		return nil, fmt.Errorf("list competencies: %w", err)
	}
	return list, nil
}

// ExpireCompetency writes that one has run out.
func ExpireCompetency(ctx context.Context, tx pgx.Tx, id string, at time.Time) error {
	return pg.Later(ctx, tx, "expire competency", `update competency set expired_at = $2 where id = $1`, id, at)
}

// Superseded tells whether the person holds the same competency beyond that day, so that nothing of it has run out.
func Superseded(ctx context.Context, tx pgx.Tx, c domain.Competency, today string) (ok bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from competency where person_id = $1 and competency = $2 and expired_at is null and until_on >= $3)`,
		c.PersonID, c.Competency, today).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("look for a newer competency: %w", err)
	}
	return ok, nil
}
