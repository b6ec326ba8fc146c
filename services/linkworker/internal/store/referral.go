package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/linkworker/internal/domain"
)

const referralColumns = `r.id, r.organisation_id, r.patient_ref, r.reference, coalesce(r.parent_referral_id::text, ''), coalesce(r.parent_offer_id::text, ''),
	coalesce(r.case_id::text, ''), r.need, r.urgency, r.sensitive, r.receivers, r.narrative, r.safeguarding, r.safeguarding_codes, r.accessibility,
	r.consent_id, true, r.consent_how, r.consent_by, r.consent_at, r.requested_by, r.requested_at, r.state, r.reason, r.owes,
	coalesce(r.owes_organisation_id::text, ''), coalesce(r.owes_person_id::text, ''), coalesce(r.due_at, ` + never + `),
	coalesce(r.offer_id::text, ''), r.receiver_kind, coalesce(r.receiver_organisation_id::text, ''), coalesce(r.receiver_id::text, ''), r.bounces,
	coalesce(r.question_id::text, ''), r.message, r.available, coalesce(r.answered_by::text, ''), coalesce(r.answered_at, ` + never + `),
	coalesce(r.withdrawn_by::text, ''), coalesce(r.withdrawn_at, ` + never + `), r.withdrawn_why, coalesce(r.escalated_to::text, ''),
	coalesce(r.joined_into::text, ''), r.outcome, r.changed_at, r.progress, r.version, notice_state(r.offer_id)`

func referralInto(r *domain.Referral) []any {
	return []any{
		&r.ID, &r.OrganisationID, &r.PatientRef, &r.Reference, &r.ParentReferralID, &r.ParentOfferID,
		&r.CaseID, &r.Need, &r.Urgency, &r.Sensitive, &r.Receivers, &r.Narrative, &r.Safeguarding, &r.SafeguardingCodes, &r.Accessibility,
		&r.Consent.ID, &r.Consent.Given, &r.Consent.How, &r.Consent.AskedBy, &r.Consent.AskedAt, &r.RequestedBy, &r.RequestedAt, &r.State, &r.Reason, &r.Owes,
		&r.OwesOrganisationID, &r.OwesPersonID, &r.DueAt,
		&r.OfferID, &r.ReceiverKind, &r.ReceiverOrganisationID, &r.ReceiverID, &r.Bounces,
		&r.QuestionID, &r.Message, &r.Available, &r.AnsweredBy, &r.AnsweredAt,
		&r.WithdrawnBy, &r.WithdrawnAt, &r.WithdrawnWhy, &r.EscalatedTo,
		&r.JoinedInto, &r.Outcome, &r.ChangedAt, &r.Progress, &r.Version, &r.Notice,
	}
}

// Referral reads one referral that we sent; lock keeps it until the transaction ends. The error is domain.ErrNoReferral.
func Referral(ctx context.Context, tx pgx.Tx, id string, lock bool) (domain.Referral, error) {
	var r domain.Referral
	sql := `select ` + referralColumns + ` from referral r where r.id = $1`
	if lock {
		sql += ` for update`
	}
	err := tx.QueryRow(ctx, sql, id).Scan(referralInto(&r)...)
	if none(err) {
		return r, domain.ErrNoReferral
	}
	if err != nil {
		return r, fmt.Errorf("read referral: %w", err)
	}
	return r, nil
}

func manyReferrals(ctx context.Context, tx pgx.Tx, rest string, args ...any) ([]domain.Referral, error) {
	rows, err := tx.Query(ctx, `select `+referralColumns+` from referral r where `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read referrals: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r domain.Referral, err error) {
		err = row.Scan(referralInto(&r)...)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read referrals: %w", err)
	}
	return list, nil
}

// Onward lists the referrals that came of an offer, newest first.
func Onward(ctx context.Context, tx pgx.Tx, offer string) ([]domain.Referral, error) {
	return manyReferrals(ctx, tx, `r.parent_offer_id = $1 order by r.requested_at desc, r.id`, offer)
}

