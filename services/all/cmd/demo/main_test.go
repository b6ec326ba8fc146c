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
	require.Regexp(t, `whatever the rates are: 9 red flags at a desk, 3 of them taken by nobody in time; 5 signatures of a supervisor for a trainee; 6 who agreed until a day that came; `+
		`3 crises on a link worker's telephone; 2 looks in an emergency; 1 provider closed for good, with [1-9][0-9]* people on its list`, out.String())
	for _, line := range []string{`red flags +12`, `and taken +12`, `crises +3`, `looks in an emergency +2`, `signed for a trainee +5`, `agreed until a day +[1-6]`, `organisations closed +1`} {
		require.Regexp(t, `\n  `+line+`\n`, out.String(), "the checker counts otherwise")
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Regexp(t, `^lost=0 doubled=0 requested=[1-9][0-9]* closed=[1-9][0-9]*$`, lines[len(lines)-1])
}

func TestTheWeekBeginsOnAMonday(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}, settings{monday: "2026-10-06"}, time.Now), "Monday")
}
