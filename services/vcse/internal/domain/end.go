package domain

import (
	"time"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/schemas/terms"
)

// End ends support.
func (o *Offer) End(by string, at time.Time, outcome terms.Outcome) error {
	if err := o.allow(ActionEnd); err != nil {
		return err
	}
	info, known := terms.OutcomeByCode(outcome)
	if !known || !info.Receiver {
		return fault.Invalid("outcome", "Select how it ended")
	}
	o.State, o.Outcome, o.EndedAt, o.EndedBy, o.OwedBy = terms.OfferEnded, outcome, at, by, time.Time{}
	o.Last = Act{by, at, "ended this"}
	return nil
}
