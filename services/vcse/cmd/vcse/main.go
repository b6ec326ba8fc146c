// Command vcse runs the service for voluntary providers, or takes listings of services into its directory.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"example.org/waypost/pkg/door"
	"example.org/waypost/services/vcse"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "import" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		info, err := os.Stderr.Stat()
		os.Exit(vcse.ImportMain(ctx, os.Args[2:], os.Stderr, err == nil && info.Mode()&os.ModeCharDevice != 0))
	}
	os.Exit(door.Main(vcse.Name, vcse.Migrate, vcse.Open))
}
