package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

// Case is coordination's case of a patient.
type Case struct {
	ID         string
	PatientRef string
	Reference  string
	Open       bool
	OpenedAt   time.Time
	Outcome    string
	At         time.Time
}

const caseColumns = `case_id::text, patient_ref::text, reference, open, opened_at, outcome, at`

func scanCase(row pgx.CollectableRow) (c Case, err error) {
	var opened *time.Time
	err = row.Scan(&c.ID, &c.PatientRef, &c.Reference, &c.Open, &opened, &c.Outcome, &c.At)
	c.OpenedAt = timeOf(opened)
	return c, err
}

// CaseOf is a patient's case: the open one, else the last. ok is false when coordination has told of none.
func CaseOf(ctx context.Context, tx pgx.Tx, ref string) (c Case, ok bool, err error) {
	all, err := many(ctx, tx, "read case", scanCase, `select `+caseColumns+` from patient_case where patient_ref = $1 order by open desc, opened_at desc nulls last limit 1`, ref)
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[0], true, nil
}

// CaseByID reads a case; ok is false when it was not heard of.
func CaseByID(ctx context.Context, tx pgx.Tx, id string) (c Case, ok bool, err error) {
	all, err := many(ctx, tx, "read case", scanCase, `select `+caseColumns+` from patient_case where case_id = $1`, id)
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[0], true, nil
}

// SaveCase keeps what was said last of a case. What opened it always brings reference and time, however late it is heard.
func SaveCase(ctx context.Context, tx pgx.Tx, c Case) error {
	return pg.Later(ctx, tx, "save case", `insert into patient_case as p (case_id, patient_ref, first_ref, reference, open, opened_at, outcome, at) values ($1, $2, $2, $3, $4, $5, $6, $7)
		on conflict (case_id) do update set reference = case when excluded.reference <> '' then excluded.reference else p.reference end,
			opened_at = coalesce(excluded.opened_at, p.opened_at),
			open = case when excluded.at >= p.at then excluded.open else p.open end,
			outcome = case when excluded.at >= p.at then excluded.outcome else p.outcome end, at = greatest(excluded.at, p.at)`,
		c.ID, c.PatientRef, c.Reference, c.Open, timeOrNull(c.OpenedAt), c.Outcome, c.At)
}

// NameCase writes the case and its reference on actions that were agreed before it was known.
func NameCase(ctx context.Context, tx pgx.Tx, c Case) error {
	return pg.Later(ctx, tx, "name case", `update action set case_id = $2, case_reference = $3 where patient_ref = $1 and (case_id is null or case_reference = '')`, c.PatientRef, c.ID, c.Reference)
}

const holdingColumns = `h.id::text, h.case_id::text, h.patient_ref::text, h.person_id::text, h.organisation_id::text, h.role, h.state, coalesce(h.item_id::text, ''), h.asked_by::text, h.asked_by_org::text,
	h.asked_at, h.due_at, h.answered_at, h.released_at, coalesce(h.handed_to::text, ''), h.why_not, h.left_at, h.version`

func scanHolding(row pgx.CollectableRow) (h domain.Holding, err error) {
	var answered, released, left *time.Time
	err = row.Scan(&h.ID, &h.CaseID, &h.PatientRef, &h.PersonID, &h.OrganisationID, &h.Role, &h.State, &h.ItemID, &h.AskedBy, &h.AskedByOrg,
		&h.AskedAt, &h.DueAt, &answered, &released, &h.HandedTo, &h.WhyNot, &left, &h.Version)
	h.AnsweredAt, h.ReleasedAt, h.LeftAt = timeOf(answered), timeOf(released), timeOf(left)
	return h, err
}

// Holding reads one asking or holding. The error is domain.ErrNoHolding.
func Holding(ctx context.Context, tx pgx.Tx, id string) (domain.Holding, error) {
	return one(ctx, tx, "read case-holder", domain.ErrNoHolding, scanHolding, `select `+holdingColumns+` from case_holder h where h.id = $1`, id)
}

// HoldChair keeps everybody else from changing who holds the case of an item's patient, or is key worker, until the transaction ends. It comes
// before any other lock: who asks begins at the item, who answers at the question, and both end at what the other began with.
func HoldChair(ctx context.Context, tx pgx.Tx, item string) error {
	return holdChair(ctx, tx, `select patient_ref from item where id = $1`, item)
}

