package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/mail/mailbox"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/people"
)

var errNobody = errors.New("nobody could sign in: the only way so far is to choose who to be, with -dev")

// run starts everything, says where it is, and stops it in order when ctx ends.
func run(ctx context.Context, out io.Writer, s settings) (err error) {
	if !s.dev {
		return errNobody
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Building, and starting three brokers, a database and two copies of every service.")
	box, err := mailbox.Listen()
	if err != nil {
		return err
	}
	defer box.Down()
	extra, err := settingsOf(os.Getenv, "http://"+s.address, box.URL())
	if err != nil {
		return err
	}
	c, err := cluster.Open(ctx, cluster.Options{
		Dir: dir, Listen: s.address, SyncAlways: true, Extra: extra,
		Simulated: "Everybody here, what they say and which places are free is made up. The practices and the listings are real.",
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	log, err := logger(dir)
	if err != nil {
		return err
	}
	everybody, err := people.New()
	if err != nil {
		return err
	}
	everybody.Mailbox(box)
	hall, err := c.OpenHall(ctx, everybody, people.Home, log)
	if err != nil {
		return err
	}
	defer hall.Close()
	everybody.List(hall.Doors().Register.Personas)
	if err := greet(ctx, out, c, hall, everybody); err != nil {
		return err
	}
	return stay(ctx, c, hall, s.play, log)
}

func greet(ctx context.Context, out io.Writer, c *cluster.Cluster, hall *cluster.Hall, everybody *people.Provider) error {
	if err := hall.TakeSample(ctx, out); err != nil {
		return err
	}
	fmt.Fprintln(out, "You may sign in as any of these:")
	if err := everybody.Print(ctx, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s and %s run; what they say is in %s.\n", strings.Join(c.BrokerNames(), ", "), strings.Join(c.Names(), ", "), filepath.Join(c.Dir, "log"))
	fmt.Fprintf(out, "Waypost answers at %s\n", c.Address)
	return nil
}

// stay returns when it is asked to stop, or when the database ends by itself; everything else is started again.
func stay(ctx context.Context, c *cluster.Cluster, hall *cluster.Hall, play bool, log *zap.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	played := make(chan error, 1)
	go func() {
		if play {
			played <- hall.Doors().Play(ctx, c.Address, log)
		}
		close(played)
	}()
	var err error
	select {
	case <-ctx.Done():
	case <-c.Postgres().Done():
		err = errors.New("Postgres ended by itself; what was saved is safe, so start again") //nolint:staticcheck // shown as it stands
	}
	stop()
	select {
	case failed := <-played:
		err = errors.Join(err, failed)
	case <-time.After(10 * time.Second): // it waits for an answer that does not come any more
	}
	return err
}

func logger(dir string) (*zap.Logger, error) {
	c := zap.NewProductionConfig()
	to := filepath.Join(dir, "log", "cluster.log")
	c.OutputPaths, c.ErrorOutputPaths = []string{to}, []string{to}
	return c.Build()
}
