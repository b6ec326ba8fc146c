package domain

import (
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// Ending is how support ended, with what its outcome asks for.
type Ending struct {
	Outcome terms.Outcome
	TriedOn []string // yyyy-mm-dd, a day for each try to reach the person; "" where none was given
}

// Check tells what the chosen outcome lacks. today is a date in England, offered the day on which the offer came.
func (e Ending) Check(today, offered string) error {
	var f fault.Fields
	info, known := terms.OutcomeByCode(e.Outcome)
	if !known || !info.Receiver {
		f.Add("outcome", "Select how it ended")
		return f.Err()
	}
	checkTries(&f, e.TriedOn, info.NeedsTries, today, offered)
	return f.Err()
}

// Only leaves out what the outcome does not ask for.
func (e Ending) Only() Ending {
	info, _ := terms.OutcomeByCode(e.Outcome)
	e.TriedOn = atMost(info.NeedsTries, e.TriedOn)
	return e
}

// End ends support.
func (o *Offer) End(by string, at time.Time, outcome terms.Outcome) error {
	if err := o.allow(ActionEnd); err != nil {
		return err
	}
	o.State, o.Outcome, o.EndedAt, o.EndedBy, o.OwedBy = terms.OfferEnded, outcome, at, by, time.Time{}
	o.Last = Act{by, at, "ended this"}
	return nil
}
