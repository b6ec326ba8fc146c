package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// Answers lists everything that a patient said about sharing.
func Answers(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Answer, error) {
	rows, err := tx.Query(ctx, `select purpose, asked_at, given, organisation_ids::text[], by_organisation_id::text from consent where patient_ref = $1 order by asked_at desc, given`, ref)
	if err != nil {
		return nil, fmt.Errorf("read answers about sharing: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Answer])
	if err != nil {
		return nil, fmt.Errorf("read answers about sharing: %w", err)
	}
	return all, nil
}

// Refusals lists what a patient has said no to since a time and not taken back, the oldest first, except to telling their household, which is nobody's to
// remove. Each has the id of the consent that it ended, and its own where there was none; UntilOn is set where that had come to its end.
func Refusals(ctx context.Context, tx pgx.Tx, p domain.Patient, since time.Time) ([]Consent, error) {
	rows, err := tx.Query(ctx, `select coalesce(y.id, c.id)::text, c.patient_ref::text, c.first_ref::text, c.purpose, c.given, c.asked_by::text, c.asked_at, c.how,
			array(select unnest(c.organisation_ids) intersect select unnest($2::uuid[]))::text[], c.by_organisation_id::text,
			coalesce(case when y.ends_at <= c.asked_at then y.until_on::text end, '')
		from consent c left join lateral (select y.id, y.until_on, y.ends_at from consent y
			where y.patient_ref = c.patient_ref and y.purpose = c.purpose and y.given and y.asked_at <= c.asked_at order by y.asked_at desc limit 1) y on true
		where c.patient_ref = $1 and not c.given and c.asked_at >= $3 and c.purpose <> $4 and (c.organisation_ids && $2::uuid[] or c.organisation_ids = '{}' and not exists
			(select from consent n where n.patient_ref = c.patient_ref and n.purpose = c.purpose and (n.given or n.organisation_ids = '{}')
				and (n.asked_at > c.asked_at or n.asked_at = c.asked_at and not n.given and n.id > c.id)))
		order by c.asked_at, c.id`, p.Ref, list(p.NotWith), since, terms.ConsentHousehold)
	if err != nil {
		return nil, fmt.Errorf("read refusals: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Consent])
	if err != nil {
		return nil, fmt.Errorf("read refusals: %w", err)
	}
	return all, nil
}

// PartHeld is a part that stands, and whether it rests on something that the person agrees to.
type PartHeld struct {
	CaseID       string
	Organisation string
	Part         string
	Because      string
	Agreed       bool
	Refused      bool // the person does not want the organisation to know of them
}

// PartsOf lists the parts that stand in any case of a patient, under any of their refs: a merge leaves closed cases where they were.
func PartsOf(ctx context.Context, tx pgx.Tx, refs []string) ([]PartHeld, error) {
	rows, err := tx.Query(ctx, `select m.case_id::text, m.organisation_id::text, m.part, m.because_id::text, m.agreed, m.refused
		from membership m join case_record c on c.id = m.case_id where c.patient_ref = any($1::uuid[]) and m.until is null order by 1, 2, 3, 4`, refs)
	if err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PartHeld])
	if err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	return all, nil
}

// SaveAgreed writes whether parts rest on something that the person agrees to.
func SaveAgreed(ctx context.Context, tx pgx.Tx, parts ...PartHeld) error {
	b := &pgx.Batch{}
	for _, p := range parts {
		b.Queue(`update membership set agreed = $5, refused = $6 where case_id = $1 and organisation_id = $2 and part = $3 and because_id = $4`, p.CaseID, p.Organisation, p.Part, p.Because, p.Agreed, p.Refused)
	}
	return pg.LaterAll(ctx, tx, "save what is agreed", b)
}

// SaveRefusals writes with whom a patient, who is locked, does not want to share.
func SaveRefusals(ctx context.Context, tx pgx.Tx, p domain.Patient) error {
	return pg.Later(ctx, tx, "save refusals", `update patient set not_with = $2::uuid[], said_no = $3 where ref = $1`, p.Ref, list(p.NotWith), p.SaidNo)
}
