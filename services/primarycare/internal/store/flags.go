package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/primarycare/internal/domain"
)

const flagColumns = `f.id, f.practice_id, f.ref, f.source, f.questions, f.note, f.who, f.raised_by, f.raised_at, coalesce(f.crisis_id::text, ''),
	coalesce(f.referral_id::text, ''), coalesce(f.offer_id::text, ''), coalesce(f.duty_id::text, ''), coalesce(f.deputy_id::text, ''), f.rung, f.due_at,
	coalesce(f.acted_by::text, ''), f.acted_at, f.action, f.ended_at, f.version, coalesce(f.about, f.ref)`

func scanFlag(row pgx.CollectableRow) (f domain.Flag, err error) {
	var acted, ended *time.Time
	err = row.Scan(&f.ID, &f.PracticeID, &f.Ref, &f.Source, &f.Questions, &f.Note, &f.Who, &f.RaisedBy, &f.RaisedAt, &f.CrisisID,
		&f.ReferralID, &f.OfferID, &f.DutyID, &f.DeputyID, &f.Rung, &f.DueAt, &f.ActedBy, &acted, &f.Action, &ended, &f.Version, &f.About)
	f.ActedAt, f.EndedAt = moment(acted), moment(ended)
	return f, err
}

// RaiseFlag inserts a red flag; false when the crisis report it comes from raised one already.
func RaiseFlag(ctx context.Context, tx pgx.Tx, f domain.Flag) (bool, error) {
	tag, err := tx.Exec(ctx, `insert into red_flag (id, practice_id, ref, source, questions, note, who, raised_by, raised_at, crisis_id, referral_id, offer_id,
			duty_id, deputy_id, rung, due_at, version, about)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) on conflict do nothing`,
		f.ID, f.PracticeID, f.Ref, f.Source, list(f.Questions), f.Note, f.Who, f.RaisedBy, f.RaisedAt, null(f.CrisisID), null(f.ReferralID), null(f.OfferID),
		null(f.DutyID), null(f.DeputyID), f.Rung, f.DueAt, f.Version, f.About)
	if err != nil {
		return false, fmt.Errorf("raise red flag: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// SaveFlag writes a red flag that was loaded and locked.
func SaveFlag(ctx context.Context, tx pgx.Tx, f domain.Flag) error {
	return pg.Later(ctx, tx, "save red flag", `update red_flag set rung = $2, due_at = $3, acted_by = $4, acted_at = $5, action = $6, ended_at = $7, version = $8, note = $9,
		crisis_id = $10, offer_id = $11 where id = $1`,
		f.ID, f.Rung, f.DueAt, null(f.ActedBy), nullTime(f.ActedAt), f.Action, nullTime(f.EndedAt), f.Version, f.Note, null(f.CrisisID), null(f.OfferID))
}

// KeepFlagStep writes one thing that happened to a red flag.
func KeepFlagStep(ctx context.Context, tx pgx.Tx, id string, f domain.Flag, s domain.FlagStep) error {
	return pg.Later(ctx, tx, "keep step of red flag", `insert into red_flag_step (id, flag_id, practice_id, at, by_id, what, action) values ($1, $2, $3, $4, $5, $6, $7)`,
		id, f.ID, f.PracticeID, s.At, null(s.By), s.What, s.Action)
}

// Flag loads one with its steps. The error is domain.ErrNoFlag.
func Flag(ctx context.Context, tx pgx.Tx, id string, lock Lock) (domain.Flag, error) {
	rows, err := tx.Query(ctx, `select `+flagColumns+` from red_flag f where f.id = $1`+lock.sql(), id)
	if err != nil {
		return domain.Flag{}, fmt.Errorf("load red flag: %w", err)
	}
	f, err := pgx.CollectExactlyOneRow(rows, scanFlag)
	if none(err) {
		return f, domain.ErrNoFlag
	}
	if err != nil || lock == Change {
		return f, wrap("load red flag", err)
	}
	rows, err = tx.Query(ctx, `select at, coalesce(by_id::text, ''), what, action from red_flag_step where flag_id = $1 order by at, id`, id)
	if err != nil {
		return f, fmt.Errorf("load steps of red flag: %w", err)
	}
	f.Steps, err = pgx.CollectRows(rows, pgx.RowToStructByPos[domain.FlagStep])
	return f, wrap("load steps of red flag", err)
}

func wrap(verb string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", verb, err)
}

// FlagQuery says which red flags of a practice are listed, the newest first, open ones before.
type FlagQuery struct {
	PracticeID string
	OpenOnly   bool
	Refs       []string
	Before     time.Time // of raised_at, zero for the first page
	BeforeID   string
	Limit      int
}

// Flags lists red flags.
func Flags(ctx context.Context, tx pgx.Tx, q FlagQuery) ([]domain.Flag, error) {
	condition := `f.practice_id = @practice`
	args := pgx.NamedArgs{"practice": q.PracticeID, "limit": q.Limit}
	if q.OpenOnly {
		condition += ` and f.ended_at is null`
	}
	if q.Refs != nil {
		condition += ` and f.ref = any(@refs)`
		args["refs"] = q.Refs
	}
	if !q.Before.IsZero() {
		condition += ` and (f.raised_at, f.id) < (@before, @id)`
		args["before"], args["id"] = q.Before, q.BeforeID
	}
	rows, err := tx.Query(ctx, `select `+flagColumns+` from red_flag f where `+condition+` order by f.raised_at desc, f.id desc limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list red flags: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanFlag)
	return list, wrap("list red flags", err)
}

// LateFlags lists and locks open red flags whose time is up and that still have a rung to go to.
func LateFlags(ctx context.Context, tx pgx.Tx, now time.Time) ([]domain.Flag, error) {
	rows, err := tx.Query(ctx, `select `+flagColumns+` from red_flag f where f.ended_at is null and f.rung <> 'nobody' and f.due_at < $1
		order by f.due_at limit 100 for update skip locked`, now)
	if err != nil {
		return nil, fmt.Errorf("find late red flags: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanFlag)
	return list, wrap("find late red flags", err)
}

// OpenCrisis finds the open red flag that a link worker raised for a person at a practice, and locks it; "" means there is none.
func OpenCrisis(ctx context.Context, tx pgx.Tx, practice string, refs []string, since time.Time) (domain.Flag, error) {
	rows, err := tx.Query(ctx, `select `+flagColumns+` from red_flag f where f.practice_id = $1 and f.ref = any($2) and f.source = 'link_worker' and f.raised_at > $3
		order by f.raised_at desc limit 1 for update`, practice, refs, since)
	if err != nil {
		return domain.Flag{}, fmt.Errorf("look for red flag: %w", err)
	}
	f, err := pgx.CollectExactlyOneRow(rows, scanFlag)
	if none(err) {
		return domain.Flag{}, nil
	}
	return f, wrap("look for red flag", err)
}

// Duty loads who answers red flags on a day; the zero Duty when nobody was set.
func Duty(ctx context.Context, tx pgx.Tx, practice, day string, lock Lock) (domain.Duty, error) {
	d := domain.Duty{PracticeID: practice, Day: day}
	var deputy *string
	err := tx.QueryRow(ctx, `select clinician_id, clinician_phone, deputy_id::text, deputy_phone, set_by, set_at, version from duty where practice_id = $1 and day = $2`+lock.sql(), practice, day).
		Scan(&d.ClinicianID, &d.ClinicianPhone, &deputy, &d.DeputyPhone, &d.SetBy, &d.SetAt, &d.Version)
	d.DeputyID = text(deputy)
	if none(err) {
		return d, nil
	}
	return d, wrap("load duty", err)
}

// SaveDuty writes who answers red flags on a day; false when somebody else did meanwhile. A day that nobody has set yet has no row
// to lock, so the version decides.
func SaveDuty(ctx context.Context, tx pgx.Tx, d domain.Duty) (bool, error) {
	tag, err := tx.Exec(ctx, `insert into duty (practice_id, day, clinician_id, clinician_phone, deputy_id, deputy_phone, set_by, set_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (practice_id, day) do update set clinician_id = excluded.clinician_id, clinician_phone = excluded.clinician_phone,
			deputy_id = excluded.deputy_id, deputy_phone = excluded.deputy_phone, set_by = excluded.set_by, set_at = excluded.set_at, version = excluded.version
			where duty.version = excluded.version - 1`,
		d.PracticeID, d.Day, d.ClinicianID, d.ClinicianPhone, null(d.DeputyID), d.DeputyPhone, d.SetBy, d.SetAt, d.Version)
	return tag.RowsAffected() == 1, wrap("save duty", err)
}

// CountLateFlags counts, over all practices, the red flags that nobody acknowledged in time.
func CountLateFlags(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from red_flag where ended_at is null and due_at < $1`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count late red flags: %w", err)
	}
	return n, nil
}
