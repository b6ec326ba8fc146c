package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/services/linkworker/internal/domain"
)

const personColumns = `p.organisation_id, p.ref, p.given_name, p.family_name, p.date_of_birth, p.nhs_number, p.phone, p.email, p.address,
	p.postcode, p.language, p.interpreter_needed, p.accessibility, p.safe_phone, p.safe_text, p.safe_email, p.safe_letter, p.safe_note,
	p.next_of_kin, p.changed_at, coalesce(p.removed_at, ` + never + `), coalesce(p.ways_at, ` + never + `)`

func personInto(p *domain.Person) []any {
	return []any{
		&p.OrganisationID, &p.Ref, &p.GivenName, &p.FamilyName, &p.DateOfBirth, &p.NHSNumber, &p.Phone, &p.Email, &p.Address,
		&p.Postcode, &p.Language, &p.InterpreterNeeded, &p.Accessibility, &p.SafePhone, &p.SafeText, &p.SafeEmail, &p.SafeLetter, &p.SafeNote,
		&p.NextOfKin, &p.ChangedAt, &p.RemovedAt, &p.WaysAt,
	}
}

// Person reads a person under any of their refs, the newest copy. The error is domain.ErrNoPerson.
func Person(ctx context.Context, tx pgx.Tx, ref string) (domain.Person, error) {
	var p domain.Person
	err := tx.QueryRow(ctx, `select `+personColumns+` from person p where p.ref = any(refs_of($1)) order by p.removed_at nulls first, p.changed_at desc limit 1`, ref).
		Scan(personInto(&p)...)
	if none(err) {
		return p, domain.ErrNoPerson
	}
	if err != nil {
		return p, fmt.Errorf("read person: %w", err)
	}
	return p, nil
}

// KeepPerson keeps a copy of who somebody is, unless a newer one is there; of safe ways that are as of later than its own, it keeps those.
func KeepPerson(ctx context.Context, tx pgx.Tx, p domain.Person) error {
	const stale = `case when p.ways_at > excluded.ways_at then `
	return pg.Later(ctx, tx, "keep person", `insert into person as p (organisation_id, ref, given_name, family_name, date_of_birth, nhs_number, phone, email, address,
			postcode, language, interpreter_needed, accessibility, safe_phone, safe_text, safe_email, safe_letter, safe_note, next_of_kin, changed_at, ways_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		on conflict (organisation_id, ref) do update set given_name = excluded.given_name, family_name = excluded.family_name,
			date_of_birth = excluded.date_of_birth, nhs_number = coalesce(nullif(excluded.nhs_number, ''), p.nhs_number), phone = excluded.phone, email = excluded.email,
			address = excluded.address, postcode = excluded.postcode, language = excluded.language, interpreter_needed = excluded.interpreter_needed,
			accessibility = excluded.accessibility, safe_phone = `+stale+`p.safe_phone else excluded.safe_phone end, safe_text = `+stale+`p.safe_text else excluded.safe_text end,
			safe_email = `+stale+`p.safe_email else excluded.safe_email end, safe_letter = `+stale+`p.safe_letter else excluded.safe_letter end,
			safe_note = `+stale+`p.safe_note else excluded.safe_note end, ways_at = greatest(p.ways_at, excluded.ways_at), next_of_kin = coalesce(nullif(excluded.next_of_kin, ''), p.next_of_kin), changed_at = excluded.changed_at,
			removed_at = null
		where p.changed_at <= excluded.changed_at`,
		p.OrganisationID, p.Ref, p.GivenName, p.FamilyName, p.DateOfBirth, p.NHSNumber, p.Phone, p.Email, p.Address,
		p.Postcode, p.Language, p.InterpreterNeeded, list(p.Accessibility), p.SafePhone, p.SafeText, p.SafeEmail, p.SafeLetter, p.SafeNote,
		p.NextOfKin, p.ChangedAt, p.WaysAt)
}

