package faults

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas"
)

// nobodySays are the facts that no round has, and why not.
var nobodySays = map[string]string{
	"coordination.provider_phoned":      "nobody at the site phones: every e-mail goes in the end",
	"primarycare.overlap_stopped":       "only somebody at a page says that they stop, and the site's front has no pages",
	"linkworker.overlap_stopped":        "the same",
	"mdt.overlap_stopped":               "the same",
	"register.removal_acknowledged":     "the register listens to nobody",
	"coordination.removal_acknowledged": "it is who tells to remove",
}

// unsaid names the facts that stand in no outbox although a round is to have them. What was said before a backup that was put back counts not.
func (c *campaign) unsaid(ctx context.Context) (names []string, err error) {
	said := map[string]bool{}
	for _, speaker := range schemas.Speakers {
		rows, err := c.site.admin.Query(ctx, "select distinct event_type from "+speaker+".outbox")
		if err != nil {
			return nil, err
		}
		var of string
		if _, err := pgx.ForEachRow(rows, []any{&of}, func() error { said[of] = true; return nil }); err != nil {
			return nil, err
		}
	}
	for _, f := range schemas.All {
		if name := f.Speaker + "." + f.Name; !said[f.Type] && nobodySays[name] == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// quiet is how long it may take until everybody has heard everything, once nobody does anything any more.
const quiet = 3 * time.Minute

// allSaid has the errands done that nobody came to the end of while things were broken, and those whose facts a backup that was put back has
// undone. Everybody else has gone home, and everything was heard.
func (c *campaign) allSaid(ctx context.Context) error {
	once, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	if err := c.on.Settle(once); err != nil && ctx.Err() != nil {
		return err
	}
	c.say("what nobody came to the end of is done")
	before := 0
	for range 3 {
		left, err := c.unsaid(ctx)
		if err != nil {
			return err
		}
		again := c.beyond.unfinished()
		if len(left) > 0 { // nobody knows whose they are
			again = errands
		}
		if len(left)+len(c.beyond.unfinished()) == before {
			return nil // no errand says them
		}
		before = len(left) + len(c.beyond.unfinished())
		c.beyond.runAll(ctx, again)
	}
	return nil
}
