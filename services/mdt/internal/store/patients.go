package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

const patientColumns = `p.organisation_id::text, p.patient_ref::text, p.contact, coalesce(p.added_by::text, ''), p.added_at, p.changed_at, p.heard_at, p.removed_at, p.removed_why, p.version`

func scanPatient(row pgx.CollectableRow) (p domain.Patient, err error) {
	var contact *domain.Contact
	var heard, removed *time.Time
	err = row.Scan(&p.OrganisationID, &p.PatientRef, &contact, &p.AddedBy, &p.AddedAt, &p.ChangedAt, &heard, &removed, &p.RemovedWhy, &p.Version)
	if contact != nil {
		p.Contact = *contact
	}
	p.HeardAt, p.RemovedAt = timeOf(heard), timeOf(removed)
	return p, err
}

// Patient reads somebody as the organisation knows them. The error is domain.ErrNoPatient.
func Patient(ctx context.Context, tx pgx.Tx, organisation, ref string) (domain.Patient, error) {
	return one(ctx, tx, "read patient", domain.ErrNoPatient, scanPatient, `select `+patientColumns+` from patient p where p.organisation_id = $1 and p.patient_ref = $2 order by p.removed_at nulls first, p.changed_at desc limit 1`, organisation, ref)
}

// LockPatient is Patient, held until the transaction ends.
func LockPatient(ctx context.Context, tx pgx.Tx, organisation, ref string) (domain.Patient, error) {
	return one(ctx, tx, "lock patient", domain.ErrNoPatient, scanPatient, `select `+patientColumns+` from patient p where p.organisation_id = $1 and p.patient_ref = $2 order by p.removed_at nulls first, p.changed_at desc limit 1 for update`, organisation, ref)
}

// Reachable is how somebody may be contacted, as one organisation keeps it.
type Reachable struct {
	OrganisationID string
	FirstRef       string
	SafeWays       domain.SafeWays
	SafeNote       string
	ChangedAt      time.Time
	HeardAt        time.Time
	Own            bool // what stands there was written by the organisation, or said by its practice
}

// LockReach reads how a patient may be contacted, of every organisation that knows them, held until the transaction ends.
func LockReach(ctx context.Context, tx pgx.Tx, ref string) ([]Reachable, error) {
	return many(ctx, tx, "lock safe ways", pgx.RowToStructByPos[Reachable], `select organisation_id::text, first_ref::text, contact->'safe_ways', coalesce(contact->>'safe_note', ''), changed_at,
			coalesce(heard_at, '0001-01-01 00:00:00+00'), said_at is distinct from changed_at
		from patient where patient_ref = $1 and removed_at is null and contact->'safe_ways' is not null order by 1, 2 for update`, ref)
}

// SaveReach writes it back, with as of when it is. The rest of what is kept stays as old as it was.
func SaveReach(ctx context.Context, tx pgx.Tx, r Reachable) error {
	return pg.Later(ctx, tx, "save safe ways", `update patient set contact = contact || jsonb_build_object('safe_ways', $3::jsonb, 'safe_note', $4::text), heard_at = $5, version = version + 1 where organisation_id = $1 and first_ref = $2`,
		r.OrganisationID, r.FirstRef, r.SafeWays, r.SafeNote, r.HeardAt)
}

// Seen reads the details of a patient that the actor may see, their own organisation's first; ok is false when there are none.
func Seen(ctx context.Context, tx pgx.Tx, ref, organisation string) (p domain.Patient, ok bool, err error) {
	all, err := many(ctx, tx, "read patient", scanPatient, `select `+patientColumns+` from patient p where p.patient_ref = $1 order by p.removed_at nulls first, p.organisation_id <> $2, p.changed_at desc limit 1`, ref, organisation)
	if err != nil || len(all) == 0 {
		return p, false, err
	}
	return all[0], true, nil
}

