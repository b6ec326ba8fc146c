package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/vcse/internal/domain"
)

const noticeColumns = `n.id, n.offer_id, n.organisation_id, n.kind, n.due_at, n.made_at, n.state, n.tries, n.refusals, n.code, n.next_at, n.changed_at, n.version,
	n.leased_until is not null`

// AddNotice writes an e-mail to be sent, once for each offer, kind and time.
func AddNotice(ctx context.Context, tx pgx.Tx, n domain.Notice) error {
	return pg.Later(ctx, tx, "add notice", `insert into notice (id, offer_id, organisation_id, kind, due_at, made_at, next_at, changed_at) values ($1, $2, $3, $4, $5, $6, $6, $6)
		on conflict (offer_id, kind, due_at) do nothing`, n.ID, n.OfferID, n.Organisation, n.Kind, n.DueAt, n.MadeAt)
}

// LockNotices locks all notices of an offer, the oldest first: what is said of them is counted together.
func LockNotices(ctx context.Context, tx pgx.Tx, offer string) ([]domain.Notice, error) {
	return notices(ctx, tx, `select `+noticeColumns+` from notice n where n.offer_id = $1 order by n.made_at, n.id for update`, offer)
}

// SaveNotice writes what can change of a notice, and lets it go.
func SaveNotice(ctx context.Context, tx pgx.Tx, n domain.Notice) error {
	return pg.Later(ctx, tx, "save notice", `update notice set state = $2, tries = $3, refusals = $4, code = $5, next_at = $6, changed_at = $7, version = $8, leased_until = null
		where id = $1`, n.ID, n.State, n.Tries, n.Refusals, n.Code, n.NextAt, n.ChangedAt, n.Version)
}

// ClaimNotices takes waiting e-mails for until, so that no other copy of the service sends them, and counts the try. Who dies with them
// leaves them to whoever comes after that.
func ClaimNotices(ctx context.Context, tx pgx.Tx, now, until time.Time, limit int) ([]domain.Notice, error) {
	return notices(ctx, tx, `update notice n set leased_until = $2, tries = n.tries + 1 from (
			select id from notice where state = 'waiting' and next_at <= $1 and (leased_until is null or leased_until <= $1)
			order by next_at, id limit $3 for update skip locked) as c
		where n.id = c.id returning `+noticeColumns, now, until, limit)
}

func notices(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]domain.Notice, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Notice])
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	return out, nil
}

// NotReminded lists offers that wait for an answer which is due before soon, and of which nobody was reminded yet.
func NotReminded(ctx context.Context, tx pgx.Tx, now, soon time.Time, limit int) ([]domain.Offer, error) {
	rows, err := tx.Query(ctx, `select `+offerColumns+` from offer o
		where o.state = 'offered' and o.answer_due_at > $1 and o.answer_due_at <= $2 and o.removed_at is null
			and $1 - o.offered_at >= (o.answer_due_at - o.offered_at) / 2
			and not exists (select from notice n where n.offer_id = o.id and n.kind = 'due' and n.due_at = o.answer_due_at)
		order by o.answer_due_at, o.id limit $3`, now, soon, limit)
	if err != nil {
		return nil, fmt.Errorf("list offers to remind of: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanOffer)
	if err != nil {
		return nil, fmt.Errorf("list offers to remind of: %w", err)
	}
	return out, nil
}

// MailWaitsAtMost is how old an e-mail that was not sent may be before somebody should look at the mail server.
const MailWaitsAtMost = 15 * time.Minute

// CountUnsent counts e-mails that wait for longer than they should.
func CountUnsent(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	err = tx.QueryRow(ctx, `select count(*) from notice where state = 'waiting' and made_at < $1`, now.Add(-MailWaitsAtMost)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count unsent notices: %w", err)
	}
	return n, nil
}