// AddReferral keeps a referral that is sent.
func AddReferral(ctx context.Context, tx pgx.Tx, r domain.Referral) error {
	return pg.Later(ctx, tx, "add referral", `insert into referral (id, organisation_id, patient_ref, reference, parent_referral_id, parent_offer_id, case_id, need, urgency,
			sensitive, receivers, narrative, safeguarding, safeguarding_codes, accessibility, consent_id, consent_how, consent_by, consent_at,
			requested_by, requested_at, state, changed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
		r.ID, r.OrganisationID, r.PatientRef, r.Reference, null(r.ParentReferralID), null(r.ParentOfferID), null(r.CaseID), r.Need, r.Urgency,
		r.Sensitive, list(r.Receivers), r.Narrative, r.Safeguarding, list(r.SafeguardingCodes), list(r.Accessibility), r.Consent.ID, r.Consent.How,
		r.Consent.AskedBy, r.Consent.AskedAt, r.RequestedBy, r.RequestedAt, r.State, r.ChangedAt)
}

// SaveReferral writes what may change of a referral. The caller has it locked.
func SaveReferral(ctx context.Context, tx pgx.Tx, r domain.Referral) error {
	return pg.Later(ctx, tx, "save referral", `update referral set case_id = @case_id, state = @state, reason = @reason, owes = @owes, owes_organisation_id = @owes_org,
			owes_person_id = @owes_person, due_at = @due_at, offer_id = @offer_id, receiver_kind = @receiver_kind,
			receiver_organisation_id = @receiver_org, receiver_id = @receiver_id, bounces = @bounces, question_id = @question_id, message = @message,
			available = @available, answered_by = @answered_by, answered_at = @answered_at, withdrawn_by = @withdrawn_by, withdrawn_at = @withdrawn_at,
			withdrawn_why = @withdrawn_why, escalated_to = @escalated_to, joined_into = @joined_into, outcome = @outcome, changed_at = @changed_at,
			progress = @progress, version = @version where id = @id`, pgx.NamedArgs{
		"id": r.ID, "case_id": null(r.CaseID), "state": r.State, "reason": r.Reason, "owes": r.Owes, "owes_org": null(r.OwesOrganisationID),
		"owes_person": null(r.OwesPersonID), "due_at": nullTime(r.DueAt), "offer_id": null(r.OfferID), "receiver_kind": r.ReceiverKind,
		"receiver_org": null(r.ReceiverOrganisationID), "receiver_id": null(r.ReceiverID), "bounces": r.Bounces, "question_id": null(r.QuestionID),
		"message": r.Message, "available": list(r.Available), "answered_by": null(r.AnsweredBy), "answered_at": nullTime(r.AnsweredAt),
		"withdrawn_by": null(r.WithdrawnBy), "withdrawn_at": nullTime(r.WithdrawnAt), "withdrawn_why": r.WithdrawnWhy,
		"escalated_to": null(r.EscalatedTo), "joined_into": null(r.JoinedInto), "outcome": r.Outcome, "changed_at": r.ChangedAt,
		"progress": r.Progress, "version": r.Version,
	})
}

// AddStep keeps one change of a referral.
func AddStep(ctx context.Context, tx pgx.Tx, s domain.ReferralStep) error {
	return pg.Later(ctx, tx, "add step", `insert into referral_step (referral_id, organisation_id, patient_ref, version, state, reason, message, receiver_id, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
		s.ReferralID, s.OrganisationID, s.PatientRef, s.Version, s.State, s.Reason, s.Message, null(s.ReceiverID), s.At)
}

// Steps lists what became of a referral, newest first.
func Steps(ctx context.Context, tx pgx.Tx, referral string) ([]domain.ReferralStep, error) {
	return collect[domain.ReferralStep](ctx, tx, "read steps", `select referral_id, organisation_id, patient_ref, version, state, reason, message,
		coalesce(receiver_id::text, ''), at from referral_step where referral_id = $1 order by version desc`, referral)
}