// Names reads what to call those of the patients whom the actor may see.
func Names(ctx context.Context, tx pgx.Tx, refs []string, organisation string) (map[string]domain.Patient, error) {
	all, err := many(ctx, tx, "read names of patients", scanPatient, `select distinct on (p.patient_ref) `+patientColumns+` from patient p where p.patient_ref = any($1::uuid[])
		order by p.patient_ref, p.removed_at nulls first, p.organisation_id <> $2, p.changed_at desc`, list(refs), organisation)
	out := make(map[string]domain.Patient, len(all))
	for _, p := range all {
		out[p.PatientRef] = p
	}
	return out, err
}

// AddPatient writes somebody whom the organisation did not know; nothing changes when it does.
func AddPatient(ctx context.Context, tx pgx.Tx, p domain.Patient) error {
	contact, err := json.Marshal(p.Contact)
	if err != nil {
		return err
	}
	return pg.Later(ctx, tx, "add patient", `insert into patient (organisation_id, patient_ref, first_ref, contact, added_by, added_at, changed_at) values ($1, $2, $2, $3, $4, $5, $5) on conflict do nothing`,
		p.OrganisationID, p.PatientRef, contact, orNull(p.AddedBy), p.AddedAt)
}

// SavePatient writes details from the version they were loaded with; it brings back what was removed.
func SavePatient(ctx context.Context, tx pgx.Tx, p domain.Patient) error {
	contact, err := json.Marshal(p.Contact)
	if err != nil {
		return err
	}
	n, err := exec(ctx, tx, "save patient", `update patient set contact = $3, changed_at = $4, heard_at = $6, removed_at = null, removed_why = '', version = version + 1 where organisation_id = $1 and patient_ref = $2 and version = $5`,
		p.OrganisationID, p.PatientRef, contact, p.ChangedAt, p.Version, timeOrNull(p.HeardAt))
	if err == nil && n == 0 {
		return domain.ErrChanged
	}
	return err
}

// TakeContact writes how a patient may be reached, as coordination or the practice said it, wherever they are known and not removed. asOf is as
// of when the safe ways are, or what of them the practice had heard: where more was heard they stay. nil is all of it.
func TakeContact(ctx context.Context, tx pgx.Tx, ref, organisation string, c domain.Contact, at time.Time, asOf *time.Time) (organisations []string, err error) {
	contact, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return many(ctx, tx, "take contact", pgx.RowTo[string], `update patient set contact = (case when $4::uuid is null
			then jsonb_strip_nulls(jsonb_build_object('nhs_number', contact->'nhs_number', 'sex', contact->'sex', 'next_of_kin', contact->'next_of_kin')) else '{}'::jsonb end) || $2::jsonb
				|| case when heard_at > $5::timestamptz then jsonb_strip_nulls(jsonb_build_object('safe_ways', contact->'safe_ways', 'safe_note', contact->'safe_note')) else '{}'::jsonb end,
			changed_at = $3, said_at = case when $4::uuid is null then $3::timestamptz else said_at end, version = version + 1
		where patient_ref = $1 and removed_at is null and changed_at <= $3 and ($4::uuid is null or organisation_id = $4) returning organisation_id::text`, ref, contact, at, orNull(organisation), asOf)
}

// FindPatients looks for what a person typed: an NHS number, or the beginnings of names. Never put it into an address.
func FindPatients(ctx context.Context, tx pgx.Tx, organisation, number, name string, limit int) ([]domain.Patient, error) {
	return many(ctx, tx, "find patients", scanPatient, `select `+patientColumns+` from patient p where p.organisation_id = $1 and p.removed_at is null and (
			$2 <> '' and p.contact->>'nhs_number' = $2
			or $3 <> '' and starts_with(lower(p.contact->>'family_name'), lower($3))
			or $3 <> '' and starts_with(lower((p.contact->>'given_name') || ' ' || (p.contact->>'family_name')), lower($3)))
		order by lower(p.contact->>'family_name'), p.patient_ref limit $4`, organisation, number, name, limit)
}

