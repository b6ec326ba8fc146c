package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
)

// CasePerson is the case-holder or the key worker of a case, or who is asked to be.
type CasePerson struct {
	CaseID       string
	Person       string
	Organisation string
	Part         string // case_holder or key_worker
	Role         string
	State        string // offered, accepted, released
	Since        time.Time
	FirstRef     string    // the record they were asked under, which a merge does not change
	DueAt        time.Time `db:"-"` // by when they answer; zero when nothing was asked
}

// SaveCasePerson writes what was said of a person's part. Whoever else had accepted it is released in the same step, so that there is one at a time
// in whatever order the facts arrive. What is said of one ref (saidOf) comes in order, and a copy's clock may be wrong; of two refs of one person the later
// time counts.
func SaveCasePerson(ctx context.Context, tx pgx.Tx, p CasePerson, saidOf string) error {
	b := &pgx.Batch{}
	if p.State == "accepted" {
		b.Queue(`update case_person set state = 'released', until = $4 where case_id = $1 and part = $2 and person_id <> $3 and state = 'accepted'
			and (since <= $4 or said_of = $5)`, p.CaseID, p.Part, p.Person, p.Since, saidOf)
	}
	b.Queue(`insert into case_person as h (case_id, person_id, part, organisation_id, role, state, since, first_ref, said_of, due_at)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
		where $6 <> 'accepted' or not exists (select from case_person o where o.case_id = $1 and o.part = $3 and o.person_id <> $2 and o.state = 'accepted')
		on conflict (case_id, person_id, part) do update set organisation_id = excluded.organisation_id, role = excluded.role, state = excluded.state,
			since = excluded.since, until = case when excluded.state = 'released' then excluded.since end, said_of = excluded.said_of, due_at = excluded.due_at
		where h.since <= excluded.since or h.said_of = excluded.said_of`, p.CaseID, p.Person, p.Part, p.Organisation, p.Role, p.State, p.Since, p.FirstRef, saidOf, nullTime(p.DueAt))
	return pg.LaterAll(ctx, tx, "save case person", b)
}

// LeaveReleased ends what organisations see of a case because of somebody who held it or stayed in touch, and does so no more: what they saw of
// it while it was closed, they do not see of what begins now.
func LeaveReleased(ctx context.Context, tx pgx.Tx, caseID string, now time.Time) error {
	return pg.Later(ctx, tx, "leave case", `update membership m set until = $2 from case_person p
		where m.case_id = $1 and p.case_id = m.case_id and p.person_id = m.because_id and p.state = 'released' and m.until is null
			and m.part = case p.part when 'case_holder' then 'holder' else 'key_worker' end`, caseID, now)
}

// AskedUnder is the record that somebody was first asked under to take a part in a case; "" when they never were.
func AskedUnder(ctx context.Context, tx pgx.Tx, caseID, person, part string) (ref string, err error) {
	err = tx.QueryRow(ctx, `select coalesce((select first_ref::text from case_person where case_id = $1 and person_id = $2 and part = $3), '')`, caseID, person, part).Scan(&ref)
	if err != nil {
		return "", fmt.Errorf("read case person: %w", err)
	}
	return ref, nil
}

// CasePeople reads who holds a case and who stays in touch.
func CasePeople(ctx context.Context, tx pgx.Tx, caseID string) ([]CasePerson, error) {
	rows, err := tx.Query(ctx, `select case_id::text, person_id::text, organisation_id::text, part, role, state, since, first_ref::text from case_person
		where case_id = $1 and state <> 'released' order by part, since`, caseID)
	if err != nil {
		return nil, fmt.Errorf("read case people: %w", err)
	}
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CasePerson])
	if err != nil {
		return nil, fmt.Errorf("read case people: %w", err)
	}
	return people, nil
}

// Action is something a meeting agreed that somebody does.
type Action struct {
	ID                string
	CaseID            string
	PatientRef        string
	FirstRef          string // the ref it came under
	MeetingID         string
	OwnerPerson       string
	OwnerOrganisation string
	DueOn             string // 2006-01-02
	AgreedAt          time.Time
	What              string
}

