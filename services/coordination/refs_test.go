package coordination_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/services/coordination/internal/store"
)

// Who else somebody was found to be is asked before every command and every batch of events: it must not read more the more people were
// found to be somebody else.
func TestWhoElseSomebodyIsIsFoundByAnIndex(t *testing.T) {
	t.Parallel()
	s, ctx := newScene(t), t.Context()
	ref, one, two, three, other := s.patient(), s.patient(), s.patient(), s.patient(), s.patient()
	for _, p := range []string{ref, one, two, three, other} {
		s.refer(p, s.practice, of(s.somebody()))
	}
	for from, into := range map[string]string{one: two, two: three} {
		_, err := s.Admin.Exec(ctx, `update patient set merged_into = $2 where ref = $1`, from, into)
		require.NoError(t, err)
	}
	_, err := s.Admin.Exec(ctx, `insert into patient (ref, merged_into) select gen_random_uuid(), $1 from generate_series(1, 5000)`, other)
	require.NoError(t, err)
	_, err = s.Admin.Exec(ctx, `analyze patient`)
	require.NoError(t, err)
	err = s.frame.DB.InTx(ctx, actor.Machine(actor.Matcher), func(ctx context.Context, tx pgx.Tx) error {
		read := func() (n int) {
			require.NoError(t, tx.QueryRow(ctx, `select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relid = 'patient'::regclass`).Scan(&n))
			return n
		}
		before := read()
		for range 10 { // often enough that Postgres keeps a plan for any refs
			all, err := store.SameRefs(ctx, tx, []string{ref, two})
			require.NoError(t, err)
			require.ElementsMatch(t, []string{ref, one, two, three}, all)
		}
		require.Less(t, read()-before, 200)
		return nil
	})
	require.NoError(t, err)
}