// Born finds people of the organisation with this name and date of birth.
func Born(ctx context.Context, tx pgx.Tx, organisation string, c domain.Contact) ([]domain.Patient, error) {
	return many(ctx, tx, "find the same name", scanPatient, `select `+patientColumns+` from patient p where p.organisation_id = $1 and p.removed_at is null
		and lower(p.contact->>'given_name') = lower($2) and lower(p.contact->>'family_name') = lower($3) and p.contact->>'date_of_birth' = $4 limit 5`, organisation, c.GivenName, c.FamilyName, c.DateOfBirth)
}

// Known is an event that carries the contact of somebody an organisation has to do with, still sealed.
type Known struct {
	Organisation string
	PatientRef   string
	EventID      string
	EventType    string
	Sealed       json.RawMessage
	At           time.Time
}

// SaveKnown keeps the newest.
func SaveKnown(ctx context.Context, tx pgx.Tx, k Known) error {
	return pg.Later(ctx, tx, "keep who is known", `insert into known as k (organisation_id, patient_ref, event_id, event_type, sealed, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (organisation_id, patient_ref) do update set event_id = excluded.event_id, event_type = excluded.event_type, sealed = excluded.sealed, at = excluded.at where k.at <= excluded.at`,
		k.Organisation, k.PatientRef, k.EventID, k.EventType, k.Sealed, k.At)
}

// KnownBy reads it, under any ref that is the same person's; ok is false when the organisation has nothing to do with them.
func KnownBy(ctx context.Context, tx pgx.Tx, organisation, ref string) (k Known, ok bool, err error) {
	all, err := many(ctx, tx, "read who is known", func(row pgx.CollectableRow) (k Known, err error) {
		err = row.Scan(&k.Organisation, &k.PatientRef, &k.EventID, &k.EventType, &k.Sealed, &k.At)
		return k, err
	}, `select organisation_id::text, patient_ref::text, event_id::text, event_type, sealed, at from known where organisation_id = $1 and patient_ref in (`+same+`) order by at desc limit 1`, organisation, ref)
	if err != nil || len(all) == 0 {
		return k, false, err
	}
	return all[0], true, nil
}

// same are the refs that were merged into $2, and $2 itself.
const same = `with recursive same(ref) as (select $2::uuid union select a.from_ref from alias a join same on a.into_ref = same.ref) select ref from same`

// CurrentRef is the ref a patient goes by now.
func CurrentRef(ctx context.Context, tx pgx.Tx, ref string) (string, error) {
	return one(ctx, tx, "follow alias", domain.ErrNoPatient, pgx.RowTo[string], `with recursive way(ref, n) as (select $1::uuid, 0 union select a.into_ref, n + 1 from way join alias a on a.from_ref = way.ref where n < 20)
		select ref::text from way order by n desc limit 1`, ref)
}

// AddAlias notes that two refs are one person's.
func AddAlias(ctx context.Context, tx pgx.Tx, from, into string, at time.Time) error {
	return pg.Later(ctx, tx, "add alias", `insert into alias (from_ref, into_ref, at) values ($1, $2, $3) on conflict (from_ref) do update set into_ref = excluded.into_ref, at = excluded.at`, from, into, at)
}

// DropAlias undoes AddAlias.
func DropAlias(ctx context.Context, tx pgx.Tx, from, into string) error {
	return pg.Later(ctx, tx, "drop alias", `delete from alias where from_ref = $1 and into_ref = $2`, from, into)
}

// moved are the tables whose rows follow a merge; case_holder and key_worker follow by rules of their own.
var moved = []string{"item", "patient", "patient_case", "action", "consent", "happened", "referral_fact", "referral"}

// MoveRows puts the rows of one ref under another. What is on one agenda twice keeps the older line.
func MoveRows(ctx context.Context, tx pgx.Tx, from, into string) error {
	if _, err := exec(ctx, tx, "move item", `update item d set state = 'removed' where d.patient_ref = $1 and d.state <> 'removed' and exists (
		select from item k where k.meeting_id = d.meeting_id and k.patient_ref = $2 and k.state <> 'removed')`, from, into); err != nil {
		return err
	}
	for _, table := range moved {
		if _, err := exec(ctx, tx, "move "+table, `update `+table+` set patient_ref = $2 where patient_ref = $1`, from, into); err != nil {
			return err
		}
	}
	return pg.Later(ctx, tx, "move draft", `update draft set patient_ref = $2 where patient_ref = $1`, from, into)
}

