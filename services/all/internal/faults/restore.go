package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// restore puts the database back as it was some time ago (in a smoke round: seconds; in the whole: five minutes), as the runbook
// says: everything is stopped, the backup is put in place, every service counts its positions anew, and the streams, which hold
// what nobody knows any more, are made anew. What was acknowledged since the backup is gone. The book says so, and the oracle
// goes by it; nothing that was acknowledged before or after may be gone with it.
func (c *campaign) restore(ctx context.Context) error {
	c.site.heal()
	backup := filepath.Join(c.site.dir, "backup")
	taken := time.Now()
	err := errors.Join(c.site.Postgres().Stop(ctx), copyFolder(ctx, c.site.PostgresFolder(), backup), c.site.StartPostgres(ctx))
	if err != nil {
		return err
	}
	if err := c.hold(ctx, c.long(5*time.Second, 5*time.Minute)); err != nil {
		return err
	}
	c.down(c.site.Names())
	c.down(c.site.BrokerNames())
	if err := errors.Join(c.site.Postgres().Stop(ctx), empty(c.site.PostgresFolder()), copyFolder(ctx, backup, c.site.PostgresFolder()), os.RemoveAll(backup)); err != nil {
		return err
	}
	if err := c.site.StartPostgres(ctx); err != nil {
		return err
	}
	back := time.Now()
	if err := errors.Join(c.raiseEpochs(ctx), c.trailsRestored(ctx), c.book.Restore(taken, back)); err != nil {
		return err
	}
	for _, b := range c.site.BrokerNames() {
		if err := errors.Join(empty(c.site.BrokerFolder(b)), c.site.Process(b).Start()); err != nil {
			return err
		}
	}
	if err := c.site.Bootstrap(ctx); err != nil {
		return err
	}
	for _, name := range c.site.Names() {
		if err := c.site.Process(name).Start(); err != nil {
			return err
		}
	}
	return c.site.Ready(ctx)
}

// raiseEpochs runs the program that the runbook names. It refuses while a lease of a relay, which the backup has too, is not over.
func (c *campaign) raiseEpochs(ctx context.Context) error {
	for end := time.Now().Add(30 * time.Second); ; {
		out, err := exec.CommandContext(ctx, filepath.Join(c.site.Bin, "epoch"), "-database", c.site.Databases.Main).CombinedOutput()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("raise the epochs: %w: %s", err, out)
		}
		if err := c.hold(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
}

// copyFolder copies a folder with its owners, into one that may be there, onto the disk: its power may go next.
func copyFolder(ctx context.Context, from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil { //nolint:gosec // the database's user must get through
		return err
	}
	for _, args := range [][]string{{"cp", "-a", from + "/.", to + "/"}, {"sync", "-f", to}} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("copy a folder: %w: %s", err, out)
		}
	}
	return nil
}
