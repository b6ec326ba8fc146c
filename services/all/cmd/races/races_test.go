package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNobodyWithoutANumberIsLikeAnother(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for n := range 2000 {
		p := unnumbered(n)
		for _, name := range []string{"given_name", "family_name"} {
			require.False(t, seen[p[name].(string)], "race %d", n)
			seen[p[name].(string)] = true
		}
	}
}
