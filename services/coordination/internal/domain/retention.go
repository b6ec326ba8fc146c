package domain

import (
	"fmt"
	"time"

	"example.org/waypost/schemas/terms"
)

// RetentionRule says for how long a kind of record is kept. A deployment changes the years and switches a rule on as data; what a rule
// is about and what it counts from stand here, because they are decisions of this program.
type RetentionRule struct {
	Code  RetentionCode
	Years int
	On    bool
}

// RetentionCode names a rule.
type RetentionCode string

// The rules. Their years are NHS England's Records Management Code of Practice 2021 as it is commonly read; whoever answers for the
// area must check them before switching one on.
const (
	RetainAdult     RetentionCode = "adult"
	RetainChild     RetentionCode = "child"
	RetainWellbeing RetentionCode = "wellbeing"
	RetainDied      RetentionCode = "died"
)

// RetentionCodes is every rule, in the order in which they are shown.
var RetentionCodes = []RetentionCode{RetainAdult, RetainChild, RetainWellbeing, RetainDied}

// Shortest is how many years after a person was last heard of it can let go of a record at the earliest.
func (r RetentionRule) Shortest() int {
	if r.Code == RetainChild {
		return max(1, r.Years-18)
	}
	return r.Years
}

// Label says whose records it is about.
func (c RetentionCode) Label() string {
	return map[RetentionCode]string{
		RetainAdult: "Adults", RetainChild: "Children and young people", RetainWellbeing: "Mental wellbeing", RetainDied: "People who have died",
	}[c]
}

// Says is the rule as a sentence.
func (r RetentionRule) Says() string {
	switch r.Code {
	case RetainChild:
		return fmt.Sprintf("Until they would be %d, or a year older when they were 17 as the last was heard of them", r.Years)
	case RetainWellbeing:
		return fmt.Sprintf("%d years after the last was heard of them, when help with mental wellbeing was asked for", r.Years)
	default:
		return fmt.Sprintf("%d years after the last was heard of them", r.Years)
	}
}

// Known tells whether there is such a rule.
func (c RetentionCode) Known() bool { return c.Label() != "" }

// Kept is what the rules look at: a record with no open case. A current patient is heard of without one: information is given to them, a red
// flag is raised, somebody looks in an emergency.
type Kept struct {
	ClosedAt    time.Time // of the last case
	HeardAt     time.Time // when the newest happened that was heard of them, whatever it was; zero when nothing was but the case
	Open        bool      // something is to be done for them: a red flag, an action, a look in an emergency that nobody has reviewed
	DateOfBirth string    // "" when it is not known
	Status      terms.PatientStatus
	Wellbeing   bool // help with mental wellbeing was asked for
}

// KeepUntil is when the record is to be erased, and by which rule: of those that are about it, the one that keeps it longest. ok is
// false when that one is not on, when something is open, or when something that it counts from is not known: such a record is kept.
func KeepUntil(rules []RetentionRule, k Kept) (until time.Time, by RetentionCode, ok bool) {
	if k.ClosedAt.IsZero() || k.Open {
		return until, "", false
	}
	last := k.ClosedAt
	if k.HeardAt.After(last) {
		last = k.HeardAt
	}
	born, err := time.Parse(time.DateOnly, k.DateOfBirth)
	if err != nil {
		return until, "", false // a child may be kept longer than anybody
	}
	for _, r := range rules {
		var at time.Time
		switch {
		case r.Code == RetainAdult, r.Code == RetainDied && k.Status == terms.PatientDied, r.Code == RetainWellbeing && k.Wellbeing:
			at = last.AddDate(r.Years, 0, 0)
		case r.Code == RetainChild && k.ClosedAt.Before(born.AddDate(18, 0, 0)):
			at = born.AddDate(r.Years, 0, 0)
			if !last.Before(born.AddDate(17, 0, 0)) {
				at = born.AddDate(r.Years+1, 0, 0)
			}
		default:
			continue
		}
		if at.After(until) {
			until, by, ok = at, r.Code, r.On
		}
	}
	return until, by, ok
}

// Stays is what an erasure leaves, and why; a certificate says it.
type Stays struct{ What, Why string }

// WhatStays is the same for every erasure. A change here changes what is promised: SAFETY.md, P8.
var WhatStays = []Stays{
	{"Who looked at or changed the record, and when", "The audit trail shows that the record was rightly used and rightly erased. It holds a random number in place of the person, and no name, address or NHS number"},
	{"That there was a referral, its dates and its codes", "Counts of how many were helped and how long they waited must stay right. They hold the same random number, which leads to nobody any more"},
	{"Events that cannot be read", "What was sealed in them could be opened only with the keys that were destroyed"},
	{"Backups of the keys, for 14 days", "A backup is made to survive the loss of a disk and is not changed. After 14 days it is gone, and with it the last way to read a copy"},
	{"Backups of the databases, for as long as your area keeps them", "Ask whoever runs Waypost for your area how long that is"},
}
