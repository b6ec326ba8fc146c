package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/mdt/internal/domain"
)

const actionColumns = `a.id::text, a.item_id::text, a.meeting_id::text, a.organisation_id::text, a.series_id::text, a.patient_ref::text, coalesce(a.case_id::text, ''), a.case_reference, a.owner_id::text, a.owner_org::text,
	a.due_on::text, a.what, a.agreed_by::text, a.agreed_at, a.state, a.note, coalesce(a.ended_by::text, ''), a.ended_at, a.version`

func scanAction(row pgx.CollectableRow) (a domain.Action, err error) {
	var ended *time.Time
	err = row.Scan(&a.ID, &a.ItemID, &a.MeetingID, &a.OrganisationID, &a.SeriesID, &a.PatientRef, &a.CaseID, &a.CaseReference, &a.OwnerID, &a.OwnerOrg,
		&a.DueOn, &a.What, &a.AgreedBy, &a.AgreedAt, &a.State, &a.Note, &a.EndedBy, &ended, &a.Version)
	a.EndedAt = timeOf(ended)
	return a, err
}

// Action reads one. The error is domain.ErrNoAction.
func Action(ctx context.Context, tx pgx.Tx, id string) (domain.Action, error) {
	return one(ctx, tx, "read action", domain.ErrNoAction, scanAction, `select `+actionColumns+` from action a where a.id = $1`, id)
}

// LockAction is Action, held until the transaction ends.
func LockAction(ctx context.Context, tx pgx.Tx, id string) (domain.Action, error) {
	return one(ctx, tx, "lock action", domain.ErrNoAction, scanAction, `select `+actionColumns+` from action a where a.id = $1 for update`, id)
}

// AddAction keeps what was agreed.
func AddAction(ctx context.Context, tx pgx.Tx, a domain.Action) error {
	return pg.Later(ctx, tx, "agree action", `insert into action (id, item_id, meeting_id, organisation_id, series_id, patient_ref, first_ref, case_id, case_reference, owner_id, owner_org, due_on, what, agreed_by, agreed_at, state)
		values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open')`,
		a.ID, a.ItemID, a.MeetingID, a.OrganisationID, a.SeriesID, a.PatientRef, orNull(a.CaseID), a.CaseReference, a.OwnerID, a.OwnerOrg, a.DueOn, a.What, a.AgreedBy, a.AgreedAt)
}

// SaveAction writes how it ended.
func SaveAction(ctx context.Context, tx pgx.Tx, a domain.Action) error {
	n, err := exec(ctx, tx, "save action", `update action set state = $2, note = $3, ended_by = $4, ended_at = $5, version = version + 1 where id = $1 and version = $6`,
		a.ID, a.State, a.Note, orNull(a.EndedBy), timeOrNull(a.EndedAt), a.Version)
	if err == nil && n == 0 {
		return domain.ErrChanged
	}
	return err
}

// GiveAction writes who does it now, as the matcher: whoever gives it away may not see it any more. It was locked by them, so they could.
func GiveAction(ctx context.Context, tx pgx.Tx, a domain.Action) error {
	return asMatcher(ctx, tx, "give action", func() error {
		n, err := exec(ctx, tx, "give action", `update action set owner_id = $2, owner_org = $3, told_overdue = false, version = version + 1 where id = $1 and version = $4`,
			a.ID, a.OwnerID, a.OwnerOrg, a.Version)
		if err == nil && n == 0 {
			return domain.ErrChanged
		}
		return err
	})
}

// ActionsOf lists a patient's actions: open ones first, soonest due, then what has ended, latest first.
func ActionsOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Action, error) {
	return many(ctx, tx, "list actions of patient", scanAction, `select `+actionColumns+` from action a where a.patient_ref = $1
		order by a.state <> 'open', case when a.state = 'open' then a.due_on end, a.ended_at desc, a.id limit 100`, ref)
}

