package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// RefsOf lists every ref that was found to be this patient's, this one included.
func RefsOf(ctx context.Context, tx pgx.Tx, ref string) ([]string, error) {
	rows, err := tx.Query(ctx, `with recursive same(ref) as (select $1::uuid union select p.ref from patient p join same on p.merged_into = same.ref) select ref::text from same order by 1`, ref)
	if err != nil {
		return nil, fmt.Errorf("read refs: %w", err)
	}
	refs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read refs: %w", err)
	}
	return refs, nil
}

// HaveRow gives a ref that has no row an empty one, so that what is still on its way finds that it is gone. It waits for whoever is just
// writing the first of a person: a question would not see them yet.
func HaveRow(ctx context.Context, tx pgx.Tx, ref string) error {
	if _, err := tx.Exec(ctx, `insert into patient (ref) values ($1) on conflict do nothing`, ref); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

// Erase clears every column of PersonalData of the refs, and counts the rows that held something.
func Erase(ctx context.Context, tx pgx.Tx, refs []string, at time.Time) (removed int, err error) {
	for _, sql := range []string{
		`update patient set given_name = '', family_name = '', date_of_birth = '', nhs_number = '', sex = '', phone = '', email = '', address_lines = '{}',
			postcode = '', language = '', interpreter_needed = false, accessibility = '{}', safe_phone = false, safe_text = false, safe_email = false,
			safe_letter = false, safe_note = '', unsafe = '{}', notes = 0, next_of_kin = '', likeness = '{}', contact_at = null, ways_at = null, ways_by = '', open_flags = '{}', erased_at = $2 where ref = any($1)`,
		`update referral set accessibility = '{}', narrative = '', safeguarding = '', safeguarding_codes = '{}', version = version + 1
			where patient_ref = any($1) and $2::timestamptz is not null`,
		`update timeline set text = '' where patient_ref = any($1) and text <> '' and $2::timestamptz is not null`,
		`update action set what = '' where patient_ref = any($1) and what <> '' and $2::timestamptz is not null`,
		`update consent set stands = false where patient_ref = any($1) and stands and $2::timestamptz is not null`,
		`update break_glass set words = '', note = '' where patient_ref = any($1) and $2::timestamptz is not null`,
	} {
		tag, err := tx.Exec(ctx, sql, refs, at)
		if err != nil {
			return removed, fmt.Errorf("erase: %w", err)
		}
		removed += int(tag.RowsAffected())
	}
	return removed, nil
}

// Erasure is a ref whose keys must go.
type Erasure struct {
	Ref     string
	Why     terms.ErasureReason
	By      string
	AskedAt time.Time
	Removed int                  // rows that were cleared here
	Rule    domain.RetentionCode // by which it ended; "" when somebody asked
}

// AddErasures leaves them for the clock.
func AddErasures(ctx context.Context, tx pgx.Tx, refs []string, e Erasure) error {
	return pg.Later(ctx, tx, "add erasures", `insert into erasure (ref, why, by_id, asked_at, removed, rule) select unnest($1::uuid[]), $2, $3, $4, $5, $6`,
		refs, e.Why, e.By, e.AskedAt, e.Removed, e.Rule)
}

// ErasuresWaiting lists those of which nobody was told yet, oldest first.
func ErasuresWaiting(ctx context.Context, tx pgx.Tx, limit int) ([]Erasure, error) {
	rows, err := tx.Query(ctx, `select ref::text, why, by_id::text, asked_at, removed, rule from erasure where told_at is null order by asked_at limit $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	waiting, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Erasure])
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	return waiting, nil
}

// TakeErasure locks one that nobody was told of yet; ok is false when another copy has it, or had it.
func TakeErasure(ctx context.Context, tx pgx.Tx, ref string) (ok bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from erasure where ref = $1 and told_at is null for update skip locked)`, ref).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("take erasure: %w", err)
	}
	return ok, nil
}

// Told notes that its keys are gone and everybody was told.
func Told(ctx context.Context, tx pgx.Tx, ref string, at time.Time) error {
	return pg.Later(ctx, tx, "note erasure", `update erasure set told_at = $2 where ref = $1`, ref, at)
}

// Removal is what every holder was told to remove.
type Removal struct {
	BecauseEvent string
	PatientRef   string
	Because      terms.RemovalCause
	ToldAt       time.Time
	DueAt        time.Time
	By           []RemovalBy
}

// RemovalBy is what one holder said of it; At is zero while it has said nothing.
type RemovalBy struct {
	Service string
	Removed int
	At      time.Time
}

// Late tells whether somebody has not said in time that they removed it.
func (r Removal) Late(now time.Time) bool { return r.Missing() > 0 && now.After(r.DueAt) }

// Missing counts those who have not said that they removed it.
func (r Removal) Missing() (n int) {
	for _, b := range r.By {
		if b.At.IsZero() {
			n++
		}
	}
	return n
}

// AddRemoval notes what was said, and by whom it must be heard.
func AddRemoval(ctx context.Context, tx pgx.Tx, r Removal, holders []string) error {
	b := &pgx.Batch{}
	b.Queue(`insert into removal (because_event, patient_ref, because, told_at, due_at) values ($1, $2, $3, $4, $5)`, r.BecauseEvent, r.PatientRef, r.Because, r.ToldAt, r.DueAt)
	b.Queue(`insert into removal_by (because_event, service) select $1, unnest($2::text[])`, r.BecauseEvent, holders)
	return pg.LaterAll(ctx, tx, "add removal", b)
}

// Removed notes that a holder did. What nobody was told to remove is left alone.
func Removed(ctx context.Context, tx pgx.Tx, becauseEvent, service string, n int, at time.Time) error {
	return pg.Later(ctx, tx, "note removal", `update removal_by set removed = $3, at = $4 where because_event = $1 and service = $2 and at is null`, becauseEvent, service, n, at)
}

// Removals lists them: those with somebody missing first, then the newest.
func Removals(ctx context.Context, tx pgx.Tx, limit int) ([]Removal, error) {
	return removals(ctx, tx, nil, limit)
}

// RemovalByEvent is one of them; ok is false when nobody was told of such a thing.
func RemovalByEvent(ctx context.Context, tx pgx.Tx, event string) (r Removal, ok bool, err error) {
	all, err := removals(ctx, tx, event, 1)
	if err != nil || len(all) == 0 {
		return r, false, err
	}
	return all[0], true, nil
}

func removals(ctx context.Context, tx pgx.Tx, event any, limit int) ([]Removal, error) {
	rows, err := tx.Query(ctx, `select r.because_event::text, r.patient_ref::text, r.because, r.told_at, r.due_at, array_agg(b.service order by b.service),
			array_agg(coalesce(b.removed, 0) order by b.service), array_agg(coalesce(b.at, '0001-01-01 00:00:00+00') order by b.service)
		from removal r join removal_by b using (because_event) where $2::uuid is null or r.because_event = $2 group by r.because_event
		order by bool_and(b.at is not null), r.told_at desc, r.because_event limit $1`, limit, event)
	if err != nil {
		return nil, fmt.Errorf("list removals: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Removal, err error) {
		var services []string
		var removed []int
		var at []time.Time
		err = row.Scan(&r.BecauseEvent, &r.PatientRef, &r.Because, &r.ToldAt, &r.DueAt, &services, &removed, &at)
		for i, service := range services {
			r.By = append(r.By, RemovalBy{service, removed[i], at[i]})
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list removals: %w", err)
	}
	return all, nil
}
