// Package store is where link work is kept: migrations, SQL, and rows as domain types.
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
	{Table: "person", Column: "given_name"},
	{Table: "person", Column: "family_name"},
	{Table: "person", Column: "date_of_birth"},
	{Table: "person", Column: "nhs_number"},
	{Table: "person", Column: "phone"},
	{Table: "person", Column: "email"},
	{Table: "person", Column: "address"},
	{Table: "person", Column: "postcode"},
	{Table: "person", Column: "language"},
	{Table: "person", Column: "accessibility"},
	{Table: "person", Column: "safe_note"},
	{Table: "person", Column: "next_of_kin"},
	{Table: "offer", Column: "need"},
	{Table: "offer", Column: "narrative"},
	{Table: "offer", Column: "safeguarding"},
	{Table: "offer", Column: "safeguarding_codes"},
	{Table: "offer", Column: "accessibility"},
	{Table: "offer", Column: "criterion"},
	{Table: "offer", Column: "detail"},
	{Table: "offer", Column: "question"},
	{Table: "offer", Column: "reply"},
	{Table: "offer", Column: "end_note"},
	{Table: "contact", Column: "note"},
	{Table: "assessment", Column: "needs"},
	{Table: "assessment", Column: "matters"},
	{Table: "assessment", Column: "satisfied"},
	{Table: "assessment", Column: "worthwhile"},
	{Table: "assessment", Column: "happy"},
	{Table: "assessment", Column: "anxious"},
	{Table: "plan", Column: "matters"},
	{Table: "plan", Column: "goals"},
	{Table: "passed", Column: "why"},
	{Table: "referral", Column: "need"},
	{Table: "referral", Column: "receivers"},
	{Table: "referral", Column: "narrative"},
	{Table: "referral", Column: "safeguarding"},
	{Table: "referral", Column: "safeguarding_codes"},
	{Table: "referral", Column: "accessibility"},
	{Table: "referral", Column: "message"},
	{Table: "referral", Column: "receiver_id"},
	{Table: "referral_step", Column: "message"},
	{Table: "referral_step", Column: "receiver_id"},
	{Table: "crisis", Column: "note"},
	{Table: "agreed_action", Column: "what"},
}

// Columns that may be NULL are read and written as zero values: never is the first moment of the calendar, which is Go's zero time.
const never = `'0001-01-01 00:00:00+00'::timestamptz`

func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

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