// HeldBy reads one team's copy of who somebody is, and locks it. The error is domain.ErrNoPerson.
func HeldBy(ctx context.Context, tx pgx.Tx, organisation, ref string) (p domain.Person, err error) {
	err = tx.QueryRow(ctx, `select `+personColumns+` from person p where p.organisation_id = $1 and p.ref = $2 for update`, organisation, ref).Scan(personInto(&p)...)
	if none(err) {
		return p, domain.ErrNoPerson
	}
	if err != nil {
		return p, fmt.Errorf("read person: %w", err)
	}
	return p, nil
}

// OfNumber are those of an organisation's people who have an NHS number.
func OfNumber(ctx context.Context, tx pgx.Tx, organisation, number string) ([]domain.Person, error) {
	rows, err := tx.Query(ctx, `select `+personColumns+` from person p where p.organisation_id = $1 and p.nhs_number = $2 and p.nhs_number <> '' and p.removed_at is null`, organisation, number)
	if err != nil {
		return nil, fmt.Errorf("read people of a number: %w", err)
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p domain.Person, err error) { return p, row.Scan(personInto(&p)...) })
	if err != nil {
		return nil, fmt.Errorf("read people of a number: %w", err)
	}
	return people, nil
}

// SaveReach writes by which ways somebody may be contacted, and as of when that is, into a copy that is locked. The rest stays as old as it was.
func SaveReach(ctx context.Context, tx pgx.Tx, p domain.Person) error {
	return pg.Later(ctx, tx, "save safe ways", `update person set safe_phone = $3, safe_text = $4, safe_email = $5, safe_letter = $6, safe_note = $7, ways_at = $8 where organisation_id = $1 and ref = $2`,
		p.OrganisationID, p.Ref, p.SafePhone, p.SafeText, p.SafeEmail, p.SafeLetter, p.SafeNote, p.WaysAt)
}

// Holders are the teams that hold a copy of the person which was not removed, with the ref they hold it under.
func Holders(ctx context.Context, tx pgx.Tx, ref string) ([][2]string, error) {
	rows, err := tx.Query(ctx, `select organisation_id::text, ref::text from person where ref = any(refs_of($1)) and removed_at is null order by 1, 2`, ref)
	if err != nil {
		return nil, fmt.Errorf("find holders: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h [2]string, err error) {
		err = row.Scan(&h[0], &h[1])
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("find holders: %w", err)
	}
	return list, nil
}

// CurrentRef is the ref under which somebody is known now.
func CurrentRef(ctx context.Context, tx pgx.Tx, ref string) (current string, err error) {
	if err = tx.QueryRow(ctx, `select current_ref($1)::text`, ref).Scan(&current); err != nil {
		return "", fmt.Errorf("follow ref: %w", err)
	}
	return current, nil
}

// Merge makes from another name of into; Unmerge takes it back.
func Merge(ctx context.Context, tx pgx.Tx, from, into string, at any) error {
	return pg.Later(ctx, tx, "merge refs", `insert into alias (from_ref, into_ref, at) values ($1, $2, $3)
		on conflict (from_ref) do update set into_ref = excluded.into_ref, at = excluded.at where alias.at <= excluded.at`, from, into, at)
}

// Unmerge makes them two people again. What was said of one since they were made one may be about the other: the next word of each replaces it,
// however old, and what that word leaves out is not kept. This is heard under both refs, and a word about the two as one may come between.
func Unmerge(ctx context.Context, tx pgx.Tx, from, into string, at any) error {
	b := &pgx.Batch{}
	b.Queue(`update person p set nhs_number = '', next_of_kin = '' from alias a
		where a.from_ref = $1 and a.at <= $3 and p.ref = any(refs_of($2)) and p.changed_at >= a.at and p.removed_at is null`, from, into, at)
	b.Queue(`update person set changed_at = to_timestamp(0) where ref = any(refs_of($1) || refs_of($2)) and changed_at <= $3 and removed_at is null`, from, into, at)
	b.Queue(`delete from alias where from_ref = $1 and at <= $2`, from, at)
	return pg.LaterAll(ctx, tx, "undo merge", b)
}

// FollowReferral puts what a team has of one referral under another ref: the offers of it and what was written down about them, or what the
// team sent. Who that is comes with coordination's next word of them: what stood here is of the other, and stays only where the team has more
// of that one.
func FollowReferral(ctx context.Context, tx pgx.Tx, organisation, referral, old, ref string) error {
	args := pgx.NamedArgs{"team": organisation, "referral": referral, "old": old, "ref": ref}
	for _, sql := range following {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("follow referral: %w", err)
		}
	}
	return nil
}

