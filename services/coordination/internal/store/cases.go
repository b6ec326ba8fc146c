package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/coordination/internal/domain"
)

const caseColumns = `c.id::text, c.patient_ref::text, c.first_ref::text, c.reference, c.is_open, c.opened_at, c.closed_at, c.outcome, c.with_mdt, c.version,
	coalesce(h.person_id::text, ''), coalesce(h.organisation_id::text, '')`

const caseFrom = ` from case_record c left join case_person h on h.case_id = c.id and h.part = 'case_holder' and h.state = 'accepted' `

func scanCase(row pgx.CollectableRow) (domain.Case, error) {
	var c domain.Case
	var opened, closed zeroTime
	err := row.Scan(&c.ID, &c.PatientRef, &c.FirstRef, &c.Reference, &c.Open, &opened, &closed, &c.Outcome, &c.WithMDT, &c.Version, &c.Holder.Person, &c.Holder.Organisation)
	c.OpenedAt, c.ClosedAt = opened.Time, closed.Time
	return c, err
}

func oneCase(ctx context.Context, tx pgx.Tx, condition string, args ...any) (domain.Case, error) {
	rows, err := tx.Query(ctx, `select `+caseColumns+caseFrom+condition, args...)
	if err != nil {
		return domain.Case{}, fmt.Errorf("read case: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCase)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, domain.ErrNoCase
	}
	if err != nil {
		return c, fmt.Errorf("read case: %w", err)
	}
	return c, nil
}

// OpenCaseOf reads the open case of a patient who is locked; the error is domain.ErrNoCase when there is none.
func OpenCaseOf(ctx context.Context, tx pgx.Tx, ref string) (domain.Case, error) {
	return oneCase(ctx, tx, `where c.patient_ref = $1 and c.closed_at is null`, ref)
}

// CaseByID reads a case that may be seen; the error is domain.ErrNoCase when it may not.
func CaseByID(ctx context.Context, tx pgx.Tx, id string) (domain.Case, error) {
	return oneCase(ctx, tx, `where c.id = $1`, id)
}

// LastCaseOf reads the open case of a patient, or else the one that was closed last.
func LastCaseOf(ctx context.Context, tx pgx.Tx, ref string) (domain.Case, error) {
	return oneCase(ctx, tx, `where c.patient_ref = $1 order by c.is_open desc, c.opened_at desc limit 1`, ref)
}

// AddCase writes a new case. A reference that is taken already violates CaseReference: make another one.
func AddCase(ctx context.Context, tx pgx.Tx, c domain.Case, because, byEvent string) error {
	return pg.Later(ctx, tx, "open case", `insert into case_record (id, patient_ref, first_ref, reference, because, by_event, opened_at, with_mdt, version, closed_at, outcome)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, c.ID, c.PatientRef, c.FirstRef, c.Reference, because, byEvent, c.OpenedAt, c.WithMDT, c.Version, nullTime(c.ClosedAt), c.Outcome)
}

// ReferenceTaken tells whether a case has this reference already.
func ReferenceTaken(ctx context.Context, tx pgx.Tx, reference string) (taken bool, err error) {
	if err := tx.QueryRow(ctx, `select exists (select from case_record where reference = $1)`, reference).Scan(&taken); err != nil {
		return false, fmt.Errorf("look for reference: %w", err)
	}
	return taken, nil
}

func saveCase(b *pgx.Batch, c domain.Case) {
	b.Queue(`update case_record set patient_ref = $2, closed_at = $3, outcome = $4, with_mdt = $5, version = $6 where id = $1`,
		c.ID, c.PatientRef, nullTime(c.ClosedAt), c.Outcome, c.WithMDT, c.Version)
}

// SaveCase writes a case whose patient is locked.
func SaveCase(ctx context.Context, tx pgx.Tx, c domain.Case) error {
	b := &pgx.Batch{}
	saveCase(b, c)
	return pg.LaterAll(ctx, tx, "save case", b)
}

// Part is why an organisation may see a case.
type Part string

// The parts.
const (
	PartSender    Part = "sender"
	PartReceiver  Part = "receiver"
	PartOffice    Part = "office"
	PartHolder    Part = "holder"
	PartKeyWorker Part = "key_worker"
	PartMeeting   Part = "meeting"
	PartShared    Part = "shared" // what came under another ref of the person may be seen too, because consent covers it
)

// Member is one organisation's part in a case.
type Member struct {
	CaseID       string
	Organisation string
	Part         Part
	Because      string // the referral, offer or person the part comes from
	FirstRef     string // the ref it is about: what came under it may be seen
	Ends         bool   // it is over
}

func saveMember(b *pgx.Batch, m Member, now time.Time) {
	if m.Ends {
		b.Queue(`update membership set until = $5 where case_id = $1 and organisation_id = $2 and part = $3 and because_id = $4 and until is null`,
			m.CaseID, m.Organisation, m.Part, m.Because, now)
		return
	}
	b.Queue(`insert into membership (case_id, organisation_id, part, because_id, since, first_ref) values ($1, $2, $3, $4, $5, $6)
		on conflict (case_id, organisation_id, part, because_id) do update set until = null`, m.CaseID, m.Organisation, m.Part, m.Because, now, m.FirstRef)
}

// SaveMembers begins and ends parts.
func SaveMembers(ctx context.Context, tx pgx.Tx, now time.Time, members ...Member) error {
	b := &pgx.Batch{}
	for _, m := range members {
		saveMember(b, m, now)
	}
	return pg.LaterAll(ctx, tx, "save members", b)
}

// Standings lists the parts of the actor's own organisation in a case, and what each may see of it.
func Standings(ctx context.Context, tx pgx.Tx, caseID string) (parts []Part, standings []domain.Standing, err error) {
	rows, err := tx.Query(ctx, `select part, organisation_id::text, part = 'sender', first_ref::text, agreed, refused from membership
		where case_id = $1 and organisation_id = actor_org() and until is null order by part`, caseID)
	if err != nil {
		return nil, nil, fmt.Errorf("read parts: %w", err)
	}
	var part Part
	var x domain.Standing
	_, err = pgx.ForEachRow(rows, []any{&part, &x.Organisation, &x.Own, &x.FirstRef, &x.Agreed, &x.Refused}, func() error {
		standings = append(standings, x)
		if part != PartShared && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read parts: %w", err)
	}
	return parts, standings, nil
}
