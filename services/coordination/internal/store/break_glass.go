package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/coordination/internal/domain"
)

const grantColumns = `g.id::text, g.patient_ref::text, g.case_id::text, g.person_id::text, g.organisation_id::text, g.role, g.reason, g.words, g.sensitive,
	g.at, g.until, g.review_due_at, g.outcome, coalesce(g.reviewed_by::text, ''), g.reviewed_at, g.note`

func scanGrant(row pgx.CollectableRow) (g domain.Grant, err error) {
	var reviewed zeroTime
	err = row.Scan(&g.ID, &g.PatientRef, &g.CaseID, &g.Person, &g.Organisation, &g.Role, &g.Reason, &g.Words, &g.Sensitive,
		&g.At, &g.Until, &g.ReviewDueAt, &g.Outcome, &g.ReviewedBy, &reviewed, &g.Note)
	g.ReviewedAt = reviewed.Time
	return g, err
}

func grants(ctx context.Context, tx pgx.Tx, condition string, args ...any) ([]domain.Grant, error) {
	rows, err := tx.Query(ctx, `select `+grantColumns+` from break_glass g `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("read looks in an emergency: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanGrant)
	if err != nil {
		return nil, fmt.Errorf("read looks in an emergency: %w", err)
	}
	return all, nil
}

// StandingGrants lists the looks of the actor that are not over, the newest first: of nearly everybody, none.
func StandingGrants(ctx context.Context, tx pgx.Tx, now time.Time) ([]domain.Grant, error) {
	return grants(ctx, tx, `where g.person_id = actor_person() and g.organisation_id = actor_org() and g.role = actor_role() and g.until > $1 order by g.at desc limit 20`, now)
}

// StandingGrantFor reads the look of somebody at one patient that is not over, of a patient who is locked; nil when there is none.
func StandingGrantFor(ctx context.Context, tx pgx.Tx, by domain.Viewer, patientRef string) (*domain.Grant, error) {
	all, err := grants(ctx, tx, `where g.person_id = $1 and g.organisation_id = $2 and g.role = $3 and g.patient_ref = $4 and g.until > $5 order by g.at desc limit 1`,
		by.Person, by.Organisation, by.Role, patientRef, by.Now)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Carry has the rest of the transaction see what a look in an emergency lets the actor see, by the program's own clock.
func Carry(ctx context.Context, tx pgx.Tx, g domain.Grant, now time.Time) error {
	_, err := tx.Exec(ctx, `select set_config('waypost.grant', $1, true), set_config('waypost.now', $2, true)`, g.ID, now.UTC().Format(time.RFC3339Nano))
	if err != nil {
		return fmt.Errorf("look in an emergency: %w", err)
	}
	return nil
}

// PatientOfThing finds whose a case, a referral or a ref is; "" when it is nobody's.
func PatientOfThing(ctx context.Context, tx pgx.Tx, id string) (ref string, err error) {
	err = tx.QueryRow(ctx, `select coalesce((select patient_ref from case_record where id = $1), (select patient_ref from referral where id = $1),
		(select coalesce(merged_into, ref) from patient where ref = $1))::text`, id).Scan(text{&ref})
	if err != nil {
		return "", fmt.Errorf("find patient: %w", err)
	}
	return ref, nil
}

// AddGrant keeps a look in an emergency.
func AddGrant(ctx context.Context, tx pgx.Tx, g domain.Grant) error {
	return pg.Later(ctx, tx, "add look in an emergency", `insert into break_glass (id, patient_ref, case_id, person_id, organisation_id, role, reason, words, sensitive, at, until, review_due_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		g.ID, g.PatientRef, g.CaseID, g.Person, g.Organisation, g.Role, g.Reason, g.Words, g.Sensitive, g.At, g.Until, g.ReviewDueAt)
}

// SaveReview keeps what was found of a look.
func SaveReview(ctx context.Context, tx pgx.Tx, g domain.Grant) error {
	return pg.Later(ctx, tx, "review look in an emergency", `update break_glass set outcome = $2, reviewed_by = $3, reviewed_at = $4, note = $5, until = $6 where id = $1`,
		g.ID, g.Outcome, g.ReviewedBy, g.ReviewedAt, g.Note, g.Until)
}

// LockGrant reads a look that is to be reviewed, and keeps others from reviewing it meanwhile.
func LockGrant(ctx context.Context, tx pgx.Tx, id string) (domain.Grant, error) {
	return oneGrant(ctx, tx, `where g.id = $1 for update`, id)
}

// GrantByID reads a look that may be seen.
func GrantByID(ctx context.Context, tx pgx.Tx, id string) (domain.Grant, error) {
	return oneGrant(ctx, tx, `where g.id = $1`, id)
}

func oneGrant(ctx context.Context, tx pgx.Tx, condition, id string) (domain.Grant, error) {
	all, err := grants(ctx, tx, condition, id)
	if err == nil && len(all) == 0 {
		err = domain.ErrNoGlass
	}
	if err != nil {
		return domain.Grant{}, err
	}
	return all[0], nil
}

// Grants lists looks in an emergency: those that nobody has reviewed first, the longest due first, then the newest.
func Grants(ctx context.Context, tx pgx.Tx, limit int) ([]domain.Grant, error) {
	return grants(ctx, tx, `order by g.outcome <> '', case when g.outcome = '' then g.review_due_at end, g.at desc, g.id limit $1`, limit)
}

// GrantsOn lists the looks at one patient, the newest first.
func GrantsOn(ctx context.Context, tx pgx.Tx, refs []string) ([]domain.Grant, error) {
	return grants(ctx, tx, `where g.patient_ref = any($1) order by g.at desc, g.id`, refs)
}

// CaseReferences is how people call cases.
func CaseReferences(ctx context.Context, tx pgx.Tx, ids []string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `select id::text, reference from case_record where id = any($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	out := map[string]string{}
	var id, reference string
	if _, err := pgx.ForEachRow(rows, []any{&id, &reference}, func() error { out[id] = reference; return nil }); err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	return out, nil
}

// CountUnreviewed counts the looks that nobody reviewed in time.
func CountUnreviewed(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err = tx.QueryRow(ctx, `select count(*) from break_glass where outcome = '' and review_due_at < $1`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count looks to review: %w", err)
	}
	return n, nil
}
