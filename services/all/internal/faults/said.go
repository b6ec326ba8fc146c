package faults

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/schemas"
)

// nobodySays are the facts that no round has, and why not.
var nobodySays = map[string]string{
	"vcse.notice_recorded":              "the site has no mail server",
	"primarycare.overlap_stopped":       "only somebody at a page says that they stop",
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

// allSaid lets people go on until every fact was said and every errand was done, or each was tried some times more.
func (c *campaign) allSaid(ctx context.Context) error {
	for range 4 * len(errands) {
		left, err := c.unsaid(ctx)
		if err != nil || len(left)+len(c.beyond.undone()) == 0 || c.partial() {
			return err
		}
		if err := c.hold(ctx, errandEvery); err != nil {
			return err
		}
	}
	return nil
}
