package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/primarycare/internal/domain"
)

const patientColumns = `p.practice_id, p.ref, p.given_name, p.family_name, p.date_of_birth, coalesce(p.nhs_number, ''), p.no_number_reason, p.sex, p.phone, p.email,
	p.address, p.postcode, p.language, p.interpreter_needed, p.accessibility, p.safe_phone, p.safe_text, p.safe_email, p.safe_letter,
	p.safe_note, p.next_of_kin, p.status, p.version, coalesce(p.added_by::text, ''), p.added_at, coalesce(p.changed_by::text, ''), p.changed_at,
	coalesce(p.heard_at, '0001-01-01 00:00:00+00'), p.erased_at`

func patientInto(p *domain.Patient, born, erased **time.Time) []any {
	return []any{
		&p.PracticeID, &p.Ref, &p.GivenName, &p.FamilyName, born, &p.NHSNumber, &p.NoNumberReason, &p.Sex, &p.Phone, &p.Email,
		&p.Address, &p.Postcode, &p.Language, &p.InterpreterNeeded, &p.Accessibility, &p.Safe.Phone, &p.Safe.Text, &p.Safe.Email, &p.Safe.Letter,
		&p.SafeNote, &p.NextOfKin, &p.Status, &p.Version, &p.AddedBy, &p.AddedAt, &p.ChangedBy, &p.ChangedAt, &p.HeardAt, erased,
	}
}

func scanPatient(row pgx.CollectableRow) (p domain.Patient, err error) {
	var born, erased *time.Time
	err = row.Scan(patientInto(&p, &born, &erased)...)
	p.DateOfBirth, p.ErasedAt = moment(born), moment(erased)
	return p, err
}

