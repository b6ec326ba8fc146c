package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// MovePatient puts a case under another ref of the same patient.
func MovePatient(ctx context.Context, tx pgx.Tx, c domain.Case, into string) error {
	b := &pgx.Batch{}
	b.Queue(`update case_record set patient_ref = $2, version = version + 1 where id = $1`, c.ID, into)
	for _, table := range []string{"referral", "timeline", "action"} {
		b.Queue(`update `+table+` set patient_ref = $2 where case_id = $1`, c.ID, into)
	}
	return pg.LaterAll(ctx, tx, "move patient", b)
}

// MoveConsents puts what was said of sharing under another ref of the same patient.
func MoveConsents(ctx context.Context, tx pgx.Tx, from, into string) error {
	if err := pg.Later(ctx, tx, "move consents", `update consent set patient_ref = $2 where patient_ref = $1`, from, into); err != nil {
		return err
	}
	return StandingEnds(ctx, tx, into)
}

// MoveConsentsBack puts back what came under these refs, from another's.
func MoveConsentsBack(ctx context.Context, tx pgx.Tx, firstRefs []string, into, from string) error {
	if err := pg.Later(ctx, tx, "move consents back", `update consent set patient_ref = $2 where first_ref = any($1)`, firstRefs, into); err != nil {
		return err
	}
	return errors.Join(StandingEnds(ctx, tx, into), StandingEnds(ctx, tx, from))
}

// ConfirmedByMerge marks the second of two referrals of one need that were both offered before it was known that they are one
// person's: whoever said so has confirmed it, since neither may be taken from somebody who has begun to help.
const ConfirmedByMerge = "found_to_be_one_person"

// MoveCase puts everything of one case into another, for two refs that are one patient.
func MoveCase(ctx context.Context, tx pgx.Tx, from, into domain.Case, now time.Time) error {
	b := &pgx.Batch{}
	b.Queue(`update referral r set confirmed = $3 where r.case_id = $1 and r.root and r.is_open and r.confirmed = ''
			and r.state not in ('requested', 'held')
			and exists (select from referral o where o.case_id = $2 and o.root and o.is_open and o.need = r.need and o.state not in ('requested', 'held'))`,
		from.ID, into.ID, ConfirmedByMerge)
	moveInto(b, from.ID, into, now, ``)
	return pg.LaterAll(ctx, tx, "move case", b)
}

// MoveOf puts what came under some refs, and its parts, from one case into another.
func MoveOf(ctx context.Context, tx pgx.Tx, fromCase string, into domain.Case, firstRefs []string, now time.Time) error {
	b := &pgx.Batch{}
	moveInto(b, fromCase, into, now, ` and first_ref = any($4::uuid[])`, firstRefs)
	return pg.LaterAll(ctx, tx, "move part of a case", b)
}

// MoveReferrals puts some referrals of a closed case into another of the same patient, with what was written of them and the parts that hang on them.
func MoveReferrals(ctx context.Context, tx pgx.Tx, fromCase string, into domain.Case, referrals []string, now time.Time) error {
	b := &pgx.Batch{}
	b.Queue(`update timeline set case_id = $2 where case_id = $1 and referral_id = any($3::uuid[])`, fromCase, into.ID, referrals)
	b.Queue(`update referral set case_id = $2 where case_id = $1 and id = any($3::uuid[])`, fromCase, into.ID, referrals)
	b.Queue(`insert into membership (case_id, organisation_id, part, because_id, since, first_ref, agreed, refused)
		select $2, organisation_id, part, because_id, $4, first_ref, agreed, refused from membership where case_id = $1 and because_id = any($3::uuid[]) and until is null
		on conflict (case_id, organisation_id, part, because_id) do update set until = null`, fromCase, into.ID, referrals, now)
	b.Queue(`update membership set until = $3 where case_id = $1 and because_id = any($2::uuid[]) and until is null`, fromCase, referrals, now)
	return pg.LaterAll(ctx, tx, "move referrals", b)
}

