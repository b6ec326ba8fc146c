package terms

import (
	"slices"
	"testing"
)

// The design's defaults stand in the table, and every kind in it has a general line.
func TestTheTableOfTimesHasTheDesignsDefaults(t *testing.T) {
	t.Parallel()
	table := map[[3]string]string{}
	for _, row := range ClockRules() {
		if len(row) != 4 {
			t.Fatalf("%v has not four columns", row)
		}
		table[[3]string(row[:3])] = row[3]
	}
	for kind, want := range map[Clock]string{
		ClockRedFlag: "15 minutes", ClockTriage: "2 working days", ClockOffer: "3 working days", ClockReservation: "3 working days",
		ClockDuplicateChoice: "1 working day",
	} {
		if got := table[[3]string{string(kind)}]; got != want {
			t.Errorf("%s: %q, and the design says %q", kind, got, want)
		}
	}
	for _, c := range Clocks {
		if _, there := table[[3]string{string(c.Code)}]; there == c.NextMeeting {
			t.Errorf("%s: in the table %v, by the next meeting %v", c.Code, there, c.NextMeeting)
		}
	}
	for line := range table {
		if line[1] != "" && !slices.Contains(ClockPriorities(), line[1]) || table[[3]string{line[0]}] == "" {
			t.Errorf("%v: no such priority, or no general line of its kind", line)
		}
	}
}