// HoldChairOf is HoldChair for patients.
func HoldChairOf(ctx context.Context, tx pgx.Tx, refs ...string) error {
	return holdChair(ctx, tx, `select unnest($1::uuid[])`, refs)
}

func holdChair(ctx context.Context, tx pgx.Tx, of string, arg any) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('chair ' || ref, 0)) from (select ref::text from (`+of+`) x (ref) order by 1) of`, arg); err != nil {
		return fmt.Errorf("hold chair: %w", err)
	}
	return nil
}

// Holders reads who holds a case and who is asked, and keeps both until the transaction ends. HoldChair comes first.
func Holders(ctx context.Context, tx pgx.Tx, caseID string) (domain.Holders, error) {
	return holders(ctx, tx, caseID, ` for update`)
}

// ShownHolders is Holders for a page: nothing is locked.
func ShownHolders(ctx context.Context, tx pgx.Tx, caseID string) (domain.Holders, error) {
	return holders(ctx, tx, caseID, ``)
}

func holders(ctx context.Context, tx pgx.Tx, caseID, lock string) (h domain.Holders, err error) {
	all, err := many(ctx, tx, "read case-holders", scanHolding, `select `+holdingColumns+` from case_holder h where h.case_id = $1 and h.state in ('offered', 'holds') order by h.asked_at`+lock, caseID)
	for _, x := range all {
		if x.State == domain.HoldingHolds {
			h.Current = &x
			continue
		}
		h.Asked = &x
	}
	return h, err
}

// HoldingsOf lists everybody who was asked to hold a patient's case, latest first.
func HoldingsOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Holding, error) {
	return many(ctx, tx, "list case-holders", scanHolding, `select `+holdingColumns+` from case_holder h where h.patient_ref = $1 order by h.asked_at desc`, ref)
}

// MyHoldings lists what a person is asked to hold or holds, and what others of their organisation hold.
func MyHoldings(ctx context.Context, tx pgx.Tx, person, organisation string) ([]domain.Holding, error) {
	return many(ctx, tx, "list cases held", scanHolding, `select `+holdingColumns+` from case_holder h where h.state in ('offered', 'holds') and (h.person_id = $1 and h.left_at is null or h.organisation_id = $2)
		order by (h.state = 'offered') desc, h.due_at, h.id limit 200`, person, organisation)
}

// unheld are the items at which a meeting of organisation $2 took an open case that nobody holds or is asked to hold.
const unheld = `i.organisation_id = $2 and i.state = 'discussed' and exists (select from patient_case c where c.patient_ref = i.patient_ref and c.open
	and not exists (select from case_holder h where h.case_id = c.case_id and (h.state = 'offered' or h.state = 'holds' and h.left_at is null)))`

// Unheld lists them, for each patient the newest; the longest without a holder come first.
func Unheld(ctx context.Context, tx pgx.Tx, limit int, organisation string) ([]domain.Item, error) {
	return many(ctx, tx, "list cases that nobody holds", scanItem, `select `+itemColumns+itemFrom+`where i.id in
		(select distinct on (i.patient_ref) i.id from item i where `+unheld+` order by i.patient_ref, i.discussed_at desc) order by i.discussed_at, i.id limit $1`, limit, organisation)
}

// SaveHolding writes a holding as it stands now.
func SaveHolding(ctx context.Context, tx pgx.Tx, h domain.Holding) error {
	_, err := exec(ctx, tx, "save case-holder", `insert into case_holder (id, case_id, patient_ref, first_ref, person_id, organisation_id, role, state, item_id, asked_by, asked_by_org, asked_at, due_at,
			answered_at, released_at, handed_to, why_not, version, left_at)
		values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`, holdingArgs(h)...)
	return err
}

// ChangeHolding is SaveHolding for one that is there.
func ChangeHolding(ctx context.Context, tx pgx.Tx, h domain.Holding) error {
	n, err := exec(ctx, tx, "change case-holder", `update case_holder set case_id = $2, state = $3, answered_at = $4, released_at = $5, handed_to = $6, why_not = $7, version = $8, left_at = $9 where id = $1`,
		h.ID, h.CaseID, h.State, timeOrNull(h.AnsweredAt), timeOrNull(h.ReleasedAt), orNull(h.HandedTo), h.WhyNot, h.Version, timeOrNull(h.LeftAt))
	if err == nil && n == 0 {
		return domain.ErrNoHolding
	}
	return err
}

func holdingArgs(h domain.Holding) []any {
	return []any{
		h.ID, h.CaseID, h.PatientRef, h.PersonID, h.OrganisationID, h.Role, h.State, orNull(h.ItemID), h.AskedBy, h.AskedByOrg, h.AskedAt, h.DueAt,
		timeOrNull(h.AnsweredAt), timeOrNull(h.ReleasedAt), orNull(h.HandedTo), h.WhyNot, h.Version, timeOrNull(h.LeftAt),
	}
}

const keyWorkerColumns = `k.id::text, k.case_id::text, k.patient_ref::text, k.person_id::text, k.organisation_id::text, k.role, k.assigned_by::text, k.assigned_by_org::text, k.assigned_at, k.released_at, k.version`

func scanKeyWorker(row pgx.CollectableRow) (k domain.KeyWorker, err error) {
	var released *time.Time
	err = row.Scan(&k.ID, &k.CaseID, &k.PatientRef, &k.PersonID, &k.OrganisationID, &k.Role, &k.AssignedBy, &k.AssignedByOrg, &k.AssignedAt, &released, &k.Version)
	k.ReleasedAt = timeOf(released)
	return k, err
}

// KeyWorker reads who stays in touch; nil when nobody does.
func KeyWorker(ctx context.Context, tx pgx.Tx, caseID string) (*domain.KeyWorker, error) {
	all, err := many(ctx, tx, "read key worker", scanKeyWorker, `select `+keyWorkerColumns+` from key_worker k where k.case_id = $1 and k.released_at is null`, caseID)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// KeyWorkerVersion counts the changes of who stays in touch: each row begins at 1 and goes up when it ends. 0 is nobody yet.
func KeyWorkerVersion(ctx context.Context, tx pgx.Tx, caseID string) (version int64, err error) {
	if err := tx.QueryRow(ctx, `select coalesce(sum(version), 0)::bigint from key_worker where case_id = $1`, caseID).Scan(&version); err != nil {
		return 0, fmt.Errorf("read key worker: %w", err)
	}
	return version, nil
}

// LockKeyWorker reads both, and nobody else changes them until the transaction ends: a case may stand on two agendas.
func LockKeyWorker(ctx context.Context, tx pgx.Tx, caseID string) (k *domain.KeyWorker, version int64, err error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('key worker ' || $1, 0))`, caseID); err != nil {
		return nil, 0, fmt.Errorf("lock key worker: %w", err)
	}
	if k, err = KeyWorker(ctx, tx, caseID); err != nil {
		return nil, 0, err
	}
	version, err = KeyWorkerVersion(ctx, tx, caseID)
	return k, version, err
}