// MoveBack undoes MoveRows for what was recorded under the first ref, and under those that were made one with it before. Whoever held
// the case that stays, and was released because the other's holder was to have both, is its last holder again. What coordination said of one
// may be about the other: its next word of each replaces that, however old. This is heard under both refs, and a word about the two as one may
// come between.
func MoveBack(ctx context.Context, tx pgx.Tx, from, into string) error {
	for _, table := range append([]string{"case_holder", "key_worker"}, moved...) {
		if _, err := exec(ctx, tx, "move back "+table, `update `+table+` set patient_ref = $2 where patient_ref = $1 and first_ref in (`+same+`)`, into, from); err != nil {
			return err
		}
	}
	if _, err := exec(ctx, tx, "wait for who they are", `update patient set changed_at = to_timestamp(0), said_at = to_timestamp(0) where patient_ref in ($1, $2) and said_at = changed_at`, from, into); err != nil {
		return err
	}
	for _, table := range []string{"case_holder", "key_worker"} { // the merge had put them on the other's case
		if _, err := exec(ctx, tx, "move back "+table, `update `+table+` t set case_id = c.case_id
			from (select case_id from patient_case where patient_ref = $1 order by open desc, opened_at desc nulls last limit 1) c
			where t.patient_ref = $1 and not exists (select from patient_case x where x.case_id = t.case_id and x.patient_ref = $1)`, from); err != nil {
			return err
		}
	}
	_, err := exec(ctx, tx, "give back case", `update case_holder t set handed_to = null where t.state = 'released' and t.patient_ref <> $1 and exists (
		select from case_holder h where h.patient_ref = $1 and h.state = 'holds' and h.person_id = t.handed_to)
		and exists (select from patient_case c where c.case_id = t.case_id and c.patient_ref = $2 and c.open)`, from, into)
	return err
}

