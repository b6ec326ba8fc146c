package domain

import (
	"time"

	"example.org/waypost/schemas/terms"
)

// MaxText is how long what sender and receiver write to each other may be, in characters.
const MaxText = 2_000

func (o *Offer) answer(by string, at time.Time, a terms.Answer, to terms.OfferState, did string) {
	o.State, o.Answer, o.Receipt, o.AnsweredAt, o.AnsweredBy = to, a, ReceiptSent, at, by
	o.Reason, o.OwedBy = "", time.Time{}
	o.Last = Act{by, at, did}
}

// TakeBack is coordination taking the offer back.
func (o *Offer) TakeBack(at time.Time, why terms.OfferWithdrawalReason, standDownDueAt time.Time) bool {
	if o.State == terms.OfferEnded || o.State == terms.OfferBounced || o.State == terms.OfferWithdrawn {
		return false
	}
	if !standDownDueAt.IsZero() && o.Answer == terms.AnswerAccepted {
		o.StandDownDueAt = standDownDueAt
	}
	o.State, o.Reason, o.OwedBy = terms.OfferWithdrawn, string(why), time.Time{}
	o.Last = Act{At: at}
	return true
}

// Expire is the answer's time running out. An answer that is on its way may still be honoured, so it stays as it is.
func (o *Offer) Expire(at time.Time) bool {
	if !o.ExpiredAt.IsZero() {
		return false
	}
	o.ExpiredAt = at
	if o.State == terms.OfferOffered || o.State == terms.OfferInformationAsked {
		o.State, o.OwedBy = terms.OfferExpired, time.Time{}
		o.Last = Act{At: at}
	}
	return true
}

// Refuse is coordination not honouring the answer. Who had said yes, or had put the person on a list, must stop.
func (o *Offer) Refuse(at time.Time, answer terms.Answer, why terms.AnswerRefusal, standDownDueAt time.Time) bool {
	if answer != o.Answer || o.Receipt == ReceiptConfirmed {
		return false // overtaken by what we said or heard since
	}
	o.Receipt, o.Reason, o.OwedBy = ReceiptRefused, string(why), time.Time{}
	if answer == terms.AnswerAccepted || answer == terms.AnswerWaitlisted {
		o.StandDownDueAt = standDownDueAt
	}
	o.State = terms.OfferWithdrawn
	o.Last = Act{At: at}
	return true
}

// Close is the end of the whole referral.
func (o *Offer) Close(at time.Time, outcome terms.Outcome) bool {
	if o.ClosedOutcome != "" {
		return false
	}
	o.ClosedOutcome, o.OwedBy = outcome, time.Time{}
	switch o.State {
	case terms.OfferAccepted:
		o.State, o.Outcome, o.EndedAt = terms.OfferEnded, outcome, at
		o.Last = Act{At: at}
	case terms.OfferOffered, terms.OfferInformationAsked, terms.OfferWaitlisted:
		o.State, o.Reason = terms.OfferWithdrawn, string(terms.OfferWithdrawalReferralClosed)
		o.Last = Act{At: at}
	}
	return true
}

// Remove clears what names the person and what was said.
func (o *Offer) Remove(at time.Time, why terms.RemovalCause) {
	o.Contact, o.Safeguarding, o.Criterion = Contact{}, Safeguarding{}, ""
	o.RemovedAt, o.RemovedWhy = at, why
}
