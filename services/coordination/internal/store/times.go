package store

import (
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// zeroTime reads NULL as the zero time, and every time in UTC.
type zeroTime struct{ time.Time }

// ScanTimestamptz is what pgx calls.
func (z *zeroTime) ScanTimestamptz(v pgtype.Timestamptz) error {
	z.Time = time.Time{}
	if v.Valid {
		z.Time = v.Time.UTC()
	}
	return nil
}

// fieldDescription is pgx's, named here so that rows can be wrapped.
type fieldDescription = pgconn.FieldDescription

// text reads NULL as nothing.
type text struct{ into *string }

// ScanText is what pgx calls.
func (t text) ScanText(v pgtype.Text) error {
	*t.into = v.String
	return nil
}
