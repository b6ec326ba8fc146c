package domain_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// What TestMatchingOnAPopulation finds with its index, Postgres finds too, and nobody else: for each of some hundred people, with and
// without numbers, the same others with the same answer.
func TestPostgresFindsTheSame(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.Database(t, coordination.Migrate, coordination.Service))
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	_, err = conn.Exec(t.Context(), `set search_path = coordination, public`)
	require.NoError(t, err)
	all, alike := domain.Numbered(9, 600, 150, 30, 30)
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	at := map[string]int{}
	for i := range all {
		all[i].Ref = id.New()
		at[all[i].Ref] = i
		require.NoError(t, store.AddPatient(t.Context(), tx, all[i]))
	}
	of := map[domain.Likeness]int{}
	for i, p := range all {
		matches, err := store.Alike(t.Context(), tx, p, nil)
		require.NoError(t, err)
		got := map[int]domain.Likeness{}
		for _, m := range matches {
			got[at[m.Ref]] = m.Is
			of[m.Is]++
		}
		require.Equal(t, alike[i], got, "%d", i)
	}
	require.NoError(t, tx.Commit(t.Context()))
	require.Greater(t, of[domain.OnePerson], 50)
	require.Greater(t, of[domain.Unsure], 50)
}
