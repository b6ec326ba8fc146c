package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// KeepStop keeps that somebody stopped. A repetition changes nothing.
func KeepStop(ctx context.Context, tx pgx.Tx, id, organisation string, need terms.Need, at time.Time) error {
	if _, err := tx.Exec(ctx, `insert into overlap_stop (id, organisation_id, need, at) values ($1, $2, $3, $4) on conflict (id) do nothing`, id, organisation, need, at); err != nil {
		return fmt.Errorf("keep that nothing was sent: %w", err)
	}
	return nil
}

// ChosenSince counts what came of the referrals that were held as possible duplicates, or that overlapped with help that is there, since
// a time. It reads cases that the person may not see: run it as the matcher, and show numbers only.
func ChosenSince(ctx context.Context, tx pgx.Tx, since time.Time) ([]domain.Chosen, error) {
	rows, err := tx.Query(ctx, `
		with held as (
			select r.need, case
					when r.state = 'joined' then 'joined'
					when r.confirmed <> '' then 'sent'
					when r.state = 'held' then 'waiting'
					when r.state = 'withdrawn' and not exists (select from offer o where o.referral_id = r.id) then 'withdrawn'
					else 'went_on' end as choice, r.confirmed, r.reason
			from (select distinct referral_id from timeline where what = 'referral_held' and at >= $1) t join referral r on r.id = t.referral_id),
		overlap as (
			select r.need, case when t.joined then 'joined' when r.send_reason <> '' then 'sent' else 'sent_mute' end as choice, r.send_reason
			from (select referral_id, bool_or(what = 'overlap_joined') as joined from timeline
				where what in ('overlap_found', 'overlap_joined') and at >= $1 group by referral_id) t join referral r on r.id = t.referral_id)
		select true, need, choice, case choice when 'sent' then confirmed when 'withdrawn' then reason else '' end as why, count(*)::int from held group by need, choice, why
		union all
		select false, need, choice, case choice when 'sent' then send_reason else '' end as why, count(*)::int from overlap group by need, choice, why
		union all
		select false, need, 'stopped', '', count(*)::int from overlap_stop where at >= $1 group by need`, since)
	if err != nil {
		return nil, fmt.Errorf("count what was chosen: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Chosen])
	if err != nil {
		return nil, fmt.Errorf("count what was chosen: %w", err)
	}
	return all, nil
}
