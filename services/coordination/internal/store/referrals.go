package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

const referralColumns = `r.id::text, r.case_id::text, r.patient_ref::text, r.reference, r.state, r.sender_organisation_id::text, r.sender_kind,
	r.requested_by::text, r.requested_at, r.need, r.urgency, r.sensitive, r.wanted, r.accessibility, r.consent_id::text, r.consent_given,
	r.consent_with::text[], r.seen_helping, r.send_reason, coalesce(r.parent_id::text, ''), r.root, r.held_why, coalesce(r.duplicate_of::text, ''),
	coalesce(r.may_be_ref::text, ''), r.confirmed, r.bounces, r.silences, r.owes_party, coalesce(r.owes_organisation_id::text, ''),
	coalesce(r.owes_person_id::text, ''), r.due_at, r.overdue, r.escalation, r.ended_with, r.outcome, r.reason, r.since, r.version,
	r.narrative, r.safeguarding, r.safeguarding_codes, r.first_ref::text, r.seen_overlaps, r.overlap_choice, coalesce(r.join_with::text, ''),
	coalesce(r.join_person::text, ''), coalesce(r.joined_person::text, ''), coalesce(r.signed_by::text, '')`

// wanted is how a receiver stands in the column of that name.
type wanted struct {
	Kind terms.ReceiverKind `json:"kind"`
	ID   string             `json:"id"`
}

func scanReferral(row pgx.CollectableRow) (domain.Referral, error) {
	var r domain.Referral
	var want []wanted
	var requested, due, since zeroTime
	err := row.Scan(&r.ID, &r.CaseID, &r.PatientRef, &r.Reference, &r.State, &r.SenderOrganisation, &r.SenderKind,
		&r.RequestedBy, &requested, &r.Need, &r.Urgency, &r.Sensitive, &want, &r.Accessibility, &r.ConsentID, &r.ConsentGiven,
		&r.ConsentWith, &r.SeenHelping, &r.SendReason, &r.ParentID, &r.Root, &r.HeldWhy, &r.DuplicateOf,
		&r.MayBe, &r.Confirmed, &r.Bounces, &r.Silences, &r.Owes.Party, &r.Owes.Organisation,
		&r.Owes.Person, &due, &r.Overdue, &r.Escalation, &r.EndedWith, &r.Outcome, &r.Reason, &since, &r.Version,
		&r.Narrative, &r.Safeguarding, &r.SafeguardingCodes, &r.FirstRef, &r.SeenOverlaps, &r.OverlapChoice, &r.JoinWith, &r.JoinPerson, &r.JoinedPerson, &r.SignedBy)
	r.RequestedAt, r.DueAt, r.Since = requested.Time, due.Time, since.Time
	for _, w := range want {
		r.Wanted = append(r.Wanted, domain.Receiver{Kind: w.Kind, ID: w.ID})
	}
	return r, err
}

const offerColumns = `o.referral_id::text, o.id::text, o.attempt, o.receiver_kind, o.receiver_id::text, o.organisation_id::text, o.state, o.offered_at,
	o.answer_due_at, o.answered_at, o.started_at, coalesce(o.question_id::text, ''), o.reason, o.notice_kind, o.notice_state, o.notice_at, o.replied_at`

func scanOffer(row pgx.CollectableRow) (referral string, o domain.Offer, err error) {
	var offered, due, answered, started, told, replied zeroTime
	err = row.Scan(&referral, &o.ID, &o.Attempt, &o.Receiver.Kind, &o.Receiver.ID, &o.Receiver.Organisation, &o.State, &offered, &due, &answered, &started,
		&o.QuestionID, &o.Reason, &o.NoticeKind, &o.Notice, &told, &replied)
	o.OfferedAt, o.AnswerDueAt, o.AnsweredAt, o.StartedAt, o.NoticeAt, o.RepliedAt = offered.Time, due.Time, answered.Time, started.Time, told.Time, replied.Time
	return referral, o, err
}

