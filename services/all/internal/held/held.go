// Package held collects everything that all services hold on one patient, for their right to see it: as JSON and as a page that a
// privacy officer reads before it is handed out. deploy/decisions/audit.md says why it is a command and no page of a service.
package held

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/id"
)

// Held is everything, by service.
type Held struct {
	Refs     []string  `json:"patient_refs"` // the person's, with those that were found to be theirs
	At       time.Time `json:"collected_at"`
	Services []Service `json:"services"`
}

// Service is what one holds. Sealed counts events about the person that it said or heard, whose words stand in the rows too.
type Service struct {
	Name   string  `json:"service"`
	Tables []Table `json:"tables"`
	Looks  []Look  `json:"who_looked"`
	Sealed int     `json:"sealed_events"`
}

// Table is the rows of one kind.
type Table struct {
	Name string `json:"table"`
	Rows []Row  `json:"rows"`
}

// Row is one record; what is empty is left out.
type Row struct {
	Fields []Field `json:"fields"`
}

// Field is one value. Check says that it may tell of somebody else, or do harm: somebody must read it first.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Check bool   `json:"check,omitempty"`
}

// Look is one row of an audit trail.
type Look struct {
	At      time.Time `json:"at"`
	Who     string    `json:"person_or_machine"`
	Role    string    `json:"role,omitempty"`
	Verb    string    `json:"did"`
	Object  string    `json:"what"`
	Outcome string    `json:"outcome"`
}

// Rows counts all records.
func (s Service) Rows() (n int) {
	for _, t := range s.Tables {
		n += len(t.Rows)
	}
	return n
}

// Collect reads it as the administrator of the database, in one transaction that sees all services at one moment, and leaves a row in
// each one's audit trail that names who had it collected, by the id of a person at the register. A patient whom nobody knows gives nothing, and
// that is no error.
func Collect(ctx context.Context, conn *pgx.Conn, services []string, ref, by string, now time.Time) (h Held, err error) {
	if !id.Valid(ref) {
		return h, fmt.Errorf("collect what is held: %q is no patient ref", ref)
	}
	if !id.Valid(by) {
		return h, fmt.Errorf("collect what is held: %q is no id of a person", by)
	}
	h = Held{At: now.UTC()}
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		if h.Refs, err = refsOf(ctx, tx, ref); err != nil {
			return err
		}
		for _, name := range services {
			s, err := collect(ctx, tx, name, h.Refs, by)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			h.Services = append(h.Services, s)
		}
		return nil
	})
	if err != nil {
		return Held{}, fmt.Errorf("collect what is held: %w", err)
	}
	return h, nil
}

// refsOf asks coordination, which alone knows which refs are one person's.
func refsOf(ctx context.Context, tx pgx.Tx, ref string) ([]string, error) {
	rows, err := tx.Query(ctx, `with recursive up(ref) as (select $1::uuid union select p.merged_into from coordination.patient p join up on p.ref = up.ref where p.merged_into is not null),
		same(ref) as (select ref from up union select p.ref from coordination.patient p join same on p.merged_into = same.ref) select ref::text from same order by 1`, ref)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func collect(ctx context.Context, tx pgx.Tx, service string, refs []string, by string) (s Service, err error) {
	s = Service{Name: service, Tables: []Table{}, Looks: []Look{}}
	if _, err := tx.Exec(ctx, `select set_config('search_path', $1, true)`, service); err != nil {
		return s, err
	}
	if s.Looks, err = looks(ctx, tx, refs); err != nil {
		return s, err
	}
	for _, r := range refs {
		if _, err := tx.Exec(ctx, `insert into audit (id, at, person_id, machine, purpose, verb, object, patient_ref) values ($1, clock_timestamp(), $2, 'importer', 'subject access', 'export', 'everything held', $3)`, id.New(), by, r); err != nil {
			return s, err
		}
	}
	if err := tx.QueryRow(ctx, `select count(*) from outbox where about = any ($1::uuid[])`, refs).Scan(&s.Sealed); err != nil {
		return s, err
	}
	found, err := rowsAbout(ctx, tx, service, refs)
	if err != nil {
		return s, err
	}
	for _, f := range found {
		if len(f.places) == 0 {
			continue
		}
		t, err := f.read(ctx, tx)
		if err != nil {
			return s, err
		}
		s.Tables = append(s.Tables, t)
	}
	return s, nil
}

func looks(ctx context.Context, tx pgx.Tx, refs []string) ([]Look, error) {
	rows, err := tx.Query(ctx, `select at, coalesce(person_id::text, machine, ''), coalesce(role, ''), verb, object, outcome from audit where patient_ref = any ($1::uuid[]) order by at, seq`, refs)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Look])
	return slices.Clip(all), err
}
