package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/primarycare/internal/domain"
)

const signatureColumns = `s.draft_id, s.practice_id, s.draft_version, s.asked_by, s.asked_at, s.supervisor_id, s.answer, coalesce(s.answered_by::text, ''), s.answered_at`

func scanSignature(row pgx.CollectableRow) (s domain.Signature, err error) {
	var at *time.Time
	err = row.Scan(&s.DraftID, &s.PracticeID, &s.DraftVersion, &s.AskedBy, &s.AskedAt, &s.SupervisorID, &s.Answer, &s.AnsweredBy, &at)
	s.AnsweredAt = moment(at)
	return s, err
}

// Signature loads what was asked about a draft; its DraftID is "" when nobody was asked. Who changes it holds the draft's row.
func Signature(ctx context.Context, tx pgx.Tx, draft string) (domain.Signature, error) {
	rows, err := tx.Query(ctx, `select `+signatureColumns+` from signature s where s.draft_id = $1`, draft)
	if err != nil {
		return domain.Signature{}, wrap("load signature", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, scanSignature)
	if none(err) {
		return domain.Signature{}, nil
	}
	return s, wrap("load signature", err)
}

// SaveSignature writes what was asked or answered.
func SaveSignature(ctx context.Context, tx pgx.Tx, s domain.Signature) error {
	return pg.Later(ctx, tx, "save signature", `insert into signature (draft_id, practice_id, draft_version, asked_by, asked_at, supervisor_id, answer, answered_by, answered_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (draft_id) do update set draft_version = excluded.draft_version, asked_by = excluded.asked_by, asked_at = excluded.asked_at,
			supervisor_id = excluded.supervisor_id, answer = excluded.answer, answered_by = excluded.answered_by, answered_at = excluded.answered_at`,
		s.DraftID, s.PracticeID, s.DraftVersion, s.AskedBy, s.AskedAt, s.SupervisorID, s.Answer, null(s.AnsweredBy), nullTime(s.AnsweredAt))
}

// Signatures lists what waits for an answer at a practice, the longest asked first. What was changed since is not listed.
func Signatures(ctx context.Context, tx pgx.Tx, practice string, now time.Time, limit int) ([]domain.Signature, error) {
	rows, err := tx.Query(ctx, `select `+signatureColumns+` from signature s join draft d on d.id = s.draft_id and d.version = s.draft_version
		where s.practice_id = $1 and s.answer = '' and d.done_as is null and d.expires_at > $2 order by s.asked_at, s.draft_id limit $3`, practice, now, limit)
	if err != nil {
		return nil, wrap("list signatures", err)
	}
	list, err := pgx.CollectRows(rows, scanSignature)
	return list, wrap("list signatures", err)
}
