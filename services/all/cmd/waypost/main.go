// Command waypost runs all of Waypost on one machine.
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

func main() {
	c := all.Config{Out: os.Stdout, Database: os.Getenv("WAYPOST_DATABASE_URL")}
	flag.StringVar(&c.Dir, "data", all.DefaultDir(), "folder for all data")
	flag.StringVar(&c.Address, "addr", "127.0.0.1:8080", "address to answer on")
	flag.StringVar(&c.Area, "area", "greater-manchester", "what this deployment serves")
	dev := flag.Bool("dev", false, "let everybody choose who to be")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once
	err := all.Main(ctx, c, *dev, os.Getenv("DEMO") != "0")
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "waypost:", all.Line(err))
		os.Exit(1)
	}
}
