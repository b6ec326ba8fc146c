package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Waitlist keeps the person on the service's list until there is a place. Said again of somebody who is on it, it is the word of
// how the list moves that the provider owes: they keep their place.
func (o *Offer) Waitlist(by string, at time.Time, expectedByOn string) error {
	if err := o.allow(ActionWaitlist); err != nil {
		return err
	}
	did := "kept this on the waiting list"
	if o.State != terms.OfferWaitlisted {
		did, o.WaitingSince = "put this on the waiting list", at
	}
	o.answer(by, at, terms.AnswerWaitlisted, terms.OfferWaitlisted, did)
	o.ExpectedByOn = expectedByOn
	return nil
}
