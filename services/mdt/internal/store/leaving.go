package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/mdt/internal/domain"
)

// Chair is somebody's part in a case: they hold it, are asked to, or are its key worker.
type Chair struct {
	CaseID       string
	PatientRef   string
	Person       string
	Organisation string
	KeyWorker    bool
}

// Chairs lists them for an organisation, of one person or, without one, of everybody. left narrows it to case-holders who have left.
func Chairs(ctx context.Context, tx pgx.Tx, organisation, person string, left bool) ([]Chair, error) {
	return many(ctx, tx, "list parts in cases", pgx.RowToStructByPos[Chair], `select case_id::text, patient_ref::text, person_id::text, organisation_id::text, false from case_holder
			where organisation_id = $1 and ($2::uuid is null or person_id = $2) and state in ('offered', 'holds') and (not $3 or left_at is not null)
		union select case_id::text, patient_ref::text, person_id::text, organisation_id::text, true from key_worker
			where organisation_id = $1 and ($2::uuid is null or person_id = $2) and released_at is null and not $3
		order by 1, 5`, organisation, orNull(person), left)
}

// SeriesOf lists the series of meetings that a patient was on an agenda of.
func SeriesOf(ctx context.Context, tx pgx.Tx, ref string) ([]string, error) {
	return many(ctx, tx, "list series of patient", pgx.RowTo[string], `select distinct series_id::text from item where patient_ref = $1 and state <> 'removed' order by 1`, ref)
}

// LastHolding is whoever held a case when it was closed; ok is false when nobody did.
func LastHolding(ctx context.Context, tx pgx.Tx, caseID string) (h domain.Holding, ok bool, err error) {
	all, err := many(ctx, tx, "read last case-holder", scanHolding, `select `+holdingColumns+` from case_holder h
		where h.case_id = $1 and h.state = 'released' and h.handed_to is null order by h.released_at desc limit 1`, caseID)
	if err != nil || len(all) == 0 {
		return h, false, err
	}
	return all[0], true, nil
}

// NoteReopened keeps when a case was last opened again.
func NoteReopened(ctx context.Context, tx pgx.Tx, caseID string, at time.Time) error {
	return pg.Later(ctx, tx, "note that a case was opened again", `update patient_case set reopened_at = greatest(reopened_at, $2) where case_id = $1`, caseID, at)
}
