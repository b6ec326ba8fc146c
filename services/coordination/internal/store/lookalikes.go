package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/coordination/internal/domain"
)

// Lookalike is two refs of which the area's office must say whether they are one person's.
type Lookalike struct {
	ID        string
	One       string
	Other     string
	AskedAt   time.Time
	DueAt     time.Time
	Why       domain.AgainReason // of two who were kept apart
	AskedBy   string             // who wants them looked at again; "" when the clock found them
	SettledAt time.Time
	SettledBy string // "" when the clock made them one
	Same      bool   // what the answer was
}

// Cursor is where a page ends that ends with l.
func (l Lookalike) Cursor() ListCursor { return ListCursor{l.DueAt, l.ID} }

// AddLookalike asks the office about two who are locked.
func AddLookalike(ctx context.Context, tx pgx.Tx, l Lookalike) error {
	return pg.Later(ctx, tx, "add lookalike", `insert into lookalike (id, one, other, asked_at, due_at, why, asked_by)
		values ($1, least($2::uuid, $3::uuid), greatest($2::uuid, $3::uuid), $4, $5, $6, $7)`, l.ID, l.One, l.Other, l.AskedAt, l.DueAt, l.Why, null(l.AskedBy))
}

// between is the condition that a pair is of one of these refs and one of those.
const between = `(one = any($1) and other = any($2) or one = any($2) and other = any($1))`

// AskedAbout tells whether the office is asked about two people by any of their refs.
func AskedAbout(ctx context.Context, tx pgx.Tx, these, those []string) (asked bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from lookalike where settled_at is null and `+between+`)`, these, those).Scan(&asked)
	if err != nil {
		return false, fmt.Errorf("look for lookalike: %w", err)
	}
	return asked, nil
}

// SettleLookalikes keeps what was answered about two people.
func SettleLookalikes(ctx context.Context, tx pgx.Tx, these, those []string, same bool, by string, now time.Time) error {
	return pg.Later(ctx, tx, "settle lookalikes", `update lookalike set settled_at = $3, settled_by = $4, same = $5 where settled_at is null and `+between, these, those, now, null(by), same)
}

// ForgetLooks removes what is left to look at, to be asked or was answered of refs that are erased.
func ForgetLooks(ctx context.Context, tx pgx.Tx, refs []string) error {
	b := &pgx.Batch{}
	b.Queue(`delete from look_again where ref = any($1)`, refs)
	b.Queue(`delete from lookalike where one = any($1) or other = any($1)`, refs)
	b.Queue(`delete from apart where one = any($1) or other = any($1)`, refs)
	return pg.LaterAll(ctx, tx, "forget looks", b)
}

// Lookalikes lists those that the office has not answered yet, the first due first.
func Lookalikes(ctx context.Context, tx pgx.Tx, after *ListCursor, limit int) ([]Lookalike, error) {
	if after == nil {
		return lookalikes(ctx, tx, `where settled_at is null order by due_at, id limit $1`, limit)
	}
	return lookalikes(ctx, tx, `where settled_at is null and (due_at, id) > ($2, $3::uuid) order by due_at, id limit $1`, limit, after.Due, after.ID)
}

// LookalikeByID reads one; the error is domain.ErrNoLookalike when there is none.
func LookalikeByID(ctx context.Context, tx pgx.Tx, id string) (Lookalike, error) {
	found, err := lookalikes(ctx, tx, `where id = $1`, id)
	if err == nil && len(found) == 0 {
		err = domain.ErrNoLookalike
	}
	if err != nil {
		return Lookalike{}, err
	}
	return found[0], nil
}

func lookalikes(ctx context.Context, tx pgx.Tx, which string, args ...any) ([]Lookalike, error) {
	rows, err := tx.Query(ctx, `select id::text, one::text, other::text, asked_at, due_at, why, coalesce(asked_by::text, ''), settled_at, coalesce(settled_by::text, ''), coalesce(same, false)
		from lookalike `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("list lookalikes: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Lookalike, err error) {
		var asked, due, settled zeroTime
		err = row.Scan(&l.ID, &l.One, &l.Other, &asked, &due, &l.Why, &l.AskedBy, &settled, &l.SettledBy, &l.Same)
		l.AskedAt, l.DueAt, l.SettledAt = asked.Time, due.Time, settled.Time
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list lookalikes: %w", err)
	}
	return all, nil
}

// Apart is two refs that somebody found to be two people's.
type Apart struct {
	One   string
	Other string
	By    string
	Why   domain.ApartReason
	At    time.Time
	Asked string // the lookalike, when somebody wants them looked at again
}

// KeepApart remembers that two refs which look the same are two people.
func KeepApart(ctx context.Context, tx pgx.Tx, a, b, by string, why domain.ApartReason, now time.Time) error {
	return pg.Later(ctx, tx, "keep apart", `insert into apart (one, other, by_id, reason, at) values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3, $4, $5)
		on conflict (one, other) do update set by_id = excluded.by_id, reason = excluded.reason, at = excluded.at`, a, b, by, why, now)
}

// ForgetApart forgets of the refs of one person that some of them were kept apart.
func ForgetApart(ctx context.Context, tx pgx.Tx, refs []string) error {
	return pg.Later(ctx, tx, "forget kept apart", `delete from apart where one = any($1) and other = any($1)`, refs)
}

// KeptApart tells whether somebody found one of these refs to be another person's than one of those.
func KeptApart(ctx context.Context, tx pgx.Tx, these, those []string) (apart bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from apart where `+between+`)`, these, those).Scan(&apart)
	if err != nil {
		return false, fmt.Errorf("look for kept apart: %w", err)
	}
	return apart, nil
}

// ApartFrom lists from whom these refs were kept apart, the newest first.
func ApartFrom(ctx context.Context, tx pgx.Tx, refs []string) ([]Apart, error) {
	return aparts(ctx, tx, `where (a.one = any($1) or a.other = any($1)) and not (a.one = any($1) and a.other = any($1))`, refs)
}

// ApartOf reads that two were kept apart; the error is domain.ErrNotApart when they were not.
func ApartOf(ctx context.Context, tx pgx.Tx, one, other string) (Apart, error) {
	found, err := aparts(ctx, tx, `where a.one = least($1::uuid, $2::uuid) and a.other = greatest($1::uuid, $2::uuid)`, one, other)
	if err == nil && len(found) == 0 {
		err = domain.ErrNotApart
	}
	if err != nil {
		return Apart{}, err
	}
	return found[0], nil
}

func aparts(ctx context.Context, tx pgx.Tx, which string, args ...any) ([]Apart, error) {
	rows, err := tx.Query(ctx, `select a.one::text, a.other::text, a.by_id::text, a.reason, a.at,
			coalesce((select l.id::text from lookalike l where l.one = a.one and l.other = a.other and l.settled_at is null), '')
		from apart a `+which+` order by a.at desc, a.one, a.other`, args...)
	if err != nil {
		return nil, fmt.Errorf("list kept apart: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Apart])
	if err != nil {
		return nil, fmt.Errorf("list kept apart: %w", err)
	}
	return all, nil
}

// Kept reads the patient that everything of a ref is kept under.
func Kept(ctx context.Context, tx pgx.Tx, ref string) (p domain.Patient, err error) {
	for next := ref; next != ""; next = p.MergedInto {
		if p, err = PatientByRef(ctx, tx, next); err != nil {
			return p, err
		}
	}
	return p, nil
}
