package domain

import (
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Case is all current work for one patient. A patient has at most one open case.
type Case struct {
	ID         string
	PatientRef string
	FirstRef   string // the ref it was opened under, which a merge does not change
	Reference  string
	Open       bool
	OpenedAt   time.Time
	ClosedAt   time.Time
	Outcome    terms.CaseOutcome
	Holder     Named // the case-holder, empty while none has accepted
	WithMDT    bool  // a meeting has taken it: it stays open until a person closes it
	Version    int
}

// Refusals of steps on a case.
var (
	ErrCaseClosed   = fault.Conflict("case_closed", "This case is closed. Re-open it with a note first")
	ErrCaseOpen     = fault.Conflict("case_open", "This case is open")
	ErrStillOwed    = fault.Conflict("still_owed", "Somebody still owes a step on this case. Close its referrals first")
	ErrOtherOpen    = fault.Conflict("other_case_open", "The person has another open case. Add to that one")
	ErrNoteToReopen = fault.Invalid("reason", "Enter why the case is opened again")
)

// Duplicate finds the open referral that a new one would double: for a root, an open root of the same need; for an onward
// one, an open onward one of the same parent and need. One that is itself held is not yet work, and one that a person
// confirmed stands beside others on purpose, but a third is still asked about.
func Duplicate(r Referral, others []Referral) (existing string, found bool) {
	for _, o := range others {
		if o.ID != r.ID && o.CaseID == r.CaseID && r.Asks().Doubles(o) {
			return o.ID, true
		}
	}
	return "", false
}

// OpenOnward counts the open referrals that came from this one.
func OpenOnward(id string, all []Referral) int {
	n := 0
	for _, r := range all {
		if r.ParentID == id && !r.Root && r.State.Open() {
			n++
		}
	}
	return n
}

// OpenIn counts the open referrals.
func OpenIn(all []Referral) int {
	n := 0
	for _, r := range all {
		if r.State.Open() {
			n++
		}
	}
	return n
}

// EndsWith tells whether the case ends with the referral that just ended, because nothing on it is open any more, and how.
// A case that a meeting has taken waits for a person, unless the patient died, moved away or withdrew consent.
func (c Case) EndsWith(last Referral, all []Referral) (terms.CaseOutcome, bool) {
	if !c.Open || last.State.Open() {
		return "", false
	}
	for _, r := range all {
		if r.ID != last.ID && r.State.Open() {
			return "", false
		}
	}
	outcome := caseOutcome(last)
	return outcome, !c.WithMDT || outcome != terms.CaseWorkDone
}

// EndOf is how a case ends with the patient.
var EndOf = map[terms.PatientStatus]terms.CaseOutcome{
	terms.PatientDied: terms.CasePatientDied, terms.PatientMovedAway: terms.CasePatientMovedAway,
}

// caseOutcome is what the end of the last referral says of the case.
func caseOutcome(last Referral) terms.CaseOutcome {
	switch {
	case last.Outcome == string(terms.OutcomePatientDied), last.Reason == string(terms.WithdrawalPatientDied):
		return terms.CasePatientDied
	case last.Outcome == string(terms.OutcomePatientMovedAway), last.Reason == string(terms.WithdrawalPatientMovedAway):
		return terms.CasePatientMovedAway
	case last.Reason == string(terms.OutcomeConsentWithdrawn):
		return terms.CaseConsentWithdrawn
	case last.Reason == string(terms.OfferWithdrawalPatientErased):
		return terms.CasePatientErased
	}
	return terms.CaseWorkDone
}

// Close ends a case by a person's choice: with an outcome, and nobody owing anything.
func (c Case) Close(outcome terms.CaseOutcome, all []Referral, now time.Time) (Case, error) {
	switch {
	case !c.Open:
		return c, ErrCaseClosed
	case !outcome.Known():
		return c, ErrNoOutcome
	}
	for _, r := range all {
		if r.State.Open() {
			return c, ErrStillOwed
		}
	}
	c.Open, c.Outcome, c.ClosedAt, c.Version = false, outcome, now, c.Version+1
	return c, nil
}

// Reopen opens a closed case again, unless the patient has another by now.
func (c Case) Reopen(note string, otherOpen bool) (Case, error) {
	switch {
	case c.Open:
		return c, ErrCaseOpen
	case otherOpen:
		return c, ErrOtherOpen
	case note == "":
		return c, ErrNoteToReopen
	}
	c.Open, c.Outcome, c.ClosedAt, c.Version = true, "", time.Time{}, c.Version+1
	return c, nil
}

// ErrNotWho is returned for a person of whom one may not see who they are.
var ErrNotWho = fault.NotFound("patient")

// ErrNoCase is returned for a case that is not there, or that one may not know of.
var ErrNoCase = fault.NotFound("case")
