package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

// AddContact keeps a contact.
func AddContact(ctx context.Context, tx pgx.Tx, c domain.Contact) error {
	return pg.Later(ctx, tx, "add contact", `insert into contact (id, organisation_id, offer_id, referral_id, patient_ref, how, result, note, by_id, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.ID, c.OrganisationID, c.OfferID, c.ReferralID, c.PatientRef, c.How, c.Result, c.Note, c.By, c.At)
}

// Contacts lists the contacts of an offer, newest first.
func Contacts(ctx context.Context, tx pgx.Tx, offer string) ([]domain.Contact, error) {
	return collect[domain.Contact](ctx, tx, "read contacts", `select id, organisation_id, offer_id, referral_id, patient_ref, how, result, note, by_id, at
		from contact where offer_id = $1 order by at desc, id desc`, offer)
}

// collect reads rows whose columns are the fields of T in their order.
func collect[T any](ctx context.Context, tx pgx.Tx, verb, sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, err)
	}
	return list, nil
}

// AddAssessment keeps an assessment.
func AddAssessment(ctx context.Context, tx pgx.Tx, a domain.Assessment) error {
	return pg.Later(ctx, tx, "add assessment", `insert into assessment (id, organisation_id, offer_id, referral_id, patient_ref, stage, needs, matters, satisfied, worthwhile, happy,
			anxious, result, by_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		a.ID, a.OrganisationID, a.OfferID, a.ReferralID, a.PatientRef, a.Stage, list(a.Needs), a.Matters, a.Scores.Satisfied, a.Scores.Worthwhile,
		a.Scores.Happy, a.Scores.Anxious, a.Result, a.By, a.At)
}

// Assessments lists the assessments of an offer, oldest first.
func Assessments(ctx context.Context, tx pgx.Tx, offer string) ([]domain.Assessment, error) {
	rows, err := tx.Query(ctx, `select id, organisation_id, offer_id, referral_id, patient_ref, stage, needs, matters, satisfied, worthwhile, happy, anxious,
		result, by_id, at from assessment where offer_id = $1 order by at, id`, offer)
	if err != nil {
		return nil, fmt.Errorf("read assessments: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a domain.Assessment, err error) {
		err = row.Scan(&a.ID, &a.OrganisationID, &a.OfferID, &a.ReferralID, &a.PatientRef, &a.Stage, &a.Needs, &a.Matters, &a.Scores.Satisfied,
			&a.Scores.Worthwhile, &a.Scores.Happy, &a.Scores.Anxious, &a.Result, &a.By, &a.At)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read assessments: %w", err)
	}
	return list, nil
}

// AddPlan keeps a plan.
func AddPlan(ctx context.Context, tx pgx.Tx, p domain.Plan) error {
	return pg.Later(ctx, tx, "add plan", `insert into plan (id, organisation_id, offer_id, referral_id, patient_ref, matters, goals, review_on, by_id, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8::text::date, $9, $10)`,
		p.ID, p.OrganisationID, p.OfferID, p.ReferralID, p.PatientRef, p.Matters, list(p.Goals), p.ReviewOn, p.By, p.At)
}

// Plans lists the plans of an offer, the one that counts first.
func Plans(ctx context.Context, tx pgx.Tx, offer string) ([]domain.Plan, error) {
	return collect[domain.Plan](ctx, tx, "read plans", `select id, organisation_id, offer_id, referral_id, patient_ref, matters, goals, review_on::text, by_id, at
		from plan where offer_id = $1 order by at desc, id desc`, offer)
}

// AddPassed keeps that somebody was given to a colleague.
func AddPassed(ctx context.Context, tx pgx.Tx, p domain.Passed) error {
	return pg.Later(ctx, tx, "pass on", `insert into passed (id, organisation_id, offer_id, from_id, to_id, by_id, why, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.ID, p.OrganisationID, p.OfferID, null(p.From), p.To, p.By, p.Why, p.At)
}

// PassedOn lists how an offer went from colleague to colleague, newest first.
func PassedOn(ctx context.Context, tx pgx.Tx, offer string) ([]domain.Passed, error) {
	return collect[domain.Passed](ctx, tx, "read who had it", `select id, organisation_id, offer_id, coalesce(from_id::text, ''), to_id, by_id, why, at, coalesce(seen_at, `+never+`)
		from passed where offer_id = $1 order by at desc, id desc`, offer)
}

// Look notes that a person looked at something, and returns when they last did before; what was passed to them counts as seen.
func Look(ctx context.Context, tx pgx.Tx, person, thing string, now time.Time) (before time.Time, err error) {
	err = tx.QueryRow(ctx, `select coalesce((select at from looked where person_id = $1 and thing_id = $2), `+never+`)`, person, thing).Scan(&before)
	if err == nil {
		_, err = tx.Exec(ctx, `insert into looked (person_id, thing_id, at) values ($1, $2, $3)
			on conflict (person_id, thing_id) do update set at = excluded.at`, person, thing, now)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `update passed set seen_at = $3 where offer_id = $2 and to_id = $1 and seen_at is null`, person, thing, now)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `update offer set also_at = null where id = $1 and also_at is not null`, thing)
	}
	if err != nil {
		return before, fmt.Errorf("note who looked: %w", err)
	}
	return before, nil
}

// AddCrisis keeps that somebody was in danger, and whom we rang.
func AddCrisis(ctx context.Context, tx pgx.Tx, c domain.Crisis) error {
	return pg.Later(ctx, tx, "add crisis", `insert into crisis (id, organisation_id, patient_ref, offer_id, referral_id, practice_id, rung, rung_at, note, by_id, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		c.ID, c.OrganisationID, c.PatientRef, null(c.OfferID), null(c.ReferralID), null(c.PracticeID), c.Rung, nullTime(c.RungAt), c.Note, c.By, c.At)
}

// CrisesOf lists the crises of a person, newest first.
func CrisesOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Crisis, error) {
	return collect[domain.Crisis](ctx, tx, "read crises", `select id, organisation_id, patient_ref, coalesce(offer_id::text, ''), coalesce(referral_id::text, ''),
		coalesce(practice_id::text, ''), rung, coalesce(rung_at, `+never+`), note, by_id, at
		from crisis where patient_ref = any(refs_of($1)) order by at desc, id desc`, ref)
}

// AskAlso keeps that whoever helps on a referral was asked to help with another need too, and returns the organisations that are.
func AskAlso(ctx context.Context, tx pgx.Tx, referral string, need terms.Need, at time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `update offer set also = array_append(also, $2::text), also_at = $3, version = version + 1
		where referral_id = $1 and state = 'accepted' and not ($2::text = any (also)) returning organisation_id::text`, referral, need, at)
	if err != nil {
		return nil, fmt.Errorf("keep what else is asked: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("keep what else is asked: %w", err)
	}
	return out, nil
}
