package hsds

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"example.org/waypost/services/vcse/internal/domain"
)

// Coverage counts, source by source, for how many services the tables told a need.
type Coverage struct {
	bySource map[string]*counts
}

type counts struct{ services, mapped, unmapped, onPurpose, gone, place, sessions int }

// Add counts one row.
func (c *Coverage) Add(r Row) {
	if c.bySource == nil {
		c.bySource = map[string]*counts{}
	}
	n := c.bySource[r.Service.Source]
	if n == nil {
		n = &counts{}
		c.bySource[r.Service.Source] = n
	}
	if r.Gone != GoneNot {
		n.gone++
		return
	}
	n.services++
	switch r.Left {
	case LeftNothing:
		n.mapped++
	case LeftUnmapped:
		n.unmapped++
	case LeftOnPurpose:
		n.onPurpose++
	}
	if slices.ContainsFunc(r.Service.Places, func(p domain.Place) bool { return p.Postcode != "" || p.Latitude != nil }) {
		n.place++
	}
	if len(r.Service.Sessions) > 0 {
		n.sessions++
	}
}

// Unmapped is for how many services nothing told a need.
func (c *Coverage) Unmapped() int {
	n := 0
	for _, s := range c.bySource {
		n += s.unmapped
	}
	return n
}

// Print writes the counts as a table, the largest source first.
func (c *Coverage) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "services\twith a need\t\tno need told\tleft out\tclosed\twith a place\twith days\t  source")
	var sum counts
	names := slices.SortedFunc(maps.Keys(c.bySource), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.bySource[b].services, c.bySource[a].services), cmp.Compare(a, b))
	})
	line := func(n counts, name string) {
		share := 0.0
		if n.services > 0 {
			share = 100 * float64(n.mapped) / float64(n.services)
		}
		fmt.Fprintf(t, "%d\t%d\t%.0f%%\t%d\t%d\t%d\t%d\t%d\t  %s\n", n.services, n.mapped, share, n.unmapped, n.onPurpose, n.gone, n.place, n.sessions, name)
	}
	for _, name := range names {
		n := *c.bySource[name]
		line(n, name)
		sum = counts{
			sum.services + n.services, sum.mapped + n.mapped, sum.unmapped + n.unmapped, sum.onPurpose + n.onPurpose,
			sum.gone + n.gone, sum.place + n.place, sum.sessions + n.sessions,
		}
	}
	line(sum, "all")
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print coverage: %w", err)
	}
	return nil
}
