package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/linkworker/internal/domain"
)

// AssignKeyWorker and ReleaseKeyWorker keep who of ours stays in touch; of the two the one said later counts.
func AssignKeyWorker(ctx context.Context, tx pgx.Tx, k domain.KeyWorker) error {
	return pg.Later(ctx, tx, "keep key worker", `insert into key_worker as k (case_id, person_id, organisation_id, patient_ref, at) values ($1, $2, $3, $4, $5)
		on conflict (case_id, person_id, organisation_id) do update set at = excluded.at, patient_ref = excluded.patient_ref,
			released_at = case when k.released_at > excluded.at then k.released_at end
		where k.at <= excluded.at`, k.CaseID, k.PersonID, k.OrganisationID, k.PatientRef, k.At)
}

// ReleaseKeyWorker ends it.
func ReleaseKeyWorker(ctx context.Context, tx pgx.Tx, k domain.KeyWorker) error {
	return pg.Later(ctx, tx, "release key worker", `insert into key_worker as k (case_id, person_id, organisation_id, patient_ref, at, released_at) values ($1, $2, $3, $4, $5, $5)
		on conflict (case_id, person_id, organisation_id) do update set released_at = excluded.released_at where k.at <= excluded.released_at`,
		k.CaseID, k.PersonID, k.OrganisationID, k.PatientRef, k.At)
}

// AgreeAction keeps what somebody of ours is to do; FinishAction may have come first.
func AgreeAction(ctx context.Context, tx pgx.Tx, a domain.Action) error {
	return pg.Later(ctx, tx, "keep action", `insert into agreed_action (id, organisation_id, person_id, patient_ref, case_id, meeting_id, due_on, what, by_id, at)
		values ($1, $2, $3, $4, $5, $6, $7::text::date, $8, $9, $10)
		on conflict (id) do update set organisation_id = excluded.organisation_id, person_id = excluded.person_id, case_id = excluded.case_id,
			meeting_id = excluded.meeting_id, due_on = excluded.due_on, what = excluded.what, by_id = excluded.by_id, at = excluded.at`,
		a.ID, a.OrganisationID, a.PersonID, a.PatientRef, null(a.CaseID), null(a.MeetingID), null(a.DueOn), a.What, null(a.By), a.At)
}

// GiveAction lets an action go that is not ours to do any more: nobody of ours sees the row from now on, and its words are gone.
func GiveAction(ctx context.Context, tx pgx.Tx, id string) error {
	return pg.Later(ctx, tx, "give action", `update agreed_action set organisation_id = null, person_id = null, what = '' where id = $1`, id)
}

// FinishAction ends an action of ours; one that is not known is none of ours, since both are said by one speaker about one patient.
func FinishAction(ctx context.Context, tx pgx.Tx, a domain.Action) (organisation string, err error) {
	err = tx.QueryRow(ctx, `update agreed_action set done_at = $2, result = $3 where id = $1 returning coalesce(organisation_id::text, '')`,
		a.ID, a.DoneAt, a.Result).Scan(&organisation)
	if none(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("finish action: %w", err)
	}
	return organisation, nil
}

const actionColumns = `a.id, coalesce(a.organisation_id::text, ''), coalesce(a.person_id::text, ''), a.patient_ref, coalesce(a.case_id::text, ''),
	coalesce(a.meeting_id::text, ''), coalesce(a.due_on::text, ''), a.what, coalesce(a.by_id::text, ''), a.at, coalesce(a.done_at, ` + never + `), a.result`

// ActionsOf lists what of ours is to do about a person, the open ones first.
func ActionsOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Action, error) {
	return collect[domain.Action](ctx, tx, "read actions", `select `+actionColumns+` from agreed_action a
		where a.patient_ref = any(refs_of($1)) order by a.done_at is not null, a.due_on, a.id`, ref)
}

// OpenActions lists what a person of ours is to do.
func OpenActions(ctx context.Context, tx pgx.Tx, person string) ([]domain.Action, error) {
	return collect[domain.Action](ctx, tx, "read actions", `select `+actionColumns+` from agreed_action a
		where a.person_id = $1 and a.done_at is null order by a.due_on, a.id limit 200`, person)
}

const keyWorkerColumns = `k.case_id, k.patient_ref, k.person_id, k.organisation_id, '', k.at, coalesce(k.released_at, ` + never + `), k.also`

// KeyWorkersOf lists who of ours stays in touch with a person.
func KeyWorkersOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.KeyWorker, error) {
	return collect[domain.KeyWorker](ctx, tx, "read key workers", `select `+keyWorkerColumns+` from key_worker k
		where k.patient_ref = any(refs_of($1)) and k.released_at is null order by k.at`, ref)
}

// KeyWorkerFor lists with whom a person of ours stays in touch.
func KeyWorkerFor(ctx context.Context, tx pgx.Tx, person string) ([]domain.KeyWorker, error) {
	return collect[domain.KeyWorker](ctx, tx, "read key workers", `select `+keyWorkerColumns+` from key_worker k
		where k.person_id = $1 and k.released_at is null order by k.at limit 200`, person)
}

// AskKeyWorker keeps that a key worker of ours was asked to help with another need too.
func AskKeyWorker(ctx context.Context, tx pgx.Tx, caseID, person string, need terms.Need) error {
	return pg.Later(ctx, tx, "ask key worker", `update key_worker set also = array_append(also, $3::text)
		where case_id = $1 and person_id = $2 and released_at is null and not ($3::text = any (also))`, caseID, person, need)
}
