package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// OwedKind is what a step is owed on.
type OwedKind string

// What coordination knows clocks of: its own referrals, with the offer that is live on each; and what others said.
const (
	OwedReferral    OwedKind = "referral"
	OwedAction      OwedKind = "action"
	OwedRedFlag     OwedKind = "red_flag"
	OwedReservation OwedKind = "reservation"
	OwedRemoval     OwedKind = "removal"
	OwedConsent     OwedKind = "consent"
	OwedNotice      OwedKind = "notice" // phone whom no e-mail reaches
	OwedAnswer      OwedKind = "answer" // say whether they hold the case
	OwedSignpost    OwedKind = "signpost"
	OwedParked      OwedKind = "parked"    // an event that some service could not apply; it is asked when somebody looks
	OwedLookalike   OwedKind = "lookalike" // say whether two records are one person's
)

// OwnerLeft is the state of an action whose owner does not work there any more: whoever's meeting agreed it gives it to somebody else.
const OwnerLeft domain.State = "owner_left"

// Owed is one step that somebody owes, without anything of whom it is about. Hidden: who owes it would tell what it is for, and the
// reader has no part in that.
type Owed struct {
	Kind         OwedKind
	ID           string
	Reference    string
	State        domain.State
	HeldWhy      string
	Party        domain.Party
	Organisation string
	Person       string
	Since        time.Time
	DueAt        time.Time
	Escalation   terms.EscalationReason
	Bounces      int
	Hidden       bool
	Service      string `db:"-"` // of what is parked: where
	Behind       int    `db:"-"` // of what is parked: how many more of the case
}

// OwedCursor is where a page of steps ended.
type OwedCursor struct {
	Due     time.Time `json:"d"`
	Kind    OwedKind  `json:"k"`
	ID      string    `json:"i"`
	Service string    `json:"s,omitempty"` // of what is parked: one event may be in two
}

// Compare orders steps as the page does: by when they are due, then by kind and id.
func (c OwedCursor) Compare(d OwedCursor) int {
	return cmp.Or(c.Due.Compare(d.Due), cmp.Compare(c.Kind, d.Kind), cmp.Compare(c.ID, d.ID), cmp.Compare(c.Service, d.Service))
}

// Cursor is where a page ends that ends with o.
func (o Owed) Cursor() OwedCursor { return OwedCursor{o.DueAt, o.Kind, o.ID, o.Service} }

// OwedQuery asks for steps that are due after From, if it is set, and before To, the oldest first.
type OwedQuery struct {
	Organisation string // who owes; "": anybody of the area
	Reader       string // the organisation of who looks
	From, To     time.Time
	Now          time.Time
	After        *OwedCursor
	Limit        int
}

// part is one kind of step. Each is bounded by itself, so that each is read from its own index in its own order.
type part struct {
	kind           OwedKind
	sql            string
	due, owner, id string // columns; owner "" when it is no organisation's
	isDay          bool   // due is a day: it is due with the working day
}

