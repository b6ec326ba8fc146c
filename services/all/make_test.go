package all_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// makeWith runs make with these programs and no others, and returns what it said on its way to failing.
func makeWith(t *testing.T, target string, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range append(programs, "bash", "id", "env") {
		real, err := exec.LookPath(p)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(real, filepath.Join(dir, p)))
	}
	program, err := exec.LookPath("make")
	require.NoError(t, err)
	cmd := exec.Command(program, "--no-print-directory", "-C", "../..", target)
	cmd.Env = append(os.Environ(), "PATH="+dir, "MAKEFLAGS=", "MAKELEVEL=0") // we may run under make ourselves
	said, err := cmd.CombinedOutput()
	require.Error(t, err, string(said))
	line, rest, _ := strings.Cut(string(said), "\n")
	require.Regexp(t, `^make: \*\*\* .* Error 1\n$`, rest, "one line, and make's own")
	return line
}

func TestMakeSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	require.Contains(t, makeWith(t, "run", "node", "npm"), "There is no go here")
	require.Contains(t, makeWith(t, "run", "go", "npm"), "There is no node here")
	require.Contains(t, makeWith(t, "test", "go", "node"), "There is no npm here")
}

// Trap 12: tests that skip when something is missing. Without apt-get nobody gets anything, not even root; what to type is said
// before the first test.
func TestMakeTestStopsBeforeTheFirstTest(t *testing.T) {
	t.Parallel()
	require.Equal(t, "The tests need more than is here. Type: sudo apt-get install -y gcc libc6-dev chromium", makeWith(t, "test", "go", "node", "npm"))
}
