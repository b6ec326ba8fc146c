package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// Due is a referral whose clock ran out, or that somebody left an errand for.
type Due struct {
	ReferralID string
	PatientRef string
	MayBe      string          // whom the patient may be the same as, "" for most
	Errand     domain.Kind     // "" when the clock ran out
	Receiver   domain.Receiver // of an errand
}

// pastDue is the condition that a referral's clock ran out and nobody was told yet.
const pastDue = `r.due_at <= $1 and not r.overdue`

// unnamed is the condition that a referral waits for the area's office, and nobody answered for the area when it began to.
const unnamed = `r.owes_organisation_id is null and r.due_at is not null and r.owes_party = 'coordinator' and r.state in ('held', 'escalated')`

// DueNow lists what waits for the clock, longest first. named tells whether there is anybody at the area's office to name: then what
// waits for one is found too, each time anew. A copy of the service that did not know of them yet may have left it with nobody.
// It locks nothing: the keys of these patients are fetched next, and then each is taken by itself.
func DueNow(ctx context.Context, tx pgx.Tx, now time.Time, named bool, limit int) ([]Due, error) {
	rows, err := tx.Query(ctx, `(select r.id::text, r.patient_ref::text, ''::text, ''::text, ''::text, ''::text from referral r where `+pastDue+` order by r.due_at limit $3)
		union all (select r.id::text, r.patient_ref::text, '', 'office_known', '', '' from referral r where $2 and `+unnamed+` order by r.due_at limit $3)
		union all (select e.referral_id::text, r.patient_ref::text, coalesce(r.may_be_ref::text, ''), e.kind, e.receiver_kind, e.receiver_id::text
			from errand e join referral r on r.id = e.referral_id order by e.made_at limit $3)`, now, named, limit)
	if err != nil {
		return nil, fmt.Errorf("list due: %w", err)
	}
	due, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Due, err error) {
		err = row.Scan(&d.ReferralID, &d.PatientRef, &d.MayBe, &d.Errand, &d.Receiver.Kind, &d.Receiver.ID)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list due: %w", err)
	}
	return due, nil
}

// TakeDue locks the patient of a due referral unless another copy of the worker has it already: ok is false then.
func TakeDue(ctx context.Context, tx pgx.Tx, d Due) (ok bool, err error) {
	rows, err := tx.Query(ctx, `select ref from patient where ref = $1 for update skip locked`, d.PatientRef)
	if err != nil {
		return false, fmt.Errorf("take due: %w", err)
	}
	ok = rows.Next()
	rows.Close()
	return ok, rows.Err()
}

// DropErrand removes an errand that was done. Nobody left the one to name the office: it was found.
func DropErrand(ctx context.Context, tx pgx.Tx, d Due) error {
	if d.Errand == domain.KindOfficeKnown {
		return nil
	}
	return pg.Later(ctx, tx, "drop errand", `delete from errand where referral_id = $1 and kind = $2 and receiver_id = $3`, d.ReferralID, d.Errand, d.Receiver.ID)
}

// LeaveOnePerson leaves the errand to make one of two records that agree in everything.
func LeaveOnePerson(ctx context.Context, tx pgx.Tx, referral, known string, now time.Time) error {
	return pg.Later(ctx, tx, "leave errand", `insert into errand (referral_id, kind, receiver_kind, receiver_id, made_at) values ($1, $2, '', $3, $4) on conflict do nothing`,
		referral, domain.ErrandOnePerson, known, now)
}

// DropOnePerson removes that errand of a referral which does not wait to know who it is any more.
func DropOnePerson(ctx context.Context, tx pgx.Tx, referral string) error {
	return pg.Later(ctx, tx, "drop errand", `delete from errand where referral_id = $1 and kind = $2`, referral, domain.ErrandOnePerson)
}

// LeaveKnown leaves an errand for every checked referral that waits for this receiver; n is how many.
func LeaveKnown(ctx context.Context, tx pgx.Tx, to domain.Receiver, now time.Time) (n int64, err error) {
	tag, err := tx.Exec(ctx, `insert into errand (referral_id, kind, receiver_kind, receiver_id, made_at)
		select r.id, 'receiver_known', $1::text, $2::uuid, $3 from referral r
		where r.state = 'checked' and r.wanted @> jsonb_build_array(jsonb_build_object('kind', $1::text, 'id', $2::uuid::text))
		on conflict do nothing`, to.Kind, to.ID, now)
	if err != nil {
		return 0, fmt.Errorf("leave errand: %w", err)
	}
	return tag.RowsAffected(), nil
}

// LeaveClosed leaves an errand for every referral that a receiver has in hand which takes nobody any more.
func LeaveClosed(ctx context.Context, tx pgx.Tx, to domain.Receiver, now time.Time) (n int64, err error) {
	return leaveClosed(ctx, tx, `o.receiver_kind = $1 and o.receiver_id = $2`, []any{to.Kind, to.ID}, now)
}

// LeaveOrganisationClosed is LeaveClosed for everything an organisation offers.
func LeaveOrganisationClosed(ctx context.Context, tx pgx.Tx, organisation string, now time.Time) (n int64, err error) {
	return leaveClosed(ctx, tx, `$1::text is not null and o.organisation_id = $2`, []any{terms.ReceiverService, organisation}, now)
}

func leaveClosed(ctx context.Context, tx pgx.Tx, whose string, args []any, now time.Time) (int64, error) {
	tag, err := tx.Exec(ctx, `insert into errand (referral_id, kind, receiver_kind, receiver_id, made_at)
		select o.referral_id, 'receiver_closed', o.receiver_kind, o.receiver_id, $3 from offer o
		where o.state in ('offered', 'information_asked', 'waitlisted', 'accepted') and `+whose+` on conflict do nothing`, append(args, now)...)
	if err != nil {
		return 0, fmt.Errorf("leave errand: %w", err)
	}
	return tag.RowsAffected(), nil
}

// CountOverdue counts the referrals of which somebody owes the next step and is late with it.
func CountOverdue(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from referral where due_at < $1`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count overdue referrals: %w", err)
	}
	return n, nil
}

// CountNotTold counts the referrals whose clock ran out and nobody was told yet: what our own clock has still to do.
func CountNotTold(ctx context.Context, tx pgx.Tx, now time.Time) (n int64, err error) {
	if err := tx.QueryRow(ctx, `select count(*) from referral where due_at < $1 and not overdue`, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("count overdue referrals: %w", err)
	}
	return n, nil
}
