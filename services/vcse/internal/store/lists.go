package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/services/vcse/internal/domain"
)

// Show is one list of offers.
type Show string

// The lists.
const (
	ShowWaiting   Show = "waiting"    // for our answer
	ShowOverdue   Show = "overdue"    // for our answer, past its time
	ShowAsked     Show = "asked"      // for the sender's answer
	ShowSent      Show = "sent"       // answered, not confirmed
	ShowWaitlist  Show = "waitlist"   // on the waiting list
	ShowPeople    Show = "people"     // accepted: people we are helping
	ShowRecord    Show = "record"     // accepted, and nothing recorded for a week or more
	ShowBounced   Show = "bounced"    // what we bounced
	ShowStandDown Show = "stand-down" // stop, and say so
	ShowOver      Show = "over"       // ended, expired or taken back
	ShowAlso      Show = "also"       // accepted, and asked to help with more that nobody has looked at yet
	ShowAll       Show = "all"
)

var shows = map[Show]string{
	ShowWaiting:   `o.state = 'offered'`,
	ShowOverdue:   `o.state = 'offered' and o.answer_due_at < @now`,
	ShowAsked:     `o.state = 'information_asked'`,
	ShowSent:      `o.receipt = 'sent' and o.state in ('accepted', 'waitlisted', 'bounced', 'information_asked')`,
	ShowWaitlist:  `o.state = 'waitlisted'`,
	ShowPeople:    `o.state = 'accepted'`,
	ShowRecord:    `o.state = 'accepted' and coalesce((select max(a.at) from attendance a where a.offer_id = o.id), o.answered_at) < @weekago`,
	ShowBounced:   `o.state = 'bounced'`,
	ShowStandDown: `o.stand_down_due_at is not null and o.stood_down_at is null`,
	ShowOver:      `o.state in ('ended', 'expired', 'withdrawn')`,
	ShowAlso:      `o.state = 'accepted' and o.also_at is not null`,
	ShowAll:       `true`,
}

// Known tells whether there is such a list.
func (s Show) Known() bool { _, ok := shows[s]; return ok }

// Sort is the order of a list.
type Sort string

// The orders.
const (
	SortDue    Sort = "due"    // what is due first
	SortNewest Sort = "newest" // what came last
	SortOldest Sort = "oldest" // who has waited longest: a waiting list's own order
)

// orders gives each its column; a list of what is over sorts by when it was last changed under "newest".
var orders = map[Sort]string{
	SortDue:    `coalesce(o.stand_down_due_at, case when o.state = 'offered' then o.answer_due_at end, o.owed_by, o.answer_due_at)`,
	SortNewest: `o.offered_at`,
	SortOldest: `coalesce(o.waiting_since, o.offered_at)`,
}

// Known tells whether there is such an order.
func (s Sort) Known() bool { _, ok := orders[s]; return ok }

// TimePlace is where a page of offers ended.
type TimePlace struct {
	At time.Time `json:"t"`
	ID string    `json:"i"`
}

// OfferQuery says which offers are listed, and how.
type OfferQuery struct {
	Show     Show
	Sort     Sort
	Service  string
	Assigned string
	After    *TimePlace
	Limit    int
	Now      time.Time
}

// Listed is an offer with what its place in the list is.
type Listed struct {
	domain.Offer
	At         time.Time // what the list is sorted by
	LastMetOn  string    // the latest session that was recorded
	Attendance int       // how many sessions were attended
}

// Offers lists the offers that the actor may see.
func Offers(ctx context.Context, tx pgx.Tx, q OfferQuery) ([]Listed, error) {
	by, dir, cmp := orders[q.Sort], `asc`, `>`
	if q.Sort == SortNewest {
		dir, cmp = `desc`, `<`
	}
	where := shows[q.Show]
	args := pgx.NamedArgs{"now": q.Now, "weekago": q.Now.AddDate(0, 0, -7), "limit": q.Limit}
	if q.Service != "" {
		where += ` and o.service_id = @service`
		args["service"] = q.Service
	}
	if q.Assigned != "" {
		where += ` and o.assigned_to = @assigned`
		args["assigned"] = q.Assigned
	}
	if q.After != nil {
		where += ` and (` + by + `, o.id) ` + cmp + ` (@at, @id)`
		args["at"], args["id"] = q.After.At, q.After.ID
	}
	rows, err := tx.Query(ctx, `select `+offerColumns+`, `+by+`, coalesce((select max(a.session_on)::text from attendance a where a.offer_id = o.id), ''),
			(select count(*) from attendance a where a.offer_id = o.id and a.result = 'attended')
		from offer o where `+where+` order by `+by+` `+dir+`, o.id `+dir+` limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanListed)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	return out, nil
}

// tail scans the columns after an offer's own.
type tail struct {
	pgx.CollectableRow
	more []any
}

func (t tail) Scan(dest ...any) error { return t.CollectableRow.Scan(append(dest, t.more...)...) }

func scanListed(row pgx.CollectableRow) (l Listed, err error) {
	l.Offer, err = scanOffer(tail{row, []any{&l.At, &l.LastMetOn, &l.Attendance}})
	return l, err
}

// Counts is how many offers are in each list.
func Counts(ctx context.Context, tx pgx.Tx, now time.Time) (map[Show]int, error) {
	sql, args := `select `, pgx.NamedArgs{"now": now, "weekago": now.AddDate(0, 0, -7)}
	names := []Show{ShowWaiting, ShowOverdue, ShowAsked, ShowSent, ShowWaitlist, ShowPeople, ShowRecord, ShowBounced, ShowStandDown, ShowAlso}
	dest := make([]any, len(names))
	n := make([]int, len(names))
	for i, name := range names {
		if i > 0 {
			sql += `, `
		}
		sql += `count(*) filter (where ` + shows[name] + `)`
		dest[i] = &n[i]
	}
	if err := tx.QueryRow(ctx, sql+` from offer o`, args).Scan(dest...); err != nil {
		return nil, fmt.Errorf("count offers: %w", err)
	}
	out := map[Show]int{}
	for i, name := range names {
		out[name] = n[i]
	}
	return out, nil
}

// Loads is how many open offers each colleague deals with.
func Loads(ctx context.Context, tx pgx.Tx) (map[string]int, error) {
	rows, err := tx.Query(ctx, `select assigned_to, count(*) from offer
		where assigned_to is not null and state in ('offered', 'information_asked', 'waitlisted', 'accepted') group by assigned_to`)
	if err != nil {
		return nil, fmt.Errorf("count loads: %w", err)
	}
	out := map[string]int{}
	var who string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&who, &n}, func() error { out[who] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count loads: %w", err)
	}
	return out, nil
}

// OpenOffers counts what of a service still needs somebody.
func OpenOffers(ctx context.Context, tx pgx.Tx, service string) (n int, err error) {
	err = tx.QueryRow(ctx, `select count(*) from offer where service_id = $1 and state in ('offered', 'information_asked', 'waitlisted', 'accepted')`, service).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count open offers: %w", err)
	}
	return n, nil
}

// WaitingPosition is which place a person has on the service's waiting list, 1 for the next.
func WaitingPosition(ctx context.Context, tx pgx.Tx, o domain.Offer) (n int, err error) {
	err = tx.QueryRow(ctx, `select count(*) + 1 from offer where service_id = $1 and state = 'waitlisted' and id <> $2 and (waiting_since, id) < ($3, $2)`,
		o.ServiceID, o.ID, o.WaitingSince).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("find waiting position: %w", err)
	}
	return n, nil
}
