package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/domain"
)

const referralColumns = `r.id, r.practice_id, r.ref, r.reference, r.need, r.urgency, r.sensitive, r.receivers, r.consent_id, r.narrative, r.safeguarding,
	r.safeguarding_codes, r.accessibility, r.seen_helping, r.send_reason, coalesce(r.again_of::text, ''), r.requested_by, r.requested_at,
	coalesce(r.signed_by::text, ''), r.signed_at, coalesce(r.answered_question::text, ''), coalesce(r.withdrawn_by::text, ''), r.withdrawn_at, r.withdrawal_reason,
	r.heard, coalesce(r.case_id::text, ''), r.state, r.reason, r.owes, coalesce(r.owes_organisation::text, ''), coalesce(r.owes_person::text, ''), r.due_at,
	coalesce(r.offer_id::text, ''), r.receiver_kind, coalesce(r.receiver_id::text, ''), coalesce(r.receiver_organisation::text, ''), r.bounces,
	coalesce(r.question_id::text, ''), r.message, r.actions, coalesce(r.existing_referral::text, ''), coalesce(r.joined_into::text, ''),
	coalesce(r.escalated_to::text, ''), r.outcome, r.open, r.changed_at, coalesce(r.changed_by::text, ''), r.version, notice_state(r.offer_id)`

func scanReferral(row pgx.CollectableRow) (r domain.Referral, err error) {
	var withdrawn, due, signed *time.Time
	err = row.Scan(&r.ID, &r.PracticeID, &r.Ref, &r.Reference, &r.Need, &r.Urgency, &r.Sensitive, &r.Receivers, &r.ConsentID, &r.Narrative, &r.Safeguarding,
		&r.Codes, &r.Accessibility, &r.Overlap.Helping, &r.Overlap.Reason, &r.AgainOf, &r.RequestedBy, &r.RequestedAt,
		&r.SignedBy, &signed, &r.AnsweredQuestion, &r.WithdrawnBy, &withdrawn, &r.WithdrawalReason,
		&r.Heard, &r.CaseID, &r.State, &r.Reason, &r.Owes, &r.OwesOrg, &r.OwesPerson, &due,
		&r.OfferID, &r.Receiver.Kind, &r.Receiver.ID, &r.ReceiverOf, &r.Bounces,
		&r.QuestionID, &r.Message, &r.Actions, &r.ExistingReferral, &r.JoinedInto,
		&r.EscalatedTo, &r.Outcome, &r.Open, &r.ChangedAt, &r.ChangedBy, &r.Version, &r.Notice)
	r.WithdrawnAt, r.DueAt, r.SignedAt = moment(withdrawn), moment(due), moment(signed)
	return r, err
}

