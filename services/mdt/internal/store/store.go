// Package store keeps meetings, agendas, case-holders, actions and referrals: SQL, and rows made into domain types.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are this service's own tables.
var Migrations = func() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return sub
}()

// PersonalData is every column that holds a person's data readably; erasure clears these and no other.
var PersonalData = []pg.Column{
	{Table: "patient", Column: "contact"},
	{Table: "item_text", Column: "narrative"},
	{Table: "item_text", Column: "note"},
	{Table: "action", Column: "what"},
	{Table: "action", Column: "note"},
	{Table: "case_holder", Column: "why_not"},
	{Table: "draft", Column: "narrative"},
	{Table: "draft", Column: "safeguarding"},
	{Table: "referral", Column: "narrative"},
	{Table: "referral", Column: "safeguarding"},
	{Table: "referral", Column: "message"},
	{Table: "referral_step", Column: "message"},
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// list is never nil: columns of lists are not null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// many reads all rows of a query; what is the verb of the error.
func many[T any](ctx context.Context, tx pgx.Tx, what string, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

// one reads exactly one row; none is missing.
func one[T any](ctx context.Context, tx pgx.Tx, what string, missing error, scan pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, fmt.Errorf("%s: %w", what, err)
	}
	out, err := pgx.CollectOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return out, missing
	}
	if err != nil {
		return out, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

// exec runs one statement and tells how many rows it touched.
func exec(ctx context.Context, tx pgx.Tx, what, sql string, args ...any) (int, error) {
	tag, err := tx.Exec(ctx, sql, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return int(tag.RowsAffected()), nil
}
