package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all/internal/cluster"
	"example.org/waypost/services/all/internal/demo"
	"example.org/waypost/services/all/internal/demo/stage"
)

// scene is where the week is played, with the sample taken in.
type scene struct {
	*stage.Stage
	personas func(ctx context.Context) ([]authn.Identity, error)
	close    func() error
}

// openOne is all of Waypost in this process.
func openOne(ctx context.Context, out io.Writer, clock *demo.Clock, log *zap.Logger) (*scene, error) {
	on, err := stage.Open(ctx, stage.Options{Now: clock.Now, Fast: true, Log: log})
	if err != nil {
		return nil, err
	}
	if err := on.LoadSample(ctx, out); err != nil {
		return nil, errors.Join(err, on.Close())
	}
	return &scene{on, on.Personas, on.Close}, nil
}

// openMany is Waypost as it is deployed, in a folder of its own, but that its services go by the week's clock: they are built with
// the places at which a fault campaign moves it.
func openMany(ctx context.Context, out io.Writer, clock *demo.Clock, log *zap.Logger) (_ *scene, err error) {
	var ends []func() error // the last first
	closeAll := func() (err error) {
		for i := len(ends) - 1; i >= 0; i-- {
			err = errors.Join(err, ends[i]())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	dir, err := os.MkdirTemp("", "waypost-cluster-")
	if err != nil {
		return nil, err
	}
	ends = append(ends, func() error { return os.RemoveAll(dir) })
	hands := filepath.Join(dir, "clock")
	if err := os.MkdirAll(hands, 0o700); err != nil {
		return nil, err
	}
	if err := setHands(hands, clock.Ahead()); err != nil {
		return nil, err
	}
	clock.Moved = func(ahead time.Duration) {
		if err := setHands(hands, ahead); err != nil {
			fmt.Fprintln(out, "\ntrouble:", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(cluster.Seen):
		}
	}
	fmt.Fprintln(out, "Building, and starting three brokers, a database and two copies of every service.")
	c, err := cluster.Open(ctx, cluster.Options{Dir: dir, Tags: []string{"failpoint"}, Copies: copies, Extra: []string{"WAYPOST_FAILPOINTS=" + hands}, Now: clock.Now})
	if err != nil {
		return nil, err
	}
	ends = append(ends, c.Close)
	hall, err := c.OpenHall(ctx, nil, nil, log)
	if err != nil {
		return nil, err
	}
	ends = append(ends, func() error { hall.Close(); return nil })
	if err := hall.TakeSample(ctx, out); err != nil {
		return nil, err
	}
	on, err := stage.AttachAt(ctx, c.Databases.Main, c.Address, clock.Now)
	if err != nil {
		return nil, err
	}
	ends = append(ends, on.Close)
	return &scene{on, hall.Doors().Register.Personas, closeAll}, nil
}

// setHands says to every copy how far the clock is ahead. No copy is behind the week.
func setHands(dir string, ahead time.Duration) error {
	for _, service := range schemas.Speakers {
		for i := range copies {
			if err := cluster.SetClock(dir, fmt.Sprintf("%s-%d", service, i+1), ahead); err != nil {
				return err
			}
		}
	}
	return nil
}

const copies = 2
