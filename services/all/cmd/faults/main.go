// Command faults breaks a Waypost of its own in every way it knows while people work with it, and has an oracle look at what
// is left. Its last line is "faults=… acked=… lost=… doubled=… wrong=… controls_failed=…/…"; it ends with 1 when anything was
// lost or done twice, or when the oracle did not see what was spoiled on purpose.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.org/waypost/services/all/internal/faults"
)

func main() {
	o := faults.Options{Out: os.Stdout}
	flag.BoolVar(&o.Smoke, "smoke", false, "one short round")
	flag.IntVar(&o.Rounds, "rounds", 0, "rounds of the whole campaign (12)")
	flag.Uint64Var(&o.Seed, "seed", uint64(time.Now().Unix()), "of the first round; the next has the next")
	flag.StringVar(&o.Dir, "data", "", "where to work; a campaign that was stopped goes on there")
	flag.StringVar(&o.Only, "only", "", "break only in this way, to find a fault again")
	flag.IntVar(&o.Most, "most", 0, "break only so often, for a quick look that proves nothing")
	flag.Parse()
	os.Exit(run(o))
}

func run(o faults.Options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "waypost-faults-")
		if err != nil {
			fmt.Fprintln(os.Stderr, "faults:", err)
			return 1
		}
		o.Dir = dir
		fmt.Fprintln(o.Out, "working in", dir)
	}
	if err := os.Chmod(o.Dir, 0o755); err != nil && !os.IsNotExist(err) { //nolint:gosec // the database's user must get through
		fmt.Fprintln(os.Stderr, "faults:", err)
		return 1
	}
	ok, err := faults.Run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		return 1
	}
	if !ok {
		return 1
	}
	return 0
}
