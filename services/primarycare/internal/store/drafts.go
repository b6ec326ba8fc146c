package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/primarycare/internal/domain"
)

const draftColumns = `d.id, d.practice_id, d.ref, d.started_by, d.started_at, d.changed_by, d.changed_at, d.expires_at, d.flags_clear_at,
	coalesce(d.flags_asked_by::text, ''), coalesce(d.flag_id::text, ''), coalesce(d.consent_id::text, ''), d.need, d.receivers, d.described_at, d.urgency,
	d.narrative, d.safeguarding, d.safeguarding_codes, d.accessibility, d.seen_helping, d.send_reason, coalesce(d.again_of::text, ''),
	coalesce(d.done_as::text, ''), d.done_kind, d.version`

func scanDraft(row pgx.CollectableRow) (d domain.Draft, err error) {
	var flags, described *time.Time
	err = row.Scan(&d.ID, &d.PracticeID, &d.Ref, &d.StartedBy, &d.StartedAt, &d.ChangedBy, &d.ChangedAt, &d.ExpiresAt, &flags,
		&d.FlagsAskedBy, &d.FlagID, &d.Consent.ID, &d.Need, &d.Receivers, &described, &d.Urgency,
		&d.Narrative, &d.Safeguarding, &d.Codes, &d.Accessibility, &d.Overlap.Helping, &d.Overlap.Reason, &d.AgainOf,
		&d.DoneAs, &d.DoneKind, &d.Version)
	d.FlagsClearAt, d.DescribedAt = moment(flags), moment(described)
	return d, err
}