// AddReferral inserts a referral; false when its reference is taken, and another one must be made.
func AddReferral(ctx context.Context, tx pgx.Tx, r domain.Referral) (added bool, err error) {
	tag, err := tx.Exec(ctx, `insert into referral (id, practice_id, ref, reference, need, urgency, sensitive, receivers, consent_id, narrative, safeguarding,
			safeguarding_codes, accessibility, seen_helping, send_reason, again_of, requested_by, requested_at, state, owes, actions, changed_at, changed_by, version, signed_by, signed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $18, $17, 1, $22, $23) on conflict (reference) do nothing`,
		r.ID, r.PracticeID, r.Ref, r.Reference, r.Need, r.Urgency, r.Sensitive, list(r.Receivers), r.ConsentID, r.Narrative, r.Safeguarding,
		list(r.Codes), list(r.Accessibility), r.Overlap.Helping, r.Overlap.Reason, null(r.AgainOf), r.RequestedBy, r.RequestedAt, r.State, r.Owes, list(r.Actions),
		null(r.SignedBy), nullTime(r.SignedAt))
	if err != nil {
		return false, fmt.Errorf("add referral: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// SaveReferral writes what moves of a referral that was loaded and locked.
func SaveReferral(ctx context.Context, tx pgx.Tx, r domain.Referral) error {
	return pg.Later(ctx, tx, "save referral", `update referral set answered_question = $2, withdrawn_by = $3, withdrawn_at = $4, withdrawal_reason = $5, heard = $6, case_id = $7, state = $8,
			reason = $9, owes = $10, owes_organisation = $11, owes_person = $12, due_at = $13, offer_id = $14, receiver_kind = $15, receiver_id = $16,
			receiver_organisation = $17, bounces = $18, question_id = $19, message = $20, actions = $21, existing_referral = $22, joined_into = $23,
			escalated_to = $24, outcome = $25, open = $26, changed_at = $27, changed_by = $28, version = $29 where id = $1`,
		r.ID, null(r.AnsweredQuestion), null(r.WithdrawnBy), nullTime(r.WithdrawnAt), r.WithdrawalReason, r.Heard, null(r.CaseID), r.State,
		r.Reason, r.Owes, null(r.OwesOrg), null(r.OwesPerson), nullTime(r.DueAt), null(r.OfferID), r.Receiver.Kind, null(r.Receiver.ID),
		null(r.ReceiverOf), r.Bounces, null(r.QuestionID), r.Message, list(r.Actions), null(r.ExistingReferral), null(r.JoinedInto),
		null(r.EscalatedTo), r.Outcome, r.Open, r.ChangedAt, null(r.ChangedBy), r.Version)
}

// KeepStep writes one thing that happened to a referral.
func KeepStep(ctx context.Context, tx pgx.Tx, r domain.Referral, s domain.Step) error {
	return pg.Later(ctx, tx, "keep step of referral", `insert into referral_step (id, referral_id, practice_id, at, by_id, what, reason, receiver_kind, receiver_id, message, heard)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		s.ID, r.ID, r.PracticeID, s.At, null(s.By), s.What, s.Reason, s.Receiver.Kind, null(s.Receiver.ID), s.Message, s.Heard)
}

// Steps lists what happened to a referral, the latest first.
func Steps(ctx context.Context, tx pgx.Tx, id string) ([]domain.Step, error) {
	rows, err := tx.Query(ctx, `select id, at, coalesce(by_id::text, ''), what, reason, receiver_kind, coalesce(receiver_id::text, ''), message, heard
		from referral_step where referral_id = $1 order by at desc, heard desc, id desc`, id)
	if err != nil {
		return nil, wrap("list steps", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s domain.Step, err error) {
		err = row.Scan(&s.ID, &s.At, &s.By, &s.What, &s.Reason, &s.Receiver.Kind, &s.Receiver.ID, &s.Message, &s.Heard)
		return s, err
	})
	return list, wrap("list steps", err)
}

// Referral loads one. The error is domain.ErrNoReferral.
func Referral(ctx context.Context, tx pgx.Tx, id string, lock Lock) (domain.Referral, error) {
	return oneReferral(ctx, tx, `r.id = $1`+lock.sql(), id)
}

// ReferralByReference loads one by its reference. The error is domain.ErrNoReferral.
func ReferralByReference(ctx context.Context, tx pgx.Tx, reference string) (domain.Referral, error) {
	return oneReferral(ctx, tx, `r.reference = $1`, reference)
}

func oneReferral(ctx context.Context, tx pgx.Tx, condition, value string) (domain.Referral, error) {
	rows, err := tx.Query(ctx, `select `+referralColumns+` from referral r where `+condition, value)
	if err != nil {
		return domain.Referral{}, wrap("load referral", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanReferral)
	if none(err) {
		return r, domain.ErrNoReferral
	}
	return r, wrap("load referral", err)
}

// Order is how a list of referrals is sorted.
type Order string

// The orders.
const (
	ByChange Order = "changed" // the latest first
	BySent   Order = "sent"    // the latest first
	ByDue    Order = "due"     // what is due first; what has no time comes last
)

// ReferralQuery says which referrals of a practice are listed; what is empty does not narrow it.
type ReferralQuery struct {
	PracticeID string
	Refs       []string
	States     []terms.ReferralState
	Need       terms.Need
	Yours      bool // the practice owes the next step
	Overdue    bool
	Open       bool
	Bounced    bool
	SentBy     string
	NewFor     string // person: changed by somebody else since they last looked
	Order      Order
	AfterAt    time.Time
	AfterID    string
	Limit      int
	Now        time.Time
}

// far is where "no time" is put in an order by time.
const far = `'9999-12-31'::timestamptz`

// Listed is a referral in a list, with whether it changed since this person last looked.
type Listed struct {
	domain.Referral
	New bool
}

// isNew is the condition that somebody else changed a referral since the person looked. After two weeks news is none any more.
const isNew = `(r.changed_by is distinct from @person::uuid and r.changed_at > coalesce(l.at, r.requested_at) and r.changed_at > @now::timestamptz - interval '14 days')`

func (q ReferralQuery) where() (string, pgx.NamedArgs) {
	condition := `r.practice_id = @practice`
	args := pgx.NamedArgs{"practice": q.PracticeID, "limit": q.Limit, "person": null(q.NewFor), "now": q.Now}
	add := func(on bool, sql, name string, value any) {
		if on {
			condition += ` and ` + sql
			args[name] = value
		}
	}
	add(q.Refs != nil, `r.ref = any(@refs)`, "refs", q.Refs)
	add(len(q.States) > 0, `r.state = any(@states)`, "states", q.States)
	add(q.Need != "", `r.need = @need`, "need", q.Need)
	add(q.SentBy != "", `r.requested_by = @by`, "by", null(q.SentBy))
	if q.Yours {
		condition += ` and r.open and r.withdrawn_at is null and r.owes = 'sender' and (r.question_id is null or r.question_id is distinct from r.answered_question)`
	}
	if q.Overdue {
		condition += ` and r.open and r.due_at < @now`
	}
	if q.Open {
		condition += ` and r.open`
	}
	if q.Bounced {
		condition += ` and r.bounces > 0`
	}
	return condition, args
}

func (o Order) sql() (key, direction, compare string) {
	switch o {
	case BySent:
		return `r.requested_at`, `desc`, `<`
	case ByDue:
		return `coalesce(case when r.open then r.due_at end, ` + far + `)`, `asc`, `>`
	}
	return `r.changed_at`, `desc`, `<`
}

// Referrals lists referrals, and how many there are on all pages. onlyNew keeps those that changed since NewFor last looked.
func Referrals(ctx context.Context, tx pgx.Tx, q ReferralQuery, onlyNew bool) (found []Listed, total int, err error) {
	condition, args := q.where()
	if onlyNew {
		condition += ` and ` + isNew
	}
	key, direction, compare := q.Order.sql()
	page := ``
	if q.AfterID != "" {
		page = ` where (t.sort_key, t.id) ` + compare + ` (@after, @id)`
		args["after"], args["id"] = q.AfterAt, q.AfterID
	}
	rows, err := tx.Query(ctx, `with t as (select r.id, `+key+` as sort_key, `+isNew+` as is_new, count(*) over () as total
			from referral r left join looked l on l.thing_id = r.id and l.practice_id = r.practice_id and l.person_id = @person::uuid where `+condition+`)
		select t.total, t.is_new, `+referralColumns+` from (select * from t`+page+` order by t.sort_key `+direction+`, t.id `+direction+` limit @limit) t
			join referral r on r.id = t.id order by t.sort_key `+direction+`, t.id `+direction, args)
	if err != nil {
		return nil, 0, wrap("list referrals", err)
	}
	found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Listed, err error) {
		x.Referral, err = scanReferral(shifted{row, []any{&total, &x.New}})
		return x, err
	})
	return found, total, wrap("list referrals", err)
}

// shifted reads the first columns of a row into places of its own, and hands on the rest.
type shifted struct {
	pgx.CollectableRow
	first []any
}

func (s shifted) Scan(dest ...any) error { return s.CollectableRow.Scan(append(s.first, dest...)...) }

// Look notes that a person has seen a thing as it is now.
func Look(ctx context.Context, tx pgx.Tx, practice, person, thing string, at time.Time) (before time.Time, err error) {
	var was *time.Time
	err = tx.QueryRow(ctx, `with was as (select at from looked where practice_id = $1 and person_id = $2 and thing_id = $3)
		insert into looked (practice_id, person_id, thing_id, at) values ($1, $2, $3, $4)
		on conflict (practice_id, person_id, thing_id) do update set at = greatest(looked.at, excluded.at) returning (select at from was)`, practice, person, thing, at).Scan(&was)
	return moment(was), wrap("note who looked", err)
}

// Counts is what a practice's home page counts.
type Counts struct {
	Flags, FlagsUnanswered    int
	InformationAsked          int
	Held                      int
	Yours                     int // other steps that the practice owes
	Escalated, Overdue        int
	Signposts, Drafts, Agreed int
	New                       int
	ToSign                    int // that this person was asked to sign
}

// Count counts what waits at a practice, for one person.
func Count(ctx context.Context, tx pgx.Tx, practice, person string, now, today time.Time) (c Counts, err error) {
	err = tx.QueryRow(ctx, `select
		(select count(*) from red_flag where practice_id = @practice and ended_at is null),
		(select count(*) from red_flag where practice_id = @practice and ended_at is null and (rung = 'nobody' or due_at < @now)),
		count(*) filter (where r.mine and r.state = 'information_asked'),
		count(*) filter (where r.mine and r.state = 'held'),
		count(*) filter (where r.mine and r.state not in ('information_asked', 'held')),
		count(*) filter (where r.state = 'escalated'),
		count(*) filter (where r.due_at < @now),
		(select count(*) from signpost where practice_id = @practice and result = '' and follow_up_on <= @today),
		(select count(*) from draft where practice_id = @practice and done_as is null and expires_at > @now),
		(select count(*) from agreed_action where practice_id = @practice and result = '' and agreed_at is not null),
		(select count(*) from referral r left join looked l on l.thing_id = r.id and l.practice_id = r.practice_id and l.person_id = @person::uuid
			where r.practice_id = @practice and `+isNew+`),
		(select count(*) from signature s join draft d on d.id = s.draft_id and d.version = s.draft_version
			where s.practice_id = @practice and s.supervisor_id = @person::uuid and s.answer = '' and d.done_as is null and d.expires_at > @now)
		from (select state, due_at, withdrawn_at is null and owes = 'sender' and (question_id is null or question_id is distinct from answered_question) as mine
			from referral where practice_id = @practice and open) r`,
		pgx.NamedArgs{"practice": practice, "person": person, "now": now, "today": today}).
		Scan(&c.Flags, &c.FlagsUnanswered, &c.InformationAsked, &c.Held, &c.Yours, &c.Escalated, &c.Overdue, &c.Signposts, &c.Drafts, &c.Agreed, &c.New, &c.ToSign)
	return c, wrap("count what waits", err)
}

// PatientNames names the patients of a practice by ref, for lists.
func PatientNames(ctx context.Context, tx pgx.Tx, practice string, refs []string) (map[string]domain.Patient, error) {
	rows, err := tx.Query(ctx, `select `+patientColumns+` from patient p where p.practice_id = $1 and p.ref = any($2)`, practice, refs)
	if err != nil {
		return nil, wrap("name patients", err)
	}
	found, err := pgx.CollectRows(rows, scanPatient)
	out := make(map[string]domain.Patient, len(found))
	for _, p := range found {
		out[p.Ref] = p
	}
	return out, wrap("name patients", err)
}

// SentFrom is the practice that sent a referral, or "" when none here did.
func SentFrom(ctx context.Context, tx pgx.Tx, referral string) (practice, ref string, err error) {
	err = tx.QueryRow(ctx, `select practice_id, ref from referral where id = $1`, referral).Scan(&practice, &ref)
	if none(err) {
		return "", "", nil
	}
	return practice, ref, wrap("find who sent", err)
}
