// Package store keeps organisations, people and what they were trained in: SQL, and rows turned into domain types.
package store

import (
	"embed"

	"example.org/waypost/pkg/pg"
)

// Migrations are this service's own tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// PersonalData is empty: the register holds no patient. Names of staff are work identities, kept as long as the record
// of who could see what.
var PersonalData []pg.Column
