//go:build unix

// Command withdb runs a program with a throw-away Postgres: withdb -- go test ./...
//
// All test processes of the run share it, through WAYPOST_TEST_DATABASE_URL. One that is set already is left as it is.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"example.org/waypost/pkg/pgserver"
	"example.org/waypost/pkg/pgtest"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "withdb: say what to run: withdb -- go test ./...")
		os.Exit(2)
	}
	code, err := run(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withdb:", err)
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if os.Getenv(pgtest.EnvURL) == "" {
		dir, err := pgtest.NewFolder()
		if err != nil {
			return 1, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		s, err := pgserver.Start(ctx, pgtest.Options(dir+"/db"))
		if err != nil {
			return 1, err
		}
		defer func() { _ = s.Stop(context.Background()) }()
		if err := os.Setenv(pgtest.EnvURL, s.AdminURL()); err != nil {
			return 1, err
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil // it has said why itself
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