// StartDraft inserts a draft.
func StartDraft(ctx context.Context, tx pgx.Tx, d domain.Draft) error {
	return pg.Later(ctx, tx, "start draft", `insert into draft (id, practice_id, ref, started_by, started_at, changed_by, changed_at, expires_at, flags_clear_at, flags_asked_by,
			consent_id, need, receivers, urgency, narrative, safeguarding, safeguarding_codes, accessibility, again_of, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		d.ID, d.PracticeID, d.Ref, d.StartedBy, d.StartedAt, d.ChangedBy, d.ChangedAt, d.ExpiresAt, nullTime(d.FlagsClearAt), null(d.FlagsAskedBy),
		null(d.Consent.ID), d.Need, list(d.Receivers), d.Urgency, d.Narrative, d.Safeguarding, list(d.Codes), list(d.Accessibility), null(d.AgainOf), d.Version)
}

// SaveDraft writes a draft that was loaded and locked.
func SaveDraft(ctx context.Context, tx pgx.Tx, d domain.Draft) error {
	return pg.Later(ctx, tx, "save draft", `update draft set changed_by = $2, changed_at = $3, expires_at = $4, flags_clear_at = $5, flags_asked_by = $6, flag_id = $7, consent_id = $8,
			need = $9, receivers = $10, described_at = $11, urgency = $12, narrative = $13, safeguarding = $14, safeguarding_codes = $15, accessibility = $16,
			seen_helping = $17, send_reason = $18, done_as = $19, done_kind = $20, version = $21 where id = $1`,
		d.ID, d.ChangedBy, d.ChangedAt, d.ExpiresAt, nullTime(d.FlagsClearAt), null(d.FlagsAskedBy), null(d.FlagID), null(d.Consent.ID),
		d.Need, list(d.Receivers), nullTime(d.DescribedAt), d.Urgency, d.Narrative, d.Safeguarding, list(d.Codes), list(d.Accessibility),
		d.Overlap.Helping, d.Overlap.Reason, null(d.DoneAs), d.DoneKind, d.Version)
}

// ClearDraft empties the texts of a draft that was sent: the referral has them.
func ClearDraft(ctx context.Context, tx pgx.Tx, id string) error {
	return pg.Later(ctx, tx, "clear draft", `update draft set narrative = '', safeguarding = '', safeguarding_codes = '{}', accessibility = '{}', need = '', receivers = '[]' where id = $1`, id)
}

// Draft loads one with its consent and red flag. The error is domain.ErrNoDraft.
func Draft(ctx context.Context, tx pgx.Tx, id string, lock Lock) (domain.Draft, error) {
	rows, err := tx.Query(ctx, `select `+draftColumns+` from draft d where d.id = $1`+lock.sql(), id)
	if err != nil {
		return domain.Draft{}, wrap("load draft", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDraft)
	if none(err) {
		return d, domain.ErrNoDraft
	}
	if err != nil {
		return d, wrap("load draft", err)
	}
	if d.Consent.ID != "" {
		if d.Consent, err = Consent(ctx, tx, d.PracticeID, d.Consent.ID); err != nil {
			return d, err
		}
	}
	if d.FlagID != "" {
		d.Flag, err = Flag(ctx, tx, d.FlagID, Read)
	}
	return d, err
}

// DeleteDraft removes one that nobody goes on with.
func DeleteDraft(ctx context.Context, tx pgx.Tx, id string) error {
	return pg.Later(ctx, tx, "delete draft", `delete from draft where id = $1 and done_as is null`, id)
}

// DraftQuery says which drafts are listed, the latest changed first.
type DraftQuery struct {
	PracticeID string
	Refs       []string
	StartedBy  string
	Before     time.Time
	BeforeID   string
	Limit      int
	Now        time.Time
}

// Drafts lists what was begun, not sent and has not expired.
func Drafts(ctx context.Context, tx pgx.Tx, q DraftQuery) ([]domain.Draft, error) {
	condition := `d.practice_id = @practice and d.done_as is null and d.expires_at > @now`
	args := pgx.NamedArgs{"practice": q.PracticeID, "limit": q.Limit, "now": q.Now}
	if q.Refs != nil {
		condition += ` and d.ref = any(@refs)`
		args["refs"] = q.Refs
	}
	if q.StartedBy != "" {
		condition += ` and d.started_by = @by`
		args["by"] = q.StartedBy
	}
	if !q.Before.IsZero() {
		condition += ` and (d.changed_at, d.id) < (@before, @id)`
		args["before"], args["id"] = q.Before, q.BeforeID
	}
	rows, err := tx.Query(ctx, `select `+draftColumns+` from draft d where `+condition+` order by d.changed_at desc, d.id desc limit @limit`, args)
	if err != nil {
		return nil, wrap("list drafts", err)
	}
	list, err := pgx.CollectRows(rows, scanDraft)
	return list, wrap("list drafts", err)
}

// DropExpired deletes drafts that nobody went on with.
func DropExpired(ctx context.Context, tx pgx.Tx, now time.Time) (int, error) {
	tag, err := tx.Exec(ctx, `delete from draft where done_as is null and expires_at <= $1`, now)
	if err != nil {
		return 0, wrap("drop expired drafts", err)
	}
	return int(tag.RowsAffected()), nil
}

const signpostColumns = `s.id, s.practice_id, s.ref, s.need, coalesce(s.service_id::text, ''), s.sensitive, s.by_id, s.at, s.follow_up_on, s.result,
	coalesce(s.followed_by::text, ''), s.followed_at, s.version`

func scanSignpost(row pgx.CollectableRow) (s domain.Signpost, err error) {
	var on, at *time.Time
	err = row.Scan(&s.ID, &s.PracticeID, &s.Ref, &s.Need, &s.ServiceID, &s.Sensitive, &s.By, &s.At, &on, &s.Result, &s.FollowedBy, &at, &s.Version)
	s.FollowUpOn, s.FollowedAt = moment(on), moment(at)
	return s, err
}

// AddSignpost inserts a signpost.
func AddSignpost(ctx context.Context, tx pgx.Tx, s domain.Signpost) error {
	return pg.Later(ctx, tx, "add signpost", `insert into signpost (id, practice_id, ref, need, service_id, sensitive, by_id, at, follow_up_on, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)`,
		s.ID, s.PracticeID, s.Ref, s.Need, null(s.ServiceID), s.Sensitive, s.By, s.At, nullTime(s.FollowUpOn))
}

// SaveSignpost writes how it went.
func SaveSignpost(ctx context.Context, tx pgx.Tx, s domain.Signpost) error {
	return pg.Later(ctx, tx, "save signpost", `update signpost set result = $2, followed_by = $3, followed_at = $4, version = $5 where id = $1`,
		s.ID, s.Result, null(s.FollowedBy), nullTime(s.FollowedAt), s.Version)
}

// Signpost loads one. The error is domain.ErrNoSignpost.
func Signpost(ctx context.Context, tx pgx.Tx, id string, lock Lock) (domain.Signpost, error) {
	rows, err := tx.Query(ctx, `select `+signpostColumns+` from signpost s where s.id = $1`+lock.sql(), id)
	if err != nil {
		return domain.Signpost{}, wrap("load signpost", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, scanSignpost)
	if none(err) {
		return s, domain.ErrNoSignpost
	}
	return s, wrap("load signpost", err)
}

// SignpostQuery says which signposts are listed, the newest first.
type SignpostQuery struct {
	PracticeID string
	Refs       []string
	DueBy      time.Time // only those to be followed up by this day
	Before     time.Time
	BeforeID   string
	Limit      int
}

// Signposts lists signposts.
func Signposts(ctx context.Context, tx pgx.Tx, q SignpostQuery) ([]domain.Signpost, error) {
	condition := `s.practice_id = @practice`
	args := pgx.NamedArgs{"practice": q.PracticeID, "limit": q.Limit}
	if q.Refs != nil {
		condition += ` and s.ref = any(@refs)`
		args["refs"] = q.Refs
	}
	if !q.DueBy.IsZero() {
		condition += ` and s.result = '' and s.follow_up_on <= @due`
		args["due"] = q.DueBy
	}
	if !q.Before.IsZero() {
		condition += ` and (s.at, s.id) < (@before, @id)`
		args["before"], args["id"] = q.Before, q.BeforeID
	}
	rows, err := tx.Query(ctx, `select `+signpostColumns+` from signpost s where `+condition+` order by s.at desc, s.id desc limit @limit`, args)
	if err != nil {
		return nil, wrap("list signposts", err)
	}
	list, err := pgx.CollectRows(rows, scanSignpost)
	return list, wrap("list signposts", err)
}
