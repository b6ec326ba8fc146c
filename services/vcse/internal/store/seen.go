package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/vcse/internal/domain"
)

// MarkSeen notes that the actor looked at an offer as it stands.
func MarkSeen(ctx context.Context, tx pgx.Tx, person string, o domain.Offer) error {
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
