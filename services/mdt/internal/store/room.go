package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

// Helping lists, by patient, the organisations that a referral was accepted by and is with now. One for a sensitive need is not
// in it: that it is involved is nobody's business in the room.
func Helping(ctx context.Context, tx pgx.Tx, refs []string) (map[string][]string, error) {
	type pair struct{ Ref, Organisation string }
	all, err := many(ctx, tx, "list who helps", pgx.RowToStructByPos[pair], `select distinct x.patient_ref::text, x.organisation_id::text
		from (select distinct on (h.referral_id) h.referral_id, h.patient_ref, h.organisation_id, h.code from happened h
			where h.patient_ref = any($1::uuid[]) and h.fact = 'referral_progressed' and h.referral_id is not null order by h.referral_id, h.at desc, h.event_id desc) x
		join referral_fact f on f.referral_id = x.referral_id and not f.sensitive
		where x.code in ('accepted', 'under_way') and x.organisation_id is not null order by 1, 2`, list(refs))
	out := map[string][]string{}
	for _, x := range all {
		out[x.Ref] = append(out[x.Ref], x.Organisation)
	}
	return out, err
}

// open tells of a referral f whether it is open, as far as was heard: how it goes on is heard from when somebody takes it, its end always.
const open = `not exists (select from happened h where h.referral_id = f.referral_id and h.fact = 'referral_progressed' and h.code in ('joined', 'withdrawn', 'closed'))`

// ReferredFor lists, by patient, what they were referred for and is open. What is sensitive is not in it.
func ReferredFor(ctx context.Context, tx pgx.Tx, refs []string) (map[string][]terms.Need, error) {
	type pair struct {
		Ref  string
		Need terms.Need
	}
	all, err := many(ctx, tx, "list what they were referred for", pgx.RowToStructByPos[pair], `select distinct f.patient_ref::text, f.need from referral_fact f
		where f.patient_ref = any($1::uuid[]) and not f.sensitive and f.need <> '' and `+open+` order by 1, 2`, list(refs))
	out := map[string][]terms.Need{}
	for _, x := range all {
		out[x.Ref] = append(out[x.Ref], x.Need)
	}
	return out, err
}

// KeyWorkers reads who stays in touch, by patient.
func KeyWorkers(ctx context.Context, tx pgx.Tx, refs []string) (map[string]domain.KeyWorker, error) {
	all, err := many(ctx, tx, "read key workers", scanKeyWorker, `select `+keyWorkerColumns+` from key_worker k where k.patient_ref = any($1::uuid[]) and k.released_at is null`, list(refs))
	out := map[string]domain.KeyWorker{}
	for _, k := range all {
		out[k.PatientRef] = k
	}
	return out, err
}

// Talked is a case in a series of meetings.
type Talked struct{ Series, PatientRef string }

// Discussions lists what the meetings of an organisation decided about patients, latest first.
func Discussions(ctx context.Context, tx pgx.Tx, organisation string, refs []string) (map[Talked][]domain.Discussion, error) {
	out := map[Talked][]domain.Discussion{}
	_, err := many(ctx, tx, "list discussions", func(row pgx.CollectableRow) (t Talked, err error) {
		var d domain.Discussion
		if err = row.Scan(&t.Series, &t.PatientRef, &d.At, &d.Decision); err == nil {
			out[t] = append(out[t], d)
		}
		return t, err
	}, `select series_id::text, patient_ref::text, discussed_at, decision from item
		where patient_ref = any($1::uuid[]) and organisation_id = $2 and state = 'discussed' order by discussed_at desc, id`, list(refs), organisation)
	return out, err
}

// LastChanges tells, by patient, when something last changed that counts: domain.Changes, who holds the case or stays in touch, an
// action that ended.
func LastChanges(ctx context.Context, tx pgx.Tx, refs []string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	_, err := many(ctx, tx, "find last changes", func(row pgx.CollectableRow) (ref string, err error) {
		var at time.Time
		if err = row.Scan(&ref, &at); err == nil {
			out[ref] = at
		}
		return ref, err
	}, `select x.patient_ref::text, max(x.at) from (
			select patient_ref, at from happened where patient_ref = any($1::uuid[]) and fact = any($2)
			union all select patient_ref, greatest(answered_at, released_at, left_at) from case_holder where patient_ref = any($1::uuid[]) and state in ('holds', 'released')
			union all select patient_ref, greatest(assigned_at, released_at) from key_worker where patient_ref = any($1::uuid[])
			union all select patient_ref, ended_at from action where patient_ref = any($1::uuid[])
			union all select patient_ref, reopened_at from patient_case where patient_ref = any($1::uuid[])
		) x where x.at is not null group by x.patient_ref`, list(refs), domain.Changes)
	return out, err
}

// KeyWorkerAt is who stayed in touch with a patient at a time; nil for nobody.
func KeyWorkerAt(ctx context.Context, tx pgx.Tx, ref string, at time.Time) (*domain.KeyWorker, error) {
	all, err := many(ctx, tx, "read key worker", scanKeyWorker, `select `+keyWorkerColumns+` from key_worker k
		where k.patient_ref = $1 and k.assigned_at <= $2 and (k.released_at is null or k.released_at > $2) order by k.assigned_at desc limit 1`, ref, at)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}