// AddConsent keeps what a person was asked and said.
func AddConsent(ctx context.Context, tx pgx.Tx, organisation, ref string, c domain.Consent) error {
	return pg.Later(ctx, tx, "record consent", `insert into consent (id, organisation_id, patient_ref, first_ref, purpose, given, how, asked_by, asked_at, until_on) values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
		c.ID, organisation, ref, c.Purpose, c.Given, c.How, c.AskedBy, c.AskedAt, orNull(c.UntilOn))
}

// Consents lists what a person was asked and said, latest first, without what was withdrawn.
func Consents(ctx context.Context, tx pgx.Tx, organisation, ref string) ([]domain.Consent, error) {
	return many(ctx, tx, "list consents", func(row pgx.CollectableRow) (c domain.Consent, err error) {
		err = row.Scan(&c.ID, &c.Purpose, &c.Given, &c.How, &c.AskedBy, &c.AskedAt, &c.UntilOn)
		return c, err
	}, `select id::text, purpose, given, how, asked_by::text, asked_at, coalesce(until_on::text, '') from consent where organisation_id = $1 and patient_ref = $2 and withdrawn_at is null order by asked_at desc limit 20`, organisation, ref)
}

// EndConsents marks the consents that were given before a no as withdrawn. again tells that the person agreed anew after it. Sharing a sensitive
// need ends with sharing at all.
func EndConsents(ctx context.Context, tx pgx.Tx, ref string, purpose terms.ConsentPurpose, organisations []string, at time.Time) (again bool, err error) {
	ends := []terms.ConsentPurpose{purpose}
	if purpose == terms.ConsentShareToHelp {
		ends = append(ends, terms.ConsentShareSensitive)
	}
	if _, err := exec(ctx, tx, "end consents", `update consent set withdrawn_at = $3 where patient_ref = $1 and purpose = any($2) and withdrawn_at is null and asked_at <= $3
		and (cardinality($4::uuid[]) = 0 or organisation_id = any($4::uuid[]))`, ref, ends, at, list(organisations)); err != nil {
		return false, err
	}
	return one(ctx, tx, "look for a newer yes", domain.ErrNoPatient, pgx.RowTo[bool], `select exists (select from consent c where c.patient_ref = $1 and c.purpose = $2 and c.given and c.withdrawn_at is null and c.asked_at > $3
		and (cardinality($4::uuid[]) = 0 or c.organisation_id = any($4::uuid[])))`, ref, purpose, at, list(organisations))
}

// EndDiscussion takes a patient off the agendas of meetings to come, of these organisations or of all, and marks where they were discussed: no rule
// brings them back.
func EndDiscussion(ctx context.Context, tx pgx.Tx, ref string, organisations []string, at, now time.Time) error {
	const theirs = ` i.patient_ref = $1 and i.withdrawn_at is null and (cardinality($2::uuid[]) = 0 or i.organisation_id = any($2::uuid[]))`
	if _, err := exec(ctx, tx, "take off agendas", `update item i set state = 'removed', changed_by = null, changed_at = $3, did = '', version = i.version + 1
		from meeting m where m.id = i.meeting_id and m.status = 'planned' and i.state = 'waiting' and`+theirs, ref, list(organisations), now); err != nil {
		return err
	}
	return pg.Later(ctx, tx, "end discussion", `update item i set withdrawn_at = $3 where`+theirs, ref, list(organisations), at)
}

// AgreesAgain ends EndDiscussion for whoever said yes since, at these organisations or at all, and tells where that was. What was taken off an agenda
// to come is on it again, unless a person had taken it off or put them there anew.
func AgreesAgain(ctx context.Context, tx pgx.Tx, ref string, organisations []string, at, now time.Time) ([]string, error) {
	if _, err := exec(ctx, tx, "put back on agendas", `update item i set state = 'waiting', changed_at = $4, version = i.version + 1
		from meeting m where m.id = i.meeting_id and m.status = 'planned' and i.patient_ref = $1 and i.state = 'removed' and i.changed_by is null and i.withdrawn_at <= $3
		and (cardinality($2::uuid[]) = 0 or i.organisation_id = any($2::uuid[]))
		and not exists (select from item n where n.meeting_id = i.meeting_id and n.patient_ref = i.patient_ref and (n.put_at, n.id) > (i.put_at, i.id))`, ref, list(organisations), at, now); err != nil {
		return nil, err
	}
	all, err := many(ctx, tx, "end withdrawal", pgx.RowTo[string], `update item set withdrawn_at = null where patient_ref = $1 and withdrawn_at <= $3
		and (cardinality($2::uuid[]) = 0 or organisation_id = any($2::uuid[])) returning organisation_id::text`, ref, list(organisations), at)
	slices.Sort(all)
	return slices.Compact(all), err
}

// HearConsent keeps a yes that was heard, unless it was asked there.
func HearConsent(ctx context.Context, tx pgx.Tx, organisation, ref string, c domain.Consent) error {
	return pg.Later(ctx, tx, "keep consent", `insert into consent (id, organisation_id, patient_ref, first_ref, purpose, given, how, asked_by, asked_at, until_on) select $1, $2, $3, $3, $4, true, $5, $6, $7, $8
		where not exists (select from consent where organisation_id = $2 and patient_ref = $3 and purpose = $4 and asked_at = $7)`,
		c.ID, organisation, ref, c.Purpose, c.How, c.AskedBy, c.AskedAt, orNull(c.UntilOn))
}

// Gone says what may no longer be held: at these organisations, or everywhere, what rests on a purpose, or, without one, all of it.
type Gone struct {
	Organisations []string
	Purpose       terms.ConsentPurpose
	Why           terms.RemovalCause
	At            time.Time
}

// rests are the words about a patient and what each rests on. What was heard of them, still sealed, came with what was shared.
var rests = []struct {
	on  []terms.ConsentPurpose
	sql string
}{
	{[]terms.ConsentPurpose{terms.ConsentDiscussAtMDT}, `update item_text t set narrative = '', note = '' where (narrative <> '' or note <> '') and exists (select from item i where i.id = t.item_id and i.patient_ref = $1)`},
	{[]terms.ConsentPurpose{terms.ConsentDiscussAtMDT}, `update action set what = '', note = '' where patient_ref = $1 and (what <> '' or note <> '')`},
	{[]terms.ConsentPurpose{terms.ConsentDiscussAtMDT}, `update case_holder set why_not = '' where patient_ref = $1 and why_not <> ''`},
	{[]terms.ConsentPurpose{terms.ConsentDiscussAtMDT}, `delete from draft where patient_ref = $1 and done_as is null and kind = 'agenda'`},
	{[]terms.ConsentPurpose{terms.ConsentDiscussAtMDT}, `update draft set narrative = '', safeguarding = '' where patient_ref = $1 and (narrative <> '' or safeguarding <> '') and kind = 'agenda'`},
	{shares, `update referral set narrative = '', safeguarding = '', message = '' where patient_ref = $1 and (narrative <> '' or safeguarding <> '' or message <> '') and (sensitive or not $3)`},
	{shares, `update referral_step s set message = '' where message <> '' and exists (select from referral r where r.id = s.referral_id and r.patient_ref = $1 and (r.sensitive or not $3))`},
	{shares, `delete from draft where patient_ref = $1 and done_as is null and kind = 'referral' and (consent_purpose = 'share_sensitive' or not $3)`},
	{shares, `update draft set narrative = '', safeguarding = '' where patient_ref = $1 and (narrative <> '' or safeguarding <> '') and kind = 'referral' and (consent_purpose = 'share_sensitive' or not $3)`},
	{[]terms.ConsentPurpose{terms.ConsentShareToHelp}, `delete from known where patient_ref = $1`},
}

var shares = []terms.ConsentPurpose{terms.ConsentShareToHelp, terms.ConsentShareSensitive}

// stands tells of a row p of patient whether anything is left that it rests on: a consent that was asked there or for a meeting there, or, unless
// sharing is what ended ($5), help that is under way.
const stands = `exists (select from consent c where c.patient_ref = p.patient_ref and c.given and c.withdrawn_at is null and c.purpose in ('share_to_help', 'share_sensitive', 'discuss_at_mdt')
		and (c.organisation_id = p.organisation_id or c.purpose = 'discuss_at_mdt' and exists (select from item i where i.patient_ref = p.patient_ref and i.organisation_id = p.organisation_id)))
	or $5 <> 'share_to_help' and exists (select from referral_fact f where f.patient_ref = p.patient_ref and (not f.sensitive or f.sender_org = p.organisation_id) and ` + open + `)`

// Remove clears what names or describes a patient and may no longer be held, and tells how many rows that was and where. Who they are stays as
// long as anything rests on it.
func Remove(ctx context.Context, tx pgx.Tx, ref string, gone Gone) (removed int, where []string, err error) {
	const here = ` and (cardinality($2::uuid[]) = 0 or organisation_id = any($2::uuid[]))`
	for _, x := range rests {
		if gone.Purpose != "" && !slices.Contains(x.on, gone.Purpose) {
			continue
		}
		args := []any{ref, list(gone.Organisations)}
		if strings.Contains(x.sql, "$3") {
			args = append(args, gone.Purpose == terms.ConsentShareSensitive)
		}
		n, err := exec(ctx, tx, "remove", x.sql+here, args...)
		if err != nil {
			return removed, where, err
		}
		removed += n
	}
	where, err = many(ctx, tx, "remove patient", pgx.RowTo[string], `update patient p set contact = null, heard_at = null, said_at = null, removed_at = $3, removed_why = $4, version = version + 1
		where p.patient_ref = $1 and p.removed_at is null`+here+` and ($5 = '' or not (`+stands+`)) returning p.organisation_id::text`, ref, list(gone.Organisations), gone.At, gone.Why, gone.Purpose)
	return removed + len(where), where, err
}