var owedParts = []part{
	{OwedReferral, `select 'referral', r.id::text, r.reference, r.state, r.held_why, r.owes_party, coalesce(r.owes_organisation_id::text, ''),
		coalesce(r.owes_person_id::text, ''), r.since, r.due_at, r.escalation, r.bounces, r.sensitive and not (@reader::uuid = any (r.seen_by))
		from referral r where r.due_at is not null`, `r.due_at`, `r.owes_organisation_id`, `r.id`, false},
	{OwedAction, `select 'action', a.id::text, '', case when a.left_to is null then '' else 'owner_left' end, '', 'receiver', coalesce(a.left_to, a.owner_organisation_id)::text,
		a.owner_person_id::text, a.agreed_at, (a.due_on + time '17:30') at time zone 'Europe/London', '', 0, false
		from (select x.*, case when has_left(x.owner_person_id, x.owner_organisation_id, @now) then coalesce(m.organisation_id, x.owner_organisation_id) end as left_to
			from action x left join meeting m on m.id = x.meeting_id where x.done_at is null) a where true`, `a.due_on`, `coalesce(a.left_to, a.owner_organisation_id)`, `a.id`, true},
	{OwedRedFlag, `select e.kind, e.id::text, '', '', '', 'sender', e.organisation_id::text, '', e.since, e.due_at, '', 0, false
		from owed_elsewhere e where e.kind = 'red_flag'`, `e.due_at`, `e.organisation_id`, `e.id`, false},
	{
		OwedAnswer, `select 'answer', h.case_id::text, c.reference, '', '', 'receiver', h.organisation_id::text, h.person_id::text, h.since, h.due_at, '', 0, false
		from case_person h join case_record c on c.id = h.case_id and c.is_open where h.state = 'offered' and h.due_at is not null
			and not exists (select from case_person n where n.case_id = h.case_id and n.state = 'offered' and (n.due_at, n.person_id) < (h.due_at, h.person_id))`,
		`h.due_at`, `h.organisation_id`, `h.case_id`, false,
	},
	{OwedSignpost, `select e.kind, e.id::text, '', '', '', 'sender', e.organisation_id::text, '', e.since, e.due_at, '', 0, false
		from owed_elsewhere e where e.kind = 'signpost'`, `e.due_at`, `e.organisation_id`, `e.id`, false},
	{OwedReservation, `select e.kind, e.id::text, '', '', '', 'receiver', e.organisation_id::text, '', e.since, e.due_at, '', 0, false
		from owed_elsewhere e where e.kind = 'reservation'`, `e.due_at`, `e.organisation_id`, `e.id`, false},
	{OwedConsent, `select 'consent', t.id::text, coalesce((select c.reference from case_record c where c.patient_ref = t.patient_ref and c.is_open), ''), '', '', 'sender',
		t.by_organisation_id::text, t.asked_by::text, t.asked_at, t.ask_by, '', 0, false
		from consent t where t.stands`, `t.ask_by`, `t.by_organisation_id`, `t.id`, false},
	{OwedNotice, `select e.kind, e.id::text, r.reference, '', '', 'sender', e.organisation_id::text, '', e.since, e.due_at, '', 0, r.sensitive and not (@reader::uuid = any (r.seen_by))
		from owed_elsewhere e join offer o on o.id = e.id join referral r on r.id = o.referral_id where e.kind = 'notice'`, `e.due_at`, `e.organisation_id`, `e.id`, false},
	{OwedLookalike, `select 'lookalike', l.id::text, '', '', '', 'coordinator', '', '', l.asked_at, l.due_at, '', 0, false
		from lookalike l where l.settled_at is null`, `l.due_at`, ``, `l.id`, false},
	{OwedRemoval, `select 'removal', v.because_event::text, '', '', '', 'receiver', '', '', v.told_at, v.due_at, '', 0, false
		from removal v where exists (select from removal_by b where b.because_event = v.because_event and b.at is null)`, `v.due_at`, ``, `v.because_event`, false},
}

// query is one part of the page, or "" when it has nothing for this question.
func (p part) query(q OwedQuery) string {
	at := p.due
	if p.isDay {
		at = `((` + p.due + ` + time '17:30') at time zone 'Europe/London')`
	}
	// compared adds a condition on when it is due, and for a day the same on the bare column, which has the index.
	sql := p.sql
	compared := func(how, moment string) {
		sql += ` and ` + at + ` ` + how + ` ` + moment
		if p.isDay {
			sql += ` and ` + p.due + ` ` + how[:1] + `= (` + moment + ` at time zone 'Europe/London')::date`
		}
	}
	compared(`<`, `@to`)
	if !q.From.IsZero() {
		compared(`>=`, `@from`)
	}
	switch {
	case q.Organisation != "" && p.owner == "":
		return ""
	case q.Organisation != "":
		sql += ` and ` + p.owner + ` = @organisation::uuid`
	}
	if q.After != nil { // what is due at the same moment goes by kind, and then by id
		compared(`>=`, `@due`)
		switch {
		case p.kind == q.After.Kind:
			sql += ` and (` + at + `, ` + p.id + `) > (@due, @id::uuid)`
		case p.kind < q.After.Kind:
			compared(`>`, `@due`)
		}
	}
	return `(` + sql + ` order by ` + p.due + `, ` + p.id + ` limit @limit)`
}

