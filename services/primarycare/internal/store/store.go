// Package store is where the practice's desk keeps what it knows: migrations, SQL, and rows as domain types.
package store

import (
	"embed"
	"errors"
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

// PersonalData lists every column that holds personal data in the clear. Erase clears them all, and a test compares the two.
var PersonalData = []pg.Column{
	{Table: "patient", Column: "given_name"},
	{Table: "patient", Column: "family_name"},
	{Table: "patient", Column: "date_of_birth"},
	{Table: "patient", Column: "nhs_number"},
	{Table: "patient", Column: "sex"},
	{Table: "patient", Column: "phone"},
	{Table: "patient", Column: "email"},
	{Table: "patient", Column: "address"},
	{Table: "patient", Column: "postcode"},
	{Table: "patient", Column: "language"},
	{Table: "patient", Column: "accessibility"},
	{Table: "patient", Column: "safe_note"},
	{Table: "patient", Column: "next_of_kin"},
	{Table: "red_flag", Column: "note"},
	{Table: "red_flag", Column: "who"},
	{Table: "red_flag", Column: "questions"},
	{Table: "draft", Column: "narrative"},
	{Table: "draft", Column: "safeguarding"},
	{Table: "draft", Column: "safeguarding_codes"},
	{Table: "draft", Column: "accessibility"},
	{Table: "draft", Column: "need"},
	{Table: "draft", Column: "receivers"},
	{Table: "signpost", Column: "need"},
	{Table: "signpost", Column: "service_id"},
	{Table: "referral", Column: "narrative"},
	{Table: "referral", Column: "safeguarding"},
	{Table: "referral", Column: "safeguarding_codes"},
	{Table: "referral", Column: "accessibility"},
	{Table: "referral", Column: "need"},
	{Table: "referral", Column: "receivers"},
	{Table: "referral", Column: "message"},
	{Table: "referral", Column: "receiver_id"},
	{Table: "referral_step", Column: "message"},
	{Table: "referral_step", Column: "receiver_id"},
	{Table: "agreed_action", Column: "what"},
}

func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// null is NULL for the empty string.
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

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
