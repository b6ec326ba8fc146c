package pg_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
)

// What the planner remembers of a table are values out of it; of the columns that are named, and what indexes make of them, nothing.
func TestNoSamplesOfPersonalData(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	own := fstest.MapFS{"00001_people.sql": {Data: []byte(`
create table people (id int primary key, name text not null, town text not null);
create index by_name on people (lower(name), town);
call guard('people');
`)}}
	require.NoError(t, pg.Migrate(t.Context(), url, "epsilon", own))
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	sampled := func() (n int) {
		t.Helper()
		_, err := conn.Exec(t.Context(), `truncate epsilon.people; insert into epsilon.people select g, 'Zebedee', 'Bolton' from generate_series(1, 200) g; analyze epsilon.people`)
		require.NoError(t, err)
		require.NoError(t, conn.QueryRow(t.Context(), `select count(*) from pg_statistic where stavalues1::text ~* 'zebedee'`).Scan(&n))
		return n
	}
	for range 2 {
		require.NoError(t, pg.LeaveNoSamples(t.Context(), url, "epsilon", []pg.Column{{Table: "people", Column: "name"}}))
	}
	require.Zero(t, sampled())
	var towns int
	require.NoError(t, conn.QueryRow(t.Context(), `select count(*) from pg_statistic where stavalues1::text ~ 'Bolton'`).Scan(&towns))
	require.Equal(t, 1, towns, "of what names nobody it counts")
	_, err = conn.Exec(t.Context(), `alter table epsilon.people alter column name set statistics -1; alter index epsilon.by_name alter column 1 set statistics -1`)
	require.NoError(t, err)
	require.Equal(t, 2, sampled(), "else it does: in the column and in the index")
}
