package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/linkworker/internal/domain"
)

const offerColumns = `o.id, o.organisation_id, o.patient_ref, o.referral_id, o.case_id, o.reference, o.attempt, o.sender_organisation_id,
	o.sender_kind, coalesce(o.requested_by::text, ''), o.need, o.urgency, o.sensitive, o.narrative, o.safeguarding, o.safeguarding_codes,
	o.accessibility, coalesce(o.parent_referral_id::text, ''), o.offered_at, o.answer_due_at, o.state, o.answer,
	coalesce(o.answered_by::text, ''), coalesce(o.answered_at, ` + never + `), coalesce(o.confirmed_at, ` + never + `), o.reason, o.criterion,
	coalesce(o.until_on::text, ''), o.whose_role, o.detail, coalesce(o.question_id::text, ''), o.question, o.reply,
	coalesce(o.replied_at, ` + never + `), coalesce(o.assigned_to::text, ''), coalesce(o.assigned_at, ` + never + `),
	coalesce(o.first_contact_due_at, ` + never + `), coalesce(o.started_at, ` + never + `), coalesce(o.review_on::text, ''), o.refused_why,
	o.taken_back_why, coalesce(o.taken_back_at, ` + never + `), coalesce(o.stand_down_due_at, ` + never + `),
	coalesce(o.stood_down_at, ` + never + `), coalesce(o.stood_down_by::text, ''), o.outcome, o.end_note, coalesce(o.ended_by::text, ''),
	coalesce(o.ended_at, ` + never + `), coalesce(o.closed_at, ` + never + `), coalesce(o.removed_at, ` + never + `), o.version, o.progress, o.also`

func offerInto(o *domain.Offer) []any {
	return []any{
		&o.ID, &o.OrganisationID, &o.PatientRef, &o.ReferralID, &o.CaseID, &o.Reference, &o.Attempt, &o.SenderOrganisationID,
		&o.SenderKind, &o.RequestedBy, &o.Need, &o.Urgency, &o.Sensitive, &o.Narrative, &o.Safeguarding, &o.SafeguardingCodes,
		&o.Accessibility, &o.ParentReferralID, &o.OfferedAt, &o.AnswerDueAt, &o.State, &o.Answer,
		&o.AnsweredBy, &o.AnsweredAt, &o.ConfirmedAt, &o.Bounce.Reason, &o.Bounce.Criterion,
		&o.Bounce.UntilOn, &o.Bounce.WhoseRole, &o.Bounce.Detail, &o.QuestionID, &o.Question, &o.Reply,
		&o.RepliedAt, &o.AssignedTo, &o.AssignedAt,
		&o.FirstContactDueAt, &o.StartedAt, &o.ReviewOn, &o.RefusedWhy,
		&o.TakenBackWhy, &o.TakenBackAt, &o.StandDownDueAt,
		&o.StoodDown, &o.StoodDownBy, &o.Outcome, &o.EndNote, &o.EndedBy,
		&o.EndedAt, &o.ClosedAt, &o.RemovedAt, &o.Version, &o.Progress, &o.Also,
	}
}

// Offer reads one offer; lock keeps it until the transaction ends. The error is domain.ErrNoOffer.
func Offer(ctx context.Context, tx pgx.Tx, id string, lock bool) (domain.Offer, error) {
	return oneOffer(ctx, tx, `o.id = $1`, lock, id)
}

func oneOffer(ctx context.Context, tx pgx.Tx, where string, lock bool, args ...any) (domain.Offer, error) {
	var o domain.Offer
	sql := `select ` + offerColumns + ` from offer o where ` + where
	if lock {
		sql += ` for update`
	}
	err := tx.QueryRow(ctx, sql, args...).Scan(offerInto(&o)...)
	if none(err) {
		return o, domain.ErrNoOffer
	}
	if err != nil {
		return o, fmt.Errorf("read offer: %w", err)
	}
	return o, nil
}

// OffersOf lists the offers about a person, whichever ref they came under, newest first.
func OffersOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Offer, error) {
	return manyOffers(ctx, tx, `o.patient_ref = any(refs_of($1)) order by o.offered_at desc, o.id`, ref)
}

// OffersOfReferral lists our offers of one referral, locked in the order of their ids.
func OffersOfReferral(ctx context.Context, tx pgx.Tx, referral string) ([]domain.Offer, error) {
	return manyOffers(ctx, tx, `o.referral_id = $1 order by o.id for update`, referral)
}