// AgreedAt lists what a meeting agreed.
func AgreedAt(ctx context.Context, tx pgx.Tx, meeting string) ([]domain.Action, error) {
	return many(ctx, tx, "list actions of meeting", scanAction, `select `+actionColumns+` from action a where a.meeting_id = $1 order by a.agreed_at, a.id`, meeting)
}

// ActionPlace is where a list of actions ended.
type ActionPlace struct {
	On string `json:"o"`
	ID string `json:"i"`
}

// ActionQuery says which actions.
type ActionQuery struct {
	Show   string // open, overdue, ended
	Owner  string // person, "" for everybody
	Ours   bool   // that our organisation owes; else those that our meetings agreed too
	Newest bool   // by due day, last first
	Today  string
	Org    string
	After  *ActionPlace
	Limit  int
}

// Actions lists the actions that the actor may see.
func Actions(ctx context.Context, tx pgx.Tx, q ActionQuery) ([]domain.Action, error) {
	where := map[string]string{"open": `a.state = 'open'`, "overdue": `a.state = 'open' and a.due_on < @today::date`, "ended": `a.state <> 'open'`}[q.Show]
	if where == "" {
		where = `true`
	}
	args := pgx.NamedArgs{"today": q.Today, "limit": q.Limit, "owner": orNull(q.Owner), "org": q.Org, "ours": q.Ours}
	where += ` and (@owner::uuid is null or a.owner_id = @owner) and (not @ours or a.owner_org = @org)`
	dir, cmp := `asc`, `>`
	if q.Newest {
		dir, cmp = `desc`, `<`
	}
	if q.After != nil {
		where += ` and (a.due_on, a.id) ` + cmp + ` (@on::date, @id)`
		args["on"], args["id"] = q.After.On, q.After.ID
	}
	return many(ctx, tx, "list actions", scanAction, `select `+actionColumns+` from action a where `+where+` order by a.due_on `+dir+`, a.id `+dir+` limit @limit`, args)
}

// TakeOverdue finds actions whose day has passed since the clock last looked, and marks them so that it says so once.
func TakeOverdue(ctx context.Context, tx pgx.Tx, today string) ([]domain.Action, error) {
	return many(ctx, tx, "find overdue actions", scanAction, `update action a set told_overdue = true where a.state = 'open' and a.due_on < $1::date and not a.told_overdue returning `+actionColumns, today)
}

// Counts are what a home page counts.
type Counts struct {
	MyActions, MyOverdue, OrgOverdue, Offers, Asked, Held, Drafts, Unheld int
}

// Count counts them for a person.
func Count(ctx context.Context, tx pgx.Tx, person, organisation, today string, now time.Time) (Counts, error) {
	return one(ctx, tx, "count", domain.ErrNoAction, pgx.RowToStructByPos[Counts], `select
		(select count(*) from action where owner_id = $1 and state = 'open' and due_on >= $3::date),
		(select count(*) from action where owner_id = $1 and state = 'open' and due_on < $3::date),
		(select count(*) from action where owner_org = $2 and owner_id <> $1 and state = 'open' and due_on < $3::date),
		(select count(*) from case_holder where person_id = $1 and state = 'offered'),
		(select count(*) from referral where organisation_id = $2 and open and state = 'information_asked' and question_id is not null and answered_question is distinct from question_id),
		(select count(*) from referral where organisation_id = $2 and open and state = 'held'),
		(select count(*) from draft where organisation_id = $2 and started_by = $1 and done_as is null and expires_at > $4),
		(select count(distinct i.patient_ref) from item i where `+unheld+`)`, person, organisation, today, now)
}

// CountLateActions counts, over all meetings, the open actions whose day has passed.
func CountLateActions(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from action where state = 'open' and due_on < ($1 at time zone 'Europe/London')::date`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count late actions: %w", err)
	}
	return n, nil
}

// CountUnansweredHolders counts the questions to hold a case that nobody answered in time.
func CountUnansweredHolders(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from case_holder where state = 'offered' and due_at < $1`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count unanswered questions: %w", err)
	}
	return n, nil
}
