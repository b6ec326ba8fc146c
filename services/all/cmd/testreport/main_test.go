package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func run(t *testing.T, lines ...string) (string, bool) {
	t.Helper()
	var out strings.Builder
	r := report{out: &out, words: map[key][]string{}}
	require.NoError(t, r.read(strings.NewReader(strings.Join(lines, "\n"))))
	ok := r.close(time.Second)
	return out.String(), ok
}

const (
	passed = `{"Action":"pass","Package":"p","Test":"TestA"}`
	closed = `{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`
)

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	out, ok := run(t, `{"Action":"run","Package":"p","Test":"TestA"}`,
		`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
		`{"Action":"output","Package":"p","Test":"TestA","Output":"    chatter\n"}`,
		passed, closed, `{"Action":"pass","Package":"p"}`,
		`{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}`, `{"Action":"skip","Package":"q"}`)
	require.True(t, ok)
	require.Equal(t, "ok  \tp\t0.1s\n?   \tq\t[no test files]\n1 tests passed, 0 failed, 0 skipped, in 1s\n", out)
}

func TestSkippedCountsAsFailed(t *testing.T) {
	t.Parallel()
	out, ok := run(t, passed, `{"Action":"output","Package":"p","Test":"TestB","Output":"    no database\n"}`,
		`{"Action":"skip","Package":"p","Test":"TestB"}`, closed)
	require.False(t, ok)
	require.Contains(t, out, "no database")
	require.Contains(t, out, "skipped, which counts as failed: p TestB")
}

func TestFailedTestIsHeard(t *testing.T) {
	t.Parallel()
	out, ok := run(t, passed, `{"Action":"output","Package":"p","Test":"TestB","Output":"    a_test.go:7: why\n"}`,
		`{"Action":"fail","Package":"p","Test":"TestB"}`,
		`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`, `{"Action":"fail","Package":"p"}`)
	require.False(t, ok)
	require.Contains(t, out, "a_test.go:7: why")
	require.Contains(t, out, "FAIL\tp")
}

func TestPanicOfAPackageIsHeard(t *testing.T) {
	t.Parallel()
	out, ok := run(t, passed, `{"Action":"output","Package":"p","Output":"panic: oh\n"}`, `{"Action":"fail","Package":"p"}`)
	require.False(t, ok)
	require.Contains(t, out, "panic: oh")
}

func TestWhatDoesNotBuildFails(t *testing.T) {
	t.Parallel()
	out, ok := run(t, passed, `{"ImportPath":"p","Action":"build-output","Output":"x.go:1: no\n"}`, `{"ImportPath":"p","Action":"build-fail"}`)
	require.False(t, ok)
	require.Contains(t, out, "x.go:1: no")
}

func TestNoTestAtAllFails(t *testing.T) {
	t.Parallel()
	out, ok := run(t, "go: there is no such module")
	require.False(t, ok)
	require.Contains(t, out, "no such module")
	require.Contains(t, out, "no test ran")
}

func TestWhatDidNotEndIsPrinted(t *testing.T) {
	t.Parallel()
	out, ok := run(t, passed, `{"Action":"output","Package":"p","Test":"TestB","Output":"waits for the broker\n"}`,
		`{"Action":"output","Package":"q","Test":"TestC","Output":"of another package\n"}`,
		`{"Action":"output","Package":"p","Output":"FAIL\tp\t1500s\n"}`, `{"Action":"fail","Package":"p"}`)
	require.False(t, ok)
	require.Contains(t, out, "p TestB\nwaits for the broker\n")
	require.Contains(t, out, "failed: p TestB did not end")
	require.NotContains(t, out, "of another package")
}
