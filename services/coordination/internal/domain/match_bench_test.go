package domain_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/pgtest"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// BenchmarkMatch is how long it takes to find whom somebody may be among 200,000 people, of whom nobody has a number, in Postgres.
// make bench-match runs it.
func BenchmarkMatch(b *testing.B) {
	conn, err := pgx.Connect(b.Context(), pgtest.Database(b, coordination.Migrate, coordination.Service))
	require.NoError(b, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(b.Context(), `set search_path = coordination, public`)
	require.NoError(b, err)
	known := domain.Population(7, 200_000, 6000, 500, 500)
	tx, err := conn.Begin(b.Context())
	require.NoError(b, err)
	for i := range known {
		known[i].Ref = id.New()
		require.NoError(b, store.AddPatient(b.Context(), tx, known[i]))
	}
	require.NoError(b, tx.Commit(b.Context()))
	_, err = conn.Exec(b.Context(), `vacuum analyze patient`)
	require.NoError(b, err)
	r := rand.New(rand.NewPCG(11, 0))
	var took []time.Duration
	found := 0
	for b.Loop() {
		who := known[r.IntN(len(known))]
		who.Ref = id.New()
		began := time.Now()
		tx, err := conn.Begin(b.Context())
		require.NoError(b, err)
		alike, err := store.Alike(b.Context(), tx, who, nil)
		require.NoError(b, err)
		require.NoError(b, tx.Commit(b.Context()))
		took = append(took, time.Since(began))
		found += len(alike)
	}
	slices.Sort(took)
	at := func(part float64) float64 {
		return float64(took[int(part*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(found)/float64(len(took)), "alike")
}
