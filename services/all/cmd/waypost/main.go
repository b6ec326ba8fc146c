// Command waypost runs all of Waypost on one machine, and looks after what it wrote down.
//
//	waypost -dev
//	waypost audit verify -data .waypost
//	waypost held -data .waypost -ref … -by … -to folder
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.org/waypost/pkg/door"
	"example.org/waypost/services/all"
)

// aside is what it does beside running.
var aside = map[string]func(ctx context.Context, args []string, out io.Writer) error{"audit": audited, "held": holds}

func main() {
	if len(os.Args) > 1 && aside[os.Args[1]] != nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err := aside[os.Args[1]](ctx, os.Args[2:], os.Stdout)
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, "waypost "+os.Args[1]+":", all.Line(err))
			os.Exit(1)
		}
		return
	}
	c := all.Config{Out: os.Stdout, Database: os.Getenv("WAYPOST_DATABASE_URL")}
	flag.StringVar(&c.Dir, "data", all.DefaultDir(), "folder for all data")
	flag.StringVar(&c.Address, "addr", "127.0.0.1:8080", "address to answer on")
	flag.StringVar(&c.Area, "area", "greater-manchester", "what this deployment serves")
	dev := flag.Bool("dev", false, "let everybody choose who to be")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once
	var err error
	if c.Times, err = door.ReadTimes(os.Getenv("WAYPOST_CLOCKS_FILE"), os.Getenv("WAYPOST_DAYS_FILE")); err == nil {
		err = all.Main(ctx, c, *dev, os.Getenv("DEMO") != "0")
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "waypost:", all.Line(err))
		os.Exit(1)
	}
}
