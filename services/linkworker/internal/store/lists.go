package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/linkworker/internal/domain"
)

// The lists of offers by the word in their address. A count on the home page and the list it leads to use one condition.
var offerLists = map[string]string{
	"waiting":       `o.state = 'offered'`,
	"overdue":       `o.state = 'offered' and o.answer_due_at < @now`,
	"asked":         `o.state = 'information_asked'`,
	"stand-down":    `o.stand_down_due_at is not null and o.stood_down_at is null`,
	"sent":          `o.state in ('accepted', 'bounced') and o.confirmed_at is null`,
	"over":          `o.state in ('bounced', 'expired', 'withdrawn', 'ended')`,
	"people":        `o.state = 'accepted'`,
	"first-contact": `o.state = 'accepted' and o.started_at is null and o.first_contact_due_at < @tomorrow`,
	"review":        `o.state = 'accepted' and o.review_on <= @today::text::date`,
	"passed":        `o.state = 'accepted' and exists (select from passed x where x.offer_id = o.id and x.to_id = @me and x.seen_at is null)`,
	"also":          `o.state = 'accepted' and o.also_at is not null`,
	"ended":         `o.state = 'ended'`,
}

// Orders in which lists of offers may be sorted: by times alone, since a cursor must not name anybody.
var offerOrders = map[string]string{
	"due":     `o.answer_due_at`,
	"offered": `o.offered_at`,
	"since":   `coalesce(o.assigned_at, o.offered_at)`,
	"next":    `case when o.started_at is null then coalesce(o.first_contact_due_at, o.offered_at) else coalesce(o.review_on::timestamp at time zone 'Europe/London', 'infinity') end`,
	"ended":   `coalesce(o.ended_at, o.offered_at)`,
}

// OfferQuery says which list, how narrow, in what order and from where.
type OfferQuery struct {
	Show       string
	Me         string // who asks
	AssignedTo string // "" is anybody
	Need       string // of those that are not sensitive
	Urgent     bool
	Order      string
	Descending bool
	After      *OfferPlace
	Limit      int
	Now        time.Time
	Today      string
	Tomorrow   time.Time // when today ends
}

// OfferPlace is where a page ended.
type OfferPlace struct {
	At time.Time `json:"t"`
	ID string    `json:"i"`
}

// ListedOffer is a line of a list: the offer, who it is about, and what is new for who asks.
type ListedOffer struct {
	domain.Offer
	Person   domain.Person
	LookedAt time.Time // never: the zero time
	Place    OfferPlace
}

func (q OfferQuery) args() pgx.NamedArgs {
	return pgx.NamedArgs{"now": q.Now, "today": q.Today, "tomorrow": q.Tomorrow, "me": null(q.Me), "assigned": null(q.AssignedTo), "need": q.Need, "limit": q.Limit}
}

func (q OfferQuery) where() string {
	where := []string{offerLists[q.Show]}
	if q.AssignedTo != "" {
		where = append(where, `o.assigned_to = @assigned`)
	}
	if q.Need != "" {
		where = append(where, `o.need = @need and not o.sensitive`)
	}
	if q.Urgent {
		where = append(where, `o.urgency = 'urgent'`)
	}
	return strings.Join(where, ` and `)
}

// KnownList tells whether there is such a list, KnownOrder such an order.
func KnownList(show string) bool { _, ok := offerLists[show]; return ok }

// KnownOrder tells whether there is such an order.
func KnownOrder(order string) bool { _, ok := offerOrders[order]; return ok }

// ListOffers lists offers, and how many there are in all.
func ListOffers(ctx context.Context, tx pgx.Tx, q OfferQuery) (list []ListedOffer, total int, err error) {
	order, direction, beyond := offerOrders[q.Order], ` asc`, `>`
	if q.Descending {
		direction, beyond = ` desc`, `<`
	}
	args := q.args()
	if err := tx.QueryRow(ctx, `select count(*) from offer o where `+q.where(), args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count offers: %w", err)
	}
	where := q.where()
	if q.After != nil {
		where += ` and (` + order + `, o.id) ` + beyond + ` (@at, @id)`
		args["at"], args["id"] = q.After.At, q.After.ID
	}
	rows, err := tx.Query(ctx, `select `+offerColumns+`, `+personColumns+`, coalesce(l.at, `+never+`), least(`+order+`, '9999-01-01')
		from offer o
		join lateral (select * from person x where x.ref = any(refs_of(o.patient_ref)) and x.organisation_id = o.organisation_id
			order by x.removed_at nulls first, x.changed_at desc limit 1) p on true
		left join looked l on l.thing_id = o.id and l.person_id = @me
		where `+where+` order by `+order+direction+`, o.id`+direction+` limit @limit`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list offers: %w", err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l ListedOffer, err error) {
		err = row.Scan(append(append(offerInto(&l.Offer), personInto(&l.Person)...), &l.LookedAt, &l.Place.At)...)
		l.Place.ID = l.Offer.ID
		return l, err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list offers: %w", err)
	}
	return list, total, nil
}

