package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// wall is a table of which an organisation may see its own rows and no other.
type wall struct{ service, table, column string }

// walls are those where the rule is so simple that it can be said in one line.
var walls = []wall{
	{"primarycare", "patient", "practice_id"},
	{"primarycare", "referral", "practice_id"},
	{"vcse", "offer", "organisation_id"},
}

// sights looks at tables as each organisation sees them, through the database's own rules.
func sights(ctx context.Context, tx pgx.Tx) ([]result, error) {
	seen := result{rule: rule{harm: wrong, name: "an organisation sees its own rows and no other"}}
	for _, w := range walls {
		if err := w.look(ctx, tx, &seen); err != nil {
			return nil, fmt.Errorf("look at %s.%s as others do: %w", w.service, w.table, err)
		}
	}
	guarded := result{rule: rule{harm: wrong, name: "every table is behind row-level security"}}
	err := tx.QueryRow(ctx, `select count(*), count(*) filter (where open), coalesce((array_agg(name order by name) filter (where open))[1:3], '{}') from (
		select n.nspname || '.' || c.relname as name, not (c.relrowsecurity and c.relforcerowsecurity) as open from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p') and n.nspname = any($1) and c.relname not like '%goose%' and c.relname not like '%migration%') t`, speakers).Scan(&guarded.looked, &guarded.count, &guarded.examples)
	if err != nil {
		return nil, fmt.Errorf("look at the walls: %w", err)
	}
	return []result{seen, guarded}, nil
}

func (w wall) look(ctx context.Context, tx pgx.Tx, r *result) error {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select %[3]s::text, count(*) from %[1]s.%[2]s group by 1 order by 1 limit 12`, w.service, w.table, w.column))
	if err != nil {
		return err
	}
	type share struct {
		Organisation string
		Rows         int64
	}
	shares, err := pgx.CollectRows(rows, pgx.RowToStructByPos[share])
	if err != nil {
		return err
	}
	for _, s := range shares {
		own, all, err := w.as(ctx, tx, s.Organisation)
		if err != nil {
			return err
		}
		r.looked += s.Rows
		if own != s.Rows || all != own {
			r.count++
			if len(r.examples) < 3 {
				r.examples = append(r.examples, fmt.Sprintf("%s sees %d of its %d and %d of others' in %s.%s", s.Organisation, own, s.Rows, all-own, w.service, w.table))
			}
		}
	}
	return nil
}

// as counts what an organisation's people see: their own rows, and all.
func (w wall) as(ctx context.Context, tx pgx.Tx, organisation string) (own, all int64, err error) {
	_, err = tx.Exec(ctx, fmt.Sprintf(`set local role %s_person`, w.service))
	if err != nil {
		return 0, 0, err
	}
	_, err = tx.Exec(ctx, `select set_config('waypost.org', $1, true), set_config('waypost.person', $2, true)`, organisation, "00000000-0000-4000-8000-000000000000")
	if err != nil {
		return 0, 0, err
	}
	err = tx.QueryRow(ctx, fmt.Sprintf(`select count(*) filter (where %[3]s = $1), count(*) from %[1]s.%[2]s`, w.service, w.table, w.column), organisation).Scan(&own, &all)
	if err != nil {
		return 0, 0, err
	}
	_, err = tx.Exec(ctx, `reset role`)
	return own, all, err
}