// AddKeyWorker assigns one.
func AddKeyWorker(ctx context.Context, tx pgx.Tx, k domain.KeyWorker) error {
	_, err := exec(ctx, tx, "assign key worker", `insert into key_worker (id, case_id, patient_ref, first_ref, person_id, organisation_id, role, assigned_by, assigned_by_org, assigned_at)
		values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9)`, k.ID, k.CaseID, k.PatientRef, k.PersonID, k.OrganisationID, k.Role, k.AssignedBy, k.AssignedByOrg, k.AssignedAt)
	return err
}

// ReleaseKeyWorker ends it.
func ReleaseKeyWorker(ctx context.Context, tx pgx.Tx, id string, at time.Time) error {
	return pg.Later(ctx, tx, "release key worker", `update key_worker set released_at = $2, version = version + 1 where id = $1`, id, at)
}

// MoveKeyWorker puts the key worker of a case on the case that it was merged into.
func MoveKeyWorker(ctx context.Context, tx pgx.Tx, id, caseID, ref string) error {
	return pg.Later(ctx, tx, "move key worker", `update key_worker set case_id = $2, patient_ref = $3, version = version + 1 where id = $1`, id, caseID, ref)
}

// Happened is something that was heard about a case.
type Happened struct {
	EventID      string
	PatientRef   string
	Fact         string
	Code         string
	ReferralID   string
	Organisation string
	Person       string
	At           time.Time
	Need         terms.Need // of the referral, where there is one
}

