package domain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
)

// BenchmarkSee is how long one decision takes, about a case in which fifty organisations have a part. make bench-policy runs it.
func BenchmarkSee(b *testing.B) {
	now := time.Now()
	of := domain.Thing{PatientRef: id.New(), FirstRef: id.New(), Sensitive: true}
	for range 50 {
		of.Parts = append(of.Parts, domain.Standing{Organisation: id.New(), FirstRef: of.FirstRef, Agreed: true})
		of.SeenBy = append(of.SeenBy, of.Parts[len(of.Parts)-1].Organisation)
	}
	seen := domain.Viewer{Role: terms.RoleReceptionist, Person: id.New(), Organisation: of.SeenBy[49], Now: now}
	not := domain.Viewer{Role: terms.RoleProviderWorker, Person: id.New(), Organisation: id.New(), Now: now}
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		began := time.Now()
		yes, no := domain.See(seen, of), domain.See(not, of)
		took = append(took, time.Since(began)/2)
		if !yes.Allowed || no.Allowed {
			require.Fail(b, "it decides otherwise")
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e6, "p99-ms/decision")
}
