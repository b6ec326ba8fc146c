package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// OnlySensitive lists the organisations that have to do with a patient through sensitive referrals alone, of which the viewer does not know.
func OnlySensitive(ctx context.Context, tx pgx.Tx, refs []string, viewer string) ([]string, error) {
	rows, err := tx.Query(ctx, `with involved as (
			select r.sensitive and $2::uuid <> all (r.seen_by) as hidden, r.sender_organisation_id as organisation_id from referral r where r.patient_ref = any($1::uuid[])
			union all select r.sensitive and $2::uuid <> all (r.seen_by), o.organisation_id from referral r join offer o on o.referral_id = r.id where r.patient_ref = any($1::uuid[]))
		select organisation_id::text from involved where organisation_id <> $2::uuid group by organisation_id having bool_and(hidden) order by 1`, refs, viewer)
	if err != nil {
		return nil, fmt.Errorf("read who must not be named: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read who must not be named: %w", err)
	}
	return all, nil
}

// WithAPart lists the organisations that have, or had, a part in a patient's shared cases, and which of them the viewer learns of there:
// those under a ref under which the viewer has a part that the person agrees to.
func WithAPart(ctx context.Context, tx pgx.Tx, refs []string, viewer string) (all, seen []string, err error) {
	err = tx.QueryRow(ctx, `with parts as (select m.* from case_record c join membership m on m.case_id = c.id where c.patient_ref = any($1::uuid[]))
		select coalesce(array_agg(distinct p.organisation_id::text), '{}'),
			coalesce(array_agg(distinct p.organisation_id::text) filter (where p.first_ref in
				(select v.first_ref from parts v where v.organisation_id = $2 and v.agreed and v.until is null)), '{}')
		from parts p`, refs, viewer).Scan(&all, &seen)
	if err != nil {
		return nil, nil, fmt.Errorf("read who had a part: %w", err)
	}
	return all, seen, nil
}