// SaveAction keeps an action that was agreed. It may have been done already, when that was heard first.
func SaveAction(ctx context.Context, tx pgx.Tx, a Action) error {
	return pg.Later(ctx, tx, "save action", `insert into action (id, case_id, patient_ref, meeting_id, owner_person_id, owner_organisation_id, due_on, agreed_at, what, first_ref)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing`,
		a.ID, null(a.CaseID), a.PatientRef, a.MeetingID, a.OwnerPerson, a.OwnerOrganisation, a.DueOn, a.AgreedAt, a.What, a.FirstRef)
}

// ReassignAction notes who does an action now. Both facts have one speaker and one patient, so that it was agreed was heard first.
func ReassignAction(ctx context.Context, tx pgx.Tx, id, person, organisation string) error {
	return pg.Later(ctx, tx, "reassign action", `update action set owner_person_id = $2, owner_organisation_id = $3 where id = $1`, id, person, organisation)
}

// EndAction notes that an action was done or dropped.
func EndAction(ctx context.Context, tx pgx.Tx, id, result string, at time.Time) error {
	return pg.Later(ctx, tx, "end action", `update action set done_at = $2, result = $3 where id = $1 and done_at is null`, id, at, result)
}

// OpenActions reads the actions of a case that are not done, soonest first.
func OpenActions(ctx context.Context, tx pgx.Tx, caseID string) ([]Action, error) {
	rows, err := tx.Query(ctx, `select id::text, coalesce(case_id::text, ''), patient_ref::text, first_ref::text, meeting_id::text, owner_person_id::text,
			owner_organisation_id::text, due_on::text, agreed_at, what
		from action where case_id = $1 and done_at is null order by due_on, id`, caseID)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	actions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Action])
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	return actions, nil
}

// Meeting is one meeting of an MDT.
type Meeting struct {
	ID           string
	Organisation string
	Name         string
	StartsAt     time.Time
	Status       string
	Version      int
}

// SaveMeeting keeps the newest version.
func SaveMeeting(ctx context.Context, tx pgx.Tx, m Meeting) error {
	return pg.Later(ctx, tx, "save meeting", `insert into meeting as m (id, organisation_id, name, starts_at, status, version) values ($1, $2, $3, $4, $5, $6)
		on conflict (id) do update set organisation_id = excluded.organisation_id, name = excluded.name, starts_at = excluded.starts_at,
			status = excluded.status, version = excluded.version where m.version <= excluded.version`,
		m.ID, m.Organisation, m.Name, m.StartsAt, m.Status, m.Version)
}

// Consent is what a patient was asked and said about sharing.
type Consent struct {
	ID            string
	PatientRef    string
	FirstRef      string // the ref it was said under
	Purpose       string
	Given         bool
	AskedBy       string
	AskedAt       time.Time
	How           string
	Organisations []string
	By            string // the organisation that asked
	UntilOn       string // the last day on which it holds, "" for most
}

// Ending is when consent with an end does end, and by when to ask again.
type Ending struct{ At, AskBy time.Time }

// SaveConsent keeps an answer. The same question answered again by the same id is the same answer.
func SaveConsent(ctx context.Context, tx pgx.Tx, c Consent, ends Ending) error {
	err := pg.Later(ctx, tx, "save consent", `insert into consent (id, patient_ref, purpose, given, asked_by, asked_at, how, organisation_ids, by_organisation_id, first_ref, until_on, ends_at, ask_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8::uuid[], $9, $10, $11, $12, $13) on conflict (id) do nothing`,
		c.ID, c.PatientRef, c.Purpose, c.Given, c.AskedBy, c.AskedAt, c.How, list(c.Organisations), c.By, c.FirstRef, null(c.UntilOn), nullTime(ends.At), nullTime(ends.AskBy))
	if err != nil {
		return err
	}
	return StandingEnds(ctx, tx, c.PatientRef)
}

// StandingEnds works out anew of which consents of a patient the end is still to come: those after which nothing else was said.
func StandingEnds(ctx context.Context, tx pgx.Tx, ref string) error {
	return pg.Later(ctx, tx, "save which consents end", `update consent c set stands = not exists (select from consent n where n.patient_ref = c.patient_ref and n.purpose = c.purpose
			and (n.given or n.organisation_ids = '{}') and (n.asked_at > c.asked_at or n.asked_at = c.asked_at and not n.given))
		where c.patient_ref = $1 and c.ends_at is not null`, ref)
}