// Owing lists steps that are owed, the oldest first. It is asked as the matcher: the office answers for all of the area, and what is
// listed tells nothing of a person.
func Owing(ctx context.Context, tx pgx.Tx, q OwedQuery) ([]Owed, error) {
	args := pgx.NamedArgs{"to": q.To, "from": q.From, "reader": q.Reader, "organisation": q.Organisation, "limit": q.Limit, "now": q.Now}
	var parts []string
	for _, p := range owedParts {
		if sql := p.query(q); sql != "" {
			parts = append(parts, sql)
		}
	}
	if q.After != nil {
		args["due"], args["id"] = q.After.Due, q.After.ID
	}
	rows, err := tx.Query(ctx, `select * from (`+strings.Join(parts, ` union all `)+`) as o (kind, id, reference, state, held_why, party, owner, person, since, due,
		escalation, bounces, hidden) order by o.due, o.kind collate "C", o.id collate "C" limit @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list what is owed: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Owed])
	if err != nil {
		return nil, fmt.Errorf("list what is owed: %w", err)
	}
	return all, nil
}

// KeepOwed notes a step that others keep the clock of; said again, its new time.
func KeepOwed(ctx context.Context, tx pgx.Tx, o Owed) error {
	return pg.Later(ctx, tx, "keep what is owed", `insert into owed_elsewhere (kind, id, organisation_id, since, due_at) values ($1, $2, $3, $4, $5)
		on conflict (kind, id) do update set due_at = excluded.due_at`, o.Kind, o.ID, o.Organisation, o.Since, o.DueAt)
}

// DropOwed notes that it was taken.
func DropOwed(ctx context.Context, tx pgx.Tx, kind OwedKind, id string) error {
	return pg.Later(ctx, tx, "drop what was owed", `delete from owed_elsewhere where kind = $1 and id = $2`, kind, id)
}

// ProviderOf is who answers for a service, "" when nobody does or it is not known.
func ProviderOf(ctx context.Context, tx pgx.Tx, service string) (provider string, err error) {
	err = tx.QueryRow(ctx, `select coalesce((select provider_id::text from service_copy where id = $1), '')`, service).Scan(&provider)
	if err != nil {
		return "", fmt.Errorf("find provider: %w", err)
	}
	return provider, nil
}

// ReferralsOfOffers is the referral of each of these offers that the actor may open.
func ReferralsOfOffers(ctx context.Context, tx pgx.Tx, offers []string) (map[string]string, error) {
	of := map[string]string{}
	rows, err := tx.Query(ctx, `select id::text, referral_id::text from offer where id = any ($1::uuid[])`, offers)
	if err != nil {
		return nil, fmt.Errorf("find referrals of offers: %w", err)
	}
	var offer, referral string
	if _, err := pgx.ForEachRow(rows, []any{&offer, &referral}, func() error { of[offer] = referral; return nil }); err != nil {
		return nil, fmt.Errorf("find referrals of offers: %w", err)
	}
	return of, nil
}

// MaySeeReferrals tells which of these the actor may open.
func MaySeeReferrals(ctx context.Context, tx pgx.Tx, ids []string) (map[string]bool, error) {
	may := map[string]bool{}
	rows, err := tx.Query(ctx, `select id::text from referral where id = any ($1::uuid[])`, ids)
	if err != nil {
		return nil, fmt.Errorf("look which may be seen: %w", err)
	}
	var id string
	if _, err := pgx.ForEachRow(rows, []any{&id}, func() error { may[id] = true; return nil }); err != nil {
		return nil, fmt.Errorf("look which may be seen: %w", err)
	}
	return may, nil
}
