package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"

	"example.org/waypost/services/register/internal/domain"
)

const scopeColumns = `id, role, act, about, allowed, competency, tier, door, from_on::text, coalesce(until_on::text, ''), set_by, set_at, changed_by, changed_at, version`

func scanScope(row pgx.CollectableRow) (l domain.ScopeLine, err error) {
	err = row.Scan(&l.ID, &l.Role, &l.Act, &l.Of, &l.Allowed, &l.Competency, &l.Tier, &l.Door, &l.From, &l.Until, &l.SetBy, &l.SetAt, &l.ChangedBy, &l.ChangedAt, &l.Version)
	return l, err
}

// Scope lists every line of what roles may do that the area's office has written, ended ones too.
func Scope(ctx context.Context, tx pgx.Tx) ([]domain.ScopeLine, error) {
	rows, err := tx.Query(ctx, `select `+scopeColumns+` from role_scope order by set_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list role scope: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanScope)
	if err != nil {
		return nil, fmt.Errorf("list role scope: %w", err)
	}
	return list, nil
}

// ScopeLine finds a line. The error is domain.ErrNoScopeLine.
func ScopeLine(ctx context.Context, tx pgx.Tx, id string) (domain.ScopeLine, error) {
	return oneScope(ctx, tx, `select `+scopeColumns+` from role_scope where id = $1`, id)
}

// LockScopeLine is ScopeLine, held until the transaction ends. Only who may change it can.
func LockScopeLine(ctx context.Context, tx pgx.Tx, id string) (domain.ScopeLine, error) {
	return oneScope(ctx, tx, `select `+scopeColumns+` from role_scope where id = $1 for update`, id)
}

func oneScope(ctx context.Context, tx pgx.Tx, sql, id string) (domain.ScopeLine, error) {
	rows, err := tx.Query(ctx, sql, id)
	if err != nil {
		return domain.ScopeLine{}, fmt.Errorf("find line of role scope: %w", err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, scanScope)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, domain.ErrNoScopeLine
	}
	if err != nil {
		return l, fmt.Errorf("find line of role scope: %w", err)
	}
	return l, nil
}

// AddScopeLine writes a new one. The error is domain.ErrSameScope when one about the same begins on that day.
func AddScopeLine(ctx context.Context, tx pgx.Tx, l domain.ScopeLine) error {
	_, err := tx.Exec(ctx, `insert into role_scope (id, role, act, about, allowed, competency, tier, door, from_on, until_on, set_by, set_at, changed_by, changed_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, '')::date, $11, $12, $13, $14, $15)`,
		l.ID, l.Role, l.Act, l.Of, l.Allowed, l.Competency, l.Tier, l.Door, l.From, l.Until, l.SetBy, l.SetAt, l.ChangedBy, l.ChangedAt, l.Version)
	if pg.Violates(err, "role_scope_once") {
		return domain.ErrSameScope
	}
	if err != nil {
		return fmt.Errorf("add line of role scope: %w", err)
	}
	return nil
}

// EndScopeLine writes the last day of one that was locked.
func EndScopeLine(ctx context.Context, tx pgx.Tx, l domain.ScopeLine) error {
	return pg.Later(ctx, tx, "end line of role scope", `update role_scope set until_on = $2, changed_by = $3, changed_at = $4, version = $5 where id = $1`,
		l.ID, l.Until, l.ChangedBy, l.ChangedAt, l.Version)
}