// ReferralsOf reads every referral of a case that may be seen, with their offers, oldest first.
func ReferralsOf(ctx context.Context, tx pgx.Tx, caseID string) ([]domain.Referral, error) {
	b := &pgx.Batch{}
	b.Queue(`select `+referralColumns+` from referral r where r.case_id = $1 order by r.requested_at, r.id`, caseID)
	b.Queue(`select `+offerColumns+` from offer o join referral r on r.id = o.referral_id where r.case_id = $1 order by o.attempt`, caseID)
	all, err := readReferrals(ctx, tx, b)
	if err != nil {
		return nil, fmt.Errorf("read referrals: %w", err)
	}
	return all, nil
}

// ReferralByID reads one referral that may be seen; the error is domain.ErrUnknown when it may not.
func ReferralByID(ctx context.Context, tx pgx.Tx, id string) (domain.Referral, error) {
	b := &pgx.Batch{}
	b.Queue(`select `+referralColumns+` from referral r where r.id = $1`, id)
	b.Queue(`select `+offerColumns+` from offer o where o.referral_id = $1 order by o.attempt`, id)
	all, err := readReferrals(ctx, tx, b)
	switch {
	case err != nil:
		return domain.Referral{}, fmt.Errorf("read referral: %w", err)
	case len(all) == 0:
		return domain.Referral{}, domain.ErrUnknown
	}
	return all[0], nil
}

