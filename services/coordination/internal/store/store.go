// Package store is where cases are kept: SQL, migrations, and rows made into what the domain knows.
package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations is the files for pg.Migrate.
var Migrations = func() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return files
}()

// PersonalData is every column that holds personal data in the clear; erasure clears them.
var PersonalData = []pg.Column{
	{Table: "patient", Column: "given_name"},
	{Table: "patient", Column: "family_name"},
	{Table: "patient", Column: "date_of_birth"},
	{Table: "patient", Column: "nhs_number"},
	{Table: "patient", Column: "sex"},
	{Table: "patient", Column: "phone"},
	{Table: "patient", Column: "email"},
	{Table: "patient", Column: "address_lines"},
	{Table: "patient", Column: "postcode"},
	{Table: "patient", Column: "language"},
	{Table: "patient", Column: "interpreter_needed"},
	{Table: "patient", Column: "accessibility"},
	{Table: "patient", Column: "safe_phone"},
	{Table: "patient", Column: "safe_text"},
	{Table: "patient", Column: "safe_email"},
	{Table: "patient", Column: "safe_letter"},
	{Table: "patient", Column: "safe_note"},
	{Table: "patient", Column: "next_of_kin"},
	{Table: "patient", Column: "likeness"},
	{Table: "referral", Column: "accessibility"},
	{Table: "referral", Column: "narrative"},
	{Table: "referral", Column: "safeguarding"},
	{Table: "referral", Column: "safeguarding_codes"},
	{Table: "timeline", Column: "text"},
	{Table: "action", Column: "what"},
	{Table: "break_glass", Column: "words"},
	{Table: "break_glass", Column: "note"},
}

// CaseReference is the name of the index that keeps references apart, for pg.Violates. What the other indexes hold is decided
// under the patient's lock: running into one of them is a mistake of ours.
const CaseReference = "case_reference"

// AsMatcher runs fn as the matcher inside a person's transaction, and is the person again afterwards. What follows from a
// person's step concerns the whole case, of which the person may see a part: it is decided on and written by the machine,
// after the person's own eyes were enough to take the step. The audit row stays the person's.
func AsMatcher(ctx context.Context, tx pgx.Tx, fn func() error) error {
	var role string
	if err := tx.QueryRow(ctx, `select current_user`).Scan(&role); err != nil {
		return fmt.Errorf("act as matcher: %w", err)
	}
	if _, err := tx.Exec(ctx, `set local role coordination_matcher`); err != nil {
		return fmt.Errorf("act as matcher: %w", err)
	}
	if err := fn(); err != nil {
		return err // the transaction is over, and the role with it
	}
	if _, err := tx.Exec(ctx, `set local role `+pgx.Identifier{role}.Sanitize()); err != nil {
		return fmt.Errorf("act as the person again: %w", err)
	}
	return nil
}

// null is NULL for what is empty.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// list is the slice, empty rather than nil, which would be NULL.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
