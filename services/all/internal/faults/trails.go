package faults

import (
	"context"
	"crypto/ed25519"
	"path/filepath"
	"time"

	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas"
)

// trails verifies the audit trail of every service against what was signed outside the database, and counts those that are broken. Clocks were
// moved on purpose, so a row of another time is no finding here.
func (c *campaign) trails(ctx context.Context) (broken int64, err error) {
	public, err := chain.ReadPublic(chain.PublicName(c.auditKey()))
	if err != nil {
		return 0, err
	}
	v := chain.Verifier{Keys: []ed25519.PublicKey{public}, Dirs: []string{c.site.Checkpoints()}, Now: c.clock.Now, Wrong: 1000 * 24 * time.Hour}
	return broken, c.eachTrail(ctx, func(db *pg.DB) error {
		r, err := v.Verify(ctx, db)
		// Rows of this second may wait for the sealer yet; how long they do by these clocks, which are days ahead of the database's, says nothing.
		for end := time.Now().Add(30 * time.Second); err == nil && r.Broken != nil && r.Broken.Kind == chain.NotSealed && time.Now().Before(end); {
			pause(ctx, 200*time.Millisecond)
			r, err = v.Verify(ctx, db)
		}
		if err != nil {
			return err
		}
		if r.Broken == nil {
			c.say("the audit trail of %-12s is whole: %d rows, %d checkpoints, %d void since a backup", r.Service, r.Sealed, r.Checkpoints, r.Void)
			return nil
		}
		broken++
		c.say("the audit trail of %s is BROKEN: %s", r.Service, r.Broken)
		return nil
	})
}

// trailsRestored signs that the database was put back, as the runbook says.
func (c *campaign) trailsRestored(ctx context.Context) error {
	k, err := chain.ReadKey(c.auditKey())
	if err != nil {
		return err
	}
	return c.eachTrail(ctx, func(db *pg.DB) error {
		return chain.Restore(ctx, db, c.site.Area, c.site.Checkpoints(), k, c.clock.Now())
	})
}

func (c *campaign) auditKey() string { return filepath.Join(c.site.Dir, "keys", "audit.key") }

func (c *campaign) eachTrail(ctx context.Context, do func(db *pg.DB) error) error {
	return pg.Each(ctx, schemas.Speakers, func(service string) (string, error) { return pg.As(c.site.Databases.Main, service, "") }, do)
}
