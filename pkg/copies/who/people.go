package who

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Person is somebody who has or had a role.
type Person struct {
	ID      string
	Name    string
	Issuer  string // of the sign-in
	Subject string // at that issuer
}

// Role is one person's role at one organisation.
type Role struct {
	PersonID         string
	PersonName       string
	OrganisationID   string
	OrganisationName string // "" when the register has not told of it yet
	OrganisationKind terms.OrganisationKind
	Role             terms.Role
	FromOn           string // 2006-01-02
	UntilOn          string // the last day, "" without an end
	Simulated        bool
}

// Competency is something a person was trained in.
type Competency struct {
	Code    terms.Competency
	Tier    terms.Tier
	FromOn  string // 2006-01-02
	UntilOn string // the last day
}

// ErrNoPerson is returned for an id that the register has not told of.
var ErrNoPerson = fault.NotFound("person")

// PersonByID finds a person, also one whose roles have all ended. The error is ErrNoPerson.
func PersonByID(ctx context.Context, tx pgx.Tx, id string) (p Person, err error) {
	p.ID = id
	err = tx.QueryRow(ctx, `select display_name, issuer, subject from person_role where person_id = $1 and granted_at is not null
		order by granted_at desc limit 1`, id).Scan(&p.Name, &p.Issuer, &p.Subject)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, ErrNoPerson
	}
	if err != nil {
		return p, fmt.Errorf("find person: %w", err)
	}
	return p, nil
}

// Names is what to call people and organisations on a page. Ids that the register has not told of are not in it.
func Names(ctx context.Context, tx pgx.Tx, ids ...string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	rows, err := tx.Query(ctx, `(select distinct on (person_id) person_id, display_name from person_role
			where person_id = any($1) and granted_at is not null order by person_id, granted_at desc)
		union all select id, name from organisation where id = any($1) and version > 0`, ids)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	var id, name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	return names, nil
}

// stands is the condition that a role r is held on a day and its organisation o, where known, is not closed.
const stands = `r.granted_at is not null and r.ended_at is null and r.from_on <= @day and (r.until_on is null or r.until_on >= @day)
	and (o.id is null or o.closed_at is null and o.status <> 'closed')`

// People lists who has the role at the organisation at that time, by name. An empty organisation or role means any.
func People(ctx context.Context, tx pgx.Tx, organisation string, role terms.Role, at time.Time) ([]Role, error) {
	condition := stands
	if organisation != "" {
		condition += ` and r.organisation_id = @organisation`
	}
	if role != "" {
		condition += ` and r.role = @role`
	}
	return roles(ctx, tx, condition, pgx.NamedArgs{"day": day(at), "organisation": organisation, "role": role})
}

// RolesOf lists the roles a person has at that time.
func RolesOf(ctx context.Context, tx pgx.Tx, person string, at time.Time) ([]Role, error) {
	return roles(ctx, tx, stands+` and r.person_id = @person`, pgx.NamedArgs{"day": day(at), "person": person})
}

func roles(ctx context.Context, tx pgx.Tx, condition string, args pgx.NamedArgs) ([]Role, error) {
	rows, err := tx.Query(ctx, `select r.person_id, r.display_name, r.organisation_id, coalesce(o.name, ''), coalesce(o.kind, ''), r.role,
			r.from_on::text, coalesce(r.until_on::text, ''), r.simulated
		from person_role r left join organisation o on o.id = r.organisation_id
		where `+condition+` order by r.display_name, r.person_id, o.name, r.organisation_id, r.role`, args)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Role])
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return list, nil
}

// HasRole tells whether the person has the role at the organisation at that time.
func HasRole(ctx context.Context, tx pgx.Tx, person, organisation string, role terms.Role, at time.Time) (ok bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from person_role r left join organisation o on o.id = r.organisation_id
		where r.person_id = @person and r.organisation_id = @organisation and r.role = @role and `+stands+`)`,
		pgx.NamedArgs{"day": day(at), "person": person, "organisation": organisation, "role": role}).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("look for role: %w", err)
	}
	return ok, nil
}

// Active tells whether the actor still has the role they act in, so that ended access takes effect at once.
// It is false for whom the register has not told of, and for machines.
func Active(ctx context.Context, tx pgx.Tx, a actor.Actor, at time.Time) (bool, error) {
	if !a.IsPerson() || a.Organisation == "" {
		return false, nil
	}
	return HasRole(ctx, tx, a.Person.ID, a.Organisation, terms.Role(a.Role), at)
}

// trained reads trainings, and over tells that the register said all of a competency to have run out since.
const (
	trained = ` from training t left join competency c on c.person_id = t.person_id and c.competency = t.competency `
	over    = `coalesce(c.over_at > t.recorded_at, false)`
)

// CompetencyOf lists what a person may do at that time: of one competency each training that is in date.
func CompetencyOf(ctx context.Context, tx pgx.Tx, person string, at time.Time) ([]Competency, error) {
	rows, err := tx.Query(ctx, `select t.competency, t.tier, t.from_on::text, t.until_on::text`+trained+`
		where t.person_id = $1 and not `+over+` and t.from_on <= $2 and t.until_on >= $2 order by t.competency, t.tier, t.from_on`, person, day(at))
	if err != nil {
		return nil, fmt.Errorf("list competency: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Competency])
	if err != nil {
		return nil, fmt.Errorf("list competency: %w", err)
	}
	return list, nil
}
