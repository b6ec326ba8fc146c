package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/vcse/internal/domain"
)

const offerColumns = `o.id, o.organisation_id, o.service_id, o.referral_id, o.case_id, o.patient_ref, o.reference, o.attempt, o.sender_organisation_id,
	o.sender_kind, coalesce(o.requested_by::text, ''), o.need, o.urgency, o.sensitive, o.accessibility, o.offered_at, o.answer_due_at, o.state,
	o.answer, o.receipt, o.answered_at, coalesce(o.answered_by::text, ''), o.reason, o.criterion, coalesce(o.until_on::text, ''), o.whose_role,
	coalesce(o.question_id::text, ''), coalesce(o.first_contact_by_on::text, ''), coalesce(o.expected_by_on::text, ''), o.waiting_since,
	coalesce(o.assigned_to::text, ''), o.owed_by, o.expired_at, o.stand_down_due_at, o.stood_down_at, coalesce(o.stood_down_by::text, ''),
	o.outcome, o.ended_at, coalesce(o.ended_by::text, ''), o.closed_outcome, o.progress_version, o.removed_at, o.removed_why,
	coalesce(o.last_by::text, ''), o.last_at, o.last_did, o.contact, o.safeguarding, o.version, o.also`

func scanOffer(row pgx.CollectableRow) (o domain.Offer, err error) {
	var answered, waiting, owed, expired, standDown, stoodDown, ended, removed *time.Time
	var contact *domain.Contact
	var safeguarding *domain.Safeguarding
	err = row.Scan(&o.ID, &o.Organisation, &o.ServiceID, &o.ReferralID, &o.CaseID, &o.PatientRef, &o.Reference, &o.Attempt, &o.SenderOrganisation,
		&o.SenderKind, &o.RequestedBy, &o.Need, &o.Urgency, &o.Sensitive, &o.Accessibility, &o.OfferedAt, &o.AnswerDueAt, &o.State,
		&o.Answer, &o.Receipt, &answered, &o.AnsweredBy, &o.Reason, &o.Criterion, &o.UntilOn, &o.WhoseRole,
		&o.QuestionID, &o.FirstContactByOn, &o.ExpectedByOn, &waiting,
		&o.AssignedTo, &owed, &expired, &standDown, &stoodDown, &o.StoodDownBy,
		&o.Outcome, &ended, &o.EndedBy, &o.ClosedOutcome, &o.ProgressVersion, &removed, &o.RemovedWhy,
		&o.Last.By, &o.Last.At, &o.Last.Did, &contact, &safeguarding, &o.Version, &o.Also)
	for to, from := range map[*time.Time]*time.Time{
		&o.AnsweredAt: answered, &o.WaitingSince: waiting, &o.OwedBy: owed, &o.ExpiredAt: expired, &o.StandDownDueAt: standDown,
		&o.StoodDownAt: stoodDown, &o.EndedAt: ended, &o.RemovedAt: removed,
	} {
		if from != nil {
			*to = *from
		}
	}
	if contact != nil {
		o.Contact = *contact
	}
	if safeguarding != nil {
		o.Safeguarding = *safeguarding
		if o.Need == "" {
			o.Need = safeguarding.Need // a sensitive need is kept there alone
		}
	}
	return o, err
}

// Offer reads one. The error is domain.ErrNoOffer.
func Offer(ctx context.Context, tx pgx.Tx, id string) (domain.Offer, error) {
	return oneOffer(ctx, tx, `o.id = $1`, id)
}

// LockOffer is Offer, held until the transaction ends.
func LockOffer(ctx context.Context, tx pgx.Tx, id string) (domain.Offer, error) {
	return oneOffer(ctx, tx, `o.id = $1 for update`, id)
}

