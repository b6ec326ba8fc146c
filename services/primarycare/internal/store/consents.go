package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/primarycare/internal/domain"
)

const consentColumns = `c.id, c.ref, c.purpose, c.given, c.how, c.asked_by, c.asked_at, c.withdrawn_at, coalesce(c.until_on::text, '')`

func scanConsent(row pgx.CollectableRow) (c domain.Consent, err error) {
	var withdrawn *time.Time
	err = row.Scan(&c.ID, &c.Ref, &c.Purpose, &c.Given, &c.How, &c.AskedBy, &c.AskedAt, &withdrawn, &c.UntilOn)
	c.WithdrawnAt = moment(withdrawn)
	return c, err
}

// KeepConsent writes what somebody was asked about sharing and said. It is kept once.
func KeepConsent(ctx context.Context, tx pgx.Tx, practice string, c domain.Consent) error {
	return pg.Later(ctx, tx, "keep consent", `insert into consent (id, practice_id, ref, purpose, given, how, asked_by, asked_at, until_on) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
		c.ID, practice, c.Ref, c.Purpose, c.Given, c.How, c.AskedBy, c.AskedAt, null(c.UntilOn))
}

// Consents lists what a patient said about sharing, the latest first.
func Consents(ctx context.Context, tx pgx.Tx, practice string, refs []string) ([]domain.Consent, error) {
	rows, err := tx.Query(ctx, `select `+consentColumns+` from consent c where c.practice_id = $1 and c.ref = any($2) order by c.asked_at desc limit 50`, practice, refs)
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanConsent)
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	return list, nil
}

// Consent loads one. The zero Consent means there is none.
func Consent(ctx context.Context, tx pgx.Tx, practice, id string) (domain.Consent, error) {
	rows, err := tx.Query(ctx, `select `+consentColumns+` from consent c where c.practice_id = $1 and c.id = $2`, practice, id)
	if err != nil {
		return domain.Consent{}, fmt.Errorf("load consent: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanConsent)
	if none(err) {
		return domain.Consent{}, nil
	}
	if err != nil {
		return c, fmt.Errorf("load consent: %w", err)
	}
	return c, nil
}

// WithdrawConsent marks what was taken back: the one consent, and every earlier one for the same purpose, at these practices or at all.
func WithdrawConsent(ctx context.Context, tx pgx.Tx, refs []string, purpose string, of []string, at time.Time) (practices []string, err error) {
	rows, err := tx.Query(ctx, `update consent set withdrawn_at = $3 where ref = any($1) and purpose = $2 and given and withdrawn_at is null and asked_at <= $3
		and (coalesce(cardinality($4::uuid[]), 0) = 0 or practice_id = any($4)) returning practice_id::text`, refs, purpose, at, of)
	if err != nil {
		return nil, fmt.Errorf("withdraw consent: %w", err)
	}
	practices, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("withdraw consent: %w", err)
	}
	return practices, nil
}

// DropDrafts deletes what was begun for a person by a time and not sent, at these practices or at all: what was begun since, after they had said no, asks
// them anew.
func DropDrafts(ctx context.Context, tx pgx.Tx, refs, of []string, by time.Time) (int, error) {
	tag, err := tx.Exec(ctx, `delete from draft where ref = any($1) and done_as is null and (coalesce(cardinality($2::uuid[]), 0) = 0 or practice_id = any($2)) and started_at <= $3`, refs, of, by)
	if err != nil {
		return 0, fmt.Errorf("drop drafts: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