// AddPatient inserts a patient; false when this practice has one with that ref or NHS number already.
func AddPatient(ctx context.Context, tx pgx.Tx, p domain.Patient) (added bool, err error) {
	tag, err := tx.Exec(ctx, `insert into patient (practice_id, ref, given_name, family_name, date_of_birth, nhs_number, no_number_reason, sex, phone, email,
			address, postcode, language, interpreter_needed, accessibility, safe_phone, safe_text, safe_email, safe_letter, safe_note, next_of_kin,
			status, added_by, added_at, changed_by, changed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $23, $24) on conflict do nothing`,
		p.PracticeID, p.Ref, p.GivenName, p.FamilyName, p.DateOfBirth, null(p.NHSNumber), p.NoNumberReason, p.Sex, p.Phone, p.Email,
		p.Address, p.Postcode, p.Language, p.InterpreterNeeded, list(p.Accessibility), p.Safe.Phone, p.Safe.Text, p.Safe.Email, p.Safe.Letter, p.SafeNote, p.NextOfKin,
		p.Status, null(p.AddedBy), p.AddedAt)
	if err != nil {
		return false, fmt.Errorf("add patient: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// SavePatient writes details and status of a patient that was loaded and locked.
func SavePatient(ctx context.Context, tx pgx.Tx, p domain.Patient) error {
	_, err := tx.Exec(ctx, `update patient set given_name = $3, family_name = $4, date_of_birth = $5, nhs_number = $6, no_number_reason = $7, sex = $8,
			phone = $9, email = $10, address = $11, postcode = $12, language = $13, interpreter_needed = $14, accessibility = $15, safe_phone = $16,
			safe_text = $17, safe_email = $18, safe_letter = $19, safe_note = $20, next_of_kin = $21, status = $22, version = $23, changed_by = $24, changed_at = $25
		where practice_id = $1 and ref = $2`,
		p.PracticeID, p.Ref, p.GivenName, p.FamilyName, p.DateOfBirth, null(p.NHSNumber), p.NoNumberReason, p.Sex,
		p.Phone, p.Email, p.Address, p.Postcode, p.Language, p.InterpreterNeeded, list(p.Accessibility), p.Safe.Phone,
		p.Safe.Text, p.Safe.Email, p.Safe.Letter, p.SafeNote, p.NextOfKin, p.Status, p.Version, null(p.ChangedBy), p.ChangedAt)
	if err != nil {
		return fmt.Errorf("save patient: %w", err)
	}
	return nil
}

// LockCopies reads what every practice keeps of these refs and was not erased, held until the transaction ends.
func LockCopies(ctx context.Context, tx pgx.Tx, refs []string) ([]domain.Patient, error) {
	rows, err := tx.Query(ctx, `select `+patientColumns+` from patient p where ref = any($1) and erased_at is null order by practice_id, ref for update`, refs)
	if err != nil {
		return nil, fmt.Errorf("lock patient: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanPatient)
	if err != nil {
		return nil, fmt.Errorf("lock patient: %w", err)
	}
	return all, nil
}

// KeepChange writes which fields of a patient changed.
func KeepChange(ctx context.Context, tx pgx.Tx, id string, p domain.Patient, c domain.Change) error {
	return pg.Later(ctx, tx, "keep change", `insert into patient_change (id, practice_id, ref, at, by_id, fields) values ($1, $2, $3, $4, $5, $6)`,
		id, p.PracticeID, p.Ref, c.At, null(c.By), list(c.Fields))
}

// Changes lists what was changed in a patient's record, the latest first.
func Changes(ctx context.Context, tx pgx.Tx, practice, ref string) ([]domain.Change, error) {
	rows, err := tx.Query(ctx, `select at, coalesce(by_id::text, ''), fields from patient_change where practice_id = $1 and ref = $2 order by at desc limit 50`, practice, ref)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Change])
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return list, nil
}

// Lock says whether a row is loaded to be changed.
type Lock bool

// Whether to lock.
const (
	Read   Lock = false
	Change Lock = true
)

func (l Lock) sql() string {
	if l {
		return " for update"
	}
	return ""
}

// Patient loads one patient of the practice. The error is domain.ErrNoPatient.
func Patient(ctx context.Context, tx pgx.Tx, practice, ref string, lock Lock) (domain.Patient, error) {
	return onePatient(ctx, tx, `p.practice_id = $1 and p.ref = $2`+lock.sql(), practice, ref)
}

// PatientByNumber loads a patient of the practice by ten digits. The error is domain.ErrNoPatient.
func PatientByNumber(ctx context.Context, tx pgx.Tx, practice, number string) (domain.Patient, error) {
	return onePatient(ctx, tx, `p.practice_id = $1 and p.nhs_number = $2`, practice, number)
}

func onePatient(ctx context.Context, tx pgx.Tx, condition string, args ...any) (domain.Patient, error) {
	rows, err := tx.Query(ctx, `select `+patientColumns+` from patient p where `+condition, args...)
	if err != nil {
		return domain.Patient{}, fmt.Errorf("load patient: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPatient)
	if none(err) {
		return p, domain.ErrNoPatient
	}
	if err != nil {
		return p, fmt.Errorf("load patient: %w", err)
	}
	return p, nil
}

// PatientQuery says whom somebody looks for; what is empty does not narrow it.
type PatientQuery struct {
	PracticeID string
	Words      []string // beginnings of words of the name, in lower case, all of them
	Born       time.Time
	Limit      int
}

// Patients lists the practice's patients who fit, by name.
func Patients(ctx context.Context, tx pgx.Tx, q PatientQuery) ([]domain.Patient, error) {
	condition := `p.practice_id = @practice and p.erased_at is null`
	args := pgx.NamedArgs{"practice": q.PracticeID, "limit": q.Limit}
	if !q.Born.IsZero() {
		condition += ` and p.date_of_birth = @born`
		args["born"] = q.Born
	}
	if len(q.Words) > 0 {
		patterns := make([]string, len(q.Words))
		for i, w := range q.Words {
			patterns[i] = `% ` + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(w) + `%`
		}
		condition += ` and ' ' || translate(lower(p.given_name || ' ' || p.family_name), '-', ' ') like all (@words)`
		args["words"] = patterns
	}
	rows, err := tx.Query(ctx, `select `+patientColumns+` from patient p where `+condition+` order by lower(p.family_name), lower(p.given_name), p.ref limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("find patients: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanPatient)
	if err != nil {
		return nil, fmt.Errorf("find patients: %w", err)
	}
	return list, nil
}

// SameName finds a patient of the practice with this name and date of birth, or "".
func SameName(ctx context.Context, tx pgx.Tx, practice string, d domain.Details) (ref string, err error) {
	err = tx.QueryRow(ctx, `select ref from patient where practice_id = $1 and lower(given_name) = lower($2) and lower(family_name) = lower($3) and date_of_birth = $4
		and erased_at is null order by added_at limit 1`, practice, d.GivenName, d.FamilyName, d.DateOfBirth).Scan(&ref)
	if none(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the same name: %w", err)
	}
	return ref, nil
}

// Resolve follows a ref to the one that stands for the person now.
func Resolve(ctx context.Context, tx pgx.Tx, ref string) (string, error) {
	var into string
	err := tx.QueryRow(ctx, `with recursive chain(ref, step) as (select $1::uuid, 0
			union all select a.into_ref, c.step + 1 from chain c join patient_alias a on a.from_ref = c.ref where c.step < 20)
		select ref from chain order by step desc limit 1`, ref).Scan(&into)
	if err != nil {
		return "", fmt.Errorf("resolve ref: %w", err)
	}
	return into, nil
}

// SamePerson lists every ref that stands for the person, this one included.
func SamePerson(ctx context.Context, tx pgx.Tx, ref string) ([]string, error) {
	rows, err := tx.Query(ctx, `with recursive same(ref) as (select $1::uuid
			union select case when a.from_ref = s.ref then a.into_ref else a.from_ref end from same s join patient_alias a on s.ref in (a.from_ref, a.into_ref))
		select ref::text from same`, ref)
	if err != nil {
		return nil, fmt.Errorf("list refs: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list refs: %w", err)
	}
	return list, nil
}

// Merge writes that two refs are one person.
func Merge(ctx context.Context, tx pgx.Tx, from, into string, at time.Time) error {
	return pg.Later(ctx, tx, "merge refs", `insert into patient_alias (from_ref, into_ref, at) values ($1, $2, $3)
		on conflict (from_ref) do update set into_ref = excluded.into_ref, at = excluded.at where patient_alias.at <= excluded.at`, from, into, at)
}

// UndoMerge takes that back. What a practice took over of how to reach one may be the other's: coordination's next word of each replaces it,
// however old. This is heard under both refs, and a word about the two as one may come between.
func UndoMerge(ctx context.Context, tx pgx.Tx, from, into string) error {
	var refs []string
	for _, ref := range []string{from, into} {
		same, err := SamePerson(ctx, tx, ref)
		if err != nil {
			return err
		}
		refs = append(refs, same...)
	}
	b := &pgx.Batch{}
	b.Queue(`update patient set preferences_at = to_timestamp(0) where ref = any($1) and changed_by is null and preferences_at = changed_at`, refs)
	b.Queue(`delete from patient_alias where from_ref = $1 and into_ref = $2`, from, into)
	return pg.LaterAll(ctx, tx, "undo merge of refs", b)
}

// KeepCase writes which case coordination keeps for a patient; the newest counts.
func KeepCase(ctx context.Context, tx pgx.Tx, ref, caseID, reference string, at time.Time) error {
	return pg.Later(ctx, tx, "keep case", `insert into patient_case (ref, case_id, reference, at) values ($1, $2, $3, $4)
		on conflict (ref) do update set case_id = excluded.case_id, reference = excluded.reference, at = excluded.at where patient_case.at <= excluded.at`, ref, caseID, reference, at)
}

// CaseOf is the newest case of any of the refs, or "".
func CaseOf(ctx context.Context, tx pgx.Tx, refs []string) (caseID, reference string, err error) {
	err = tx.QueryRow(ctx, `select case_id, reference from patient_case where ref = any($1) order by at desc limit 1`, refs).Scan(&caseID, &reference)
	if none(err) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find case: %w", err)
	}
	return caseID, reference, nil
}

// PracticesOf lists the practices that have any of the refs as a patient, active ones first.
func PracticesOf(ctx context.Context, tx pgx.Tx, refs []string) (practices, own []string, err error) {
	rows, err := tx.Query(ctx, `select practice_id::text, ref::text from patient where ref = any($1) and erased_at is null order by status <> 'active', changed_at desc, practice_id`, refs)
	if err != nil {
		return nil, nil, fmt.Errorf("find practices: %w", err)
	}
	var practice, ref string
	_, err = pgx.ForEachRow(rows, []any{&practice, &ref}, func() error {
		practices, own = append(practices, practice), append(own, ref)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("find practices: %w", err)
	}
	return practices, own, nil
}

// Preferences are how somebody said elsewhere that they want to be contacted.
type Preferences struct {
	Phone, Email      string
	Language          string
	InterpreterNeeded bool
	Safe              domain.SafeWays
	SafeNote          string
}

// Prefer writes preferences into every practice's record of the refs that is not newer, or waits for them after a merge was undone, and says
// which records changed. asOf is what of the safe ways was known when it was said: a record that has heard of more keeps them.
func Prefer(ctx context.Context, tx pgx.Tx, refs []string, p Preferences, at time.Time, asOf *time.Time) ([]domain.Patient, error) {
	const stale = `case when heard_at > $12::timestamptz then `
	rows, err := tx.Query(ctx, `update patient p set phone = $2, email = $3, language = $4, interpreter_needed = $5,
			safe_phone = `+stale+`safe_phone else $6 end, safe_text = `+stale+`safe_text else $7 end, safe_email = `+stale+`safe_email else $8 end,
			safe_letter = `+stale+`safe_letter else $9 end, safe_note = `+stale+`safe_note else $10 end, preferences_at = $11, version = version + 1, changed_by = null, changed_at = $11
		where ref = any($1) and erased_at is null and (changed_at < $11 and (preferences_at is null or preferences_at < $11) or preferences_at = to_timestamp(0) and changed_by is null)
			and (phone, email, language, interpreter_needed, safe_phone, safe_text, safe_email, safe_letter, safe_note) is distinct from ($2, $3, $4, $5, $6, $7, $8, $9, $10)
		returning `+patientColumns, refs, p.Phone, p.Email, p.Language, p.InterpreterNeeded, p.Safe.Phone, p.Safe.Text,
		p.Safe.Email, p.Safe.Letter, p.SafeNote, at, asOf)
	if err != nil {
		return nil, fmt.Errorf("change preferences: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanPatient)
	if err != nil {
		return nil, fmt.Errorf("change preferences: %w", err)
	}
	// What waited and heard the same waits no longer.
	return list, pg.Later(ctx, tx, "change preferences", `update patient set preferences_at = changed_at where ref = any($1) and preferences_at = to_timestamp(0)`, refs)
}

// Hear writes as of when the newest is that coordination said of how to reach somebody, into a record that is locked.
func Hear(ctx context.Context, tx pgx.Tx, p domain.Patient, asOf time.Time) error {
	return pg.Later(ctx, tx, "keep what was heard", `update patient set heard_at = $3 where practice_id = $1 and ref = $2`, p.PracticeID, p.Ref, asOf)
}

// Erase clears every column of PersonalData of the refs and deletes their drafts. removed counts records.
func Erase(ctx context.Context, tx pgx.Tx, refs []string, at time.Time) (removed int, err error) {
	for _, sql := range []string{
		`update patient set given_name = '', family_name = '', date_of_birth = null, nhs_number = null, sex = '', phone = '', email = '', address = '', postcode = '',
			language = '', interpreter_needed = false, accessibility = '{}', safe_phone = false, safe_text = false, safe_email = false, safe_letter = false,
			safe_note = '', next_of_kin = '', heard_at = null, erased_at = $2, changed_at = $2, changed_by = null, version = version + 1 where ref = any($1)`,
		`update red_flag set note = '', who = '', questions = '{}', version = version + 1 where ref = any($1) and $2::timestamptz is not null`,
		`update signpost set need = '', service_id = null, version = version + 1 where ref = any($1) and $2::timestamptz is not null`,
		`update referral_step set message = '', receiver_id = null where referral_id in (select id from referral where ref = any($1)) and $2::timestamptz is not null`,
		`update referral set narrative = '', safeguarding = '', safeguarding_codes = '{}', accessibility = '{}', need = '', receivers = '[]', message = '',
			receiver_id = null, changed_at = $2, version = version + 1 where ref = any($1)`,
		`update agreed_action set what = '' where ref = any($1) and $2::timestamptz is not null`,
		`delete from draft where ref = any($1) and $2::timestamptz is not null`,
		`delete from unsaid where ref = any($1) and $2::timestamptz is not null`,
	} {
		tag, err := tx.Exec(ctx, sql, refs, at)
		if err != nil {
			return removed, fmt.Errorf("erase patient: %w", err)
		}
		removed += int(tag.RowsAffected())
	}
	return removed, nil
}