// CountOffers counts every list at once, by its word.
func CountOffers(ctx context.Context, tx pgx.Tx, q OfferQuery) (map[string]int, error) {
	names := slices.Sorted(maps.Keys(offerLists))
	var columns []string
	for _, name := range names {
		columns = append(columns, `count(*) filter (where `+offerLists[name]+`)`)
	}
	where := `true`
	if q.AssignedTo != "" {
		where = `o.assigned_to = @assigned`
	}
	counts, into := make([]int, len(names)), make([]any, len(names))
	for i := range counts {
		into[i] = &counts[i]
	}
	if err := tx.QueryRow(ctx, `select `+strings.Join(columns, `, `)+` from offer o where `+where, q.args()).Scan(into...); err != nil {
		return nil, fmt.Errorf("count offers: %w", err)
	}
	of := map[string]int{}
	for i, name := range names {
		of[name] = counts[i]
	}
	return of, nil
}

// The lists of referrals that we sent.
var referralLists = map[string]string{
	"open":  `r.withdrawn_at is null and r.state not in ('joined', 'withdrawn', 'closed')`,
	"asked": `r.withdrawn_at is null and r.state = 'information_asked' and r.question_id is not null and r.answered_at is null`,
	"held":  `r.withdrawn_at is null and r.state = 'held'`,
	"over":  `r.withdrawn_at is not null or r.state in ('joined', 'withdrawn', 'closed')`,
}

// KnownReferralList tells whether there is such a list.
func KnownReferralList(show string) bool { _, ok := referralLists[show]; return ok }

// ListedReferral is a line of the list of what we sent.
type ListedReferral struct {
	domain.Referral
	Person   domain.Person
	LookedAt time.Time
}

// ListReferrals lists what we sent, the newest first.
func ListReferrals(ctx context.Context, tx pgx.Tx, show, me string, after *OfferPlace, limit int) (list []ListedReferral, total int, err error) {
	where := `(` + referralLists[show] + `)`
	if err := tx.QueryRow(ctx, `select count(*) from referral r where `+where).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count referrals: %w", err)
	}
	args := pgx.NamedArgs{"me": null(me), "limit": limit}
	if after != nil {
		where += ` and (r.requested_at, r.id) < (@at, @id)`
		args["at"], args["id"] = after.At, after.ID
	}
	rows, err := tx.Query(ctx, `select `+referralColumns+`, `+personColumns+`, coalesce(l.at, `+never+`) from referral r
		join lateral (select * from person x where x.ref = any(refs_of(r.patient_ref)) and x.organisation_id = r.organisation_id
			order by x.removed_at nulls first, x.changed_at desc limit 1) p on true
		left join looked l on l.thing_id = r.id and l.person_id = @me
		where `+where+` order by r.requested_at desc, r.id desc limit @limit`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list referrals: %w", err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l ListedReferral, err error) {
		err = row.Scan(append(append(referralInto(&l.Referral), personInto(&l.Person)...), &l.LookedAt)...)
		return l, err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list referrals: %w", err)
	}
	return list, total, nil
}

// CountReferrals counts every list of what we sent, by its word.
func CountReferrals(ctx context.Context, tx pgx.Tx) (map[string]int, error) {
	of := map[string]int{}
	for name, condition := range referralLists {
		var n int
		if err := tx.QueryRow(ctx, `select count(*) from referral r where `+condition).Scan(&n); err != nil {
			return nil, fmt.Errorf("count referrals: %w", err)
		}
		of[name] = n
	}
	return of, nil
}

// Loads counts whom each colleague supports now.
func Loads(ctx context.Context, tx pgx.Tx) (map[string]int, error) {
	rows, err := tx.Query(ctx, `select assigned_to::text, count(*) from offer where state = 'accepted' and assigned_to is not null group by 1`)
	if err != nil {
		return nil, fmt.Errorf("count caseloads: %w", err)
	}
	of := map[string]int{}
	var who string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&who, &n}, func() error { of[who] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count caseloads: %w", err)
	}
	return of, nil
}

// BecameDue lists the teams for whom something became due between two moments, so that their open pages look again.
func BecameDue(ctx context.Context, tx pgx.Tx, from, to time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `select distinct organisation_id::text from offer where
		(state = 'offered' and answer_due_at > $1 and answer_due_at <= $2)
		or (state = 'accepted' and started_at is null and first_contact_due_at > $1 and first_contact_due_at <= $2)
		or (state = 'accepted' and review_on::timestamp at time zone 'Europe/London' > $1 and review_on::timestamp at time zone 'Europe/London' <= $2)
		or (stood_down_at is null and stand_down_due_at > $1 and stand_down_due_at <= $2)`, from, to)
	if err != nil {
		return nil, fmt.Errorf("look for what is due: %w", err)
	}
	teams, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for what is due: %w", err)
	}
	return teams, nil
}

// SweepEarly forgets words about offers that never came here.
func SweepEarly(ctx context.Context, tx pgx.Tx, before time.Time) error {
	return pg.Later(ctx, tx, "sweep early words", `delete from early_word where at < $1`, before)
}

// CountUnanswered counts, over all teams, the offers that nobody answered in time.
func CountUnanswered(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from offer where state in ('offered', 'information_asked') and answer_due_at < $1`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count unanswered offers: %w", err)
	}
	return n, nil
}

// CountNotStoodDown counts, over all teams, the offers taken back of which nobody told the person in time.
func CountNotStoodDown(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from offer where stand_down_due_at < $1 and stood_down_at is null`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count who was not told: %w", err)
	}
	return n, nil
}
