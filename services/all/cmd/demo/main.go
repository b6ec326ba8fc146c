// Command demo plays a working week of Greater Manchester at speed, on a Waypost of its own, and has it checked.
//
// Real: the practices, how many patients they have, and the listings. Invented: every person, and everything they say and do.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type settings struct {
	seed   uint64
	times  float64
	weeks  int
	monday string
	check  string
	log    string
	many   bool
}

func main() {
	var s settings
	flag.Uint64Var(&s.seed, "seed", 1, "the same seed, the same plan")
	flag.Float64Var(&s.times, "times", 1, "play so many times as many referrals as a week has")
	flag.IntVar(&s.weeks, "weeks", 6, "weeks to play: visits in the first, what they began in the others")
	flag.StringVar(&s.monday, "monday", "2026-10-05", "the day it begins")
	flag.StringVar(&s.check, "check", "bin/check", "the program that checks what is left in the database")
	flag.StringVar(&s.log, "log", "", "write what the services log to this file")
	flag.BoolVar(&s.many, "cluster", false, "play on a cluster: three brokers, two copies of every service, each a process of its own")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, s, time.Now); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
