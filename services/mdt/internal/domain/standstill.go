package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Changes are the facts that count as a change in a case. That somebody rang or came to a session is none: it is what was tried.
var Changes = []string{
	"referral_progressed", "plan_agreed", "outcome_recorded", "support_ended", "crisis_reported", "red_flag_raised", "patient_details_changed",
}

// StillAfter is how many discussions without a change make a case stand still.
const StillAfter = 3

// Discussion is that a meeting of a series talked about a case.
type Discussion struct {
	At       time.Time
	Decision terms.MDTDecision
}

// Standstill is how often a case was discussed without a change, and since when. Times is 0 while it moves.
type Standstill struct {
	Times int
	Since time.Time
}

// StandsStill counts the last discussions, latest first, that decided the same and after which nothing changed: no referral moved, no
// plan or outcome was recorded, nobody else holds the case or stays in touch, no action ended.
func StandsStill(latestFirst []Discussion, changed time.Time) Standstill {
	var s Standstill
	for _, d := range latestFirst {
		if d.Decision != latestFirst[0].Decision || d.At.Before(changed) {
			break
		}
		s.Times, s.Since = s.Times+1, d.At
	}
	if s.Times < StillAfter {
		return Standstill{}
	}
	return s
}
