package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/services/vcse/internal/domain"
)

// AddNote writes one; added is false when this person said the same of that note before.
func AddNote(ctx context.Context, tx pgx.Tx, n domain.Note) (added bool, err error) {
	tag, err := tx.Exec(ctx, `insert into note (id, service_id, kind, about_note_id, body, by_person, role, organisation_id, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
		n.ID, n.ServiceID, n.Kind, orNull(n.About), n.Text, n.By, n.Role, n.Organisation, n.At)
	if err != nil {
		return false, fmt.Errorf("add note: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Notes lists what was said of a service, oldest first.
func Notes(ctx context.Context, tx pgx.Tx, service string) ([]domain.Note, error) {
	rows, err := tx.Query(ctx, `select id, service_id, kind, coalesce(about_note_id::text, ''), body, by_person, role, organisation_id, at
		from note where service_id = $1 order by at, id`, service)
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Note])
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	return out, nil
}

// LatestNotes lists what was said of a service, newest first, from a place on.
func LatestNotes(ctx context.Context, tx pgx.Tx, service string, after *TimePlace, limit int) ([]domain.Note, error) {
	where, args := ``, pgx.NamedArgs{"service": service, "limit": limit}
	if after != nil {
		where = ` and (at, id) < (@at, @id)`
		args["at"], args["id"] = after.At, after.ID
	}
	rows, err := tx.Query(ctx, `select id, service_id, kind, coalesce(about_note_id::text, ''), body, by_person, role, organisation_id, at
		from note where service_id = @service`+where+` order by at desc, id desc limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Note])
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	return out, nil
}