func oneOffer(ctx context.Context, tx pgx.Tx, where, id string) (domain.Offer, error) {
	rows, err := tx.Query(ctx, `select `+offerColumns+` from offer o where `+where, id)
	if err != nil {
		return domain.Offer{}, fmt.Errorf("read offer: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, scanOffer)
	if none(err) {
		return o, domain.ErrNoOffer
	}
	if err != nil {
		return o, fmt.Errorf("read offer: %w", err)
	}
	return o, nil
}

// AddOffer writes an offer that was heard; it tells whether it is new.
func AddOffer(ctx context.Context, tx pgx.Tx, o domain.Offer) (bool, error) {
	tag, err := tx.Exec(ctx, `insert into offer (id, organisation_id, service_id, referral_id, case_id, patient_ref, reference, attempt,
			sender_organisation_id, sender_kind, requested_by, need, urgency, sensitive, accessibility, offered_at, answer_due_at, state, last_at,
			contact, safeguarding)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) on conflict (id) do nothing`,
		o.ID, o.Organisation, o.ServiceID, o.ReferralID, o.CaseID, o.PatientRef, o.Reference, o.Attempt,
		o.SenderOrganisation, o.SenderKind, orNull(o.RequestedBy), o.Need, o.Urgency, o.Sensitive, list(o.Accessibility), o.OfferedAt, o.AnswerDueAt,
		o.State, o.Last.At, contactOf(o), safeguardingOf(o))
	if err != nil {
		return false, fmt.Errorf("add offer: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// SaveOffer writes what can change of an offer and counts its version.
func SaveOffer(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
	return pg.Later(ctx, tx, "save offer", `update offer set state = $2, answer = $3, receipt = $4, answered_at = $5, answered_by = $6, reason = $7, criterion = $8,
			until_on = $9, whose_role = $10, question_id = $11, first_contact_by_on = $12, expected_by_on = $13, waiting_since = $14, assigned_to = $15,
			owed_by = $16, expired_at = $17, stand_down_due_at = $18, stood_down_at = $19, stood_down_by = $20, outcome = $21, ended_at = $22,
			ended_by = $23, closed_outcome = $24, progress_version = $25, removed_at = $26, removed_why = $27, last_by = $28, last_at = $29,
			last_did = $30, contact = $31, safeguarding = $32, answer_due_at = $33, version = version + 1
		where id = $1`,
		o.ID, o.State, o.Answer, o.Receipt, timeOrNull(o.AnsweredAt), orNull(o.AnsweredBy), o.Reason, o.Criterion,
		orNull(o.UntilOn), o.WhoseRole, orNull(o.QuestionID), orNull(o.FirstContactByOn), orNull(o.ExpectedByOn), timeOrNull(o.WaitingSince), orNull(o.AssignedTo),
		timeOrNull(o.OwedBy), timeOrNull(o.ExpiredAt), timeOrNull(o.StandDownDueAt), timeOrNull(o.StoodDownAt), orNull(o.StoodDownBy), o.Outcome, timeOrNull(o.EndedAt),
		orNull(o.EndedBy), o.ClosedOutcome, o.ProgressVersion, timeOrNull(o.RemovedAt), o.RemovedWhy, orNull(o.Last.By), o.Last.At,
		o.Last.Did, contactOf(o), safeguardingOf(o), o.AnswerDueAt)
}

// MoveOffer puts an offer, which is locked, under another ref.
func MoveOffer(ctx context.Context, tx pgx.Tx, id, ref string) error {
	return pg.Later(ctx, tx, "move offer", `update offer set patient_ref = $2 where id = $1`, id, ref)
}

// MoveOfferToCase puts an offer, which is locked, into another case.
func MoveOfferToCase(ctx context.Context, tx pgx.Tx, id, caseID string) error {
	return pg.Later(ctx, tx, "move offer to case", `update offer set case_id = $2 where id = $1`, id, caseID)
}

// KeepProgress writes how far coordination's word was heard, without a new version.
func KeepProgress(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
	return pg.Later(ctx, tx, "keep progress of offer", `update offer set progress_version = $2, owed_by = $3 where id = $1`, o.ID, o.ProgressVersion, timeOrNull(o.OwedBy))
}

func contactOf(o domain.Offer) any {
	if !o.Contact.Known() {
		return nil
	}
	return o.Contact
}

func safeguardingOf(o domain.Offer) any {
	if o.Safeguarding.Empty() {
		return nil
	}
	return o.Safeguarding
}

// OfReferral locks the offers of a referral, oldest first.
func OfReferral(ctx context.Context, tx pgx.Tx, referral string) ([]domain.Offer, error) {
	return lockOffers(ctx, tx, `o.referral_id = $1`, referral)
}

// OfPatient locks the offers of a patient, those under refs that were merged into this one as well.
func OfPatient(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Offer, error) {
	return lockOffers(ctx, tx, `o.patient_ref in (with recursive same(ref) as (select $1::uuid union select a.from_ref from alias a join same on a.into_ref = same.ref)
		select ref from same)`, ref)
}

func lockOffers(ctx context.Context, tx pgx.Tx, where, id string) ([]domain.Offer, error) {
	rows, err := tx.Query(ctx, `select `+offerColumns+` from offer o where `+where+` order by o.offered_at, o.id for update`, id)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanOffer)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	return out, nil
}

// FindOffers looks for what a person typed: a reference, an NHS number, or the beginnings of names. Never put it into an address.
func FindOffers(ctx context.Context, tx pgx.Tx, reference, nhsNumber, name string, limit int) ([]domain.Offer, error) {
	rows, err := tx.Query(ctx, `select `+offerColumns+` from offer o
		where $1 <> '' and o.reference = $1 or $2 <> '' and o.contact->>'nhs_number' = $2
			or $3 <> '' and starts_with(lower(o.contact->>'family_name'), lower($3))
			or $3 <> '' and starts_with(lower((o.contact->>'given_name') || ' ' || (o.contact->>'family_name')), lower($3))
		order by o.offered_at desc, o.id limit $4`, reference, nhsNumber, name, limit)
	if err != nil {
		return nil, fmt.Errorf("find offers: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanOffer)
	if err != nil {
		return nil, fmt.Errorf("find offers: %w", err)
	}
	return out, nil
}

// AddAlias notes that two refs are one person's.
func AddAlias(ctx context.Context, tx pgx.Tx, from, into string, at time.Time) error {
	return pg.Later(ctx, tx, "add alias", `insert into alias (from_ref, into_ref, at) values ($1, $2, $3)
		on conflict (from_ref) do update set into_ref = excluded.into_ref, at = excluded.at`, from, into, at)
}

// DropAlias undoes AddAlias.
func DropAlias(ctx context.Context, tx pgx.Tx, from, into string) error {
	return pg.Later(ctx, tx, "drop alias", `delete from alias where from_ref = $1 and into_ref = $2`, from, into)
}

// CurrentRef is the ref a patient goes by now.
func CurrentRef(ctx context.Context, tx pgx.Tx, ref string) (current string, err error) {
	err = tx.QueryRow(ctx, `with recursive way(ref, n) as (select $1::uuid, 0 union select a.into_ref, n + 1 from way join alias a on a.from_ref = way.ref where n < 20)
		select ref from way order by n desc limit 1`, ref).Scan(&current)
	if err != nil {
		return "", fmt.Errorf("follow alias: %w", err)
	}
	return current, nil
}
