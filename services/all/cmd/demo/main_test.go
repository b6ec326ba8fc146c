package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A small week, played through the public APIs and checked from outside: the checker's rules meet the real tables here.
func TestSmallWeek(t *testing.T) {
	t.Parallel()
	check := t.TempDir() + "/check"
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", check, "example.org/waypost/services/all/cmd/check").CombinedOutput()
	require.NoError(t, err, string(built))
	var out bytes.Buffer
	err = run(t.Context(), &out, settings{seed: 1, times: 0.02, weeks: 2, monday: "2026-10-05", check: check}, time.Now)
	require.NoError(t, err, out.String())
	require.NotContains(t, out.String(), "trouble:")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Regexp(t, `^lost=0 doubled=0 requested=[1-9][0-9]* closed=[1-9][0-9]*$`, lines[len(lines)-1])
}

func TestTheWeekBeginsOnAMonday(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}, settings{monday: "2026-10-06"}, time.Now), "Monday")
}