func moveInto(b *pgx.Batch, fromCase string, into domain.Case, now time.Time, which string, args ...any) {
	for _, table := range []string{"referral", "timeline", "action"} {
		b.Queue(`update `+table+` set case_id = $2, patient_ref = $3 where case_id = $1`+which, append([]any{fromCase, into.ID, into.PatientRef}, args...)...)
	}
	args = append([]any{fromCase, into.ID, now}, args...)
	// Two who hold one case, or stay in touch, are the meeting's to choose from: until it says, whoever did stays.
	b.Queue(`insert into case_person (case_id, person_id, part, organisation_id, role, since, first_ref, state, until)
		select $2, p.person_id, p.part, p.organisation_id, p.role, p.since, p.first_ref, case when taken then 'released' else p.state end, case when taken then $3::timestamptz end
		from case_person p, lateral (select exists (select from case_person o where o.case_id = $2 and o.part = p.part and o.state = 'accepted') taken) x
		where p.case_id = $1 and p.state <> 'released'`+which+`
		on conflict (case_id, person_id, part) do update set state = excluded.state, until = excluded.until, organisation_id = excluded.organisation_id,
			role = excluded.role, since = excluded.since, first_ref = excluded.first_ref where case_person.state = 'released'`, args...)
	b.Queue(`update case_person set state = 'released', until = $3 where case_id = $1 and $2::uuid is not null and state <> 'released'`+which, args...)
	b.Queue(`insert into membership (case_id, organisation_id, part, because_id, since, first_ref, agreed, refused)
		select $2, organisation_id, part, because_id, $3, first_ref, agreed, refused from membership where case_id = $1 and part <> 'shared' and until is null`+which+`
		on conflict (case_id, organisation_id, part, because_id) do update set until = null,
			agreed = excluded.agreed and (membership.agreed or membership.until is not null),
			refused = excluded.refused or membership.refused and membership.until is null`, args...)
	b.Queue(`update membership set until = $3 where case_id = $1 and $2::uuid is not null and until is null`+which, args...)
}

// Merge is two refs that were found to be one person.
type Merge struct {
	ID        string
	From      string // the ref that went
	Into      string // the ref that everything is kept under
	Why       terms.MergeReason
	By        string // "" when the clock did it
	At        time.Time
	EndedCase string // the case of the one that went, which ended with the merge; "" where it moved as it was
	UndoneAt  time.Time
	UndoneBy  string
}

const mergeColumns = `m.id::text, m.from_ref::text, m.into_ref::text, m.why, coalesce(m.by_id::text, ''), m.at, coalesce(m.ended_case::text, ''), m.undone_at,
	coalesce(m.undone_by::text, '')`

func scanMerge(row pgx.CollectableRow) (m Merge, err error) {
	var at, undone zeroTime
	err = row.Scan(&m.ID, &m.From, &m.Into, &m.Why, &m.By, &at, &m.EndedCase, &undone, &m.UndoneBy)
	m.At, m.UndoneAt = at.Time, undone.Time
	return m, err
}

// AddMerge keeps that two refs are one person.
func AddMerge(ctx context.Context, tx pgx.Tx, m Merge) error {
	return pg.Later(ctx, tx, "add merge", `insert into merge (id, from_ref, into_ref, why, by_id, at, ended_case) values ($1, $2, $3, $4, $5, $6, $7)`,
		m.ID, m.From, m.Into, m.Why, null(m.By), m.At, null(m.EndedCase))
}

// SaveUndone keeps that a merge was undone.
func SaveUndone(ctx context.Context, tx pgx.Tx, m Merge) error {
	return pg.Later(ctx, tx, "undo merge", `update merge set undone_at = $2, undone_by = $3 where id = $1`, m.ID, m.UndoneAt, m.UndoneBy)
}

// MergeByID reads a merge that may be seen; the error is domain.ErrNoMerge when it may not.
func MergeByID(ctx context.Context, tx pgx.Tx, id string) (Merge, error) {
	rows, err := tx.Query(ctx, `select `+mergeColumns+` from merge m where m.id = $1`, id)
	if err != nil {
		return Merge{}, fmt.Errorf("read merge: %w", err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMerge)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, domain.ErrNoMerge
	}
	if err != nil {
		return m, fmt.Errorf("read merge: %w", err)
	}
	return m, nil
}

// MergeCursor is where a page of a list of merges ended.
type MergeCursor struct {
	At time.Time `json:"t"`
	ID string    `json:"i"`
}

// Cursor is where a page ends that ends with m.
func (m Merge) Cursor() MergeCursor { return MergeCursor{m.At, m.ID} }

