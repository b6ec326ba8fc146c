package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Waitlist keeps the person on the service's list until there is a place.
func (o *Offer) Waitlist(by string, at time.Time, expectedByOn string) error {
	if err := o.allow(ActionWaitlist); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerWaitlisted, terms.OfferWaitlisted, "put this on the waiting list")
	o.ExpectedByOn, o.WaitingSince = expectedByOn, at
	return nil
}
