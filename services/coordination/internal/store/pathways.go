package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// hadUntil is when the receiver last had an offer that came to nothing.
const hadUntil = `greatest(o.offered_at, o.answered_at, case when o.state = 'expired' then o.answer_due_at end)`

// Failures reads who bounced, or left unanswered, an offer of this need of the same person since then, under another referral than
// except ("" is none), the latest first.
func Failures(ctx context.Context, tx pgx.Tx, refs []string, need terms.Need, except string, since time.Time) ([]domain.Failure, error) {
	rows, err := tx.Query(ctx, `select o.receiver_kind, o.receiver_id::text, o.organisation_id::text, max(o.offered_at) as at, bool_or(r.sensitive)
		from referral r join offer o on o.referral_id = r.id
		where r.patient_ref = any($1::uuid[]) and r.need = $2 and r.id::text <> $3 and o.state in ('bounced', 'expired') and `+hadUntil+` > $4
		group by o.receiver_kind, o.receiver_id, o.organisation_id order by at desc, o.receiver_id`, refs, need, except, since)
	if err != nil {
		return nil, fmt.Errorf("read who failed lately: %w", err)
	}
	failed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f domain.Failure, err error) {
		return f, row.Scan(&f.Receiver.Kind, &f.Receiver.ID, &f.Receiver.Organisation, &f.OfferedAt, &f.Sensitive)
	})
	if err != nil {
		return nil, fmt.Errorf("read who failed lately: %w", err)
	}
	return failed, nil
}

// FailedLately is Failures without when.
func FailedLately(ctx context.Context, tx pgx.Tx, refs []string, need terms.Need, except string, since time.Time) (who []domain.Receiver, err error) {
	all, err := Failures(ctx, tx, refs, need, except, since)
	for _, f := range all {
		who = append(who, f.Receiver)
	}
	return who, err
}

func addReturn(b *pgx.Batch, r domain.Referral, way terms.ReturnWay, now time.Time) {
	b.Queue(`insert into referral_return (referral_id, sender_organisation_id, need, sensitive, way, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (referral_id) do nothing`, r.ID, r.SenderOrganisation, r.Need, r.Sensitive, way, now)
}

// CameBackSince counts the referrals that came back to the practices that sent them, since a time. It reads what the person may not
// see: run it as the matcher, and show numbers only.
func CameBackSince(ctx context.Context, tx pgx.Tx, since time.Time) ([]domain.CameBack, error) {
	rows, err := tx.Query(ctx, `select need, way, to_char(at at time zone 'Europe/London', 'YYYY-MM') as month, count(*)::int from referral_return where at >= $1 group by need, way, month`, since)
	if err != nil {
		return nil, fmt.Errorf("count what came back: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.CameBack])
	if err != nil {
		return nil, fmt.Errorf("count what came back: %w", err)
	}
	return all, nil
}

// LockCounting takes the one row that says how far the counting of pathways got. ok is false when another copy of us is at it. Before
// the first count it is since.
func LockCounting(ctx context.Context, tx pgx.Tx, since time.Time) (until time.Time, ok bool, err error) {
	if _, err := tx.Exec(ctx, `insert into pathway_counted (until) values ($1) on conflict do nothing`, since); err != nil {
		return until, false, fmt.Errorf("count pathways: %w", err)
	}
	err = tx.QueryRow(ctx, `select until from pathway_counted for update skip locked`).Scan(&until)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return until, false, nil
	case err != nil:
		return until, false, fmt.Errorf("count pathways: %w", err)
	}
	return until.UTC(), true, nil
}

// CountedUntil keeps how far the counting got.
func CountedUntil(ctx context.Context, tx pgx.Tx, until time.Time) error {
	return pg.Later(ctx, tx, "keep how far pathways are counted", `update pathway_counted set until = $1`, until)
}

const (
	settledAt = `coalesce(o.answered_at, o.answer_due_at)`
	settled   = `o.state in ('bounced', 'accepted', 'ended', 'waitlisted', 'expired')`
)

// AnsweredSince reads which receivers answered an offer, or let one run out, between two moments, and when the last of at most most did.
func AnsweredSince(ctx context.Context, tx pgx.Tx, after, until time.Time, most int) (receivers []domain.Receiver, last time.Time, err error) {
	rows, err := tx.Query(ctx, `select o.receiver_kind, o.receiver_id::text, `+settledAt+` from offer o
		where `+settled+` and `+settledAt+` > $1 and `+settledAt+` <= $2 order by `+settledAt+` limit $3`, after, until, most)
	if err != nil {
		return nil, last, fmt.Errorf("read who answered: %w", err)
	}
	seen := map[domain.Receiver]bool{}
	var r domain.Receiver
	n := 0
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&r.Kind, &r.ID, &at}, func() error {
		n++
		last = at.UTC()
		if !seen[r] {
			seen[r] = true
			receivers = append(receivers, r)
		}
		return nil
	}); err != nil {
		return nil, last, fmt.Errorf("read who answered: %w", err)
	}
	if n < most {
		last = until
	}
	return receivers, last, nil
}

