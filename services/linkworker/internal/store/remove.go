package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// What was shared with us, and what we wrote ourselves. Withdrawn consent removes the first; erasure removes both.
var (
	shared = []string{
		`update person set given_name = '', family_name = '', date_of_birth = '', nhs_number = '', phone = '', email = '', address = '', postcode = '',
			language = '', accessibility = '{}', safe_note = '', next_of_kin = '', ways_at = null, removed_at = $2, changed_at = greatest(changed_at, $2)
			where ref = any(refs_of($1)) and removed_at is null and (cardinality($3::uuid[]) = 0 or organisation_id = any($3))`,
		`update offer set need = case when sensitive then '' else need end, narrative = '', safeguarding = '', safeguarding_codes = '{}',
			accessibility = '{}', criterion = '', detail = '', question = '', reply = '', end_note = '', removed_at = $2, version = version + 1
			where patient_ref = any(refs_of($1)) and removed_at is null and (cardinality($3::uuid[]) = 0 or organisation_id = any($3))`,
		`update referral set narrative = '', safeguarding = '', safeguarding_codes = '{}', accessibility = '{}', message = '', removed_at = $2,
			need = case when sensitive then '' else need end, receivers = case when sensitive then '[]' else receivers end,
			receiver_id = case when sensitive then null else receiver_id end, version = version + 1
			where patient_ref = any(refs_of($1)) and removed_at is null and (cardinality($3::uuid[]) = 0 or organisation_id = any($3))`,
		`update referral_step s set message = '', receiver_id = null where patient_ref = any(refs_of($1)) and (message <> '' or receiver_id is not null)
			and $2::timestamptz is not null and (cardinality($3::uuid[]) = 0 or organisation_id = any($3))`,
		`update agreed_action set what = '' where patient_ref = any(refs_of($1)) and what <> '' and $2::timestamptz is not null
			and (cardinality($3::uuid[]) = 0 or organisation_id = any($3))`,
	}
	// sensitive is the part of it that rests on consent to share what is sensitive; a person goes with it whom a team knows by nothing else.
	sensitive = []string{
		shared[0] + ` and exists (select from offer o where o.patient_ref = any(refs_of($1)) and o.organisation_id = person.organisation_id and o.sensitive and o.removed_at is null)
			and not exists (select from offer o where o.patient_ref = any(refs_of($1)) and o.organisation_id = person.organisation_id and not o.sensitive and o.removed_at is null)`,
		shared[1] + ` and sensitive`,
		shared[3] + ` and exists (select from referral r where r.id = s.referral_id and r.sensitive)`,
		shared[2] + ` and sensitive`,
	}
	written = []string{
		`update offer set need = '' where patient_ref = any(refs_of($1)) and need <> ''`,
		`update referral set need = '', receivers = '[]', receiver_id = null where patient_ref = any(refs_of($1)) and need <> ''`,
		`update contact set note = '' where patient_ref = any(refs_of($1)) and note <> ''`,
		`update assessment set needs = '{}', matters = '', satisfied = null, worthwhile = null, happy = null, anxious = null
			where patient_ref = any(refs_of($1)) and (matters <> '' or needs <> '{}' or num_nonnulls(satisfied, worthwhile, happy, anxious) > 0)`,
		`update plan set matters = '', goals = '[]' where patient_ref = any(refs_of($1)) and (matters <> '' or goals <> '[]')`,
		`update passed set why = '' where why <> '' and offer_id in (select id from offer where patient_ref = any(refs_of($1)))`,
		`update crisis set note = '' where patient_ref = any(refs_of($1)) and note <> ''`,
	}
)

// RemoveShared clears what was shared with the organisations (none named: all of ours) about a person, and counts the records.
func RemoveShared(ctx context.Context, tx pgx.Tx, ref string, organisations []string, at time.Time) (removed int, err error) {
	return remove(ctx, tx, shared, ref, organisations, at)
}

// RemoveSensitive is RemoveShared for what is sensitive alone.
func RemoveSensitive(ctx context.Context, tx pgx.Tx, ref string, organisations []string, at time.Time) (removed int, err error) {
	return remove(ctx, tx, sensitive, ref, organisations, at)
}

func remove(ctx context.Context, tx pgx.Tx, statements []string, ref string, organisations []string, at time.Time) (removed int, err error) {
	for _, sql := range statements {
		tag, err := tx.Exec(ctx, sql, ref, at, list(organisations))
		if err != nil {
			return 0, fmt.Errorf("remove what was shared: %w", err)
		}
		removed += int(tag.RowsAffected())
	}
	return removed, nil
}

// Erase clears every column of PersonalData about a person, and counts the records.
func Erase(ctx context.Context, tx pgx.Tx, ref string, at time.Time) (removed int, err error) {
	if removed, err = RemoveShared(ctx, tx, ref, nil, at); err != nil {
		return 0, err
	}
	for _, sql := range written {
		tag, err := tx.Exec(ctx, sql, ref)
		if err != nil {
			return 0, fmt.Errorf("erase what we wrote: %w", err)
		}
		removed += int(tag.RowsAffected())
	}
	return removed, nil
}
