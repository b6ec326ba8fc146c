package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/services/all"
)

// TestMain is Waypost itself when it is called like it: the test needs one as a process.
func TestMain(m *testing.M) {
	if len(os.Args) == 6 && os.Args[1] == "-dev" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		if err := all.Main(ctx, all.Config{Out: os.Stdout, Dir: os.Args[3], Address: os.Args[5], Area: "test"}, true, false); err != nil {
			fmt.Fprintln(os.Stderr, "waypost:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// It grows to the sizes asked for, and a second run in its folder only prints what the first one measured.
func TestGrowing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		require.NoError(t, os.Chmod(d, 0o711))
	}
	for range 2 {
		var out strings.Builder
		l := &long{dir: dir, program: os.Args[0], sizes: []int{12}, samples: 3, clients: 4, living: 4, lasting: time.Second, out: &out}
		require.NoError(t, l.run(t.Context()), out.String())
		require.Regexp(t, `growth_case_page=\d`, out.String())
		require.Regexp(t, `growth_matched=\d`, out.String())
		require.Regexp(t, `growth_who_helps=\d`, out.String())
		require.Regexp(t, `growth_actions=\d`, out.String())
		require.Regexp(t, `lives_sustained=[1-9]`, out.String())
		require.Regexp(t, `copies_anew_ms=[1-9]`, out.String())
	}
}