func manyOffers(ctx context.Context, tx pgx.Tx, rest string, args ...any) ([]domain.Offer, error) {
	rows, err := tx.Query(ctx, `select `+offerColumns+` from offer o where `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o domain.Offer, err error) {
		err = row.Scan(offerInto(&o)...)
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return list, nil
}

// AddOffer keeps an offer that was heard; one that is known already stays as it is.
func AddOffer(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
	return pg.Later(ctx, tx, "add offer", `insert into offer (id, organisation_id, patient_ref, referral_id, case_id, reference, attempt,
			sender_organisation_id, sender_kind, requested_by, need, urgency, sensitive, narrative, safeguarding, safeguarding_codes,
			accessibility, parent_referral_id, offered_at, answer_due_at, state)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) on conflict (id) do nothing`,
		o.ID, o.OrganisationID, o.PatientRef, o.ReferralID, o.CaseID, o.Reference, o.Attempt,
		o.SenderOrganisationID, o.SenderKind, null(o.RequestedBy), o.Need, o.Urgency, o.Sensitive, o.Narrative, o.Safeguarding, list(o.SafeguardingCodes),
		list(o.Accessibility), null(o.ParentReferralID), o.OfferedAt, o.AnswerDueAt, o.State)
}

// SaveOffer writes what may change of an offer. The caller has it locked.
func SaveOffer(ctx context.Context, tx pgx.Tx, o domain.Offer) error {
	return pg.Later(ctx, tx, "save offer", `update offer set case_id = @case_id, answer_due_at = @answer_due_at, state = @state, answer = @answer, answered_by = @answered_by,
			answered_at = @answered_at, confirmed_at = @confirmed_at, reason = @reason, criterion = @criterion, until_on = @until_on::text::date,
			whose_role = @whose_role, detail = @detail, question_id = @question_id, question = @question, reply = @reply, replied_at = @replied_at,
			assigned_to = @assigned_to, assigned_at = @assigned_at, first_contact_due_at = @first_contact_due_at, started_at = @started_at,
			review_on = @review_on::text::date, refused_why = @refused_why, taken_back_why = @taken_back_why, taken_back_at = @taken_back_at,
			stand_down_due_at = @stand_down_due_at, stood_down_at = @stood_down_at, stood_down_by = @stood_down_by, outcome = @outcome,
			end_note = @end_note, ended_by = @ended_by, ended_at = @ended_at, closed_at = @closed_at, version = @version, progress = @progress
		where id = @id`, pgx.NamedArgs{
		"id": o.ID, "case_id": o.CaseID, "answer_due_at": o.AnswerDueAt, "state": o.State, "answer": o.Answer, "answered_by": null(o.AnsweredBy),
		"answered_at": nullTime(o.AnsweredAt), "confirmed_at": nullTime(o.ConfirmedAt), "reason": o.Bounce.Reason, "criterion": o.Bounce.Criterion,
		"until_on": null(o.Bounce.UntilOn), "whose_role": o.Bounce.WhoseRole, "detail": o.Bounce.Detail, "question_id": null(o.QuestionID),
		"question": o.Question, "reply": o.Reply, "replied_at": nullTime(o.RepliedAt), "assigned_to": null(o.AssignedTo),
		"assigned_at": nullTime(o.AssignedAt), "first_contact_due_at": nullTime(o.FirstContactDueAt), "started_at": nullTime(o.StartedAt),
		"review_on": null(o.ReviewOn), "refused_why": o.RefusedWhy, "taken_back_why": o.TakenBackWhy, "taken_back_at": nullTime(o.TakenBackAt),
		"stand_down_due_at": nullTime(o.StandDownDueAt), "stood_down_at": nullTime(o.StoodDown), "stood_down_by": null(o.StoodDownBy),
		"outcome": o.Outcome, "end_note": o.EndNote, "ended_by": null(o.EndedBy), "ended_at": nullTime(o.EndedAt), "closed_at": nullTime(o.ClosedAt),
		"version": o.Version, "progress": o.Progress,
	})
}

// EarlyWord is what was said of an offer before it was heard.
type EarlyWord struct{ Word, Reason string }

// KeepEarly keeps a word about an offer that is not known yet; most are of other receivers and are swept later.
func KeepEarly(ctx context.Context, tx pgx.Tx, offer string, w EarlyWord, at any) error {
	return pg.Later(ctx, tx, "keep early word", `insert into early_word (offer_id, word, reason, at) values ($1, $2, $3, $4) on conflict do nothing`, offer, w.Word, w.Reason, at)
}

// EarlyWords are those that were kept about an offer.
func EarlyWords(ctx context.Context, tx pgx.Tx, offer string) ([]EarlyWord, error) {
	rows, err := tx.Query(ctx, `select word, reason from early_word where offer_id = $1 order by at`, offer)
	if err != nil {
		return nil, fmt.Errorf("read early words: %w", err)
	}
	words, err := pgx.CollectRows(rows, pgx.RowToStructByPos[EarlyWord])
	if err != nil {
		return nil, fmt.Errorf("read early words: %w", err)
	}
	return words, nil
}
