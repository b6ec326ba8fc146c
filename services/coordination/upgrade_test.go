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
	stays, goes, caseID, organisation := id.New(), id.New(), id.New(), id.New()
	conn := upgraded(t, "00005", []row{
		{`insert into patient (ref) values ($1)`, []any{stays}},
		{`insert into patient (ref, merged_into) values ($1, $2)`, []any{goes, stays}},
		{`insert into case_record (id, patient_ref, reference, because, by_event, opened_at) values ($1, $2, 'XXXXXXXX', 'referral_requested', $1, now())`, []any{caseID, stays}},
		{`insert into membership (case_id, organisation_id, part, because_id, since) values ($1, $2, 'sender', $1, now())`, []any{caseID, organisation}},
	})
	var first, member, from, into string
	require.NoError(t, conn.QueryRow(t.Context(), `select c.first_ref::text, m.first_ref::text from case_record c join membership m on m.case_id = c.id`).Scan(&first, &member))
	require.Equal(t, []string{stays, stays}, []string{first, member})
	require.NoError(t, conn.QueryRow(t.Context(), `select from_ref::text, into_ref::text from merge where at < now() - interval '30 days'`).Scan(&from, &into))
	require.Equal(t, []string{goes, stays}, []string{from, into})
}

// Who was refused by name before, and who stays in touch with whom, is brought along as well.
func TestWhatWasThereBeforeRefusalsHideIsBroughtAlong(t *testing.T) {
	t.Parallel()
	ref, other, caseID, refused, worker, alone := id.New(), id.New(), id.New(), id.New(), id.New(), id.New()
	conn := upgraded(t, "00015", []row{
		{`insert into patient (ref, not_with, said_no) values ($1, array[$2::uuid], true)`, []any{ref, refused}},
		{`insert into case_record (id, patient_ref, first_ref, reference, because, by_event, opened_at) values ($1, $2, $2, 'XXXXXXXX', 'referral_requested', $1, now())`, []any{caseID, ref}},
		{`insert into membership (case_id, organisation_id, part, because_id, since, first_ref) values ($1, $2, 'sender', $1, now(), $3), ($1, $4, 'key_worker', $5, now(), $6)`, []any{caseID, refused, ref, alone, worker, other}},
		{`insert into case_person (case_id, person_id, part, organisation_id, state, since) values ($1, $2, 'key_worker', $3, 'accepted', now()), ($1, $3, 'case_holder', $3, 'accepted', now())`, []any{caseID, worker, alone}},
	})
	var hidden, key, holder string
	require.NoError(t, conn.QueryRow(t.Context(), `select (select string_agg(organisation_id::text, ' ') from membership where refused),
		(select first_ref::text from case_person where part = 'key_worker'), (select first_ref::text from case_person where part = 'case_holder')`).Scan(&hidden, &key, &holder))
	require.Equal(t, []string{refused, other, ref}, []string{hidden, key, holder})
}

type row struct {
	sql  string
	args []any
}

// upgraded is a database as it was after one migration, with these rows, brought up to date.
func upgraded(t *testing.T, last string, rows []row) *pgx.Conn {
	t.Helper()
	url := pgtest.Empty(t)
	require.NoError(t, pg.Migrate(t.Context(), url, coordination.Service, upTo(t, last), who.Tables, directory.Tables))
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `set search_path = coordination, public`)
	require.NoError(t, err)
	for _, x := range rows {
		_, err := conn.Exec(t.Context(), x.sql, x.args...)
		require.NoError(t, err)
	}
	require.NoError(t, coordination.Migrate(t.Context(), url))
	return conn
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
