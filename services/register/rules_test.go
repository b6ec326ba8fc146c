package register_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/doortest"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/register/internal/domain"
)

// TestTheDatabaseAndTheRulesAgree lets everybody try everything past the rules, straight at the database: it must allow
// exactly what domain.May does.
func TestTheDatabaseAndTheRulesAgree(t *testing.T) {
	t.Parallel()
	k := open(t)
	db, err := pg.Open(t.Context(), pg.Config{URL: k.Config.Database, Service: "register"})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	_, err = k.Admin.Exec(t.Context(), `insert into role_scope (id, role, act, about, allowed, from_on, set_by, set_at, changed_by, changed_at, version)
		values ($1, 'gp', 'refer', 'food', true, '2026-01-01', $1, now(), $1, now(), 1)`, id.New())
	require.NoError(t, err)
	colleague := map[string]string{k.here: k.receptionist.Person.ID, k.there: k.outside.Person.ID}
	for _, role := range []terms.Role{terms.RoleCoordinator, terms.RolePlatformOperator} {
		k.works("Somebody", role, k.here)
		k.works("Somebody Else", role, k.there)
	}
	undo := errors.New("undo")
	acts := map[domain.Act]func(tx pgx.Tx, organisation string, role terms.Role) (rows int64, err error){
		domain.ActSeeOrganisations: func(tx pgx.Tx, organisation string, _ terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `select from organisation where id = $1`, organisation)
			return tag.RowsAffected(), err
		},
		domain.ActRegisterOrganisation: func(tx pgx.Tx, _ string, _ terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `insert into organisation (id, kind, name, status, may_refer, simulated, version, changed_at) values ($1, 'provider', 'x', 'active', false, true, 1, now())`, id.New())
			return tag.RowsAffected(), err
		},
		domain.ActChangeReach: func(tx pgx.Tx, organisation string, _ terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `update organisation set email = 'x@example.org' where id = $1`, organisation)
			return tag.RowsAffected(), err
		},
		domain.ActSeeStaff: func(tx pgx.Tx, organisation string, role terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `select from person_role where organisation_id = $1 and role = $2`, organisation, role)
			return tag.RowsAffected(), err
		},
		domain.ActGrantRole: func(tx pgx.Tx, organisation string, role terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `insert into person_role (id, person_id, issuer, subject, display_name, organisation_id, role, from_on, granted_at, simulated, version)
				values ($1, $1, 'x', 'x', 'x', $2, $3, '2026-01-01', now(), true, 1)`, id.New(), organisation, role)
			return tag.RowsAffected(), err
		},
		domain.ActEndRole: func(tx pgx.Tx, organisation string, role terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `update person_role set ended_at = now() where organisation_id = $1 and role = $2`, organisation, role)
			return tag.RowsAffected(), err
		},
		domain.ActSeeScope: func(tx pgx.Tx, _ string, _ terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `select from role_scope`)
			return tag.RowsAffected(), err
		},
		domain.ActSetScope: func(tx pgx.Tx, _ string, _ terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `insert into role_scope (id, role, act, about, allowed, from_on, set_by, set_at, changed_by, changed_at, version)
				values ($1, 'gp', 'refer', 'any', true, '2026-01-01', $1, now(), $1, now(), 1)`, id.New())
			return tag.RowsAffected(), err
		},
		domain.ActRecordCompetency: func(tx pgx.Tx, organisation string, _ terms.Role) (int64, error) {
			tag, err := tx.Exec(t.Context(), `insert into competency (id, person_id, competency, from_on, until_on, organisation_id, recorded_at) values ($1, $2, 'x', '2026-01-01', '2026-01-01', $3, now())`,
				id.New(), colleague[organisation], organisation)
			return tag.RowsAffected(), err
		},
	}
	for _, info := range terms.Roles {
		for _, organisation := range []string{k.here, k.there} {
			for _, role := range []terms.Role{terms.RoleServiceLead, terms.RoleReceptionist, terms.RoleCoordinator, terms.RolePlatformOperator} {
				for act, try := range acts {
					a := doortest.Person("Somebody", string(info.Code), k.here, "practice", "here")
					var rows int64
					err := db.InTx(t.Context(), a, func(_ context.Context, tx pgx.Tx) error {
						n, err := try(tx, organisation, role)
						rows = n
						return errors.Join(err, undo)
					})
					var refused *pgconn.PgError
					allowed := !errors.As(err, &refused) && rows > 0
					if refused != nil {
						require.Equal(t, "42501", refused.Code, refused.Message)
					}
					where := "here"
					if organisation == k.there {
						where = "there"
					}
					want := domain.May(domain.Who{Role: info.Code, Organisation: k.here}, act, domain.What{Organisation: organisation, Role: role})
					require.Equal(t, want, allowed, "%s: %s, %s %s", info.Code, act, role, where)
				}
			}
		}
	}
}

// TestWhatIsSaidKeepsTheContract is a short life of the register; doortest checks what was said against the schemas.
func TestWhatIsSaidKeepsTheContract(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, _ = k.send(k.coordinator, "POST", "/api/register/v1/imports/ods", strings.NewReader(firstRow(t)), nil)
	_, _ = k.post(k.lead, "/register/organisations/"+k.here+"/staff", staffForm("New Person", "n@example.net", terms.RoleGP))
	require.Len(t, k.Said(""), 2)
}

// TestEveryTableIsGuarded fails on a table without forced row-level security.
func TestEveryTableIsGuarded(t *testing.T) {
	t.Parallel()
	k := newHouse(t)
	rows, err := k.Admin.Query(t.Context(), pg.UnguardedTables, "register")
	require.NoError(t, err)
	open, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, open)
}

// TestTwoLeadsCanNotEndEachOther lets both try at the same moment, a few times over.
func TestTwoLeadsCanNotEndEachOther(t *testing.T) {
	t.Parallel()
	k := open(t)
	second := k.works("Second Lead", terms.RoleServiceLead, k.here)
	roleOf := func(a actor.Actor) (role string) {
		require.NoError(t, k.Admin.QueryRow(t.Context(), `select id from person_role where person_id = $1`, a.Person.ID).Scan(&role))
		return role
	}
	first, other := roleOf(k.lead), roleOf(second)
	done := make(chan int, 2)
	end := func(a actor.Actor, role string) {
		status, _ := k.call(a, "POST", "/roles/"+role+"/end", "", map[string]string{"If-Match": `"1"`})
		done <- status
	}
	go end(k.lead, other)
	go end(second, first)
	answers := []int{<-done, <-done}
	require.Contains(t, answers, 200, "one wins")
	require.Contains(t, []int{401, 403, 409}, answers[0]+answers[1]-200, "the other is told why not: signed out with the role, no lead any more, or the last one")
	var leads int
	require.NoError(t, k.Admin.QueryRow(t.Context(), `select count(*) from person_role where organisation_id = $1 and role = 'service_lead' and ended_at is null`, k.here).Scan(&leads))
	require.Equal(t, 1, leads)
}
