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

// Retention is a rule with who decided it.
type Retention struct {
	domain.RetentionRule
	DecidedBy string // "" when nobody has
	DecidedAt time.Time
}

// Retentions lists the rules.
func Retentions(ctx context.Context, tx pgx.Tx) ([]Retention, error) {
	rows, err := tx.Query(ctx, `select code, years, is_on, coalesce(decided_by::text, ''), coalesce(decided_at, '0001-01-01 00:00:00+00') from retention_rule order by code`)
	if err != nil {
		return nil, fmt.Errorf("list retention rules: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Retention, err error) {
		return r, row.Scan(&r.Code, &r.Years, &r.On, &r.DecidedBy, &r.DecidedAt)
	})
	if err != nil {
		return nil, fmt.Errorf("list retention rules: %w", err)
	}
	return all, nil
}

// DecideRetention changes a rule.
func DecideRetention(ctx context.Context, tx pgx.Tx, r Retention) error {
	if _, err := tx.Exec(ctx, `update retention_rule set years = $2, is_on = $3, decided_by = $4, decided_at = $5 where code = $1`, r.Code, r.Years, r.On, r.DecidedBy, r.DecidedAt); err != nil {
		return fmt.Errorf("decide retention rule: %w", err)
	}
	return nil
}

// KeptRecord is a record with no open case, and what the rules look at.
type KeptRecord struct {
	Ref string
	domain.Kept
}

// KeptSince lists records whose last case was closed before then, in the order of their refs, from after on. Those that were erased, or
// turned out to be another's, are not among them.
func KeptSince(ctx context.Context, tx pgx.Tx, before time.Time, after string, limit int) ([]KeptRecord, error) {
	return kept(ctx, tx, before, after, nil, limit)
}

// KeptSinceOf is KeptSince for one ref; ok is false when it is not among them, or not any more.
func KeptSinceOf(ctx context.Context, tx pgx.Tx, before time.Time, ref string) (k KeptRecord, ok bool, err error) {
	all, err := kept(ctx, tx, before, Nowhere, ref, 1)
	if err != nil || len(all) == 0 {
		return k, false, err
	}
	return all[0], true, nil
}

// Nowhere is before every ref.
const Nowhere = "00000000-0000-0000-0000-000000000000"

// Heard keeps when something happened that was heard of a person who has no open case, on whose timeline it would stand. It is the newest that counts.
func Heard(ctx context.Context, tx pgx.Tx, ref string, at time.Time) error {
	return pg.Later(ctx, tx, "keep when they were heard of", `update patient set heard_at = greatest(heard_at, $2) where ref = $1 and erased_at is null`, ref, at)
}

// KeepFlag keeps that a red flag about somebody is open, until it is dropped.
func KeepFlag(ctx context.Context, tx pgx.Tx, ref, flag string) error {
	return pg.Later(ctx, tx, "keep red flag", `update patient set open_flags = array_append(array_remove(open_flags, $2), $2) where ref = $1 and erased_at is null`, ref, flag)
}

// DropFlag keeps that it was acted on.
func DropFlag(ctx context.Context, tx pgx.Tx, ref, flag string) error {
	return pg.Later(ctx, tx, "drop red flag", `update patient set open_flags = array_remove(open_flags, $2) where ref = $1 and $2 = any(open_flags)`, ref, flag)
}

// kept lists those with a closed case first, and then looks at everything else that is known of each, under whichever of their refs.
func kept(ctx context.Context, tx pgx.Tx, before time.Time, after string, ref any, limit int) ([]KeptRecord, error) {
	rows, err := tx.Query(ctx, `with due as (select p.ref, max(c.closed_at) as closed_at from case_record c join patient p on p.ref = c.patient_ref
		where c.closed_at < $1 and p.ref > $2 and ($5::uuid is null or p.ref = $5) and p.erased_at is null and p.merged_into is null
			and not exists (select from case_record o where o.patient_ref = p.ref and (o.closed_at is null or o.closed_at >= $1))
		group by p.ref order by p.ref limit $3),
	each as (select d.ref, d.closed_at, p.date_of_birth, p.status, case when p.one_since is null then array[p.ref] else array(
			with recursive same(ref) as (select p.ref union select o.ref from patient o join same s on o.merged_into = s.ref) select s.ref from same s) end as refs
		from due d join patient p on p.ref = d.ref)
	select e.ref::text, e.closed_at, coalesce(greatest(
				(select max(greatest(o.heard_at, o.contact_at)) from patient o where o.ref = any(e.refs)),
				(select max(t.at) from case_record c join timeline t on t.case_id = c.id where c.patient_ref = any(e.refs)),
				(select max(s.asked_at) from consent s where s.patient_ref = any(e.refs)),
				(select max(g.at) from break_glass g where g.patient_ref = any(e.refs))), e.closed_at),
			exists (select from patient o where o.ref = any(e.refs) and o.open_flags <> '{}')
				or exists (select from action a where a.patient_ref = any(e.refs) and a.done_at is null)
				or exists (select from break_glass g where g.patient_ref = any(e.refs) and g.outcome = ''),
			e.date_of_birth, e.status, exists (select from referral r where r.patient_ref = any(e.refs) and r.need = $4)
		from each e order by e.ref`, before, after, limit, terms.NeedMentalWellbeing, ref)
	if err != nil {
		return nil, fmt.Errorf("list kept records: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k KeptRecord, err error) {
		return k, row.Scan(&k.Ref, &k.ClosedAt, &k.HeardAt, &k.Open, &k.DateOfBirth, &k.Status, &k.Wellbeing)
	})
	if err != nil {
		return nil, fmt.Errorf("list kept records: %w", err)
	}
	return all, nil
}

// ErasureOf reads what was asked about a ref; ok is false when nothing was.
func ErasureOf(ctx context.Context, tx pgx.Tx, ref string) (e Erasure, told time.Time, ok bool, err error) {
	rows, err := tx.Query(ctx, `select ref::text, why, by_id::text, asked_at, removed, rule, coalesce(told_at, '0001-01-01 00:00:00+00') from erasure where ref = $1`, ref)
	if err != nil {
		return e, told, false, fmt.Errorf("read erasure: %w", err)
	}
	_, err = pgx.ForEachRow(rows, []any{&e.Ref, &e.Why, &e.By, &e.AskedAt, &e.Removed, &e.Rule, &told}, func() error { ok = true; return nil })
	if err != nil {
		return e, told, false, fmt.Errorf("read erasure: %w", err)
	}
	return e, told, ok, nil
}
