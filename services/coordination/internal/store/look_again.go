package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
)

// Look is a patient whom the clock looks at once more.
type Look struct {
	Ref       string
	Referrals []string // asked for since the last look
	Version   int64
}

// LeaveLook has the clock look once more whom a patient may be: with the referrals that were asked for just now, or with none where only their
// details have changed. The patient is locked.
func LeaveLook(ctx context.Context, tx pgx.Tx, ref string, now time.Time, referrals ...string) error {
	return pg.Later(ctx, tx, "leave look", `insert into look_again (ref, referrals, made_at) values ($1, $2, $3)
		on conflict (ref) do update set referrals = look_again.referrals || excluded.referrals, version = look_again.version + 1`, ref, list(referrals), now)
}

// TakeLooks reads those that wait longest and that no other copy has just now, and locks them.
func TakeLooks(ctx context.Context, tx pgx.Tx, limit int) ([]Look, error) {
	return looks(ctx, tx, `order by made_at limit $1 for update skip locked`, limit)
}

// LooksAt reads what is left about a patient who is locked: one or none.
func LooksAt(ctx context.Context, tx pgx.Tx, ref string) ([]Look, error) {
	return looks(ctx, tx, `where ref = $1`, ref)
}

func looks(ctx context.Context, tx pgx.Tx, which string, args ...any) ([]Look, error) {
	rows, err := tx.Query(ctx, `select ref::text, referrals::text[], version from look_again `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("read looks: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Look])
	if err != nil {
		return nil, fmt.Errorf("read looks: %w", err)
	}
	return all, nil
}

// DropLook notes that it was looked. done is false when another copy was faster, or there is more to look at by now.
func DropLook(ctx context.Context, tx pgx.Tx, l Look) (done bool, err error) {
	tag, err := tx.Exec(ctx, `delete from look_again where ref = $1 and version = $2`, l.Ref, l.Version)
	if err != nil {
		return false, fmt.Errorf("drop look: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