// AddHappened keeps it.
func AddHappened(ctx context.Context, tx pgx.Tx, h Happened) error {
	return pg.Later(ctx, tx, "keep what happened", `insert into happened (event_id, patient_ref, first_ref, fact, code, referral_id, organisation_id, person_id, at) values ($1, $2, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
		h.EventID, h.PatientRef, h.Fact, h.Code, orNull(h.ReferralID), orNull(h.Organisation), orNull(h.Person), h.At)
}

// AddReferralFact keeps what a referral is for.
func AddReferralFact(ctx context.Context, tx pgx.Tx, ref, referral string, need terms.Need, sensitive bool, sender string, at time.Time) error {
	if sensitive {
		need = ""
	}
	return pg.Later(ctx, tx, "keep what a referral is for", `insert into referral_fact (referral_id, patient_ref, first_ref, need, sensitive, sender_org, at) values ($1, $2, $2, $3, $4, $5, $6) on conflict do nothing`,
		referral, ref, need, sensitive, orNull(sender), at)
}

// Since lists what happened to a patient after a time, and until one unless that is zero, latest first. It is for what a meeting reads from: that
// somebody helps with something sensitive is not in it, nor what a referral did of which it is not known what it is for.
func Since(ctx context.Context, tx pgx.Tx, ref string, after, until time.Time, limit int) ([]Happened, error) {
	return many(ctx, tx, "list what happened", func(row pgx.CollectableRow) (h Happened, err error) {
		err = row.Scan(&h.EventID, &h.PatientRef, &h.Fact, &h.Code, &h.ReferralID, &h.Organisation, &h.Person, &h.At, &h.Need)
		return h, err
	}, `select h.event_id::text, h.patient_ref::text, h.fact, h.code, coalesce(h.referral_id::text, ''), coalesce(h.organisation_id::text, ''), coalesce(h.person_id::text, ''), h.at,
			coalesce(f.need, '')
		from happened h left join referral_fact f on f.referral_id = h.referral_id where h.patient_ref = $1 and h.at > $2 and ($3::timestamptz is null or h.at <= $3)
			and not coalesce(f.sensitive, h.referral_id is not null) order by h.at desc, h.event_id limit $4`, ref, after, timeOrNull(until), limit)
}

// ForgetHappened deletes what is older than a time and about nobody on any agenda.
func ForgetHappened(ctx context.Context, tx pgx.Tx, before time.Time) (int, error) {
	n, err := exec(ctx, tx, "forget what happened", `delete from happened h where h.at < $1 and not exists (select from item i where i.patient_ref = h.patient_ref)`, before)
	if err != nil {
		return n, err
	}
	m, err := exec(ctx, tx, "forget what happened", `delete from referral_fact f where f.at < $1 and not exists (select from item i where i.patient_ref = f.patient_ref)
		and not exists (select from happened h where h.referral_id = f.referral_id)`, before)
	return n + m, err
}

// MoveHolders puts who held or was asked, and the key workers, under the ref that the patient goes by now.
func MoveHolders(ctx context.Context, tx pgx.Tx, from, into string) error {
	for _, table := range []string{"case_holder", "key_worker"} {
		if _, err := exec(ctx, tx, "move "+table, `update `+table+` set patient_ref = $2 where patient_ref = $1`, from, into); err != nil {
			return err
		}
	}
	return nil
}

// AskedAlso is what a key worker was asked to help with too, on one case.
type AskedAlso struct {
	CaseID string
	Needs  []terms.Need
}

// AskKeyWorker keeps that the key worker of a case was asked to help with another need too.
func AskKeyWorker(ctx context.Context, tx pgx.Tx, caseID, person string, need terms.Need) error {
	return pg.Later(ctx, tx, "ask key worker", `update key_worker set also = array_append(also, $3::text)
		where case_id = $1 and person_id = $2 and released_at is null and not ($3::text = any (also))`, caseID, person, need)
}

// AskedOf lists what somebody was asked to help with as key worker.
func AskedOf(ctx context.Context, tx pgx.Tx, person string) ([]AskedAlso, error) {
	rows, err := tx.Query(ctx, `select case_id::text, also from key_worker where person_id = $1 and released_at is null and also <> '{}' order by assigned_at limit 200`, person)
	if err != nil {
		return nil, fmt.Errorf("read what key workers are asked: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[AskedAlso])
	if err != nil {
		return nil, fmt.Errorf("read what key workers are asked: %w", err)
	}
	return out, nil
}
