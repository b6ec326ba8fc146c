package demo

import (
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
)

// chance is a source of decisions that is the same for the same seed and words, whatever else was drawn before: what happens
// to one referral does not depend on the order in which programs ran.
func chance(seed uint64, n int, what string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what)) // a hash never fails
	return rand.New(rand.NewPCG(seed, uint64(n)*0x9e3779b97f4a7c15^h.Sum64()))
}

// pick draws one of the codes by their shares.
func pick(r *rand.Rand, shares map[string]float64) string {
	codes := slices.Sorted(maps.Keys(shares))
	total := 0.0
	for _, c := range codes {
		total += shares[c]
	}
	at := r.Float64() * total
	for _, c := range codes {
		if at -= shares[c]; at < 0 {
			return c
		}
	}
	return codes[len(codes)-1]
}

func between(r *rand.Rand, from, to float64) float64 { return from + r.Float64()*(to-from) }
