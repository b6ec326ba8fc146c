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

// MarkSeen notes that the actor looked at an offer as it stands.
func MarkSeen(ctx context.Context, tx pgx.Tx, person string, o domain.Offer) error {
	if err := pg.Later(ctx, tx, "mark what else is asked as seen", `update offer set also_at = null where id = $1 and also_at is not null`, o.ID); err != nil {
		return err
	}
	return pg.Later(ctx, tx, "mark seen", `insert into seen (person_id, offer_id, version) values ($1, $2, $3)
		on conflict (person_id, offer_id) do update set version = excluded.version where seen.version < excluded.version`, person, o.ID, o.Version)
}

// Seen is which version of these offers the actor looked at last; those never looked at are not in it.
func Seen(ctx context.Context, tx pgx.Tx, person string, offers []string) (map[string]int64, error) {
	rows, err := tx.Query(ctx, `select offer_id, version from seen where person_id = $1 and offer_id = any($2)`, person, offers)
	if err != nil {
		return nil, fmt.Errorf("read what was seen: %w", err)
	}
	out := map[string]int64{}
	var offer string
	var version int64
	if _, err := pgx.ForEachRow(rows, []any{&offer, &version}, func() error { out[offer] = version; return nil }); err != nil {
		return nil, fmt.Errorf("read what was seen: %w", err)
	}
	return out, nil
}

// AskAlso keeps that whoever helps on a referral was asked to help with another need too, and returns the organisations that are.
func AskAlso(ctx context.Context, tx pgx.Tx, referral string, need terms.Need, at time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `update offer set also = array_append(also, $2::text), also_at = $3, version = version + 1
		where referral_id = $1 and state = 'accepted' and not ($2::text = any (also)) returning organisation_id::text`, referral, need, at)
	if err != nil {
		return nil, fmt.Errorf("keep what else is asked: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("keep what else is asked: %w", err)
	}
	return out, nil
}
