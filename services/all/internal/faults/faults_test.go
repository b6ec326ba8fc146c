package faults

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/all/internal/demo/stage"
)

func planned(smoke bool, root bool) (total int, times map[string]int, left []string) {
	c := newCampaign(Options{Smoke: smoke}, 1)
	todo, left := c.plan(root)
	times = map[string]int{}
	for _, k := range todo {
		times[k.name]++
	}
	return len(todo), times, left
}

func TestASmokeRoundIsNoToy(t *testing.T) {
	t.Parallel()
	total, times, left := planned(true, false)
	require.GreaterOrEqual(t, total, 120)
	require.GreaterOrEqual(t, Options{Smoke: true}.acked(), int64(20_000))
	require.NotEmpty(t, left)
	for _, k := range kinds() {
		require.NotNil(t, k.do, k.name)
		require.GreaterOrEqual(t, k.whole, k.smoke, k.name)
		if !k.root {
			require.GreaterOrEqual(t, times[k.name], 2, k.name)
		}
	}
	withRoot, _, left := planned(true, true)
	require.Greater(t, withRoot, total)
	require.Empty(t, left)
}

// The same seed breaks the same things in the same order.
func TestSeedsRepeat(t *testing.T) {
	t.Parallel()
	names := func(seed uint64) string {
		todo, _ := newCampaign(Options{}, seed).plan(true)
		var all []string
		for _, k := range todo {
			all = append(all, k.name)
		}
		return strings.Join(all, ";")
	}
	seven, again, eight := names(7), names(7), names(8)
	require.Equal(t, seven, again)
	require.NotEqual(t, seven, eight)
}

// Every place at which our own code may die is named in it, and nothing else is.
func TestFailpointsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	here := regexp.MustCompile(`failpoint\.Here\("([a-z-]+)"\)`)
	var named []string
	root := filepath.Join("..", "..", "..", "..", "pkg")
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" || !strings.HasSuffix(path, ".go") {
			if d != nil && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range here.FindAllStringSubmatch(string(b), -1) {
			named = append(named, m[1])
		}
		return err
	}))
	require.ElementsMatch(t, failpoints, named)
}

func TestACampaignThatWasStoppedGoesOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "results.jsonl")
	none, err := played(path)
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoError(t, keep(path, Result{Round: 0, Seed: 5, Acked: 100}))
	require.NoError(t, keep(path, Result{Round: 1, Seed: 6, Acked: 200}))
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"round": 2, "see`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	all, err := played(path)
	require.NoError(t, err)
	require.Len(t, all, 2)
}

func TestReport(t *testing.T) {
	t.Parallel()
	good := Result{Seed: 5, Faults: map[string]int{"kill": 100}, Fired: map[string]int{"relay": 3}, Acked: 20_000, Controls: 6}
	for name, x := range map[string]struct {
		change func(*Result)
		ok     bool
		last   string
	}{
		"all is well":              {func(*Result) {}, true, "faults=100 acked=20000 lost=0 doubled=0 wrong=0 controls_failed=6/6"},
		"something was lost":       {func(r *Result) { r.Lost = 1 }, false, "faults=100 acked=20000 lost=1 doubled=0 wrong=0 controls_failed=6/6"},
		"something was done twice": {func(r *Result) { r.Doubled = 2 }, false, "faults=100 acked=20000 lost=0 doubled=2 wrong=0 controls_failed=6/6"},
		"a control passed":         {func(r *Result) { r.Passed = []string{"no inbox"} }, false, "faults=100 acked=20000 lost=0 doubled=0 wrong=0 controls_failed=5/6"},
		"a service was at a loss":  {func(r *Result) { r.Faulty = []string{"GET /offers answered 500, 2 times"} }, false, "faults=100 acked=20000 lost=0 doubled=0 wrong=0 controls_failed=6/6"},
		"a failpoint never fired":  {func(r *Result) { r.Never = []string{"relay-sending"} }, false, "faults=100 acked=20000 lost=0 doubled=0 wrong=0 controls_failed=6/6"},
	} {
		var out bytes.Buffer
		r := good
		x.change(&r)
		require.Equal(t, x.ok, Options{Out: &out}.report([]Result{r}), name)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Equal(t, x.last, lines[len(lines)-1], name)
	}
	require.False(t, Options{Out: &bytes.Buffer{}}.report(nil))
}

// A rule about time that looked at nothing in a round counts, but for those that a smoke round may have no time for.
func TestWhatTheOracleDidNotSee(t *testing.T) {
	t.Parallel()
	const said = "\nunseen=a training that has ended was said to have\nunseen=a role that is over has ended\n\nlost=0"
	var out bytes.Buffer
	require.Len(t, newCampaign(Options{Out: &out}, 1).unseen(said), 2)
	require.Equal(t, []string{"something for the oracle to look at: a role that is over has ended"}, newCampaign(Options{Out: &out, Smoke: true}, 1).unseen(said))
	require.Contains(t, out.String(), "looked at nothing in this round: a training that has ended was said to have")
	require.Empty(t, newCampaign(Options{Out: &out, Most: 3}, 1).unseen(said), "a part of a round proves nothing")
}

func TestStreamsThatLackSomething(t *testing.T) {
	t.Parallel()
	text := "  an event is in its speaker's stream      9   3\n      thin: vcse 1\n      thin: coordination 2\n      thin: vcse 3\n      lost: mdt 4\n"
	require.Equal(t, []string{"coordination", "vcse"}, sight{text: text}.lacking())
}

// Where nothing is broken, every errand comes to its end, and a neighbour's day goes on beside it.
func TestErrandsAreDone(t *testing.T) {
	t.Parallel()
	on, err := stage.Open(t.Context(), stage.Options{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, on.Close()) })
	office := stage.Organise(terms.KindOtherCare, "The area's office", "", terms.RoleCoordinator, terms.RolePrivacyOfficer)
	require.NoError(t, on.Introduce(t.Context(), office))
	n, err := moveIn(t.Context(), on, office, 1)
	require.NoError(t, err)
	n.runAll(t.Context(), errands)
	require.Empty(t, n.undone())
}
