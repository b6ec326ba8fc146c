package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// DebtKind is what somebody still owes on a case.
type DebtKind string

// The kinds.
const (
	OwesStep   DebtKind = "referral" // the next step of a referral
	OwesAction DebtKind = "action"   // what a meeting agreed
	OwesAnswer DebtKind = "answer"   // whether they hold the case
	OwesFlag   DebtKind = "red_flag" // that somebody acts on a red flag
)

// Debt is a step that keeps a case from being closed.
type Debt struct {
	Kind     DebtKind
	Referral Referral // of a step
	Owes     Owes
	DueAt    time.Time // zero without a time
	Hidden   bool      // the referral is for a sensitive need: neither it nor who has it may be named here
}

// Debts lists who owes what on a case: every open referral, and what else was found. A case is closed by a person only without any.
func Debts(all []Referral, others ...Debt) []Debt {
	var out []Debt
	for _, r := range all {
		if r.State.Open() {
			out = append(out, Debt{Kind: OwesStep, Referral: r, Owes: r.Owes, DueAt: r.DueAt, Hidden: r.Sensitive || r.Need.Sensitive()})
		}
	}
	return append(out, others...)
}

// MayClose is nil when a case may be closed by a person now.
func (c Case) MayClose(outcome terms.CaseOutcome, debts []Debt) error {
	switch {
	case !c.Open:
		return ErrCaseClosed
	case !outcome.Said():
		return ErrNoOutcome
	case len(debts) > 0:
		return ErrStillOwed
	}
	return nil
}
