package all_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas"
)

// Every fact of the contract is made somewhere in its speaker's own code: one that nobody says is a promise that nobody keeps.
func TestEveryFactOfTheContractIsSaid(t *testing.T) {
	t.Parallel()
	code := map[string]string{}
	for _, speaker := range schemas.Speakers {
		var all strings.Builder
		require.NoError(t, filepath.WalkDir("../"+speaker, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			all.Write(b)
			return err
		}))
		code[speaker] = all.String()
	}
	for _, f := range schemas.All {
		if f.Name == "removal_acknowledged" && (f.Speaker == "register" || f.Speaker == "coordination") {
			continue // the one listens to nobody, the other is who tells to remove
		}
		var name strings.Builder
		for _, word := range strings.Split(f.Name, "_") {
			name.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
		require.Contains(t, code[f.Speaker], f.Speaker+"."+name.String()+"V1{", "%s never says %s", f.Speaker, f.Name)
	}
}
