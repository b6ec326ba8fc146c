package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/services/coordination/internal/domain"
)

// ReceiverNames is what to call services, teams and meetings on a page.
func ReceiverNames(ctx context.Context, tx pgx.Tx, ids []string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `select id::text, name from service_copy where id = any($1::uuid[]) and version > 0
		union all select id::text, name from team_copy where id = any($1::uuid[])
		union all select id::text, name from meeting where id = any($1::uuid[])`, ids)
	if err != nil {
		return nil, fmt.Errorf("read receivers' names: %w", err)
	}
	names := map[string]string{}
	var id, name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("read receivers' names: %w", err)
	}
	return names, nil
}

// Lists of referrals that wait for somebody.
const (
	ListEscalated = "escalated" // the area's office must find a way
	ListWho       = "who"       // the area's office must say who it is
	ListHeld      = "held"      // my organisation, or the office in its stead, must say if it is a duplicate
	ListOverdue   = "overdue"   // past its time, whoever owes it
	ListOurs      = "ours"      // my organisation owes the next step
	ListPhone     = "phone"     // no e-mail reaches who was asked: somebody has to phone them
	ListOpen      = "open"      // everything that is open

	// CountLookalikes is no list of referrals: records that may be one person's, for the area's office.
	CountLookalikes = "lookalikes"
)

// lists is the condition of each list.
var lists = map[string]string{
	ListEscalated: `r.state = 'escalated'`,
	ListWho:       `r.held_why = 'same_person'`,
	ListHeld:      `r.held_why = 'same_need' and (r.sender_organisation_id = actor_org() or r.owes_party = 'coordinator')`,
	ListOverdue:   `r.due_at < @now`,
	ListOurs:      `r.owes_organisation_id = actor_org()`,
	ListPhone:     `exists (select from offer o where o.referral_id = r.id and o.notice_state in ('failed', 'no_address'))`,
	ListOpen:      `true`,
}

// Listed tells whether there is a list of this name.
func Listed(name string) bool { _, ok := lists[name]; return ok }

// ListCursor is where a page of a list ended.
type ListCursor struct {
	Due time.Time `json:"d"`
	ID  string    `json:"i"`
}

// ofOurs has a list begin with the cases of the actor's organisation. Row-level security allows no others, but by itself it would
// look at every open referral of the area for it.
const (
	ofOurs     = `r.case_id in (select m.case_id from membership m where m.organisation_id = actor_org() and m.until is null)`
	openOfOurs = `r.due_at is not null and ` + ofOurs
)

// begins is what a list begins with, and the time it goes by. A call is owed also of a referral that is over, which has no time any more and comes
// first: an offer was taken back, and nobody has told them.
func begins(name string) (sql, due string) {
	if name == ListPhone {
		return ofOurs, `coalesce(r.due_at, '0001-01-01 00:00:00+00')`
	}
	return openOfOurs, `r.due_at`
}

// List reads referrals that wait for somebody and may be seen, the most urgent first, and their patients' initials.
func List(ctx context.Context, tx pgx.Tx, name string, now time.Time, after *ListCursor, limit int) ([]Listing, error) {
	args := pgx.NamedArgs{"now": now, "limit": limit, "due": nil, "id": nil}
	begin, due := begins(name)
	where := begin + ` and ` + lists[name]
	if after != nil {
		args["due"], args["id"] = after.Due, after.ID
		where += ` and (` + due + `, r.id) > (@due, @id)`
	}
	// The page is picked first, and materialized, so that patients are looked up for it alone.
	rows, err := tx.Query(ctx, `with r as materialized (select r.* from referral r where `+where+` order by `+due+`, r.id limit @limit)
		select `+referralColumns+`, coalesce(left(p.given_name, 1) || left(p.family_name, 1), ''), c.reference
		from r left join patient p on p.ref = r.first_ref join case_record c on c.id = r.case_id order by `+due+`, r.id`, args)
	if err != nil {
		return nil, fmt.Errorf("list referrals: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Listing, error) {
		var l Listing
		x := &tail{row: row, more: []any{&l.Initials, &l.CaseReference}}
		r, err := scanReferral(x)
		l.Referral = r
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list referrals: %w", err)
	}
	return out, nil
}

// Listing is one line of a list.
type Listing struct {
	domain.Referral
	Initials      string
	CaseReference string
}

// tail scans more columns after those that the scanner of a row knows.
type tail struct {
	row  pgx.CollectableRow
	more []any
}

func (t *tail) FieldDescriptions() []fieldDescription { return t.row.FieldDescriptions() }
func (t *tail) Scan(dest ...any) error                { return t.row.Scan(append(dest, t.more...)...) }
func (t *tail) Values() ([]any, error)                { return t.row.Values() }
func (t *tail) RawValues() [][]byte                   { return t.row.RawValues() }

// Counts is how much each list holds of what may be seen.
func Counts(ctx context.Context, tx pgx.Tx, now time.Time) (map[string]int, error) {
	names := []string{ListEscalated, ListWho, ListHeld, ListOverdue, ListOurs, ListPhone, ListOpen, CountLookalikes}
	sql := `select `
	dest := make([]any, len(names))
	got := make([]int, len(names))
	for i, name := range names {
		if i > 0 {
			sql += `, `
		}
		if begin, _ := begins(name); name == CountLookalikes {
			sql += `(select count(*) from lookalike where settled_at is null)`
		} else if begin != openOfOurs {
			sql += `(select count(*) from referral r where ` + begin + ` and ` + lists[name] + `)`
		} else {
			sql += `count(*) filter (where ` + lists[name] + `)`
		}
		dest[i] = &got[i]
	}
	if err := tx.QueryRow(ctx, sql+` from referral r where `+openOfOurs+` and @now::timestamptz is not null`, pgx.NamedArgs{"now": now}).Scan(dest...); err != nil {
		return nil, fmt.Errorf("count referrals: %w", err)
	}
	counts := map[string]int{}
	for i, name := range names {
		counts[name] = got[i]
	}
	return counts, nil
}

// CaseFinding finds a case that may be seen by its own reference or by a referral's.
func CaseFinding(ctx context.Context, tx pgx.Tx, caseReference, referralReference string) (string, error) {
	var id *string
	err := tx.QueryRow(ctx, `select coalesce(
		(select c.id from case_record c where c.reference = $1 limit 1),
		(select r.case_id from referral r where r.reference = $2 order by r.requested_at desc limit 1))::text`, caseReference, referralReference).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("find case: %w", err)
	}
	if id == nil {
		return "", domain.ErrNoCase
	}
	return *id, nil
}

// Cursor is where a page ends that ends with l.
func (l Listing) Cursor() ListCursor { return ListCursor{l.DueAt, l.ID} }
