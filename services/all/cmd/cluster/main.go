// Command cluster runs Waypost on this machine as it is deployed: three brokers, two copies of every service, each a process of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"example.org/waypost/services/all"
)

type settings struct {
	dir, address string
	dev, play    bool
}

func main() {
	s := settings{play: os.Getenv("DEMO") != "0"}
	flag.StringVar(&s.dir, "data", all.DefaultDir()+"-cluster", "folder for all data")
	flag.StringVar(&s.address, "addr", "127.0.0.1:8080", "address to answer on")
	flag.BoolVar(&s.dev, "dev", false, "let everybody choose who to be")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once
	if err := run(ctx, os.Stdout, s); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "cluster:", all.Line(err))
		os.Exit(1)
	}
}
