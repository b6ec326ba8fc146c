package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// copied are the tables that hold what a case is, in the services that bench-long asks. What was said, heard and audited is not copied: nothing
// that is measured reads it, but a stream or a trail that is made anew, and those are measured at a size that came through the API.
var copied = []string{
	"coordination.patient", "coordination.case_record", "coordination.membership", "coordination.referral", "coordination.offer", "coordination.consent", "coordination.timeline",
	"primarycare.patient", "primarycare.patient_case", "primarycare.consent", "primarycare.referral", "primarycare.referral_step",
	"vcse.offer",
}

// multiply has Postgres repeat the cases that are there, as those of other people, of other practices and services, until there are so many: 1.3
// million through the API take hours. Each repetition has ids, references and numbers of its own, and is like nobody else; the words are those of
// the case it repeats. References of one table to another hold, since every id becomes another in the same way.
func (l *long) multiply(ctx context.Context, cases int) error {
	have, _, err := l.cases(ctx)
	if err != nil {
		return err
	}
	if have == 0 {
		return errors.New("there is no case to copy")
	}
	conn, err := l.Admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, otherID); err != nil {
		return err
	}
	for _, table := range copied {
		if _, err := conn.Exec(ctx, `create unlogged table if not exists public.`+original(table)+` as select * from `+table); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	for all := have; all < int64(cases); {
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return repeat(ctx, tx) }); err != nil {
			return err
		}
		if all, _, err = l.cases(ctx); err != nil {
			return err
		}
		fmt.Fprintf(l.out, "%d of %d cases, copied\n", all, cases)
	}
	for _, table := range copied {
		if _, err := conn.Exec(ctx, `drop table public.`+original(table)); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, `vacuum analyze `+table); err != nil {
			return err
		}
	}
	return nil
}

// otherID makes other ids of the kind they are of: what was made in the order of time (UUIDv7) as if an hour earlier with each repetition, so that
// indexes grow and are read as they would; what is random, another at random. Of one id and repetition it is always the same.
const otherID = `create sequence if not exists public.bench_copy; create sequence if not exists public.bench_row;
create or replace function public.bench_other(id uuid, k bigint) returns uuid immutable language sql as $$
	select case when substr(id::text, 15, 1) = '7'
		then (lpad(to_hex(('x' || translate(substr(id::text, 1, 13), '-', ''))::bit(48)::bigint - k * 3600000), 12, '0') || substr(translate(id::text, '-', ''), 13))::uuid
		else md5(id::text || k)::uuid end $$`

func original(table string) string { return "bench_" + strings.ReplaceAll(table, ".", "_") }

// repeat adds one more of every case that was there first. Triggers are off: they would ask for an audit row of each.
func repeat(ctx context.Context, tx pgx.Tx) error {
	var k string
	if err := tx.QueryRow(ctx, `select set_config('session_replication_role', 'replica', true), nextval('public.bench_copy')::text`).Scan(nil, &k); err != nil {
		return err
	}
	for _, table := range copied {
		schema, name, _ := strings.Cut(table, ".")
		rows, err := tx.Query(ctx, `select column_name::text, udt_name::text from information_schema.columns where table_schema = $1 and table_name = $2 and is_generated = 'NEVER' order by ordinal_position`, schema, name)
		if err != nil {
			return err
		}
		var columns, values []string
		var column, kind string
		if _, err := pgx.ForEachRow(rows, []any{&column, &kind}, func() error {
			columns, values = append(columns, column), append(values, other(column, kind, k))
			return nil
		}); err != nil {
			return err
		}
		sql := `insert into ` + table + ` (` + strings.Join(columns, ", ") + `) select ` + strings.Join(values, ", ") + ` from public.` + original(table)
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	return nil
}

// other is a column of another case: the same id becomes the same other one wherever it stands.
func other(column, kind, k string) string {
	switch {
	case kind == "uuid":
		return `public.bench_other(` + column + `, ` + k + `)`
	case column == "likeness":
		return `array(select hashint8extended(x, ` + k + `) from unnest(` + column + `) x)`
	case column == "reference":
		return `'Z' || translate(lpad(upper(to_hex(nextval('public.bench_row'))), 7, '0'), '0123456789ABCDEF', 'CDEFGHJKMNPRTWXY')`
	case column == "nhs_number": // of nobody: no number begins so
		return `case when nhs_number <> '' then lpad(nextval('public.bench_row')::text, 10, '0') else nhs_number end`
	}
	return column
}
