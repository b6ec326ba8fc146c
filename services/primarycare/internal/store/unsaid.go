package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
)

// Unsaid is a record of which nobody else knows how not to reach the person.
type Unsaid struct{ PracticeID, Ref string }

// LeaveUnsaid notes the practices that have a record of somebody whose case was opened, never sent a word of them, and heard none.
func LeaveUnsaid(ctx context.Context, tx pgx.Tx, ref string, at time.Time) error {
	return pg.Later(ctx, tx, "leave what was not said", `insert into unsaid (practice_id, ref, since)
		select p.practice_id, p.ref, $2 from patient p where p.ref = $1 and p.heard_at is null and p.erased_at is null and p.status = 'active'
			and not exists (select from referral r where r.practice_id = p.practice_id and r.ref = p.ref) on conflict do nothing`, ref, at)
}

// ListUnsaid lists them, the longest first. It locks nothing.
func ListUnsaid(ctx context.Context, tx pgx.Tx, limit int) ([]Unsaid, error) {
	rows, err := tx.Query(ctx, `select practice_id::text, ref::text from unsaid order by since, practice_id limit $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list what was not said: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Unsaid])
	if err != nil {
		return nil, fmt.Errorf("list what was not said: %w", err)
	}
	return all, nil
}

// TakeUnsaid removes one; ok is false when another copy of the service has, or is about to.
func TakeUnsaid(ctx context.Context, tx pgx.Tx, u Unsaid) (ok bool, err error) {
	tag, err := tx.Exec(ctx, `delete from unsaid where (practice_id, ref) in (select practice_id, ref from unsaid where practice_id = $1 and ref = $2 for update skip locked)`, u.PracticeID, u.Ref)
	if err != nil {
		return false, fmt.Errorf("take what was not said: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