// DueConsent is one that has ended, and of whom.
type DueConsent struct{ ID, PatientRef string }

// ConsentsEnded lists those that stand and whose end has come, the longest first. It locks nothing.
func ConsentsEnded(ctx context.Context, tx pgx.Tx, now time.Time, limit int) ([]DueConsent, error) {
	rows, err := tx.Query(ctx, `select id::text, patient_ref::text from consent where stands and ends_at <= $1 order by ends_at limit $2`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("list ended consent: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DueConsent])
	if err != nil {
		return nil, fmt.Errorf("list ended consent: %w", err)
	}
	return all, nil
}

const consentColumns = `c.id::text, c.patient_ref::text, c.first_ref::text, c.purpose, c.given, c.asked_by::text, c.asked_at, c.how, c.organisation_ids::text[],
	c.by_organisation_id::text, coalesce(c.until_on::text, '')`

// StandingConsents lists what a patient agrees to now: for each purpose the newest answer, when it was a yes. A no that names
// organisations leaves the others.
func StandingConsents(ctx context.Context, tx pgx.Tx, ref string) ([]Consent, error) {
	rows, err := tx.Query(ctx, `select `+consentColumns+`
		from (select distinct on (purpose) * from consent where patient_ref = $1 and (given or organisation_ids = '{}') order by purpose, asked_at desc, given) c where c.given order by c.purpose`, ref)
	if err != nil {
		return nil, fmt.Errorf("read consent: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Consent])
	if err != nil {
		return nil, fmt.Errorf("read consent: %w", err)
	}
	return all, nil
}

// SharingAnswers lists every answer to whether a patient agrees to share, the newest first.
func SharingAnswers(ctx context.Context, tx pgx.Tx, ref string) ([]Consent, error) {
	rows, err := tx.Query(ctx, `select `+consentColumns+` from consent c where c.patient_ref = $1 and c.purpose = $2 and (c.given or c.organisation_ids = '{}') order by c.asked_at desc, c.given`, ref, terms.ConsentShareToHelp)
	if err != nil {
		return nil, fmt.Errorf("read consent: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Consent])
	if err != nil {
		return nil, fmt.Errorf("read consent: %w", err)
	}
	return all, nil
}

// ConsentEnded tells whether a patient has said no to a purpose at some time or after it.
func ConsentEnded(ctx context.Context, tx pgx.Tx, ref, purpose string, at time.Time) (ended bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from consent where patient_ref = $1 and purpose = $2 and not given and organisation_ids = '{}' and asked_at >= $3)`, ref, purpose, at).Scan(&ended)
	if err != nil {
		return false, fmt.Errorf("read consent: %w", err)
	}
	return ended, nil
}

// RefusedAfter lists the organisations that a patient has said no to by name later than a time: a yes that was still on its way then does
// not take it back.
func RefusedAfter(ctx context.Context, tx pgx.Tx, ref string, at time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `select distinct unnest(organisation_ids)::text from consent where patient_ref = $1 and not given and asked_at > $2`, ref, at)
	if err != nil {
		return nil, fmt.Errorf("read refusals: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read refusals: %w", err)
	}
	return all, nil
}

// UnseenFlags lists the practices that raised a red flag on a case on which nobody has acted yet: while the row of what is owed on it stands, however
// old it is, and whatever was said of another. The row says nothing of whom it is about, so the two are known by who raised it and when, to the
// microsecond: primarycare says so once. Ask it as the matcher: a practice's clock is not everybody's to read.
func UnseenFlags(ctx context.Context, tx pgx.Tx, caseID string) ([]string, error) {
	rows, err := tx.Query(ctx, `select distinct r.organisation_id::text from timeline r join owed_elsewhere e on e.kind = 'red_flag' and e.organisation_id = r.organisation_id and e.since = r.at
		where r.case_id = $1 and r.what = 'red_flag_raised' order by 1`, caseID)
	if err != nil {
		return nil, fmt.Errorf("read red flags: %w", err)
	}
	practices, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read red flags: %w", err)
	}
	return practices, nil
}
