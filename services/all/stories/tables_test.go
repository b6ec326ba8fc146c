package stories

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/pg"
)

// Row-level security holds in every schema of the database that Waypost migrates, for roles that own nothing and can not step around it.
func TestTheDatabaseIsTheSecondWall(t *testing.T) {
	t.Parallel()
	admin := theStage(t).Admin
	list := func(sql string, args ...any) []string {
		t.Helper()
		rows, err := admin.Query(t.Context(), sql, args...)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return found
	}
	schemas := list(`select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public') order by 1`)
	require.ElementsMatch(t, append(theStage(t).Services(), "session"), schemas)
	for _, schema := range schemas {
		require.Empty(t, list(pg.UnguardedTables, schema), "tables of %s without forced row-level security", schema)
	}
	require.Empty(t, list(`select rolname::text from pg_roles where (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb) and rolname !~ '^pg_' and oid <> 10`),
		"roles that could step around it")
	require.Empty(t, list(`select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
		where n.nspname = any ($1) and (o.rolcanlogin and o.oid <> 10 or exists (select from pg_auth_members m where m.roleid = c.relowner))`, schemas),
		"tables of somebody who can sign in")
	require.Empty(t, list(`select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = any ($1) and p.prosecdef`, schemas),
		"functions that read as their owner")
	require.Empty(t, list(`select distinct grantee || ' on ' || table_schema || '.' || table_name from information_schema.role_table_grants
		where table_schema = any ($1) and (grantee = 'PUBLIC' or grantee not in ('postgres', current_user) and grantee !~ ('(^|_)' || table_schema || '(_|$)'))`, schemas),
		"tables opened to another service's roles")
	for _, service := range theStage(t).Services() {
		for _, machine := range actor.Machines {
			require.NotEmpty(t, list(`select tablename::text from pg_policies where schemaname = $1 and roles = array[$2]::name[]`, service, service+"_"+machine), "policies of %s_%s", service, machine)
		}
		require.Empty(t, list(`select policyname::text from pg_policies where schemaname = $1 and (cardinality(roles) <> 1 or roles[1] !~ ('^' || $1 || '_'))`, service), "policies that name nobody, or somebody else")
	}
}

// Who changes or removes a row makes Postgres look for the rows that name it. Without an index it reads their whole table, at every
// closing of a referral or erasure of a patient, and more of it each month.
func TestNoForeignKeyReadsAWholeTable(t *testing.T) {
	t.Parallel()
	rows, err := theStage(t).Admin.Query(t.Context(), `select format('%s (%s)', c.conrelid::regclass, (
			select string_agg(a.attname, ', ' order by k.n) from unnest(c.conkey) with ordinality k (num, n) join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num))
		from pg_constraint c where c.contype = 'f' and not exists (
			select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
			where i.indrelid = c.conrelid and i.indkey[0] = any (c.conkey)
			and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname)))
		order by 1`)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, found, "foreign keys that no index begins with")
}