// answersOf bounds how far back the answers of one receiver are looked at.
const answersOf = 200

// AnswersOf reads how the last offers to a receiver were answered, newest first.
func AnswersOf(ctx context.Context, tx pgx.Tx, to domain.Receiver, since time.Time) ([]domain.Answered, error) {
	rows, err := tx.Query(ctx, `select r.patient_ref::text, r.sender_organisation_id::text, r.need, r.sensitive, o.state, o.reason, `+settledAt+`, coalesce(o.replied_at, `+settledAt+`), o.offered_at
		from offer o join referral r on r.id = o.referral_id where o.receiver_id = $1 and o.receiver_kind = $2 and `+settled+` and `+settledAt+` > $3
		order by `+settledAt+` desc limit $4`, to.ID, to.Kind, since, answersOf)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a domain.Answered, err error) {
		var offered, replied time.Time
		err = row.Scan(&a.Patient, &a.Sender, &a.Need, &a.Withheld, &a.State, &a.Reason, &a.At, &replied, &offered)
		a.At, a.Waited = a.At.UTC(), replied.Sub(offered)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	return all, nil
}

// SavePace keeps how fast a receiver answers.
func SavePace(ctx context.Context, tx pgx.Tx, to domain.Receiver, median time.Duration, of int, now time.Time) error {
	return pg.Later(ctx, tx, "keep pace", `insert into receiver_pace (receiver_kind, receiver_id, median_seconds, of, counted_at) values ($1, $2, $3, $4, $5)
		on conflict (receiver_id, receiver_kind) do update set median_seconds = excluded.median_seconds, of = excluded.of, counted_at = excluded.counted_at`,
		to.Kind, to.ID, int(median/time.Second), of, now)
}

// PathwaysSaid reads what was said last of the ways to a receiver.
func PathwaysSaid(ctx context.Context, tx pgx.Tx, to domain.Receiver) ([]domain.Pathway, error) {
	rows, err := tx.Query(ctx, `select need, coalesce(sender_organisation_id::text, ''), people, came_back, reason, same, newest_at from pathway
		where receiver_id = $1 and receiver_kind = $2`, to.ID, to.Kind)
	if err != nil {
		return nil, fmt.Errorf("read pathways: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (domain.Pathway, error) {
		p := domain.Pathway{Receiver: to}
		err := row.Scan(&p.Need, &p.Sender, &p.People, &p.CameBack, &p.Reason, &p.Same, &p.NewestAt)
		p.NewestAt = p.NewestAt.UTC()
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read pathways: %w", err)
	}
	return all, nil
}

// SavePathway keeps what is said of a way now.
func SavePathway(ctx context.Context, tx pgx.Tx, p domain.Pathway, now time.Time) error {
	return pg.Later(ctx, tx, "keep pathway", `insert into pathway (receiver_kind, receiver_id, need, sender_organisation_id, people, came_back, reason, same, newest_at, said_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (receiver_id, receiver_kind, need, sender_organisation_id) do update set people = excluded.people, came_back = excluded.came_back,
			reason = excluded.reason, same = excluded.same, newest_at = excluded.newest_at, said_at = excluded.said_at`,
		p.Receiver.Kind, p.Receiver.ID, p.Need, null(p.Sender), p.People, p.CameBack, p.Reason, p.Same, p.NewestAt, now)
}