const (
	moved    = ` set patient_ref = @ref where organisation_id = @team and patient_ref = @old and `
	ofOffers = moved + `offer_id in (select id from offer where organisation_id = @team and referral_id = @referral)`
)

var following = []string{
	`update offer` + moved + `referral_id = @referral`,
	`update contact` + ofOffers, `update assessment` + ofOffers, `update plan` + ofOffers, `update crisis` + ofOffers,
	`update referral` + moved + `id = @referral`,
	`update referral_step` + moved + `referral_id = @referral`,
	`insert into person (organisation_id, ref, changed_at, removed_at) select organisation_id, @ref::uuid, to_timestamp(0), removed_at
		from person where organisation_id = @team and ref = @old on conflict do nothing`,
	`update person set given_name = '', family_name = '', date_of_birth = '', nhs_number = '', phone = '', email = '', address = '', postcode = '',
			language = '', accessibility = '{}', safe_note = '', next_of_kin = '', removed_at = changed_at
		where organisation_id = @team and ref = @old and removed_at is null
			and not exists (select from offer where organisation_id = @team and patient_ref = @old)
			and not exists (select from referral where organisation_id = @team and patient_ref = @old)
			and not exists (select from key_worker where organisation_id = @team and patient_ref = @old and released_at is null)
			and not exists (select from agreed_action where organisation_id = @team and patient_ref = @old)`,
}

// PersonSearch says whom to look for among the team's own people: all words of the name, or the whole number, or a reference.
// Who fits one of those that are given is found: a reference without a digit may as well be a name.
type PersonSearch struct{ Name, NHSNumber, Reference string }

// FoundPerson is somebody that fits, and how they stand with the team.
type FoundPerson struct {
	domain.Person
	OfferID string
	State   string
}

// FindPeople looks among the team's own people; row-level security keeps it to them.
func FindPeople(ctx context.Context, tx pgx.Tx, q PersonSearch) ([]FoundPerson, error) {
	var words []string
	for _, w := range strings.Fields(strings.ToLower(q.Name)) {
		words = append(words, strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(w)+"%")
	}
	rows, err := tx.Query(ctx, `select `+personColumns+`, coalesce(o.id::text, ''), coalesce(o.state, '') from person p
		left join lateral (select id, state, reference from offer where patient_ref = any(refs_of(p.ref)) order by (state = 'accepted') desc, offered_at desc limit 1) o on true
		where p.removed_at is null
			and (cardinality($1::text[]) > 0 and not exists (select from unnest($1::text[]) w where not (lower(p.given_name) like w or lower(p.family_name) like w))
				or p.nhs_number = nullif($2, '')
				or exists (select from offer x where x.patient_ref = any(refs_of(p.ref)) and x.reference = nullif($3, ''))
				or exists (select from referral x where x.patient_ref = any(refs_of(p.ref)) and x.reference = nullif($3, '')))
		order by p.family_name, p.given_name, p.ref limit 50`, list(words), q.NHSNumber, q.Reference)
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f FoundPerson, err error) {
		err = row.Scan(append(personInto(&f.Person), &f.OfferID, &f.State)...)
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	return found, nil
}
