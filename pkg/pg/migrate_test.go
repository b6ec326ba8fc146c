package pg_test

import (
	"context"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

func table(name string) fstest.MapFS {
	return fstest.MapFS{"00001_" + name + ".sql": {Data: []byte("create table " + name + " (n int);\ncall guard('" + name + "');\n")}}
}

func TestSetsAreInstalledBesideOwnTables(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	one, two := pg.Set{Name: "one", Files: table("first")}, pg.Set{Name: "two", Files: table("second")}
	require.NoError(t, pg.Migrate(t.Context(), url, "alpha", table("mine"), one, two))
	require.NoError(t, pg.Migrate(t.Context(), url, "alpha", table("mine"), one, two), "a second time changes nothing")
	require.NoError(t, pg.Migrate(t.Context(), url, "beta", nil, two))
	require.ErrorContains(t, pg.Migrate(t.Context(), url, "beta", nil, pg.Set{Name: "x; drop", Files: table("first")}), "no name of a set")
	require.Equal(t, []string{"alpha.first", "alpha.mine", "alpha.second", "beta.second"}, tables(t, url, "first", "second", "mine"))
}

// Several processes of a service start at once.
func TestMigrateInSeveralProcesses(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() {
			errs[i] = pg.Migrate(t.Context(), url, "gamma", table("mine"), pg.Set{Name: "one", Files: table("first")})
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, []string{"gamma.first", "gamma.mine"}, tables(t, url, "first", "mine"))
}

func tables(t *testing.T, url string, names ...string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `select schemaname || '.' || tablename from pg_tables where tablename = any($1) order by 1`, names)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

// Where somebody else runs the database we are no superuser.
func TestMigrateAsSomebodyWhoMayCreateRoles(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `do $$ begin
  if not exists (select from pg_roles where rolname = 'delta_admin') then create role delta_admin login createrole; end if;
  execute format('alter database %I owner to delta_admin', current_database());
end $$`)
	require.NoError(t, err)
	admin, err := pg.As(url, "delta_admin", "")
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, pg.Migrate(t.Context(), admin, "delta", table("mine"), pg.Set{Name: "one", Files: table("first")}))
	}
	require.Equal(t, []string{"delta.first", "delta.mine"}, tables(t, url, "first", "mine"))
}