// SeenOf leaves of these referrals those that the actor may see.
func SeenOf(ctx context.Context, tx pgx.Tx, ids []string) ([]string, error) {
	rows, err := tx.Query(ctx, `select id::text from referral where id = any($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read which referrals are seen: %w", err)
	}
	seen, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read which referrals are seen: %w", err)
	}
	return seen, nil
}

// readReferrals runs the two queries of b in one round trip, and puts the offers to their referrals.
func readReferrals(ctx context.Context, tx pgx.Tx, b *pgx.Batch) (all []domain.Referral, err error) {
	answers := tx.SendBatch(ctx, b)
	defer func() { err = errors.Join(err, answers.Close()) }()
	rows, err := answers.Query()
	if err != nil {
		return nil, err
	}
	if all, err = pgx.CollectRows(rows, scanReferral); err != nil {
		return nil, err
	}
	if rows, err = answers.Query(); err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, r := range all {
		at[r.ID] = i
	}
	defer rows.Close()
	for rows.Next() {
		id, o, err := scanOffer(rows)
		if err != nil {
			return nil, err
		}
		if i, ok := at[id]; ok {
			all[i].Offers = append(all[i].Offers, o)
		}
	}
	return all, rows.Err()
}

func saveReferral(b *pgx.Batch, r domain.Referral, isNew bool) {
	if isNew {
		addReferral(b, r)
		return
	}
	b.Queue(`update referral set case_id = $2, patient_ref = $3, state = $4, seen_by = $5::uuid[], consent_given = $6, root = $7, held_why = $8,
			duplicate_of = $9, may_be_ref = $10, confirmed = $11, bounces = $12, silences = $13, owes_party = $14, owes_organisation_id = $15,
			owes_person_id = $16, due_at = $17, overdue = $18, escalation = $19, ended_with = $20, outcome = $21, reason = $22, since = $23, version = $24,
			joined_person = $25
		where id = $1`,
		r.ID, r.CaseID, r.PatientRef, r.State, SeenBy(r), r.ConsentGiven, r.Root, r.HeldWhy,
		null(r.DuplicateOf), null(r.MayBe), r.Confirmed, r.Bounces, r.Silences, r.Owes.Party, null(r.Owes.Organisation),
		null(r.Owes.Person), nullTime(r.DueAt), r.Overdue, r.Escalation, r.EndedWith, r.Outcome, r.Reason, r.Since, r.Version, null(r.JoinedPerson))
}

func addReferral(b *pgx.Batch, r domain.Referral) {
	want := []wanted{}
	for _, w := range r.Wanted {
		want = append(want, wanted{w.Kind, w.ID})
	}
	b.Queue(`insert into referral (id, case_id, patient_ref, reference, state, sender_organisation_id, sender_kind, requested_by, requested_at, need,
			urgency, sensitive, seen_by, wanted, accessibility, consent_id, consent_given, consent_with, seen_helping, send_reason, parent_id, root,
			held_why, duplicate_of, may_be_ref, confirmed, bounces, silences, owes_party, owes_organisation_id, owes_person_id, due_at, overdue,
			escalation, ended_with, outcome, reason, since, version, narrative, safeguarding, safeguarding_codes, first_ref, seen_overlaps, overlap_choice, join_with,
			join_person, signed_by, joined_person)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::uuid[], $14, $15, $16, $17, $18::uuid[], $19, $20, $21, $22, $23, $24, $25, $26,
			$27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49)`,
		r.ID, r.CaseID, r.PatientRef, r.Reference, r.State, r.SenderOrganisation, r.SenderKind, r.RequestedBy, r.RequestedAt, r.Need,
		r.Urgency, r.Sensitive, SeenBy(r), want, list(r.Accessibility), r.ConsentID, r.ConsentGiven, list(r.ConsentWith), r.SeenHelping, r.SendReason,
		null(r.ParentID), r.Root, r.HeldWhy, null(r.DuplicateOf), null(r.MayBe), r.Confirmed, r.Bounces, r.Silences, r.Owes.Party,
		null(r.Owes.Organisation), null(r.Owes.Person), nullTime(r.DueAt), r.Overdue, r.Escalation, r.EndedWith, r.Outcome, r.Reason, r.Since, r.Version,
		r.Narrative, r.Safeguarding, list(r.SafeguardingCodes), r.FirstRef, r.SeenOverlaps, r.OverlapChoice, null(r.JoinWith),
		null(r.JoinPerson), null(r.SignedBy), null(r.JoinedPerson))
}

// SeenBy is who may know of a sensitive referral: its sender, whoever has it in hand or had taken it on, and the office
// once it owes a step. Others on the case do not learn of it.
func SeenBy(r domain.Referral) []string {
	who := []string{r.SenderOrganisation}
	for _, o := range r.Offers {
		if o.State.Open() || o.State == terms.OfferEnded {
			who = append(who, o.Receiver.Organisation)
		}
	}
	if r.Owes.Party == domain.Coordinator && r.Owes.Organisation != "" {
		who = append(who, r.Owes.Organisation)
	}
	slices.Sort(who)
	return slices.Compact(who)
}

// saveOffers writes the offers that are new or have changed. What ends is written before what begins: one is live at a time.
func saveOffers(b *pgx.Batch, was, is domain.Referral) {
	var begin []func()
	for _, o := range is.Offers {
		old := was.Offer(o.ID)
		write := func() {
			b.Queue(`insert into offer (id, referral_id, attempt, receiver_kind, receiver_id, organisation_id, state, offered_at, answer_due_at, answered_at,
					started_at, question_id, reason, replied_at)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
				on conflict (id) do update set state = excluded.state, answer_due_at = excluded.answer_due_at, answered_at = excluded.answered_at,
					started_at = excluded.started_at, question_id = excluded.question_id, reason = excluded.reason, replied_at = excluded.replied_at`,
				o.ID, is.ID, o.Attempt, o.Receiver.Kind, o.Receiver.ID, o.Receiver.Organisation, o.State, o.OfferedAt, o.AnswerDueAt, nullTime(o.AnsweredAt),
				nullTime(o.StartedAt), null(o.QuestionID), o.Reason, nullTime(o.RepliedAt))
		}
		switch {
		case old != nil && *old == o:
		case o.State.Open():
			begin = append(begin, write)
		default:
			write()
		}
	}
	for _, write := range begin {
		write()
	}
}
