// Package chain gives the audit rows of a service dense positions and a hash chain, signs where the chain stands and puts that
// outside the database, and finds the first link that is not what was sealed.
package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Row is one audit row as it was sealed. nil is null.
type Row struct {
	Seq      int64
	Position int64
	SealedAt time.Time
	At       time.Time
	Texts    [14]*string // the other columns, in the order of columns
}

// columns are all of an audit row's that are hashed beside seq and at; a test compares them with the table's.
const columns = `a.id::text, a.person_id::text, a.organisation_id::text, a.role, a.purpose, a.grant_id::text, a.machine, a.verb, a.object,
	a.object_id::text, a.patient_ref::text, a.outcome, a.correlation_id::text, a.traceparent`

const label = "waypost audit 1"

// Hash binds the row to its service, its position and to everything before it. Each part is preceded by its length, so that no
// text can be moved from one column into the next; times count in the microseconds that Postgres keeps.
func (r *Row) Hash(service string, prev []byte) []byte {
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	number := func(v int64) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(v)) // its bits, whatever they mean
		part(n[:])
	}
	part([]byte(label))
	part([]byte(service))
	part(prev)
	number(r.Position)
	number(r.Seq)
	number(r.SealedAt.UnixMicro())
	number(r.At.UnixMicro())
	for _, s := range r.Texts {
		if s == nil {
			part([]byte{0})
			continue
		}
		part(append([]byte{1}, *s...))
	}
	return h.Sum(nil)
}

func (r *Row) id() string { return text(r.Texts[0]) }

// about says which row it is, by what may be read aloud.
func (r *Row) about() string {
	who := "the machine " + text(r.Texts[6])
	if r.Texts[1] != nil {
		who = "person " + text(r.Texts[1])
	}
	return r.At.UTC().Format(time.RFC3339) + ", " + who + ": " + text(r.Texts[7]) + " " + text(r.Texts[8])
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
