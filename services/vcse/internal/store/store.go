// Package store keeps services, offers and what belongs to them: SQL, and rows made into domain types.
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

// PersonalData is every column that holds a person's data readably; erasure clears these and no other.
var PersonalData = []pg.Column{{Table: "offer", Column: "contact"}, {Table: "offer", Column: "safeguarding"}, {Table: "offer", Column: "criterion"}, {Table: "message", Column: "body"}}

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

func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// list is never nil: columns of lists are not null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
