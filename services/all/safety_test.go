package all_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	namedTest = regexp.MustCompile("`(Test[A-Za-z0-9_]+)`")
	aTest     = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	link      = regexp.MustCompile(`\]\(([^)#:]+)\)`)
)

// What SAFETY.md and the runbooks rest on is there: every test they name, and every file they lead to.
func TestSafetyNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	require.NoError(t, filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata"):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		code, err := os.ReadFile(name)
		for _, m := range aTest.FindAllSubmatch(code, -1) {
			there[string(m[1])] = true
		}
		return err
	}))
	pages, err := filepath.Glob("../../deploy/runbooks/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	named := 0
	for _, page := range append(pages, "../../deploy/SAFETY.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range namedTest.FindAllSubmatch(text, -1) {
			require.True(t, there[string(m[1])], "%s names %s, and there is no such test", page, m[1])
			named++
		}
		for _, m := range link.FindAllSubmatch(text, -1) {
			require.FileExists(t, filepath.Join(filepath.Dir(page), string(m[1])), "%s leads to it", page)
		}
	}
	require.Greater(t, named, 30)
}
