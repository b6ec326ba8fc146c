package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/primarycare/internal/domain"
)

// Agree keeps what a meeting agreed that a practice does; what became of it may have been heard before.
func Agree(ctx context.Context, tx pgx.Tx, practice string, a domain.Agreed) error {
	return pg.Later(ctx, tx, "keep agreed action", `insert into agreed_action (id, practice_id, ref, case_id, meeting_id, owner_id, due_on, what, agreed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (id) do update set practice_id = excluded.practice_id, ref = excluded.ref, case_id = excluded.case_id, meeting_id = excluded.meeting_id,
			owner_id = excluded.owner_id, due_on = excluded.due_on, what = excluded.what, agreed_at = excluded.agreed_at`,
		a.ID, practice, a.Ref, null(a.CaseID), null(a.MeetingID), null(a.OwnerID), a.DueOn, a.What, a.AgreedAt)
}

// GiveAction lets an action go that the practice does not do any more: nobody there sees the row from now on, and its words are gone.
func GiveAction(ctx context.Context, tx pgx.Tx, id string) error {
	return pg.Later(ctx, tx, "give action", `update agreed_action set practice_id = null, owner_id = null, what = '' where id = $1`, id)
}

// AgreedDone keeps what became of an action. Both facts have one speaker and one patient, so the action was heard first.
func AgreedDone(ctx context.Context, tx pgx.Tx, id, result string, at time.Time) (practice string, err error) {
	var of *string
	err = tx.QueryRow(ctx, `update agreed_action set result = $2, done_at = $3 where id = $1 returning practice_id::text`, id, result, at).Scan(&of)
	if none(err) {
		return "", nil
	}
	return text(of), wrap("keep result of action", err)
}

// AgreedActions lists what a practice still has to do for meetings, what is due first.
func AgreedActions(ctx context.Context, tx pgx.Tx, practice string, refs []string) ([]domain.Agreed, error) {
	condition := `a.practice_id = @practice and a.result = '' and a.agreed_at is not null`
	args := pgx.NamedArgs{"practice": practice}
	if refs != nil {
		condition += ` and a.ref = any(@refs)`
		args["refs"] = refs
	}
	rows, err := tx.Query(ctx, `select a.id, a.ref, coalesce(a.case_id::text, ''), coalesce(a.meeting_id::text, ''), coalesce(a.owner_id::text, ''), a.due_on, a.what, a.agreed_at, a.result
		from agreed_action a where `+condition+` order by a.due_on, a.id limit 200`, args)
	if err != nil {
		return nil, wrap("list agreed actions", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Agreed])
	return list, wrap("list agreed actions", err)
}
