package coordination_test

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/copies/directory"
	"example.org/waypost/pkg/copies/who"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/coordination/internal/store"
)

// What was there before a merge could be undone is brought along: every row has the ref it came under, and a merge that was made then
// is known as one, though it is too late to undo it.
func TestWhatWasThereBeforeMergesIsBroughtAlong(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	require.NoError(t, pg.Migrate(t.Context(), url, coordination.Service, upTo(t, "00005"), who.Tables, directory.Tables))
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	stays, goes, caseID, organisation := id.New(), id.New(), id.New(), id.New()
	_, err = conn.Exec(t.Context(), `set search_path = coordination, public`)
	require.NoError(t, err)
	for _, x := range []struct {
		sql  string
		args []any
	}{
		{`insert into patient (ref) values ($1)`, []any{stays}},
		{`insert into patient (ref, merged_into) values ($1, $2)`, []any{goes, stays}},
		{`insert into case_record (id, patient_ref, reference, because, by_event, opened_at) values ($1, $2, 'XXXXXXXX', 'referral_requested', $1, now())`, []any{caseID, stays}},
		{`insert into membership (case_id, organisation_id, part, because_id, since) values ($1, $2, 'sender', $1, now())`, []any{caseID, organisation}},
	} {
		_, err := conn.Exec(t.Context(), x.sql, x.args...)
		require.NoError(t, err)
	}
	require.NoError(t, coordination.Migrate(t.Context(), url))
	var first, member, from, into string
	require.NoError(t, conn.QueryRow(t.Context(), `select c.first_ref::text, m.first_ref::text from case_record c join membership m on m.case_id = c.id`).Scan(&first, &member))
	require.Equal(t, []string{stays, stays}, []string{first, member})
	require.NoError(t, conn.QueryRow(t.Context(), `select from_ref::text, into_ref::text from merge where at < now() - interval '30 days'`).Scan(&from, &into))
	require.Equal(t, []string{goes, stays}, []string{from, into})
}

// upTo are the migrations up to one.
func upTo(t *testing.T, last string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	files, err := fs.ReadDir(store.Migrations, ".")
	require.NoError(t, err)
	for _, f := range files {
		if f.Name()[:5] <= last {
			text, err := fs.ReadFile(store.Migrations, f.Name())
			require.NoError(t, err)
			out[f.Name()] = &fstest.MapFile{Data: text}
		}
	}
	return out
}