// MergesSince lists the merges that stand and may be seen, made at since or later, newest first.
func MergesSince(ctx context.Context, tx pgx.Tx, since time.Time, after *MergeCursor, limit int) ([]Merge, error) {
	if after == nil {
		return merges(ctx, tx, `where m.undone_at is null and m.at >= $1 order by m.at desc, m.id desc limit $2`, since, limit)
	}
	return merges(ctx, tx, `where m.undone_at is null and m.at >= $1 and (m.at, m.id) < ($3, $4::uuid) order by m.at desc, m.id desc limit $2`, since, limit, after.At, after.ID)
}

// MergesOf lists the merges that stand and may be seen among these refs, newest first.
func MergesOf(ctx context.Context, tx pgx.Tx, refs []string) ([]Merge, error) {
	return merges(ctx, tx, `where m.undone_at is null and m.into_ref = any($1) order by m.at desc, m.id`, refs)
}

func merges(ctx context.Context, tx pgx.Tx, which string, args ...any) ([]Merge, error) {
	rows, err := tx.Query(ctx, `select `+mergeColumns+` from merge m `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("list merges: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanMerge)
	if err != nil {
		return nil, fmt.Errorf("list merges: %w", err)
	}
	return all, nil
}

// CasesOf reads every case of a patient who is locked, the open one first.
func CasesOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Case, error) {
	rows, err := tx.Query(ctx, `select `+caseColumns+caseFrom+`where c.patient_ref = $1 order by c.is_open desc, c.opened_at desc`, ref)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	cases, err := pgx.CollectRows(rows, scanCase)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	return cases, nil
}

// HasOf tells whether anything on a case came under one of these refs.
func HasOf(ctx context.Context, tx pgx.Tx, caseID string, firstRefs []string) (has bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from referral where case_id = $1 and first_ref = any($2)) or exists (select from action where case_id = $1 and first_ref = any($2))
		or exists (select from membership where case_id = $1 and first_ref = any($2) and part <> 'shared' and until is null)`, caseID, firstRefs).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look into case: %w", err)
	}
	return has, nil
}

// TakeApart ends what was only so because two were thought one: a second referral of one need that a merge alone had confirmed, and what
// organisations saw of records that are no longer this patient's.
func TakeApart(ctx context.Context, tx pgx.Tx, ref string, firstRefs []string, now time.Time) error {
	b := &pgx.Batch{}
	b.Queue(`update referral r set confirmed = '' where r.patient_ref = $1 and r.confirmed = $2
		and not exists (select from referral o where o.case_id = r.case_id and o.id <> r.id and o.root and o.is_open and o.need = r.need and o.state not in ('requested', 'held'))`,
		ref, ConfirmedByMerge)
	b.Queue(`update membership m set until = $3 from case_record c where c.id = m.case_id and c.patient_ref = $1 and m.part = 'shared' and m.until is null
		and (m.first_ref <> all($2::uuid[]) or not exists (select from membership o
			where o.case_id = m.case_id and o.organisation_id = m.organisation_id and o.part <> 'shared' and o.until is null))`, ref, firstRefs, now)
	return pg.LaterAll(ctx, tx, "part two people", b)
}

// Knows is which refs' records an organisation has a part in on one case, by itself.
type Knows struct {
	Organisation string
	Refs         []string
	Shared       []string // refs whose records it may see besides
}

// KnowsOf lists who knows what of a case.
func KnowsOf(ctx context.Context, tx pgx.Tx, caseID string) ([]Knows, error) {
	rows, err := tx.Query(ctx, `select organisation_id::text, coalesce(array_agg(distinct first_ref::text) filter (where part <> 'shared'), '{}'),
			coalesce(array_agg(distinct first_ref::text) filter (where part = 'shared'), '{}')
		from membership where case_id = $1 and until is null group by organisation_id order by 1`, caseID)
	if err != nil {
		return nil, fmt.Errorf("read who knows what: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Knows])
	if err != nil {
		return nil, fmt.Errorf("read who knows what: %w", err)
	}
	return all, nil
}

// RefsKnown lists the refs on a case whose records the actor's organisation may see.
func RefsKnown(ctx context.Context, tx pgx.Tx, caseID string) ([]string, error) {
	rows, err := tx.Query(ctx, `select first_ref::text from membership where case_id = $1 and organisation_id = actor_org() and until is null
		union select patient_ref::text from break_glass where id = actor_grant() order by 1`, caseID)
	if err != nil {
		return nil, fmt.Errorf("read known refs: %w", err)
	}
	refs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read known refs: %w", err)
	}
	return refs, nil
}
