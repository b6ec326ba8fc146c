package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/coordination/internal/domain"
)

const patientColumns = `ref::text, coalesce(merged_into::text, ''), status, contact_at, given_name, family_name, date_of_birth, nhs_number, sex, phone,
	email, address_lines, postcode, language, interpreter_needed, accessibility, safe_phone, safe_text, safe_email, safe_letter, safe_note, next_of_kin, erased_at, one_since, not_with::text[], said_no, unsafe, notes,
	ways_at, ways_by, said_status`

func scanPatient(row pgx.CollectableRow) (domain.Patient, error) {
	var p domain.Patient
	var at, erased, one, ways zeroTime
	err := row.Scan(&p.Ref, &p.MergedInto, &p.Status, &at, &p.GivenName, &p.FamilyName, &p.DateOfBirth, &p.NHSNumber, &p.Sex, &p.Phone,
		&p.Email, &p.AddressLines, &p.Postcode, &p.Language, &p.InterpreterNeeded, &p.Accessibility, &p.SafePhone, &p.SafeText, &p.SafeEmail,
		&p.SafeLetter, &p.SafeNote, &p.NextOfKin, &erased, &one, &p.NotWith, &p.SaidNo, &p.Unsafe, &p.Notes,
		&ways, &p.WaysBy, &p.Said)
	p.ContactAt, p.ErasedAt, p.OneSince, p.WaysAt = at.Time, erased.Time, one.Time, ways.Time
	return p, err
}

// LockPatient takes the lock under which everything of one patient is ordered, and follows a ref that was merged to the one
// that everything is kept under. known is false when there is none.
func LockPatient(ctx context.Context, tx pgx.Tx, ref string) (p domain.Patient, known bool, err error) {
	for {
		rows, err := tx.Query(ctx, `select `+patientColumns+` from patient where ref = $1 for update`, ref)
		if err != nil {
			return p, false, fmt.Errorf("lock patient: %w", err)
		}
		p, err = pgx.CollectExactlyOneRow(rows, scanPatient)
		if errors.Is(err, pgx.ErrNoRows) {
			return p, false, nil
		}
		if err != nil {
			return p, false, fmt.Errorf("lock patient: %w", err)
		}
		if p.MergedInto == "" {
			return p, true, nil
		}
		ref = p.MergedInto
	}
}

