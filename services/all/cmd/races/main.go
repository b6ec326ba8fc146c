// Command races has two practices refer one person in the same moment, again and again, on a cluster with two processes of every
// service, and looks whether always one goes on and one is held, also where somebody helps already: no double care. Then two people
// do the key step of a story in one moment, each kind a hundredth as often: one counts, or both services agree on what is left.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

type settings struct {
	races  int // with one NHS number; a tenth as many of each other kind
	atOnce int
	only   string // what the names of the steps that are done contain
}

func main() {
	var s settings
	flag.IntVar(&s.races, "races", 10_000, "how many races with one NHS number; a tenth as many more without, and about an overlap")
	flag.IntVar(&s.atOnce, "at-once", 8, "how many races are run beside each other")
	flag.StringVar(&s.only, "only", "", "only the steps that have this in their name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "races:", err)
		os.Exit(1)
	}
}
