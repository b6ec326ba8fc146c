package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// Ask moves the clock to the sender until the question is answered.
func (o *Offer) Ask(by string, at time.Time, questionID string) error {
	if err := o.allow(ActionAsk); err != nil {
		return err
	}
	o.answer(by, at, terms.AnswerAsked, terms.OfferInformationAsked, "asked for more information")
	o.QuestionID = questionID
	return nil
}
