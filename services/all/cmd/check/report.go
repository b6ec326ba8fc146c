package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// report prints the funnel, every rule with how much it looked at, and the last line. It tells whether all holds.
func report(out io.Writer, parts []part, results []result, undone int64) bool {
	byName := map[string]int64{}
	for _, p := range parts {
		fmt.Fprintf(out, "\n%s\n", p.heading)
		for _, s := range p.steps {
			if p.heading == parts[0].heading {
				byName[s.name] = s.count
			}
			fmt.Fprintf(out, "  %-22s %8s\n", s.name, thousands(s.count))
		}
	}
	fmt.Fprintf(out, "\n%-72s %11s %8s\n", "What must hold", "looked at", "broken")
	sums := map[harm]int64{}
	for _, r := range results {
		sums[r.harm] += r.count
		fmt.Fprintf(out, "  %-70s %11s %8s\n", r.name, thousands(r.looked), thousands(r.count))
		for _, x := range r.examples {
			fmt.Fprintf(out, "      %s: %s\n", r.harm, x)
		}
	}
	if undone > 0 {
		fmt.Fprintf(out, "\nundone=%d\n", undone)
	}
	if sums[wrong] > 0 {
		fmt.Fprintf(out, "\nwrong=%d\n", sums[wrong])
	}
	if sums[thin] > 0 {
		fmt.Fprintf(out, "\nthin=%d\n", sums[thin])
	}
	fmt.Fprintf(out, "\nlost=%d doubled=%d requested=%d closed=%d\n", sums[lost], sums[doubled], byName["requested"], byName["closed"])
	return sums[lost]+sums[doubled]+sums[wrong]+sums[thin] == 0
}

// thousands writes 12345 as 12,345.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), ",")
}