// PatientByRef reads a patient that may be seen; the error is domain.ErrNoCase when none may.
func PatientByRef(ctx context.Context, tx pgx.Tx, ref string) (domain.Patient, error) {
	rows, err := tx.Query(ctx, `select `+patientColumns+` from patient where ref = $1`, ref)
	if err != nil {
		return domain.Patient{}, fmt.Errorf("read patient: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPatient)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, domain.ErrNoCase
	}
	if err != nil {
		return p, fmt.Errorf("read patient: %w", err)
	}
	return p, nil
}

// PatientOnCase reads the person of a case as the actor's organisation may see them: the newest of the records it knows, or is
// allowed to see, and by no way that another of them says is not safe. The error is domain.ErrNotWho when there is none.
func PatientOnCase(ctx context.Context, tx pgx.Tx, caseID string) (domain.Patient, error) {
	rows, err := tx.Query(ctx, `select `+patientColumns+` from patient where ref in
			(select m.first_ref from membership m where m.case_id = $1 and m.organisation_id = actor_org() and m.until is null
				union all select g.patient_ref from break_glass g where g.id = actor_grant())
		order by contact_at desc nulls last, ref limit 1`, caseID)
	if err != nil {
		return domain.Patient{}, fmt.Errorf("read patient: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPatient)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, domain.ErrNotWho
	}
	if err != nil {
		return p, fmt.Errorf("read patient: %w", err)
	}
	return p.Careful(), nil
}

// AddPatient writes a patient whose ref is new. If another transaction was quicker this one fails, and finds the ref when it
// is tried again.
func AddPatient(ctx context.Context, tx pgx.Tx, p domain.Patient) error {
	return pg.Later(ctx, tx, "add patient", `insert into patient (ref, merged_into, status, contact_at, given_name, family_name, date_of_birth, nhs_number, sex, phone, email,
			address_lines, postcode, language, interpreter_needed, accessibility, safe_phone, safe_text, safe_email, safe_letter, safe_note, next_of_kin, likeness, one_since, unsafe, notes, ways_at, ways_by, said_status)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)`, patientRow(p, nil)...)
}

// SavePatient writes a patient that is locked, to be found by what the others say too: records that were merged into this one.
func SavePatient(ctx context.Context, tx pgx.Tx, p domain.Patient, others ...domain.Patient) error {
	return pg.Later(ctx, tx, "save patient", `update patient set merged_into = $2, status = $3, contact_at = $4, given_name = $5, family_name = $6, date_of_birth = $7,
			nhs_number = $8, sex = $9, phone = $10, email = $11, address_lines = $12, postcode = $13, language = $14, interpreter_needed = $15,
			accessibility = $16, safe_phone = $17, safe_text = $18, safe_email = $19, safe_letter = $20, safe_note = $21, next_of_kin = $22, likeness = $23, one_since = $24, unsafe = $25, notes = $26,
			ways_at = $27, ways_by = $28, said_status = $29
		where ref = $1`, patientRow(p, others)...)
}

func patientRow(p domain.Patient, others []domain.Patient) []any {
	return []any{
		p.Ref, null(p.MergedInto), p.Status, nullTime(p.ContactAt), p.GivenName, p.FamilyName, p.DateOfBirth, p.NHSNumber, p.Sex, p.Phone,
		p.Email, list(p.AddressLines), p.Postcode, p.Language, p.InterpreterNeeded, list(p.Accessibility), p.SafePhone, p.SafeText, p.SafeEmail,
		p.SafeLetter, p.SafeNote, p.NextOfKin, hashed(domain.LikenessKeysOf(p, others)), nullTime(p.OneSince), list(p.Unsafe), p.Notes,
		nullTime(p.WaysAt), p.WaysBy, p.Said,
	}
}

// hashed are keys of likeness as they are kept: shorter, and no name to be read in them.
func hashed(keys []string) []int64 {
	out := make([]int64, len(keys))
	for i, k := range keys {
		h := fnv.New64a()
		h.Write([]byte(k))
		out[i] = int64(h.Sum64()) // its bits, whatever they count to
	}
	return out
}

// HoldAlike holds back everybody who is about to write a patient like this one until this transaction ends: of two requests in
// one instant, the second sees the first. Call it before this one is written.
func HoldAlike(ctx context.Context, tx pgx.Tx, p domain.Patient) error {
	keys := p.HoldKeys()
	if len(keys) == 0 {
		return nil
	}
	if err := pg.Hold(tx, keys...); err != nil {
		return err
	}
	return pg.Later(ctx, tx, "hold alike", `select pg_advisory_xact_lock(k) from unnest($1::bigint[]) k order by k`, hashed(keys))
}

// mostAlike is how many others are looked at: who lives in a hostel shares its postcode and phone with hundreds.
const mostAlike = 500

// Alike finds other patients who are, or may be, the same person, the likeliest first. others are this one's further records.
func Alike(ctx context.Context, tx pgx.Tx, p domain.Patient, others []domain.Patient) ([]domain.Match, error) {
	whole, refs, keys := p.Whole(others), refsOf(p, others), domain.SearchKeysOf(p, others)
	if len(keys) == 0 && whole.NHSNumber == "" {
		return nil, nil
	}
	among := ""
	if whole.NHSNumber != "" {
		among = ` and p.nhs_number = ''`
	}
	// One lookup for each key, made first, and then each by its ref: asked at once with &&, or joined, Postgres takes the keys for
	// common and reads everybody instead. Whoever has the same number comes first, and stays when there are too many.
	rows, err := tx.Query(ctx, `with numbered as materialized (select coalesce(n.merged_into, n.ref) as ref from patient n where n.nhs_number = $5 and n.nhs_number <> '')
		select `+patientColumns+` from patient
		where ref = any(array(select distinct p.ref from unnest($1::bigint[]) k join patient p on p.likeness @> array[k] and p.merged_into is null`+among+`)
				|| array(select n.ref from numbered n))
			and erased_at is null and ref <> $2
			and not exists (select from apart a where a.one = ref and a.other = any($3) or a.other = ref and a.one = any($3))
		order by ref <> all(array(select n.ref from numbered n)), ref limit $4`, hashed(keys), p.Ref, refs, mostAlike, whole.NHSNumber)
	if err != nil {
		return nil, fmt.Errorf("find alike: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanPatient)
	if err != nil {
		return nil, fmt.Errorf("find alike: %w", err)
	}
	if found, err = keptUnder(ctx, tx, p.Ref, found); err != nil {
		return nil, err
	}
	if found, err = wholes(ctx, tx, refs, found); err != nil {
		return nil, err
	}
	return domain.Matches(whole, found), nil
}

// keptUnder puts in the place of a record that was found by its number, and merged more than once since, the one that everything is kept
// under. ref is who is asked for: none of their own records is another.
func keptUnder(ctx context.Context, tx pgx.Tx, ref string, found []domain.Patient) (out []domain.Patient, err error) {
	for _, p := range found {
		if p.MergedInto != "" {
			if p, err = Kept(ctx, tx, p.MergedInto); err != nil {
				return nil, err
			}
		}
		if p.Ref != ref && p.ErasedAt.IsZero() && !slices.ContainsFunc(out, func(o domain.Patient) bool { return o.Ref == p.Ref }) {
			out = append(out, p)
		}
	}
	return out, nil
}

func refsOf(p domain.Patient, others []domain.Patient) []string {
	refs := []string{p.Ref}
	for _, o := range others {
		refs = append(refs, o.Ref)
	}
	return refs
}

// wholes puts what is known under further refs to those that have some, and leaves out of whom one was kept apart.
func wholes(ctx context.Context, tx pgx.Tx, refs []string, found []domain.Patient) (out []domain.Patient, err error) {
	for _, p := range found {
		if p.OneSince.IsZero() {
			out = append(out, p)
			continue
		}
		others, err := MergedInto(ctx, tx, p.Ref)
		if err != nil {
			return nil, err
		}
		apart, err := KeptApart(ctx, tx, refs, refsOf(p, others))
		if err != nil {
			return nil, err
		}
		if !apart {
			out = append(out, p.Whole(others))
		}
	}
	return out, nil
}

// MergedInto reads the records that were found to be this patient's, whichever of them they were merged into.
func MergedInto(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Patient, error) {
	rows, err := tx.Query(ctx, `with recursive same(same_ref) as (select $1::uuid union select p.ref from patient p join same on p.merged_into = same.same_ref)
		select `+patientColumns+` from same join patient on ref = same_ref where ref <> $1 order by ref`, ref)
	if err != nil {
		return nil, fmt.Errorf("read merged patients: %w", err)
	}
	others, err := pgx.CollectRows(rows, scanPatient)
	if err != nil {
		return nil, fmt.Errorf("read merged patients: %w", err)
	}
	return others, nil
}

// SameRefs lists these refs and every other that was found to be of the same people. It is asked before every command and every batch of
// events, and nearly nobody was found to be somebody else: it goes step by step, because in a recursive query Postgres reads everybody who was.
func SameRefs(ctx context.Context, tx pgx.Tx, refs []string) ([]string, error) {
	all := slices.Clone(refs)
	for fresh := refs; len(fresh) > 0; {
		rows, err := tx.Query(ctx, `select merged_into::text from patient where ref = any($1::uuid[]) and merged_into is not null
			union select ref::text from patient where merged_into = any($1::uuid[]) and merged_into is not null`, fresh)
		if err != nil {
			return nil, fmt.Errorf("read refs: %w", err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("read refs: %w", err)
		}
		fresh = slices.DeleteFunc(found, func(ref string) bool { return slices.Contains(all, ref) })
		all = append(all, fresh...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Aliases gives, for refs that were merged, the ref that everything is kept under.
func Aliases(ctx context.Context, tx pgx.Tx, refs []string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `with recursive way as (
			select ref as start, ref, merged_into from patient where ref = any($1) and merged_into is not null
			union all select w.start, p.ref, p.merged_into from way w join patient p on p.ref = w.merged_into)
		select start::text, ref::text from way where merged_into is null`, refs)
	if err != nil {
		return nil, fmt.Errorf("read aliases: %w", err)
	}
	out := map[string]string{}
	var from, into string
	if _, err := pgx.ForEachRow(rows, []any{&from, &into}, func() error { out[from] = into; return nil }); err != nil {
		return nil, fmt.Errorf("read aliases: %w", err)
	}
	return out, nil
}
