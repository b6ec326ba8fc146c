package terms

import (
	"slices"
	"strconv"
	"time"
)

// urgentClocks is what differs for urgent referrals. All are our choice: the design gives no priorities.
var urgentClocks = []ClockInfo{
	{Code: ClockOffer, WorkingDays: 1},
	{Code: ClockReservation, WorkingDays: 1}, // a place is kept as long as the offer may be answered
	{Code: ClockTriage, WorkingDays: 1},
	{Code: ClockInformation, WorkingDays: 1},
	{Code: ClockFirstContact, WorkingDays: 2},
}

// ownClocks are those that no person is told of: how long coordination checks, and waits to hear of a receiver that was chosen.
var ownClocks = []ClockInfo{{Code: "check", Elapsed: 5 * time.Minute}, {Code: "receiver_known", Elapsed: 15 * time.Minute}}

// ClockRules is the table of times with the defaults of all areas, as rows of kind, priority, organisation and a time in words, ""
// for any. What ends with the next meeting is not in it. An area adds rows of its own.
func ClockRules() [][]string {
	var rows [][]string
	for _, c := range slices.Concat(Clocks, ownClocks) {
		if !c.NextMeeting {
			rows = append(rows, []string{string(c.Code), "", "", c.time()})
		}
	}
	for _, c := range urgentClocks {
		rows = append(rows, []string{string(c.Code), string(UrgencyUrgent), "", c.time()})
	}
	return rows
}

// ClockPriorities are the priorities that a row of the table may name.
func ClockPriorities() []string {
	out := make([]string, len(Urgencies))
	for i, u := range Urgencies {
		out[i] = string(u.Code)
	}
	return out
}

func (c ClockInfo) time() string {
	n, unit := c.WorkingDays, "working day"
	if n == 0 {
		n, unit = int(c.Elapsed/time.Minute), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}
