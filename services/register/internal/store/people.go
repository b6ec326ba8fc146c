package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"

	"example.org/waypost/services/register/internal/domain"
)

const roleColumns = `id, person_id, issuer, subject, display_name, organisation_id, role, from_on::text, coalesce(until_on::text, ''),
	coalesce(granted_by::text, ''), granted_at, ended_at, coalesce(ended_by::text, ''), simulated, version`

func scanRole(row pgx.CollectableRow) (r domain.Role, err error) {
	var ended *time.Time
	err = row.Scan(&r.ID, &r.PersonID, &r.Issuer, &r.Subject, &r.Name, &r.OrganisationID, &r.Role, &r.From, &r.Until,
		&r.GrantedBy, &r.GrantedAt, &ended, &r.EndedBy, &r.Simulated, &r.Version)
	if ended != nil {
		r.EndedAt = *ended
	}
	return r, err
}

// Role finds one of the roles that the actor may see. The error is domain.ErrNoRole.
func Role(ctx context.Context, tx pgx.Tx, id string) (domain.Role, error) {
	rows, err := tx.Query(ctx, `select `+roleColumns+` from person_role where id = $1`, id)
	if err != nil {
		return domain.Role{}, fmt.Errorf("find role: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRole)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, domain.ErrNoRole
	}
	if err != nil {
		return r, fmt.Errorf("find role: %w", err)
	}
	return r, nil
}

// LockRole is Role, held until the transaction ends. Only who may change it can.
func LockRole(ctx context.Context, tx pgx.Tx, id string) (domain.Role, error) {
	if _, err := tx.Exec(ctx, `select from person_role where id = $1 for update`, id); err != nil {
		return domain.Role{}, fmt.Errorf("lock role: %w", err)
	}
	return Role(ctx, tx, id)
}

// AddRole writes a new one. The error is domain.ErrHasRole when the person has it already.
func AddRole(ctx context.Context, tx pgx.Tx, r domain.Role) error {
	_, err := tx.Exec(ctx, `insert into person_role (id, person_id, issuer, subject, display_name, organisation_id, role, from_on, until_on,
			granted_by, granted_at, simulated, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, '')::date, nullif($10, '')::uuid, $11, $12, $13)`,
		r.ID, r.PersonID, r.Issuer, r.Subject, r.Name, r.OrganisationID, r.Role, r.From, r.Until, r.GrantedBy, r.GrantedAt, r.Simulated, r.Version)
	if pg.Violates(err, "person_role_once") {
		return domain.ErrHasRole
	}
	if err != nil {
		return fmt.Errorf("add role: %w", err)
	}
	return nil
}

// EndRole writes the end of one.
func EndRole(ctx context.Context, tx pgx.Tx, r domain.Role) error {
	tag, err := tx.Exec(ctx, `update person_role set ended_at = $2, ended_by = nullif($3, '')::uuid, version = $4 where id = $1 and ended_at is null`,
		r.ID, r.EndedAt, r.EndedBy, r.Version)
	if err != nil {
		return fmt.Errorf("end role: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return domain.ErrNoRole
	}
	return nil
}

// StaffQuery says whose roles are listed.
type StaffQuery struct {
	Organisation string
	Person       string // only this one's; "" all
	Ended        bool   // ended ones too
	After        *StaffPlace
	Limit        int
}

// StaffPlace is where a page of the list ended.
type StaffPlace struct {
	Name string `json:"n"`
	ID   string `json:"i"`
}

// Staff lists roles at an organisation by the person's name.
func Staff(ctx context.Context, tx pgx.Tx, q StaffQuery) ([]domain.Role, error) {
	after := StaffPlace{}
	if q.After != nil {
		after = *q.After
	}
	rows, err := tx.Query(ctx, `select `+roleColumns+` from person_role
		where organisation_id = $1 and ($2 = '' or person_id = nullif($2, '')::uuid) and ($3 or ended_at is null)
		  and ($4 = '' or (display_name, id) > ($5, nullif($4, '')::uuid))
		order by display_name, id limit $6`,
		q.Organisation, q.Person, q.Ended, after.ID, after.Name, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRole)
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	return list, nil
}

// LockLeads counts the service leads whose role stands on that day, apart from one role, and holds them, so that two who
// end each other's roles do so one after the other.
func LockLeads(ctx context.Context, tx pgx.Tx, organisation, today, except string) (n int, err error) {
	err = tx.QueryRow(ctx, `select count(*) filter (where id <> $3) from (
			select id from person_role where organisation_id = $1 and role = 'service_lead' and ended_at is null
				and from_on <= $2 and (until_on is null or until_on >= $2) order by id for update) lead`,
		organisation, today, except).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count service leads: %w", err)
	}
	return n, nil
}

// RolesOf lists the roles of somebody who signs in that stand on that day. It is for the matcher, which sees all.
func RolesOf(ctx context.Context, tx pgx.Tx, issuer, subject, today string) ([]domain.Role, error) {
	rows, err := tx.Query(ctx, `select `+roleColumns+` from person_role
		where issuer = $1 and subject = $2 and ended_at is null and from_on <= $3 and (until_on is null or until_on >= $3)
		order by organisation_id, role`, issuer, subject, today)
	if err != nil {
		return nil, fmt.Errorf("list roles of a person: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRole)
	if err != nil {
		return nil, fmt.Errorf("list roles of a person: %w", err)
	}
	return list, nil
}

// SimulatedRoles lists the roles of invented people that stand on that day, for the page on which one chooses who to be.
func SimulatedRoles(ctx context.Context, tx pgx.Tx, today string) ([]domain.Role, error) {
	rows, err := tx.Query(ctx, `select `+roleColumns+` from person_role
		where simulated and ended_at is null and from_on <= $1 and (until_on is null or until_on >= $1) order by role, display_name, id`, today)
	if err != nil {
		return nil, fmt.Errorf("list invented people: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRole)
	if err != nil {
		return nil, fmt.Errorf("list invented people: %w", err)
	}
	return list, nil
}

// RoleStands tells whether the person has the role at the organisation on that day.
func RoleStands(ctx context.Context, tx pgx.Tx, person, organisation, role, today string) (ok bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from person_role where person_id = $1 and organisation_id = $2 and role = $3
		and ended_at is null and from_on <= $4 and (until_on is null or until_on >= $4))`, person, organisation, role, today).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("look up role: %w", err)
	}
	return ok, nil
}

// LockRunOut finds roles whose last day is over and that have not ended, and holds them. Those that another worker holds are left to it.
func LockRunOut(ctx context.Context, tx pgx.Tx, today string, limit int) ([]domain.Role, error) {
	rows, err := tx.Query(ctx, `select `+roleColumns+` from person_role
		where ended_at is null and until_on < $1 order by until_on, id limit $2 for update skip locked`, today, limit)
	if err != nil {
		return nil, fmt.Errorf("find roles that have run out: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRole)
	if err != nil {
		return nil, fmt.Errorf("find roles that have run out: %w", err)
	}
	return list, nil
}
