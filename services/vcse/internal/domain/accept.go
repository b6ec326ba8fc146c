package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Accept says yes. firstContactByOn is by when somebody will be in touch.
func (o *Offer) Accept(by string, at time.Time, firstContactByOn string) error {
	if err := o.allow(ActionAccept); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerAccepted, terms.OfferAccepted, "accepted this")
	o.FirstContactByOn = firstContactByOn
	return nil
}
