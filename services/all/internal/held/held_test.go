package held_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/services/all/internal/held"
	"example.org/waypost/services/coordination"
)

// Somebody who looks like the person waits until it is known who they are, and their referral names the person. It is another's all the same:
// nothing of it is handed out, while what came under a ref that is the person's is.
func TestALookalikesReferralIsNotHandedOut(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, pgtest.Database(t, coordination.Migrate, coordination.Service))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
	run := func(sql string, args ...any) {
		t.Helper()
		_, err := conn.Exec(ctx, sql, args...)
		require.NoError(t, err)
	}
	run(`set search_path to coordination`)
	person, merged, lookalike := id.New(), id.New(), id.New()
	words := map[string]string{}
	for ref, name := range map[string]string{person: "Hart", merged: "Harte", lookalike: "Otherbrook"} {
		caseID, referral := id.New(), id.New()
		words[ref] = "heldnote " + name
		run(`insert into patient (ref, family_name) values ($1, $2)`, ref, name)
		run(`insert into case_record (id, patient_ref, first_ref, reference, because, by_event, opened_at) values ($1, $2, $2, $3, 'referral_requested', $1, now())`, caseID, ref, name)
		run(`insert into referral (id, case_id, patient_ref, first_ref, reference, state, held_why, may_be_ref, sender_organisation_id, sender_kind, requested_by, requested_at, need, urgency,
				sensitive, consent_id, consent_given, root, owes_party, due_at, since, version, narrative)
			values ($1, $2, $3, $3, 'ACDE2346', 'held', 'same_person', $4, $1, 'practice', $1, now(), 'loneliness', 'routine', false, $1, true, true, 'coordinator', now(), now(), 1, $5)`,
			referral, caseID, ref, person, words[ref])
		run(`insert into errand (referral_id, kind, receiver_kind, receiver_id, made_at) values ($1, 'one_person', '', $2, now())`, referral, person)
		run(`insert into timeline (id, case_id, patient_ref, first_ref, at, what, referral_id, text) values ($1, $2, $3, $3, now(), 'requested', $4, $5)`, id.New(), caseID, ref, referral, words[ref])
	}
	run(`update patient set merged_into = $2 where ref = $1`, merged, person)
	run(`insert into apart (one, other, by_id, at) values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $1, now())`, person, lookalike)

	by := id.New()
	h, err := held.Collect(ctx, conn, []string{coordination.Service}, person, by, time.Now())
	require.NoError(t, err)
	out, err := json.Marshal(h)
	require.NoError(t, err)
	require.Contains(t, string(out), words[person])
	require.Contains(t, string(out), words[merged], "it is theirs too")
	require.NotContains(t, string(out), "Otherbrook")
	rows := map[string]int{}
	for _, table := range h.Services[0].Tables {
		rows[table.Name] = len(table.Rows)
	}
	require.Equal(t, map[string]int{"patient": 2, "case_record": 2, "referral": 2, "timeline": 2, "errand": 2, "apart": 1}, rows)
	var exports int
	require.NoError(t, conn.QueryRow(ctx, `select count(*) from audit where verb = 'export' and person_id = $1 and patient_ref = any ($2::uuid[])`, by, h.Refs).Scan(&exports))
	require.Equal(t, 2, exports, "each trail names who had it collected")

	other, err := held.Collect(ctx, conn, []string{coordination.Service}, lookalike, by, time.Now())
	require.NoError(t, err)
	out, err = json.Marshal(other)
	require.NoError(t, err)
	require.Contains(t, string(out), words[lookalike])
	require.NotContains(t, string(out), words[person])
	_, err = held.Collect(ctx, conn, []string{coordination.Service}, person, "", time.Now())
	require.ErrorContains(t, err, "no id of a person")
}
